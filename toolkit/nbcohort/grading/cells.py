"""Run the cells of a notebook to its end, whatever they do: what all kinds of kernels have in common.

For grading, errors stay in their cells and the later cells run (nbgrader's way). Three ways in which a cell can take
the kernel with it, and what then stands in the notebook:

- the kernel dies (`os._exit`, a segmentation fault, out of memory): an error in this cell, and in each later code cell
- it does not stop when interrupted after its time: the kernel is ended, and the same
- the notebook's time or memory is used up: the same

An error must stand in cells that did not run, because nbgrader gives a graded cell without outputs full marks. And it
must stand alone: nbgrader takes a result before an error for partial credit, and a learner's function can display one.
"""

from typing import Any, Literal, Protocol

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from traitlets import Any as AnyTrait
from traitlets import Float, Instance

from nbcohort.grading.output import Room, is_whole, without_surplus
from nbcohort.i18n import _

Status = Literal["ok", "error", "timeout", "died", "not run", "nothing to run"]
"""What became of a cell. `died`: the kernel ended in it. `not run`: the kernel had ended before."""
Exceeded = Literal["disk", "memory", "time"]
"""The limit that ended a kernel."""


PATIENCE = 10.0
"""Seconds of silence after which a kernel that should fall silent is given up, if a course does not say otherwise."""


class KernelUnresponsive(Exception):
    """A cell did not stop when it was interrupted."""


class Onlooker(Protocol):
    """Is told of each cell."""

    def begins(self, cell: NotebookNode, index: int) -> None:
        """Hear of a cell that is about to run."""

    def ended(self, cell: NotebookNode, index: int, status: Status) -> bool:
        """Hear of a cell that has run, or could not; return whether the cells after it shall run."""


class CellRunner(NotebookClient):
    """nbclient's client, which never stops at an error, whatever kind of kernel it has."""

    room = Instance(Room)
    patience = Float(PATIENCE, help="Seconds of silence after which a kernel that should fall silent is given up.")
    onlooker = AnyTrait(help="An `Onlooker`, or None.")

    def run(self) -> list[Status]:
        """Run all cells; return what became of each. Raises if the kernel does not even start."""
        raise NotImplementedError

    def exceeded(self) -> Exceeded | None:
        """Return which limit ended the kernel, if one did."""
        raise NotImplementedError

    def run_each(self) -> list[Status]:
        """Run all cells, in a kernel that is there."""
        statuses: list[Status] = []
        dead: str | None = None
        for index, cell in enumerate(self.nb.cells):
            if self.onlooker:
                self.onlooker.begins(cell, index)
            if cell.cell_type != "code" or not cell.source.strip():
                statuses.append("nothing to run")
            elif dead:
                put_error(cell, "NotRunError", _("This cell did not run: {why}").format(why=dead))
                statuses.append("not run")
            else:
                status, dead = self._run_cell(cell, index)
                statuses.append(status)
            if self.onlooker and not self.onlooker.ended(cell, index, statuses[-1]):
                break
        for cell in self.nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [without_surplus(output) for output in cell.outputs]
        self.set_widgets_metadata()
        return statuses

    def _run_cell(self, cell: NotebookNode, index: int) -> tuple[Status, str | None]:
        """Run one cell; return what became of it, and why the kernel is dead if it is."""
        self._timed_out = False
        try:
            self.execute_cell(cell, index)
        except DeadKernelError:
            dead = _why_dead(self.exceeded())
            put_error(cell, "DeadKernelError", dead)
            return "died", dead
        except KernelUnresponsive:
            dead = _("a cell took too long and could not be interrupted.")
            put_error(cell, "CellTimeoutError", dead)
            return "died", dead
        failed = any(out.output_type == "error" for out in cell.outputs)
        if failed:  # a cell that was broken off has no result, whatever stands there
            cell.outputs = [out for out in cell.outputs if out.output_type != "execute_result"]
        if self._timed_out:
            return "timeout", None
        return ("error" if failed else "ok"), None

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Treat a message as nbclient does, if it is one; code in a notebook can send whatever it likes."""
        kind, content = msg["msg_type"], msg["content"]
        if not is_whole(kind, content):
            self.log.warning("A message of kind %s that is none is left out", kind)
            return None
        if kind == "stream" and "transient" in content:  # nothing that could be updated
            msg = {**msg, "content": {"name": content["name"], "text": content["text"]}}
        return super().process_message(msg, cell, cell_index)

    def show_error_of(self, content: dict[str, Any], cell: NotebookNode) -> None:
        """Show the error in a cell's reply if it is not shown: swallowed, or lost when there was too much to show."""
        if content.get("status") == "ok" or any(output.output_type == "error" for output in cell.outputs):
            return
        name, words = str(content.get("ename", "Error")), str(content.get("evalue", ""))
        traceback = content.get("traceback")
        lines = list(map(str, traceback)) if isinstance(traceback, list) else [f"{name}: {words}"]
        cell.outputs.append(NotebookNode(output_type="error", ename=name, evalue=words, traceback=lines))


def _why_dead(exceeded: Exceeded | None) -> str:
    if exceeded == "disk":
        return _("the notebook wrote more than it may.")
    if exceeded == "memory":
        return _("the notebook used more memory than it may.")
    if exceeded == "time":
        return _("the notebook took more time than it may.")
    return _("the kernel died.")


def put_error(cell: NotebookNode, name: str, sentence: str) -> None:
    """Make `sentence` the one error of a cell, after what it printed, and its result none."""
    kept = [out for out in cell.get("outputs", []) if out.output_type not in ("error", "execute_result")]
    cell.outputs = [
        *kept,
        NotebookNode(output_type="error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"]),
    ]
