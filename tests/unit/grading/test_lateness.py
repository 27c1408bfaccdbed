"""A late hand-in costs what course.toml says, in nbgrader's gradebook."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from nbcohort.grading.course_room import open_course
from nbcohort.grading.grade import Options, grade
from tests.unit.grading.course import ASSIGNMENT, Course, make_course

pytestmark = pytest.mark.filterwarnings(
    "ignore:Object of type:sqlalchemy.exc.SAWarning"
)  # nbgrader's own, while it adds

HANDED_IN = datetime(2026, 3, 1, 12)  # as make_course's timestamp.txt says, in UTC  # noqa: DTZ001
COURSE = """
id = "ds"
title = "Data science"
[assignments.ps1]
title = "One"
release = "week 1 mon 09:00"
due = "week 1 sun 23:59"
late = { policy = "penalty", per_day = 0.1, max = 0.3 }
"""
COHORT = 'id = "ds1"\ntitle = "Spring"\nstart = 2026-03-02\ntime_zone = "UTC"\n'


def penalty(course: Course, late: timedelta, extension: timedelta = timedelta()) -> tuple[float, float]:
    """Grade one right submission that came `late` after its due time; return score before and points taken."""
    course.hand_in("ana", course.answered())
    address = f"sqlite:///{course.folder}/gradebook.db"
    with Gradebook(address, "ds1") as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=HANDED_IN - late)
        gradebook.update_or_create_student("ana")
        submission = gradebook.update_or_create_submission(ASSIGNMENT, "ana")
        submission.extension = extension
        gradebook.db.commit()
    room = open_course(course.folder, Config())
    (result,) = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), Options(force=True))
    assert result.outcome == "graded", result
    with Gradebook(address, "ds1") as gradebook:
        found = gradebook.find_submission(ASSIGNMENT, "ana")
        return found.score, found.late_submission_penalty


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = make_course(tmp_path / "course")
    (course.folder / "course.toml").write_text(COURSE)
    (course.folder / "cohort.toml").write_text(COHORT)
    return course


@pytest.mark.slow
def test_each_day_begun_costs_its_part_up_to_the_most_and_time_granted_is_free(course: Course) -> None:
    score, points = penalty(course, timedelta(hours=1))
    assert points == pytest.approx(0.1 * score)
    assert penalty(course, timedelta(days=1, seconds=1))[1] == pytest.approx(0.2 * score)
    assert penalty(course, timedelta(days=9))[1] == pytest.approx(0.3 * score)
    assert penalty(course, timedelta(days=2), extension=timedelta(days=1))[1] == pytest.approx(0.1 * score)
    assert penalty(course, timedelta(hours=1), extension=timedelta(hours=1))[1] == 0


@pytest.mark.slow
def test_the_penalty_follows_a_grade_given_by_hand_when_feedback_is_made_again(course: Course) -> None:
    score, _points = penalty(course, timedelta(hours=1))
    address = f"sqlite:///{course.folder}/gradebook.db"
    with Gradebook(address, "ds1") as gradebook:
        gradebook.find_grade("why", "ps1", ASSIGNMENT, "ana").manual_score = 4
        gradebook.db.commit()
    room = open_course(course.folder, Config())
    (again,) = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT))
    assert again.outcome == "already graded"
    with Gradebook(address, "ds1") as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "ana").late_submission_penalty == pytest.approx(0.1 * (score + 4))


@pytest.mark.slow
def test_without_a_course_toml_nbgrader_decides(tmp_path: Path) -> None:
    course = make_course(tmp_path / "plain")
    assert penalty(course, timedelta(hours=1))[1] == 0
