"""All grades and comments of one submission: read from nbgrader's gradebook, changed, and written back as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from nbcohort.grading.master import Master


@dataclass(frozen=True)
class Standing:
    """What the gradebook says of a submission."""

    score: float
    needs_manual_grade: bool


@dataclass
class GradeRow:
    """A grade; those that are not in the gradebook yet wait for a person, as nbgrader's do."""

    key: str | None = None
    auto_score: float | None = None
    manual_score: float | None = None
    extra_credit: float | None = None
    needs_manual_grade: bool = True

    @property
    def values(self) -> dict[str, Any]:
        """Return what grading changes."""
        return {"auto_score": self.auto_score, "needs_manual_grade": self.needs_manual_grade}


@dataclass
class CommentRow:
    """A comment."""

    key: str | None = None
    auto_comment: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Return what grading changes."""
        return {"auto_comment": self.auto_comment}


def score_of(grade: GradeRow) -> float:
    """Return a grade's score, as the gradebook works it out: by hand before automatic, and extra credit."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return 0.0 if given is None else float(given) + float(grade.extra_credit or 0.0)


_Rows = dict[tuple[str, str], Any]
"""By the database's keys of notebook (the instructor's) and cell."""


@dataclass
class Sheet:
    """The sheet of one submission; nbgrader's steps take it for a gradebook."""

    master: Master
    notebooks: Mapping[str, str]
    """The submitted notebooks' keys by the instructor's."""
    seconds_late: float
    grades: _Rows
    comments: _Rows
    penalties: dict[str, float | None] = field(default_factory=dict)
    """What being late costs, by the name of the notebook."""

    def __post_init__(self) -> None:
        self.db = self
        self._before = {id(row): row.values for row in (*self.grades.values(), *self.comments.values())}

    @classmethod
    def of(cls, session: Session, master: Master, account: str, timestamp: datetime | None) -> "Sheet":
        """Return the sheet of an account's submission, which is added if it is new; `timestamp`: when it came (UTC)."""
        assignment, due = session.execute(
            select(Assignment.id, Assignment.duedate).where(Assignment.name == master.assignment)
        ).one()
        found = session.execute(
            select(SubmittedAssignment.id, SubmittedAssignment.timestamp, SubmittedAssignment.extension)
            .where(SubmittedAssignment.assignment_id == assignment, SubmittedAssignment.student_id == account)
            .with_for_update()
        ).one_or_none()
        key, handed_in, extension = found or (new_uuid(), None, None)
        table = SubmittedAssignment.__table__
        if found is None:
            row = {"id": key, "assignment_id": assignment, "student_id": account, "timestamp": timestamp}
            session.execute(insert(table), row)
        elif timestamp is not None and timestamp != handed_in:
            session.execute(update(table).where(table.c.id == key), {"timestamp": timestamp})
        notebooks = _notebooks(session, master, key)
        return cls(
            master,
            notebooks,
            _seconds_late(timestamp or handed_in, due, extension),
            *_rows(session, master, notebooks, new=found is None),
        )

    def find_grade(self, grade_cell: str, notebook: str, _assignment: str, _student: str) -> GradeRow:
        """Do as `Gradebook.find_grade`."""
        master = self.master.notebooks[notebook]
        cell = master.by_name.get(grade_cell)
        if cell is None or cell.graded is None:
            raise MissingEntry(f"No such grade: {notebook}/{grade_cell}")
        row: GradeRow = self.grades[master.key, cell.graded]
        return row

    def find_comment(self, solution_cell: str, notebook: str, _assignment: str, _student: str) -> CommentRow:
        """Do as `Gradebook.find_comment`."""
        master = self.master.notebooks[notebook]
        cell = master.by_name.get(solution_cell)
        if cell is None or cell.commented is None:
            raise MissingEntry(f"No such comment: {notebook}/{solution_cell}")
        row: CommentRow = self.comments[master.key, cell.commented]
        return row

    def commit(self) -> None:
        """Do nothing: all is committed at the end."""

    def grades_of(self, notebook: str) -> list[GradeRow]:
        """Return the grades of one notebook."""
        key = self.master.notebooks[notebook].key
        return [row for (owner, _cell), row in self.grades.items() if owner == key]

    @property
    def standing(self) -> Standing:
        """Return the submission's score, and whether a person has to look at it."""
        rows = self.grades.values()
        return Standing(sum(map(score_of, rows)), any(row.needs_manual_grade for row in rows))

    def write(self, session: Session) -> None:
        """Write what is new or has changed."""
        self._write(session, Grade.__table__, self.grades)
        self._write(session, Comment.__table__, self.comments)
        table = SubmittedNotebook.__table__
        for name, points in self.penalties.items():
            key = self.notebooks[self.master.notebooks[name].key]
            session.execute(update(table).where(table.c.id == key), {"late_submission_penalty": points})

    def _write(self, session: Session, table: Table, rows: _Rows) -> None:
        new = [
            {"notebook_id": self.notebooks[notebook], "cell_id": cell, **row.values}
            for (notebook, cell), row in rows.items()
            if row.key is None
        ]
        changed = [
            {"key": row.key, **row.values} for row in rows.values() if row.key and row.values != self._before[id(row)]
        ]
        if new:
            session.execute(insert(table), new)
        if changed:
            session.connection().execute(update(table).where(table.c.id == bindparam("key")), changed)


