"""What a cell is to nbgrader, by its metadata.

Roles are the answers of `nbgrader.utils`, whose import takes as long as several notebooks: it brings all of nbgrader
with it. Papermill imports all engines there are, also where it is to use another one.
"""

from typing import Any

from nbformat import NotebookNode


def name_of(cell: NotebookNode) -> str:
    """Return the name that nbgrader gives a cell, or empty."""
    return str(_said_of(cell).get("grade_id") or "")


def is_grade(cell: NotebookNode) -> bool:
    """Return whether a cell has points."""
    return bool(_said_of(cell).get("grade", False))


def is_solution(cell: NotebookNode) -> bool:
    """Return whether a cell is for an answer."""
    return bool(_said_of(cell).get("solution", False))


def is_locked(cell: NotebookNode) -> bool:
    """Return whether a cell's source is always the instructor's."""
    said = _said_of(cell)
    return not said.get("solution", False) and bool(said.get("grade", False) or said.get("locked", False))


def _said_of(cell: NotebookNode) -> dict[str, Any]:
    said = cell.metadata.get("nbgrader")
    return said if isinstance(said, dict) else {}
