"""What an activity gives, in nbgrader's gradebook: a column of its own, or the grade of a cell of an assignment.

nbgrader has a column for each assignment. A column of its own is an assignment of one notebook with one cell that is
graded by hand, so that `nbgrader export` and formgrader show it like any other. All is written in one transaction; done
again, it changes what has changed.
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
    TaskCell,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.errors import Conflict, NotFound
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


@dataclass(frozen=True)
class CellWritten:
    """How many accounts' grades of a cell were changed, or as they were; and who has no grade there yet, in order.

    Args:
        points: how many the cell has at most.
        ungraded: accounts whose submission was not autograded.
    """

    points: float
    changed: int
    same: int
    ungraded: tuple[str, ...]


def write_cell(course: Path, assignment: str, cell: str, shares: Mapping[str, float]) -> CellWritten:
    """Let the grade of a cell, for each account in `shares`, be its share (0-1) of the cell's points.

    It is a grade given by hand: autograding again leaves it as it is. Grades of other accounts are not touched.

    `cell` is its grade id; where several notebooks have it, with the notebook's name and a slash before it.

    Raises:
        NotFound: `course` is no course folder; the gradebook has no such assignment, or no such cell in it.
        Conflict: several cells are called so.
        GradebookAway: the gradebook cannot be used.
    """
    with tools_on_path():
        room = open_course(course)
        with room.book() as book:
            if not book.has_tables():
                raise _unknown(assignment)
            return book.write(lambda session: _grade(session, assignment, cell, shares))


def _unknown(assignment: str) -> NotFound:
    return NotFound(
        _('The gradebook does not know "{name}" yet; `nbgrader generate_assignment {name}` puts it there.').format(
            name=assignment
        )
    )


def _grade(session: Session, assignment: str, name: str, shares: Mapping[str, float]) -> CellWritten:
    cell = _cell(session, assignment, name)
    query = (
        select(SubmittedAssignment.student_id, Grade)
        .join(SubmittedNotebook, Grade.notebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment)
    )
    found: dict[str, Grade] = dict(map(tuple, session.execute(query.where(Grade.cell_id == cell.id))))
    changed = 0
    for account in shares.keys() & found.keys():
        grade, value = found[account], round(shares[account] * cell.max_score, 4)
        changed += grade.manual_score != value or grade.needs_manual_grade
        grade.manual_score, grade.needs_manual_grade = value, False
    ungraded = tuple(sorted(shares.keys() - found.keys()))
    return CellWritten(cell.max_score, changed, len(shares) - len(ungraded) - changed, ungraded)


def _cell(session: Session, assignment: str, name: str) -> GradeCell | TaskCell:
    column = session.scalar(select(Assignment).where(Assignment.name == assignment))
    if column is None:
        raise _unknown(assignment)
    cells = {(notebook.name, cell.name): cell for notebook in column.notebooks for cell in _by_hand(notebook)}
    notebook, _slash, last = name.rpartition("/")
    wanted = [cell for key, cell in cells.items() if key == (notebook, last) or (not notebook and key[1] == last)]
    if len(wanted) == 1:
        return wanted[0]
    there = ", ".join(sorted("/".join(key) for key in cells)) or _("none")
    if wanted:
        raise Conflict(
            _('Several notebooks of {assignment} have a cell "{cell}"; name one: {there}.').format(
                assignment=assignment, cell=name, there=there
            )
        )
    raise NotFound(
        _('{assignment} has no cell "{cell}" that is graded by hand; it has: {there}. Tests grade themselves.').format(
            assignment=assignment, cell=name, there=there
        )
    )


def _by_hand(notebook: Notebook) -> list[GradeCell | TaskCell]:
    """Return the cells of a notebook that people grade: all tasks, and answers; not tests."""
    answers = {cell.name for cell in notebook.solution_cells}
    return [*notebook.task_cells, *(one for one in notebook.grade_cells if one.name in answers)]


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
