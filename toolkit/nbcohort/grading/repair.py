"""Repair what happened to a submission's graded cells, from the instructor's version, and say so.

Learners copy, split, retype and delete cells, often without knowing it. Stock nbgrader stops at some of it and takes
points for the rest. Here a notebook comes out that has each of the instructor's cells at most once, of the right type
and with the instructor's metadata, whatever the submission says:

- Of several cells with one name (splitting a cell copies its name) one is graded: of the right type, then answered,
  then in its place between its neighbours, then the first. The others stay, as ordinary cells: what they define counts.
- A cell of the wrong type is turned back, as nbgrader does.
- What is locked (tests, tasks, set-up) and deleted is put back. It comes before the next cell of the instructor's that
  is there: an answer that goes on in further cells is complete by then.
- For a deleted answer that a person grades an empty cell with a note is put back, not what learners start from, which
  would undo what they define elsewhere. It is graded by hand, since the answer may be anywhere. Other answers have no
  cell in which anything is graded; that they are missing is said, and that is all.
- Names that the instructor's version does not have are taken off.

Not a repair: a cell that was moved is graded where it is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution, is_task

from nbcohort.grading.master import MasterCell, MasterNotebook
from nbcohort.i18n import _

Kind = Literal[
    "several",
    "type",
    "put back",
    "placeholder",
    "no answer",
    "edited",
    "metadata",
    "unknown",
    "file",
    "format",
    "score",
]
"""What was repaired, or is worth knowing."""


@dataclass(frozen=True)
class Repair:
    """What was done, or is worth knowing, about cells (or files) of one notebook."""

    kind: Kind
    cells: tuple[str, ...]
    """The cells' names."""
    sentence: str
    """For the learner and the instructor."""


def repair(notebook: NotebookNode, master: MasterNotebook) -> tuple[Repair, ...]:
    """Repair `notebook` (nbformat 4.5), in place; return what was done."""
    found: dict[Kind, list[str]] = {}
    known = master.by_name
    _take_off_unknown(notebook, known, found)
    for name, cells in _copies(notebook).items():
        kept = cells[0] if len(cells) == 1 else _choose(notebook, cells, known[name], master)
        if len(cells) > 1:
            found.setdefault("several", []).append(name)
        for cell in cells:
            if cell is not kept:
                del cell.metadata["nbgrader"]
        _restore(kept, known[name], found)
    for cell in master.cells:
        if cell.name not in _copies(notebook):
            _put_back(notebook, cell, master, found)
    order = list(_SENTENCES)
    return tuple(
        Repair(kind, tuple(names), _sentence(kind, names))
        for kind, names in sorted(found.items(), key=lambda item: order.index(item[0]))
    )


def _take_off_unknown(notebook: NotebookNode, known: dict[str, MasterCell], found: dict[Kind, list[str]]) -> None:
    """Remove nbgrader's metadata from cells that are not the instructor's, or damaged beyond recognition."""
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader")
        name = meta.get("grade_id") if isinstance(meta, dict) else None
        if isinstance(name, str) and name in known:
            continue
        if isinstance(meta, dict) and any(meta.get(key) for key in ("grade", "solution", "locked", "task")):
            found.setdefault("unknown", []).append(str(name))
        cell.metadata.pop("nbgrader", None)


