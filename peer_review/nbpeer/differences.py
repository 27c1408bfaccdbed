"""What a revision changes in a file, line by line; in notebooks by cell, of which nbdime finds which belong together.

The HTML is harmless because it is made of a handful of tags here, with all that comes from files escaped in them.
"""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from nbcohort.api import _

Change = Literal["same", "changed", "added", "removed"]
Kind = Literal["notebook", "text", "other"]

LARGEST = 1_000_000
"""Characters of a file that are compared; whether a larger one has changed is said."""
CELLS = 2_000
"""Cells of a notebook that are compared."""
PAIRS = 900
"""Pairs of changed cells of which it is asked whether they belong together, as that takes long."""
SOURCE = 30_000
"""Characters of all of these cells. Beyond either, only cells whose source is the same belong together."""
LINES = 3_000
"""Lines of a cell or a text that are compared line by line; of longer ones, all lines count as changed."""


@dataclass(frozen=True)
class Line:
    """A line of a cell or a text: in both (" "), only before ("-"), or only after ("+")."""

    sign: Literal[" ", "-", "+"]
    text: str


@dataclass(frozen=True)
class CellChange:
    """What became of a cell, or of a text as a whole. Numbers count from 1; None: it is not there.

    Lines are given where something changed; `outputs` says whether the outputs differ.
    """

    change: Change
    kind: str
    before: int | None
    after: int | None
    lines: tuple[Line, ...] = ()
    outputs: bool = False


@dataclass(frozen=True)
class FileChange:
    """What became of a file; without `cells` where it is no text, too large, or as it was."""

    path: str
    kind: Kind
    change: Change
    cells: tuple[CellChange, ...] = ()


