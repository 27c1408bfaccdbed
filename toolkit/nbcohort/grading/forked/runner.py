"""Runs a notebook's cells in a forked kernel, with nbclient's own treatment of what comes out of them."""

import json
import platform
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from nbclient.exceptions import CellTimeoutError
from nbclient.util import run_hook, run_sync
from nbformat import NotebookNode
from traitlets import Instance

from nbcohort.grading.cells import CellRunner, Exceeded, KernelUnresponsive, Status
from nbcohort.grading.forked.kernel import ForkedKernel
from nbcohort.grading.forked.link import Message

_NOT_OUTPUT = frozenset({"status", "execute_reply"})
_LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}


class ForkedRunner(CellRunner):
    """Runs the cells in a `ForkedKernel`."""

    kernel = Instance(ForkedKernel)

    def run(self) -> list[Status]:
        """Run all cells."""
        self.reset_execution_trackers()
        self.kc = _BackChannel(self.kernel)
        self._text: tuple[NotebookNode, list[str]] | None = None
        version = platform.python_version()
        self.nb.metadata["language_info"] = NotebookNode(_LANGUAGE, version=version)
        return self.run_each()

    def exceeded(self) -> Exceeded | None:
        """Return which limit ended the kernel, if one did."""
        limit: Exceeded | None = self.kernel.exceeded
        return limit

    def execute_cell(self, cell: NotebookNode, cell_index: int, *_more: Any) -> NotebookNode:
        """Run one cell; its outputs, and `outputs` of cells before it, change. Raises as nbclient's method does."""
        self._call(self.on_cell_start, cell=cell, cell_index=cell_index)
        if self.record_timing:
            cell["metadata"]["execution"] = {}
        self._call(self.on_cell_execute, cell=cell, cell_index=cell_index)
        request = secrets.token_hex(16)
        self.kernel.request("execute_request", request, json.dumps({"code": cell.source}).encode())
        self._call(self.on_cell_complete, cell=cell, cell_index=cell_index)
        self.code_cells_executed += 1
        cell.outputs = []
        self.clear_before_next_output = False
        self._note(cell, "iopub.status.busy")
        try:
            reply = self._wait(cell, cell_index, request)
        finally:
            self._settle()
        self._note(cell, "shell.execute_reply")
        self._call(self.on_cell_executed, cell=cell, cell_index=cell_index, execute_reply=reply)
        self.show_error_of(reply["content"], cell)
        return cell

    def _call(self, hook: Callable[..., Any] | None, **arguments: Any) -> None:
        if hook is not None:
            run_sync(run_hook)(hook, **arguments)

    def _note(self, cell: NotebookNode, event: str) -> None:
        if self.record_timing:
            cell["metadata"]["execution"][event] = datetime.now(UTC).isoformat().replace("+00:00", "Z")

    def _wait(self, cell: NotebookNode, index: int, request: str) -> dict[str, Any]:
        """Treat what comes until the reply; after the cell's time, interrupt it, and wait patiently."""
        seconds = self._get_timeout(cell)
        reply = self._until_reply(cell, index, request, seconds)
        if reply is not None:
            return reply
        self._timed_out = True
        if not self.interrupt_on_timeout and not self.error_on_timeout:
            raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", seconds or 0, cell)
        self.kernel.interrupt()
        reply = self._until_reply(cell, index, request, self.patience)
        if reply is None:
            raise KernelUnresponsive
        if self.error_on_timeout:
            return {"content": {**self.error_on_timeout, "status": "error"}}
        return reply

    def _until_reply(
        self, cell: NotebookNode, index: int, request: str, seconds: float | None
    ) -> dict[str, Any] | None:
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            arrived = self.kernel.receive(request, deadline)
            if arrived is None:
                return None
            for position, message in enumerate(arrived):
                if message.parent != request:
                    continue  # of a thread or a task that an earlier cell has left; nbclient leaves it out, too
                if message.kind == "execute_reply":
                    for late in (*arrived[position + 1 :], *self.kernel.rest(request)):
                        self._treat(late, cell, index)
                    return {"content": message.content or {"status": "error"}}
                self._treat(message, cell, index)

    def _treat(self, message: Message, cell: NotebookNode, index: int) -> None:
        if message.kind in _NOT_OUTPUT:
            return
        try:
            content = self.room.admit(message.kind, message.content, index, message.size)
        except (KeyError, TypeError, AttributeError):  # it is to be shortened, and is no output
            return
        if content is None:
            return
        if message.kind == "stream" and self._goes_on(content):
            return
        if message.kind != "execute_input":
            self._settle()
        treated = {
            "msg_type": message.kind,
            "header": {"msg_type": message.kind},
            "parent_header": {"msg_id": message.parent},
            "content": content,
            "metadata": message.metadata,
            "buffers": message.buffers,
        }
        try:
            output = self.process_message(treated, cell, index)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            self.log.warning("A message that is none, of kind %s, is left out: %s", message.kind, error)
            return
        if output is not None and message.kind == "stream":
            self._text = (output, [output.text])

    def _goes_on(self, content: dict[str, Any]) -> bool:
        """Take text that continues the last output; joined only when that ends, as there may be very many pieces."""
        if self._text is None or self.clear_before_next_output or content.get("name") != self._text[0].name:
            return False
        if not isinstance(content.get("text"), str):
            return False
        self._text[1].append(content["text"])
        return True

    def _settle(self) -> None:
        if self._text is not None:
            output, pieces = self._text
            output.text = "".join(pieces)
            self._text = None


class _BackChannel:
    """As much of a kernel client as nbclient's output widgets need: they answer the kernel."""

    def __init__(self, kernel: ForkedKernel) -> None:
        self._kernel = kernel
        self.session = self.shell_channel = self

    def msg(self, msg_type: str, content: dict[str, Any] | None = None, **_more: Any) -> dict[str, Any]:
        """Return a message."""
        return {"msg_type": msg_type, "content": content or {}}

    def send(self, message: dict[str, Any]) -> None:
        """Send it."""
        self._kernel.request(message["msg_type"], secrets.token_hex(16), json.dumps(message["content"]).encode())