def _copies(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """Return the cells that have a name, by name."""
    copies: dict[str, list[NotebookNode]] = {}
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            copies.setdefault(cell.metadata["nbgrader"]["grade_id"], []).append(cell)
    return copies


def _choose(
    notebook: NotebookNode, cells: Sequence[NotebookNode], cell: MasterCell, master: MasterNotebook
) -> NotebookNode:
    """Return the one of several cells with the same name that is graded."""
    place = {id(one): number for number, one in enumerate(notebook.cells)}
    sure = {name: place[id(copies[0])] for name, copies in _copies(notebook).items() if len(copies) == 1}
    names = [other.name for other in master.cells]
    at = names.index(cell.name)
    before = next((sure[name] for name in reversed(names[:at]) if name in sure), -1)
    after = next((sure[name] for name in names[at + 1 :] if name in sure), len(notebook.cells))

    def merits(candidate: NotebookNode) -> tuple[bool, bool, bool]:
        right_type = candidate.cell_type == cell.cell_type
        answered = not cell.solution or candidate.source.strip() not in ("", cell.source.strip())
        return right_type, answered, before < place[id(candidate)] < after

    return max(cells, key=merits)  # of equals the first


def _restore(cell: NotebookNode, master: MasterCell, found: dict[Kind, list[str]]) -> None:
    """Give a cell its type and metadata back; the source of locked ones is nbgrader's `OverwriteCells`' business."""
    said = _meaning(cell)
    if cell.cell_type != master.cell_type:
        found.setdefault("type", []).append(master.name)
        retype(cell, master.cell_type)
        edited = False
    else:
        edited = master.locked and _is_edited(cell)
    handed_out = cell.metadata["nbgrader"].get("checksum")
    cell.metadata.update(master.as_metadata())
    if said != _meaning(cell):
        found.setdefault("metadata", []).append(master.name)
    if edited and compute_checksum(cell) != handed_out:
        found.setdefault("edited", []).append(master.name)


def _meaning(cell: NotebookNode) -> tuple[object, ...]:
    """Return what nbgrader's metadata says of a cell: many ways of writing mean the same."""
    graded = is_grade(cell) or is_task(cell)
    points = cell.metadata["nbgrader"].get("points") if graded else None
    return bool(is_grade(cell)), bool(is_solution(cell)), bool(is_locked(cell)), bool(is_task(cell)), points


def _is_edited(cell: NotebookNode) -> bool:
    """Return whether a cell is not as it was handed out, whatever the instructor's version is now.

    Its settings count; if they were changed, it looks edited.
    """
    handed_out = cell.metadata["nbgrader"].get("checksum")
    try:
        return isinstance(handed_out, str) and compute_checksum(cell) != handed_out
    except (LookupError, TypeError, ValueError):  # its metadata is damaged, which is said anyway
        return False


def retype(cell: NotebookNode, kind: str) -> None:
    """Turn a cell into one of another type, with the same source."""
    for key in ("outputs", "execution_count", "attachments"):
        cell.pop(key, None)
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None


def _put_back(notebook: NotebookNode, cell: MasterCell, master: MasterNotebook, found: dict[Kind, list[str]]) -> None:
    """Put a deleted cell where it belongs, if it is one that is put back."""
    if not cell.locked and not cell.grade:
        found.setdefault("no answer", []).append(cell.name)
        return
    if cell.solution:
        found.setdefault("placeholder", []).append(cell.name)
        note = _("The answer {name} is not in the submission.").format(name=cell.name)
        source = f"# {note}" if cell.cell_type == "code" else f"*{note}*"
    else:
        found.setdefault("put back", []).append(cell.name)
        source = cell.source
    new = NotebookNode(
        id=_new_id(notebook, cell.name),
        cell_type=cell.cell_type,
        metadata=NotebookNode(cell.as_metadata(), deletable=False, **({} if cell.solution else {"editable": False})),
        source=source,
    )
    if cell.cell_type == "code":
        new.outputs, new.execution_count = [], None
    notebook.cells.insert(_place(notebook, cell, master), new)


def _place(notebook: NotebookNode, cell: MasterCell, master: MasterNotebook) -> int:
    """Return the index before which a deleted cell belongs."""
    at = {
        one.metadata["nbgrader"]["grade_id"]: number
        for number, one in enumerate(notebook.cells)
        if "nbgrader" in one.metadata
    }
    names = [other.name for other in master.cells]
    mine = names.index(cell.name)
    before = next((at[name] for name in reversed(names[:mine]) if name in at), -1)
    after = next((at[name] for name in names[mine + 1 :] if name in at), len(notebook.cells))
    return after if after > before else before + 1  # if cells were moved, at least not before the answer


def _new_id(notebook: NotebookNode, name: str) -> str:
    taken = {cell.get("id") for cell in notebook.cells}
    wanted = name[:50] or "cell"
    return next(
        identity
        for number in range(len(taken) + 1)
        if (identity := f"{wanted}-{number}" if number else wanted) not in taken
    )


_SENTENCES: dict[Kind, str] = {
    "several": _("There is more than one cell with the name {names}; one of them is graded, the others are kept."),
    "type": _("The type of the cell {names} was changed; it is changed back."),
    "put back": _("The cell {names} was deleted; it is put back."),
    "placeholder": _("The answer {names} was deleted; an empty cell is in its place, for whoever grades."),
    "no answer": _("The answer cell {names} was deleted."),
    "edited": _("The cell {names} was edited; what counts is the original."),
    "metadata": _("The settings of the cell {names} are not the instructor's; the instructor's count."),
    "unknown": _("The cell {names} is none of this assignment's; it is an ordinary cell."),
}
_SENTENCES_OF_MANY: dict[Kind, str] = {
    "several": _("There is more than one cell with each of the names {names}; one of each is graded."),
    "type": _("The types of the cells {names} were changed; they are changed back."),
    "put back": _("The cells {names} were deleted; they are put back."),
    "placeholder": _("The answers {names} were deleted; empty cells are in their place, for whoever grades."),
    "no answer": _("The answer cells {names} were deleted."),
    "edited": _("The cells {names} were edited; what counts is the original."),
    "metadata": _("The settings of the cells {names} are not the instructor's; the instructor's count."),
    "unknown": _("The cells {names} are none of this assignment's; they are ordinary cells."),
}
_SHOWN = 20
"""Names in one sentence; there may be thousands."""


def _sentence(kind: Kind, names: Sequence[str]) -> str:
    different = list(Counter(names))
    shown = [f"`{plain(name)}`" for name in different[:_SHOWN]] + (["..."] if len(different) > _SHOWN else [])
    return (_SENTENCES if len(different) == 1 else _SENTENCES_OF_MANY)[kind].format(names=", ".join(shown))


def plain(text: str) -> str:
    """Return text of a learner's in which nothing is markup, and not too much of it."""
    kept = "".join(character for character in text if character.isalnum() or character in " .,:+-_/()")
    return kept if len(kept) <= 60 else f"{kept[:57]}..."


def note_cell(repairs: Sequence[Repair], taken: Sequence[str]) -> dict[str, Any]:
    """Return the Markdown cell that tells a learner of repairs; its id is none of those `taken`."""
    lines = [_("**Before this was graded:**"), "", *(f"- {one.sentence}" for one in repairs)]
    identity = next(name for number in range(len(taken) + 1) if (name := f"nbcohort-note-{number}") not in taken)
    return {
        "id": identity,
        "cell_type": "markdown",
        "metadata": {"nbcohort": {"note": True}, "deletable": False, "editable": False},
        "source": "\n".join(lines),
    }