def compare(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    """Return what became of the file `path`; None: it is not there."""
    change: Change = "added" if before is None else "removed" if after is None else "changed"
    if before == after:
        return FileChange(path, "other", "same")
    old, new = _text(before), _text(after)
    if old is None or new is None or len(old) + len(new) > LARGEST:
        return FileChange(path, "other", change)
    if path.lower().endswith(".ipynb"):
        cells = _cells(old), _cells(new)
        if cells[0] is not None and cells[1] is not None and max(map(len, cells)) <= CELLS:  # type: ignore[arg-type]
            return FileChange(path, "notebook", change, tuple(_changes(cells[0], cells[1])))
    whole = CellChange(change, "text", None, None, _lines(old, new))
    return FileChange(path, "text", change, (whole,))


def as_html(changes: Sequence[FileChange]) -> str:
    """Return the changes of files as HTML; nothing in it acts or loads anything."""
    return "".join(f"<section><h3>{escape(one.path)}</h3>{''.join(_html_of(one))}</section>" for one in changes)


def _html_of(file: FileChange) -> Iterator[str]:
    if not file.cells:
        yield f"<p>{escape(words(file.change))}</p>"
    same = 0
    for cell in (*file.cells, None):
        if cell is not None and cell.change == "same":
            same += 1
            continue
        if same:
            yield f"<p>{escape(_as_before(same))}</p>"
            same = 0
        if cell is not None:
            yield _html_of_cell(cell)


def _as_before(cells: int) -> str:
    return _("1 cell as before") if cells == 1 else _("{count} cells as before").format(count=cells)


def _html_of_cell(cell: CellChange) -> str:
    number = cell.after or cell.before
    title = words(cell.change)
    if number is not None:
        title = _("Cell {number}: {change}").format(number=number, change=title)
    if cell.outputs:
        title += f"; {_('its outputs differ')}"
    tags = {"-": ("<del>", "</del>"), "+": ("<ins>", "</ins>"), " ": ("<span>", "</span>")}
    lines = "".join(f"{tags[line.sign][0]}{line.sign} {escape(line.text)}\n{tags[line.sign][1]}" for line in cell.lines)
    return f"<h4>{escape(title)}</h4>" + (f"<pre>{lines}</pre>" if lines else "")


def words(change: Change) -> str:
    """Return a change in a word or two."""
    return {"same": _("as before"), "changed": _("changed"), "added": _("new"), "removed": _("removed")}[change]


def _text(data: bytes | None) -> str | None:
    """Return a file as text, "" for one that is not there, or None if it is no text."""
    try:
        text = (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _cells(text: str) -> list[dict[str, Any]] | None:
    """Return the cells of a notebook, none for no file, or None if it cannot be read."""
    try:
        cells = json.loads(text)["cells"] if text else []
        return [_cell(one) for one in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    source = cell.get("source", "")
    return {
        "id": str(cell.get("id", "")),
        "cell_type": str(cell["cell_type"]),
        "source": source if isinstance(source, str) else "".join(map(str, source)),
        "outputs": json.dumps(cell.get("outputs", []), sort_keys=True),
    }


def _changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[CellChange]:
    """Yield what became of each cell, in the order of the later notebook."""
    at_old = at_new = 0
    for old, new in _matched(before, after):
        while at_old < old:
            yield CellChange(
                "removed", before[at_old]["cell_type"], at_old + 1, None, _lines(_source(before, at_old), "")
            )
            at_old += 1
        while at_new < new:
            yield CellChange("added", after[at_new]["cell_type"], None, at_new + 1, _lines("", _source(after, at_new)))
            at_new += 1
        if old < len(before):
            yield _both(before[old], after[new], old + 1, new + 1)
            at_old, at_new = old + 1, new + 1


def _both(old: Mapping[str, Any], new: Mapping[str, Any], before: int, after: int) -> CellChange:
    outputs = old["outputs"] != new["outputs"]
    lines = () if old["source"] == new["source"] else _lines(old["source"], new["source"])
    same = not (lines or outputs or old["cell_type"] != new["cell_type"])
    return CellChange("same" if same else "changed", new["cell_type"], before, after, lines, outputs)


def _matched(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield (old, new) indices of the cells that belong together, and at last the two lengths."""
    old, new = ([(one["cell_type"], one["source"]) for one in cells] for cells in (before, after))
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(i, i_end), range(j, j_end), strict=True)
        elif tag == "replace":
            yield from ((i + one, j + other) for one, other in _similar(before[i:i_end], after[j:j_end]))
    yield len(before), len(after)


def _similar(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield (old, new) indices of the cells, none of which stayed as it was, that nbdime takes for the same."""
    characters = sum(len(one["source"]) for one in (*before, *after))
    if len(before) * len(after) > PAIRS or characters > SOURCE:
        return
    from nbdime.diffing.notebooks import diff_notebooks  # loads much, and only who compares needs it

    found = diff_notebooks(_notebook(before), _notebook(after))
    at_old = at_new = 0
    for one in next((entry["diff"] for entry in found if entry["key"] == "cells"), ()):
        while at_old < one["key"]:
            yield at_old, at_new
            at_old, at_new = at_old + 1, at_new + 1
        if one["op"] == "addrange":
            at_new += len(one["valuelist"])
        elif one["op"] == "removerange":
            at_old += one["length"]
    while at_old < len(before):
        yield at_old, at_new
        at_old, at_new = at_old + 1, at_new + 1


def _notebook(cells: list[dict[str, Any]]) -> Any:
    """Return a notebook of the cells' sources alone, as nbdime takes it: comparing outputs takes long."""
    from nbformat import from_dict

    bare = [{"id": one["id"], "cell_type": one["cell_type"], "source": one["source"], "metadata": {}} for one in cells]
    for cell in bare:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return from_dict({"cells": bare, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _source(cells: list[dict[str, Any]], i: int) -> str:
    return str(cells[i]["source"])


def _lines(before: str, after: str) -> tuple[Line, ...]:
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > LINES:
        return (*(Line("-", text) for text in old), *(Line("+", text) for text in new))
    found: list[Line] = []
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if tag == "equal":
            found += [Line(" ", text) for text in old[i:i_end]]
        else:
            found += [*(Line("-", text) for text in old[i:i_end]), *(Line("+", text) for text in new[j:j_end])]
    return tuple(found)
