"""A column for what an activity gives."""

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from nbcohort.errors import Conflict, NotFound
from nbcohort.grading.column import ColumnWritten, write_column
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
