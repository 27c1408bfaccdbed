"""The instructor's version of an assignment, read once per run: which cells there are, in which order, worth what.

The gradebook has the cells; it does not keep their order, which is that of the notebooks in `source/`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.errors import Invalid
from nbcohort.grading.tamper.isolated import isolation


@dataclass(frozen=True)
class MasterCell:
    """A cell that nbgrader knows by name: a test, an answer, a task, or anything locked."""

    name: str
    cell_type: str
    """`code` or `markdown`."""
    source: str
    """With hidden tests; of an answer, what learners start from."""
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    max_score: float | None
    """Of what is graded, None for the rest."""
    graded: str | None = None
    """The database's key of what its grades refer to."""
    commented: str | None = None
    """The same for its comments."""

    def as_metadata(self) -> NotebookNode:
        """Return the metadata of such a cell."""
        points = {} if self.max_score is None else {"points": self.max_score}
        checksum = {} if self.checksum is None else {"checksum": self.checksum}
        meta = NotebookNode(
            schema_version=3,
            grade_id=self.name,
            grade=self.grade,
            solution=self.solution,
            task=self.task,
            locked=self.locked,
            cell_type=self.cell_type,
            **points,
            **checksum,
        )
        return NotebookNode(nbgrader=meta)


@dataclass(frozen=True)
class MasterNotebook:
    """A notebook of an assignment."""

    key: str
    """The database's."""
    name: str
    kernelspec: str | None
    """As JSON."""
    cells: tuple[MasterCell, ...] = ()
    """In the order of the source notebook."""

    @cached_property
    def by_name(self) -> dict[str, MasterCell]:
        """Return its cells by name."""
        return {cell.name: cell for cell in self.cells}


@dataclass(frozen=True)
class Master:
    """What grading needs to know of an assignment, and what nbgrader's sanitising steps ask a gradebook for."""

    assignment: str
    notebooks: Mapping[str, MasterNotebook]

    @property
    def max_score(self) -> float:
        """Return the most points that can be had."""
        return sum(cell.max_score or 0.0 for notebook in self.notebooks.values() for cell in notebook.cells)

    def check_tests(self) -> None:
        """Raise `Invalid`, with a sentence, if a test says of itself what nobody can run: before anyone is graded."""
        for notebook in self.notebooks.values():
            for cell in notebook.cells:
                if cell.grade and cell.cell_type == "code":
                    try:
                        isolation(cell.source)
                    except Invalid as error:
                        raise Invalid(f"{notebook.name}.ipynb, {cell.name}: {error}") from error

    def kernelspec_of(self, notebook: str) -> dict[str, Any] | None:
        """Return the kernel of a notebook, as its metadata have it."""
        kernelspec = self.notebooks[notebook].kernelspec
        return (json.loads(kernelspec) or None) if kernelspec else None

    def find_notebook(self, name: str, _assignment: str) -> MasterNotebook:
        """Do as `Gradebook.find_notebook`."""
        if name not in self.notebooks:
            raise MissingEntry(f"No such notebook: {self.assignment}/{name}")
        return self.notebooks[name]

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> MasterCell:
        """Do as `Gradebook.find_source_cell`."""
        for cell in self.find_notebook(notebook, assignment).cells:
            if cell.name == name:
                return cell
        raise MissingEntry(f"No such source cell: {self.assignment}/{notebook}/{name}")

    find_graded_cell = find_source_cell


def read_master(session: Session, assignment: str, source: Path) -> Master:
    """Return the notebooks of `assignment` as they are in the gradebook; its source notebooks are in `source`.

    An assignment that is not there has no notebooks.
    """
    found = session.execute(
        select(Notebook.id, Notebook.name, Notebook.kernelspec)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .where(Assignment.name == assignment)
        .order_by(Notebook.name)
    ).all()
    keys = [key for key, _name, _kernelspec in found]
    parts = _parts(session, keys)
    cells: dict[str, list[MasterCell]] = {key: [] for key in keys}
    columns = (
        SourceCell.notebook_id,
        SourceCell.name,
        SourceCell.cell_type,
        SourceCell.source,
        SourceCell.checksum,
        SourceCell.locked,
    )
    for key, name, kind, text, checksum, locked in session.execute(
        select(*columns).where(SourceCell.notebook_id.in_(keys)).order_by(SourceCell.name)
    ):
        cells[key].append(_cell(name, kind, text or "", checksum, locked, parts.get((key, name), {})))
    return Master(
        assignment,
        {
            name: MasterNotebook(key, name, kernelspec, _ordered(cells[key], source / f"{name}.ipynb"))
            for key, name, kernelspec in found
        },
    )


_Part = dict[str, tuple[str, float | None]]
"""What else a cell is (`grade`, `solution`, `task`): the database's key, and its points."""


def _parts(session: Session, notebooks: list[str]) -> dict[tuple[str, str], _Part]:
    parts: dict[tuple[str, str], _Part] = {}
    for kind, table in (("grade", GradeCell), ("solution", SolutionCell), ("task", TaskCell)):
        score = [] if kind == "solution" else [table.max_score]
        statement = select(table.notebook_id, table.name, table.id, *score).where(table.notebook_id.in_(notebooks))
        for notebook, name, key, *scores in session.execute(statement):
            parts.setdefault((notebook, name), {})[kind] = (key, scores[0] if scores else None)
    return parts


def _cell(name: str, kind: str, source: str, checksum: str | None, locked: bool, part: _Part) -> MasterCell:
    graded = part.get("grade") or part.get("task")
    commented = part.get("solution") or part.get("task")
    return MasterCell(
        name=name,
        cell_type=kind,
        source=source,
        checksum=checksum,
        locked=locked,
        grade="grade" in part,
        solution="solution" in part,
        task="task" in part,
        max_score=graded[1] if graded else None,
        graded=graded[0] if graded else None,
        commented=commented[0] if commented else None,
    )


def _ordered(cells: list[MasterCell], source: Path) -> tuple[MasterCell, ...]:
    """Sort cells as they are in the source notebook; what is not in there (any more) comes last."""
    try:
        names = [cell["metadata"]["nbgrader"]["grade_id"] for cell in _graded_cells(source)]
    except (OSError, ValueError, LookupError, TypeError):
        names = []
    place = {name: number for number, name in reversed(list(enumerate(names)))}
    return tuple(sorted(cells, key=lambda cell: place.get(cell.name, len(names))))


def _graded_cells(source: Path) -> list[dict[str, Any]]:
    cells = json.loads(source.read_bytes())["cells"]
    return [cell for cell in cells if "grade_id" in cell["metadata"].get("nbgrader", {})]
