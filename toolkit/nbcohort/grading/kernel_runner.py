"""Run a notebook in a Jupyter kernel of its own, started for it: any language, a second or more to start."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient.util import ensure_async
from nbformat import NotebookNode

from nbcohort.grading.cells import CellRunner, Exceeded, KernelUnresponsive, Status
from nbcohort.grading.job import Job, KernelFailed
from nbcohort.grading.kernel import SandboxKernelManager
from nbcohort.grading.left import bring_back
from nbcohort.grading.output import Room
from nbcohort.i18n import _
from nbcohort.sandbox import Policy, python_environment, shipped_solutions


def run_in_own_kernel(job: Job) -> tuple[list[Status], tuple[str, ...]]:
    """Run it; return what became of each cell, and which files could not be kept.

    Raises `KernelFailed` or what the sandbox raises, before anything of the notebook has run.
    """
    named = {"kernel_name": job.kernel_name} if job.kernel_name else {}
    options = job.client_settings
    with ExitStack() as stack:
        if job.tier is None:
            copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nbcohort-run-"))) / "work"
            shutil.copytree(job.folder, copy, ignore=_ignoring(job.folder, job.left_out))
            manager = AsyncKernelManager(transport="ipc", connection_file=str(copy.parent / "kernel.json"), **named)
            options["resources"] = {"metadata": {"path": str(copy)}}
            stack.enter_context(_environment_of(job.how.environment))
            work = stack.enter_context(_opened(copy))
        else:
            policy = Policy(
                python_environment(),
                (*job.hidden, *shipped_solutions()),
                job.folder,
                job.left_out,
                environment=job.how.environment,
                limits=job.limits,
            )
            manager = SandboxKernelManager(policy=policy, tier=job.tier, **named)
            stack.callback(manager.forget_work)
        try:
            statuses = KernelRunner(job.notebook, km=manager, room=Room(job.limits.output), **options).run()
        except NoSuchKernel as error:
            raise KernelFailed(_("There is no kernel named {name} here.").format(name=job.kernel_name)) from error
        except RuntimeError as error:
            if any(cell.get("outputs") for cell in job.notebook.cells):
                raise
            raise KernelFailed(_("The kernel did not start: {why}").format(why=error)) from error
        left_behind = bring_back(work if job.tier is None else manager.work, job.folder, job.keep) if job.keep else ()
    return statuses, left_behind


class KernelRunner(CellRunner):
    """Runs the cells in a kernel that a kernel manager starts."""

    def run(self) -> list[Status]:
        """Start the kernel, run all cells, end it."""
        self.reset_execution_trackers()
        self._messages = 0
        with self.setup_kernel(cleanup_kc=True):
            info = self.wait_for_reply(self.kc.kernel_info())
            self.nb.metadata["language_info"] = info["content"]["language_info"]
            return self.run_each()

    def exceeded(self) -> Exceeded | None:
        """Return which limit ended the kernel, if one did; without a sandbox, there is none."""
        limit: Exceeded | None = getattr(self.km, "exceeded", None)
        return limit

    def execute_cell(self, cell: NotebookNode, cell_index: int, *more: Any, **options: Any) -> NotebookNode:
        """Run one cell, as nbclient does."""
        self._replied: dict[str, Any] = {"status": "ok"}
        self._complete = True
        super().execute_cell(cell, cell_index, *more, **options)
        self.show_error_of(self._replied, cell)
        if not self._complete:
            _note_loss(cell)
        return cell

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Count the message, as a sign of life."""
        self._messages += 1
        return super().process_message(msg, cell, cell_index)

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
            self._complete = False
            task_poll_output_msg.cancel()
        task_poll_kernel_alive.cancel()
        self._replied = reply["content"]
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


def _note_loss(cell: NotebookNode) -> None:
    """Say that output was lost; a test whose result may be among it is left to a person (`scores.SaveScores`)."""
    note = _("[some of the output was lost]")
    cell.outputs.append(NotebookNode(output_type="stream", name="stdout", text=f"\n{note}\n"))
    if not any(output.output_type in ("error", "execute_result") for output in cell.outputs):
        nothing = {"data": {"text/plain": ""}, "metadata": {}, "execution_count": None}
        cell.outputs.append(NotebookNode(output_type="execute_result", **nothing))


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open a folder for a while."""
    number = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield number
    finally:
        os.close(number)


@contextmanager
def _environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Set `variables` in our own environment for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _links_in(folder: str, names: list[str]) -> list[str]:
    """Return which of `names` are neither folders nor regular files (an `ignore` of `shutil.copytree`)."""
    paths = [Path(folder) / name for name in names]
    return [path.name for path in paths if path.is_symlink() or not (path.is_dir() or path.is_file())]


def _ignoring(folder: Path, left_out: tuple[str, ...]) -> Callable[[str, list[str]], list[str]]:
    def ignore(at: str, names: list[str]) -> list[str]:
        return _links_in(at, names) + (list(left_out) if Path(at) == folder else [])

    return ignore