def _notebooks(session: Session, master: Master, submission: str) -> dict[str, str]:
    """Return the keys of a submission's notebooks by those of the instructor's; those that are missing are added."""
    table = SubmittedNotebook.__table__
    found = session.execute(select(table.c.notebook_id, table.c.id).where(table.c.assignment_id == submission)).all()
    keys: dict[str, str] = {row.notebook_id: row.id for row in found}
    missing = {notebook.key: new_uuid() for notebook in master.notebooks.values() if notebook.key not in keys}
    if missing:
        rows = [{"id": key, "assignment_id": submission, "notebook_id": of} for of, key in missing.items()]
        session.execute(insert(table), rows)
    return keys | missing


def _rows(session: Session, master: Master, notebooks: Mapping[str, str], *, new: bool) -> tuple[_Rows, _Rows]:
    """Return a row for each cell that is graded, and for each that is commented."""
    grades: _Rows = {at: GradeRow() for at in _cells(master, "graded")}
    comments: _Rows = {at: CommentRow() for at in _cells(master, "commented")}
    if not new:
        of = {key: notebook for notebook, key in notebooks.items()}
        table = Grade.__table__.c
        columns = (table.auto_score, table.manual_score, table.extra_credit, table.needs_manual_grade)
        _read(session, grades, of, GradeRow, table, columns)
        _read(session, comments, of, CommentRow, Comment.__table__.c, (Comment.__table__.c.auto_comment,))
    return grades, comments


def _cells(master: Master, what: str) -> Iterator[tuple[str, str]]:
    for notebook in master.notebooks.values():
        for cell in notebook.cells:
            key = getattr(cell, what)
            if key is not None:
                yield notebook.key, key


def _read(
    session: Session, rows: _Rows, of: Mapping[str, str], kind: type[Any], table: Any, columns: tuple[Any, ...]
) -> None:
    """Fill in the rows that the gradebook has; nobody else changes them until the transaction ends."""
    statement = select(table.notebook_id, table.cell_id, table.id, *columns).where(
        table.cell_id.in_([cell for _notebook, cell in rows]), table.notebook_id.in_([*of])
    )
    for notebook, cell, key, *values in session.execute(statement.with_for_update()):
        rows[of[notebook], cell] = kind(key, *values)


def _seconds_late(handed_in: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    """Return how late a submission is, as nbgrader's `SubmittedAssignment.total_seconds_late` has it."""
    if handed_in is None or due is None:
        return 0.0
    return max(0.0, (handed_in - due - (extension or timedelta())).total_seconds())
