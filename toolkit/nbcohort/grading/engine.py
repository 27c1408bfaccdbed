"""A Papermill engine that runs a notebook to its end, whatever its cells do.

Papermill's own engine stops at the first error and raises; for grading, errors stay in their cells and the later cells
run (nbgrader's way). Three ways in which a cell can take the kernel with it, and what then stands in the notebook:

- the kernel dies (`os._exit`, a segmentation fault, out of memory): an error in this cell, and in each later code cell
- it does not stop when interrupted after its time: the kernel is ended, and the same
- the notebook's time or memory is used up: the same

An error must stand in cells that did not run, because nbgrader gives a graded cell without outputs full marks. And it
must stand alone: nbgrader takes a result before an error for partial credit, and a learner's function can display one.
"""

import asyncio
import time
from collections.abc import Callable
from queue import Empty
from typing import Any, Literal

from jupyter_client.manager import KernelManager
from nbclient.exceptions import DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager
from traitlets import Float, Instance

from nbcohort.grading.output import Room
from nbcohort.i18n import _

Status = Literal["ok", "error", "timeout", "died", "not run", "nothing to run"]
"""What became of a cell. `died`: the kernel ended in it. `not run`: the kernel had ended before."""


class KernelUnresponsive(Exception):
    """A cell did not stop when it was interrupted."""


class SandboxEngine(Engine):
    """Papermill's interface to it: `SandboxEngine.execute_notebook(notebook, kernel_name, km=..., room=...)`."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> None:
        """Run all cells of `nb_man.nb` with the kernel manager `options["km"]`.

        Further options: `room`, a `Room` for the output; `statuses`, a list to which each cell's `Status` is appended;
        `why_dead`, which turns the kernel manager into a sentence or None; the rest are traits of nbclient.
        """
        options.pop("log_output", None)
        options.pop("start_timeout", None)
        options.pop("execution_timeout", None)
        statuses = options.pop("statuses")
        why_dead = options.pop("why_dead")
        client = NotebookRunner(nb_man, kernel_name=kernel_name, **options)
        client.run(statuses, why_dead)


class NotebookRunner(PapermillNotebookClient):
    """Papermill's notebook client, which never stops at an error."""

    room = Instance(Room)
    patience = Float(10.0, help="Seconds of silence after which a kernel that should fall silent is given up.")

    def run(self, statuses: list[Status], why_dead: Callable[[KernelManager], str | None]) -> None:
        """Run all cells; append what became of each to `statuses`. Raises if the kernel does not even start."""
        self.reset_execution_trackers()
        self._messages = 0
        with self.setup_kernel(cleanup_kc=True):
            info = self.wait_for_reply(self.kc.kernel_info())
            self.nb.metadata["language_info"] = info["content"]["language_info"]
            dead: str | None = None
            for index, cell in enumerate(self.nb.cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    statuses.append("nothing to run")
                elif dead:
                    put_error(cell, "NotRunError", _("This cell did not run: {why}").format(why=dead))
                    statuses.append("not run")
                else:
                    status, dead = self._run_cell(cell, index, why_dead)
                    statuses.append(status)
            self.set_widgets_metadata()

    def _run_cell(
        self, cell: NotebookNode, index: int, why_dead: Callable[[KernelManager], str | None]
    ) -> tuple[Status, str | None]:
        """Run one cell; return what became of it, and why the kernel is dead if it is."""
        self._timed_out = False
        try:
            self.nb_man.cell_start(cell, index)
            self.execute_cell(cell, index)
        except DeadKernelError:
            dead = why_dead(self.km) or _("the kernel died.")
            put_error(cell, "DeadKernelError", dead)
            return "died", dead
        except KernelUnresponsive:
            dead = _("a cell took too long and could not be interrupted.")
            put_error(cell, "CellTimeoutError", dead)
            return "died", dead
        finally:
            self.nb_man.cell_complete(cell, index)
        failed = any(out.output_type == "error" for out in cell.outputs)
        if failed:  # a cell that was broken off has no result, whatever stands there
            cell.outputs = [out for out in cell.outputs if out.output_type != "execute_result"]
        if self._timed_out:
            return "timeout", None
        return ("error" if failed else "ok"), None

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str, cell_index: int) -> Any:
        """Keep an output if there is room for it."""
        content = self.room.admit(msg["msg_type"], msg["content"], cell_index)
        if content is None:
            return None
        return super().output(outs, {**msg, "content": content}, display_id, cell_index)

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Keep a widget's state if there is room for it."""
        if self.room.admit(msg["msg_type"], msg["content"], cell_index) is not None:
            super().handle_comm_msg(outs, msg, cell_index)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Count the message, as a sign of life."""
        self._messages += 1
        return super().process_message(msg, cell, cell_index)

    async def _async_poll_for_reply(
        self,
        msg_id: str,
        cell: NotebookNode,
        timeout: int | None,  # noqa: ASYNC109 - the overridden method's
        task_poll_output_msg: "asyncio.Future[Any]",
        task_poll_kernel_alive: "asyncio.Future[Any]",
    ) -> dict[str, Any]:
        """Wait for the reply to a cell and for its outputs, as nbclient does, but patiently.

        nbclient gives up four seconds after the reply if the outputs are not all there, and with them the notebook:
        that punishes those who print much. Here it takes `patience` seconds of silence.
        """
        reply = await self._reply(msg_id, timeout)
        if reply is None:
            await self._async_check_alive()
            self._timed_out = True
            error = await self._async_handle_timeout(timeout or 0, cell)  # interrupts, or raises, as configured
            reply = error or await self._reply(msg_id, self.patience)
            if reply is None:
                raise KernelUnresponsive
            silent = await self._falls_silent(task_poll_output_msg)
            if not silent and await self._reply(msg_id, 1) is None:  # a reply proves that the cell has ended
                raise KernelUnresponsive
        else:
            silent = await self._falls_silent(task_poll_output_msg)
        if not silent:  # the kernel drops messages when it prints faster than they are read, the last one too
            self.log.warning("The kernel replied, but did not say that the cell's output is complete")
            task_poll_output_msg.cancel()
        task_poll_kernel_alive.cancel()
        return reply

    async def _reply(self, msg_id: str, seconds: float | None) -> dict[str, Any] | None:
        """Return the reply to `msg_id`, None if it does not come in `seconds`."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                message: dict[str, Any] = await ensure_async(self.kc.shell_channel.get_msg(timeout=left))
            except Empty:
                return None
            if message["parent_header"].get("msg_id") == msg_id:
                return message

    async def _falls_silent(self, outputs: "asyncio.Future[Any]") -> bool:
        """Wait while outputs keep coming; return whether they came to their end."""
        end = time.monotonic() + 6 * self.patience
        while time.monotonic() < end:
            seen = self._messages
            done, _pending = await asyncio.wait({outputs}, timeout=self.patience)
            if done:
                outputs.result()
                return True
            if self._messages == seen:
                return False
        return False


def put_error(cell: NotebookNode, name: str, sentence: str) -> None:
    """Make `sentence` the one error of a cell, after what it printed, and its result none."""
    kept = [out for out in cell.get("outputs", []) if out.output_type not in ("error", "execute_result")]
    cell.outputs = [
        *kept,
        NotebookNode(output_type="error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"]),
    ]
