"""Comments at a cell of the work, or at a text selected in it. They belong to a version of a review. Pure.

A reviewer names a cell by its id in the anonymised copy. Cells keep their order in it, so that authors are told which
of their own it is by its number.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from nbcohort.api import Invalid, _

MOST = 300
"""How many comments a review may have."""


@dataclass(frozen=True)
class Inline:
    """One comment.

    Args:
        file: path in the copy.
        cell: the cell's id there; None: the file as a whole. A cell without an id is called by `unnamed`.
        quote: the text that was selected in the cell; empty: the cell as a whole.
        text: the comment.
        path: the file's path in the submission; None until the review is submitted.
        index: the cell's number in the notebook, from 0; None until the review is submitted, or without a cell.
    """

    file: str
    cell: str | None
    quote: str
    text: str
    path: str | None = None
    index: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as a version of a review keeps it."""
        return asdict(self)


def of_json(kept: Iterable[Mapping[str, Any]]) -> tuple[Inline, ...]:
    """Return the comments that a version of a review keeps."""
    return tuple(Inline(**one) for one in kept)


def unnamed(index: int) -> str:
    """Return how a cell without an id is called."""
    return f"cell-{index}"


def cells_of(notebook: bytes) -> dict[str, int]:
    """Return cell id -> number of the cell in a notebook; nothing for what is no notebook."""
    try:
        cells = json.loads(notebook)["cells"]
        return {str(cell.get("id") or unnamed(i)): i for i, cell in enumerate(cells)}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}


def place(
    comments: Iterable[Inline], originals: Mapping[str, str], read: Callable[[str], bytes], *, submit: bool
) -> tuple[Inline, ...]:
    """Return `comments` with the places they have in the submission, as far as they are looked up.

    A draft is looked at only as far as costs nothing: its files are not read. `originals` is path in the copy -> path
    in the submission; `read` returns the content of a file of the copy.

    Raises:
        Invalid: a file or a cell is not there, or a comment that is submitted has no text.
    """
    found: dict[str, dict[str, int]] = {}
    placed = []
    for one in comments:
        if one.file not in originals:
            raise Invalid(_('There is no file "{file}" in this work.').format(file=one.file))
        if not submit:
            placed.append(replace(one, path=None, index=None))
            continue
        if not one.text.strip():
            raise Invalid(_("A comment at a cell of {file} has no text; write it, or remove it.").format(file=one.file))
        if one.cell is not None and one.file not in found:
            found[one.file] = cells_of(read(one.file))
        placed.append(replace(one, path=originals[one.file], index=_index(one, found)))
    return tuple(placed)


def _index(one: Inline, found: Mapping[str, Mapping[str, int]]) -> int | None:
    if one.cell is None:
        return None
    if one.cell not in found[one.file]:
        raise Invalid(_('There is no cell "{cell}" in {file}.').format(cell=one.cell, file=one.file))
    return found[one.file][one.cell]
