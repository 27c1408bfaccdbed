"""What the instructor has locked is as it was released, before a notebook that was handed in is checked.

Otherwise a test that a learner has edited would pass for the instructor's. The release has no hidden tests: what checks
find is shown at once, and nobody shall find hidden tests by trying.
"""

from nbformat import NotebookNode

from nbcohort.checks.instructors import PARAMETERS, tags_of
from nbcohort.grading.master import MasterCell, MasterNotebook
from nbcohort.grading.repair import Repair, repair
from nbcohort.grading.roles import is_locked, name_of


def restore(notebook: NotebookNode, released: NotebookNode, name: str) -> tuple[Repair, ...]:
    """Put back, in place, what `released` has locked, its tags and its kernel; return what was changed."""
    master = MasterNotebook("", name, None, tuple(_cells(released)))
    repairs = repair(notebook, master)
    tags = {name_of(cell): tags_of(cell) for cell in released.cells if name_of(cell)}
    has_parameters = any(PARAMETERS in some for some in tags.values())
    for cell in notebook.cells:
        if "nbgrader" not in cell.metadata:
            if has_parameters:  # these are no others
                cell.metadata["tags"] = [tag for tag in tags_of(cell) if tag != PARAMETERS]
            continue
        known = master.by_name[cell.metadata["nbgrader"]["grade_id"]]
        if known.locked:
            cell.source = known.source
            cell.metadata["tags"] = tags[known.name]
    for key in ("kernelspec", "language_info"):
        if key in released.metadata:
            notebook.metadata[key] = released.metadata[key]
    return repairs


def _cells(released: NotebookNode) -> list[MasterCell]:
    found = []
    for cell in released.cells:
        if name_of(cell):
            meta = cell.metadata["nbgrader"]
            graded = bool(meta.get("grade") or meta.get("task"))
            found.append(
                MasterCell(
                    name=meta["grade_id"],
                    cell_type=cell.cell_type,
                    source=cell.source,
                    checksum=meta.get("checksum"),
                    locked=is_locked(cell),
                    grade=bool(meta.get("grade")),
                    solution=bool(meta.get("solution")),
                    task=bool(meta.get("task")),
                    max_score=float(meta.get("points", 0)) if graded else None,
                )
            )
    return found
