"""A column of its own in nbgrader's gradebook: points that an activity gives, and no notebook earns.

nbgrader has a column for each assignment. This makes an assignment of one notebook with one cell that is graded by
hand, so that `nbgrader export` and formgrader show it like any other. All is written in one transaction; done again, it
changes what has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.errors import Conflict
from nbcohort.grading.course_room import open_course, tools_on_path
from nbcohort.i18n import _

CELL = "points"


@dataclass(frozen=True)
class ColumnWritten:
    """How many accounts' points in a column are new, changed, as they were, or were taken out."""

    added: int
    changed: int
    same: int
    removed: int


def write_column(course: Path, name: str, activity: str, most: float, points: Mapping[str, float]) -> ColumnWritten:
    """Let the column `name` of a course folder's gradebook be `points`, by account, of `most` points each.

    Who is not in `points` is taken out of the column. `activity` names the notebook that stands for it.

    Raises:
        NotFound: `course` is no course folder.
        Conflict: there is an assignment of that name that is no such column.
        GradebookAway: the gradebook cannot be used.
    """
    with tools_on_path():
        room = open_course(course)
        with room.book() as book:
            if not book.has_tables():
                Gradebook(room.courses.db_url, room.courses.course_id).close()
            return book.write(lambda session: _write(session, name, activity, most, points))


def _write(session: Session, name: str, activity: str, most: float, points: Mapping[str, float]) -> ColumnWritten:
    column, notebook, cell = _column(session, name, activity)
    cell.max_score = most
    there = session.scalars(select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == column.id))
    before = {row.student_id: row for row in there}
    gone = [row for account, row in before.items() if account not in points]
    for row in gone:
        session.delete(row)
    added = changed = 0
    for account, value in points.items():
        if account not in before:
            session.add(_entry(session, column, notebook, cell, account, value))
            added += 1
            continue
        (grade,) = (one for each in before[account].notebooks for one in each.grades)
        changed += grade.manual_score != value
        grade.manual_score, grade.needs_manual_grade = value, False
    return ColumnWritten(added, changed, len(points) - added - changed, len(gone))


def _column(session: Session, name: str, activity: str) -> tuple[Assignment, Notebook, GradeCell]:
    column = session.scalar(select(Assignment).where(Assignment.name == name))
    if column is None:
        column = Assignment(name=name)
        notebook = Notebook(name=activity, assignment=column)
        cell = GradeCell(name=CELL, notebook=notebook, max_score=0, cell_type="markdown")
        session.add_all([column, notebook, cell])
        session.flush()
        return column, notebook, cell
    cells = [(notebook, cell) for notebook in column.notebooks for cell in notebook.grade_cells]
    if [(notebook.name, cell.name) for notebook, cell in cells] != [(activity, CELL)]:
        raise Conflict(
            _('The gradebook has an assignment "{name}" that is something else; choose another name.').format(name=name)
        )
    return column, *cells[0]


def _entry(
    session: Session, column: Assignment, notebook: Notebook, cell: GradeCell, account: str, value: float
) -> SubmittedAssignment:
    if session.get(Student, account) is None:
        session.add(Student(id=account))
        session.flush()
    entry = SubmittedAssignment(assignment_id=column.id, student_id=account)
    written = SubmittedNotebook(notebook_id=notebook.id, assignment=entry)
    Grade(cell_id=cell.id, notebook=written, manual_score=value, needs_manual_grade=False)
    return entry
