"""Runs a notebook's cells in a forked kernel, with nbclient's own treatment of what comes out of them."""

import contextlib
import copy
import inspect
import json
import platform
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async, run_sync
from nbformat import NotebookNode
from traitlets import Any as AnyTrait
from traitlets import Instance

from nbcohort.errors import NbcohortError
from nbcohort.grading.cells import CellRunner, Exceeded, KernelUnresponsive, Status, put_error
from nbcohort.grading.forked.kernel import ForkedKernel
from nbcohort.grading.forked.link import Message
from nbcohort.grading.roles import is_locked
from nbcohort.grading.tamper.guard import Guard, is_test
from nbcohort.grading.tamper.isolated import Isolation, isolation
from nbcohort.grading.tamper.mutants import count, mutant
from nbcohort.grading.tamper.sources import names_put
from nbcohort.i18n import _

_SECONDS = 10.0
_SHARE, _LEAST = 0.25, 1.0
"""How much of a notebook's time mutants of its tests may take, and how many seconds at least."""
_AGAIN = 60.0
"""How many seconds a notebook may have taken whose kernel has ended, and which is run again for mutants."""
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
    another = AnyTrait(help="Makes the kernel of an isolated test, for a `with` block.")

    def run(self) -> list[Status]:
        """Run all cells."""
        self.reset_execution_trackers()
        self.kc = _BackChannel(self.kernel)
        self._text: tuple[NotebookNode, list[str]] | None = None
        self._answered: set[str] = set()
        self._unexpected: set[str] = set()
        self._shown: list[tuple[NotebookNode, list[NotebookNode]]] = []
        self.guard = Guard(self._ask, self.nb)
        self._passed: list[tuple[NotebookNode, float]] = []
        self._went_well: list[str] = []
        self._seconds, self._has_died = 0.0, False
        self._only_instructor = True
        version = platform.python_version()
        self.nb.metadata["language_info"] = NotebookNode(_LANGUAGE, version=version)
        statuses = self.run_each()
        self._put_back_outputs()
        return statuses

    def exceeded(self) -> Exceeded | None:
        """Return which limit ended the kernel, if one did."""
        limit: Exceeded | None = self.kernel.exceeded
        return limit

    def _run_cell(self, cell: NotebookNode, index: int) -> tuple[Status, str | None]:
        """Run one cell; a test with all that it relies on put back before, and a look at what must fail after it."""
        test = is_test(cell)
        self._mind_whose(cell)
        alone = isolation(cell.source) if test else None
        if alone:
            return self._run_alone(cell, index, alone)
        if test:
            with contextlib.suppress(DeadKernelError):  # running the cell will say so
                self.guard.before(cell)
        status, dead = self._run_as_usual(cell, index)
        if dead and self.kernel.sent_nonsense:
            self.guard.flag(cell, "messages", _("It sent what is no message, or the beginning of one."))
        if test:
            self._look_at(cell, status, over=dead is not None)
        elif status == "ok" and is_locked(cell) and names_put(cell.source):
            self._tell("trust", {"names": names_put(cell.source)})
        return status, dead

    def _mind_whose(self, cell: NotebookNode) -> None:
        """Before the first cell that is not the instructor's, let what theirs have replaced stay so."""
        if self._only_instructor and not is_locked(cell):
            self._only_instructor = False
            if self.code_cells_executed:
                self._tell("trust_all", {})

    def _tell(self, kind: str, content: Mapping[str, Any]) -> None:
        """Tell the kernel what it has no answer to; if it has ended, the next cell says so."""
        with contextlib.suppress(DeadKernelError):
            self.kernel.request(kind, secrets.token_hex(16), json.dumps(content).encode())

    def _look_at(self, cell: NotebookNode, status: Status, *, over: bool) -> None:
        """Look at a test that has run, and, unless the kernel is `over`, at what must fail after it."""
        self._look_at_outputs(cell)
        if over:
            return
        try:
            self.guard.after(cell, passed=status == "ok")
            for parent in self._unexpected & self._answered:
                self.guard.flag(cell, "messages", _("A cell has been replied to twice."))
                self._unexpected.discard(parent)
        except DeadKernelError:
            if status == "ok":
                self.guard.flag(cell, "messages", _("The kernel ended when the test had passed."))

    def _run_as_usual(self, cell: NotebookNode, index: int) -> tuple[Status, str | None]:
        """Run one cell, and remember what mutants need to know of it."""
        began = time.monotonic()
        status, dead = super()._run_cell(cell, index)
        seconds = time.monotonic() - began
        self._seconds += seconds
        self._has_died |= dead is not None
        if status == "ok":
            self._went_well.append(cell.source)
            if is_test(cell):
                self._passed.append((cell, seconds))
        return status, dead

    def run_mutants(self) -> bool:
        """Run tests that passed once more, in any order, with something else expected; flag those that pass again.

        For when the notebook has ended, and what it shows and leaves behind is safe. They are those that took `_SHARE`
        of the notebook's time together; others are left out, and when it has taken too long, all that are left. Where
        the kernel has ended, what went well is run again in another one. Returns whether the kernel did not answer any
        more.
        """
        if not any(count(cell.source, self.guard.helpers) for cell, _seconds in self._passed):
            return False
        if not self._has_died:
            return self._run_mutants()
        if self._seconds > _AGAIN:
            return False
        ours = self.kernel
        try:
            with self.another() as self.kernel:
                for source in self._went_well:
                    if not self._passes(source, _SECONDS):
                        return False
                self._run_mutants()
        except (DeadKernelError, NbcohortError, OSError):
            return False  # it may need the files that it found, or end again
        finally:
            self.kernel = ours
        return False

    def _run_mutants(self) -> bool:
        left, until = max(_LEAST, _SHARE * self._seconds), time.monotonic() + _SECONDS
        random = secrets.SystemRandom()
        random.shuffle(self._passed)
        for cell, seconds in self._passed:
            places, longest = count(cell.source, self.guard.helpers), _SECONDS + 3 * seconds
            if not places or seconds > left or time.monotonic() > until or self.kernel.seconds_left < 2 * longest:
                continue
            left -= seconds  # what it takes now is the notebook's doing: it must not keep other tests from their turn
            chosen = mutant(cell.source, random.randrange(places), self.guard.helpers)
            try:
                passes = all(self._passes(one, longest) for one in chosen.sources) if chosen else False
            except DeadKernelError:
                if self.exceeded() is None:  # a second time may be too much for who was near a limit
                    sentence = _("When the test was to be run once more, the kernel did not answer.")
                    self.guard.flag(cell, "messages", sentence)
                return True
            if chosen and passes:
                sentence = _("The test passes with something else expected, too.")
                self.guard.flag(cell, "equal", sentence, chosen.place[:100])
        return False

    def _passes(self, source: str, seconds: float) -> bool:
        """Run a cell whose output nobody sees; return whether it has passed. Raises `DeadKernelError`."""
        request, deadline = secrets.token_hex(16), time.monotonic() + seconds
        self.kernel.request("brief", request, b"{}")
        self.kernel.request("execute_request", request, json.dumps({"code": source}).encode())
        while True:
            arrived = self.kernel.receive(request, deadline)
            if arrived is None:
                raise DeadKernelError("No reply")
            for message in arrived:
                if message.parent == request and message.kind == "execute_reply":
                    return (message.content or {}).get("status") == "ok"

    def _run_alone(self, cell: NotebookNode, index: int, alone: Isolation) -> tuple[Status, str | None]:
        """Run a test in another process, which knows nothing of this one but the values that the test asks for."""
        answer = self._values_for(cell, alone)
        given = answer.get("values")
        if not isinstance(given, dict) or given.keys() != alone.values.keys():
            put_error(cell, str(answer.get("ename", "ValueError"))[:100], str(answer.get("evalue", ""))[:1000])
            return "error", None
        known: dict[str, Any] = {"values": given}
        if alone.notebook:
            known["notebook"] = {**self.nb, "cells": self.nb.cells[:index]}
        ours = self.kernel
        with self.another() as self.kernel:
            try:
                if self._ask("define", known, _SECONDS) is None:
                    put_error(cell, "ValueError", _("The values could not be read again in the test's process."))
                    return "error", None
                status, _dead = super()._run_cell(cell, index)
                return ("error" if status == "died" else status), None
            except DeadKernelError:
                put_error(cell, "ValueError", _("The values could not be read again in the test's process."))
                return "error", None
            finally:
                self.kernel = ours

    def _values_for(self, cell: NotebookNode, alone: Isolation) -> dict[str, Any]:
        """Return what the notebook's process says, with the values or an error."""
        try:
            answer = self._ask("values", {"values": alone.values}, self._get_timeout(cell) or _SECONDS)
            if answer is None:
                self.kernel.interrupt()
                return {"ename": "TimeoutError", "evalue": _("What the test asks for took too long.")}
        except DeadKernelError:
            return {"ename": "DeadKernelError", "evalue": _("the kernel died.")}
        return answer

    def _look_at_outputs(self, cell: NotebookNode) -> None:
        """Keep a test's outputs as they are now, and see who may have had a hand in them."""
        self._shown.append((cell, copy.deepcopy(cell.outputs)))
        if sum(output.output_type == "execute_result" for output in cell.outputs) > 1:
            self.guard.flag(cell, "result", _("The test has more than one result."))
        if any(self.output_hook_stack.values()):
            self.guard.flag(cell, "result", _("A widget has taken what the test shows."))

    def _put_back_outputs(self) -> None:
        """Undo what later cells have changed of a test's outputs."""
        for cell, outputs in self._shown:
            if cell.outputs != outputs:
                cell.outputs = outputs
                self.guard.flag(cell, "result", _("A later cell changed what the test has shown, which was put back."))

    def _ask(self, kind: str, content: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """Return the kernel's answer to a question that is no cell's. Raises `DeadKernelError`."""
        request, deadline = secrets.token_hex(16), time.monotonic() + seconds
        self.kernel.request(kind, request, json.dumps(content).encode())
        while True:
            arrived = self.kernel.receive(request, deadline)
            if arrived is None:
                return None
            for message in arrived:
                if message.parent == request and message.kind == f"{kind}_reply":
                    answer: dict[str, Any] | None = message.content
                    return answer
                self._notice(message)

    def _notice(self, message: Message) -> None:
        """Take note of a reply that nobody waits for."""
        if message.kind == "execute_reply":
            self._unexpected.add(message.parent)

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
        cell.execution_count = self.code_cells_executed  # until the kernel says so itself
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

    def show_error_of(self, content: dict[str, Any], cell: NotebookNode) -> None:
        """Show the error in a cell's reply if it is not shown; that is odd, unless there was too much to show."""
        shown = len(cell.outputs)
        super().show_error_of(content, cell)
        if len(cell.outputs) > shown and self.room.left and content.get("ename") != "SystemExit":
            self.guard.flag(cell, "errors", _("An error was not shown."), str(content.get("ename"))[:100])

    def _call(self, hook: Callable[..., Any] | None, **arguments: Any) -> None:
        answer = hook(**arguments) if hook is not None else None
        if inspect.isawaitable(answer):
            run_sync(ensure_async)(answer)

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
                    self._notice(message)
                    continue  # of a thread or a task that an earlier cell has left; nbclient leaves it out, too
                if message.kind == "execute_reply":
                    self._answered.add(request)
                    for late in (*arrived[position + 1 :], *self.kernel.rest(request)):
                        if late.parent == request:
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
