"""What an activity gives: a column of its own, or the grade of a cell."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from nbcohort.errors import Conflict, NotFound
from nbcohort.grading.column import CellWritten, ColumnWritten, write_cell, write_column
from tests.unit.grading.course import ASSIGNMENT, Course, make_course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def column(course: Course, name: str = "ps1-review") -> dict[str, tuple[float, float]]:
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        rows = {one.student.id: (one.score, one.max_score) for one in gradebook.assignment_submissions(name)}
        gradebook.db.close()
    return rows


def write(course: Course, **points: float) -> ColumnWritten:
    return write_column(course.folder, "ps1-review", "peer-review", 20, points)


def test_points_become_a_column_that_follows_when_it_is_written_again(course: Course) -> None:
    assert write(course, ada=15.5, ben=0) == ColumnWritten(added=2, changed=0, same=0, removed=0)
    assert column(course) == {"ada": (15.5, 20), "ben": (0, 20)}
    assert write(course, ada=15.5, ben=0) == ColumnWritten(added=0, changed=0, same=2, removed=0)
    assert write(course, ada=18, cleo=3) == ColumnWritten(added=1, changed=1, same=0, removed=1)
    assert column(course) == {"ada": (18, 20), "cleo": (3, 20)}


def test_what_is_an_assignment_already_is_left_alone(course: Course) -> None:
    with pytest.raises(Conflict, match="something else"):
        write_column(course.folder, ASSIGNMENT, "peer-review", 20, {"ada": 1})
    with pytest.raises(NotFound, match="not a course folder"):
        write_column(course.folder / "source", "ps1-review", "peer-review", 20, {})


def test_a_gradebook_that_was_never_used_is_made(course: Course) -> None:
    (course.folder / "gradebook.db").unlink()
    assert write(course, ada=1).added == 1
    assert column(course) == {"ada": (1, 20)}


@contextmanager
def gradebook_of(course: Course) -> Iterator[Session]:
    engine = create_engine(f"sqlite:///{course.folder}/gradebook.db")
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


def hand_in(course: Course, *accounts: str) -> None:
    """Let submissions be in the gradebook as autograding leaves them."""
    with gradebook_of(course) as session:
        (assignment,) = session.scalars(select(Assignment))
        for account in accounts:
            session.add(Student(id=account))
            session.flush()
            submission = SubmittedAssignment(assignment_id=assignment.id, student_id=account)
            session.add(submission)
            session.flush()
            for notebook in assignment.notebooks:
                written = SubmittedNotebook(notebook_id=notebook.id, assignment_id=submission.id)
                session.add(written)
                session.flush()
                cells = [*notebook.grade_cells, *notebook.task_cells]
                session.add_all(Grade(cell_id=cell.id, notebook_id=written.id) for cell in cells)


def graded(course: Course, cell: str) -> dict[str, tuple[float | None, bool]]:
    """Return what the gradebook has in a cell: (points given by hand, whether it waits for somebody)."""
    with gradebook_of(course) as session:
        grades = [grade for grade in session.scalars(select(Grade)) if grade.name == cell]
        return {one.student.id: (one.manual_score, bool(one.needs_manual_grade)) for one in grades}


def test_a_cell_of_an_assignment_gets_its_share_of_the_points_and_others_keep_theirs(course: Course) -> None:
    hand_in(course, "ada", "ben", "cleo")
    shares = {"ada": 0.75, "ben": 0.0, "dan": 0.5}
    assert write_cell(course.folder, ASSIGNMENT, "why", shares) == CellWritten(5, 2, 0, ("dan",))
    assert graded(course, "why") == {"ada": (3.75, False), "ben": (0, False), "cleo": (None, True)}
    assert graded(course, "by_hand")["ada"] == (None, True)
    assert write_cell(course.folder, ASSIGNMENT, "ps1/why", shares | {"ben": 1}) == CellWritten(5, 1, 1, ("dan",))
    assert graded(course, "why")["ben"] == (5, False)


def test_only_what_people_grade_can_be_graded_so(course: Course) -> None:
    for cell in ("double_test", "setup", "nothing", "other/why", ""):
        with pytest.raises(NotFound, match="it has: ps1/by_hand, ps1/why"):
            write_cell(course.folder, ASSIGNMENT, cell, {"ada": 1})
    with pytest.raises(NotFound, match="does not know"):
        write_cell(course.folder, "ps9", "why", {"ada": 1})


def test_where_two_notebooks_have_the_cell_it_has_to_be_said_which(course: Course) -> None:
    with gradebook_of(course) as session:
        (assignment,) = session.scalars(select(Assignment))
        more = Notebook(name="more", assignment=assignment)
        session.add_all([more, TaskCell(name="why", notebook=more, max_score=8, cell_type="markdown")])
    hand_in(course, "ada")
    with pytest.raises(Conflict, match="more/why, ps1/by_hand, ps1/why"):
        write_cell(course.folder, ASSIGNMENT, "why", {"ada": 1})
    assert write_cell(course.folder, ASSIGNMENT, "more/why", {"ada": 0.5}).points == 8
