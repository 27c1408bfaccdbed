"""The story holds together: with itself, with the course, and with what was written down beforehand."""

import json
from typing import Any

import pytest

from nbcohort.courses.new import template
from nbcohort.courses.schedule import Calendar
from nbcohort.courses.toml import read_cohort, read_course
from nbcohort.demo import story
from nbcohort.demo.answers import Expected, compare, fill_in, read_answers, read_expected
from nbcohort.loading import load_plugins, settings_sections


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    course = read_course(template() / "course.toml", settings_sections(load_plugins()))
    return Calendar.of(course, read_cohort(template() / "cohort.toml"))


@pytest.fixture
def notebook() -> dict[str, Any]:
    file = template() / "source" / story.FIRST / f"{story.FIRST}.ipynb"
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def test_there_are_eight_learners_and_the_absent_one_hands_nothing_in() -> None:
    assert len(story.LEARNERS) == 8
    assert story.counted().keys() == {one.account for one in story.LEARNERS} - {story.ABSENT}


def test_what_each_must_score_was_written_down_beforehand() -> None:
    expected = read_expected()
    for answers in story.counted().values():
        assert expected[answers].total == sum(expected[answers].scores.values())


@pytest.mark.parametrize("answers", sorted({one.answers for one in story.HAND_INS}))
def test_answers_fit_into_the_notebook_of_the_template(answers: str, notebook: dict[str, Any]) -> None:
    assert fill_in(notebook, read_answers(answers)) == []


def test_a_cell_that_the_notebook_does_not_have_is_named(notebook: dict[str, Any]) -> None:
    assert fill_in(notebook, {"no-such-cell": "1"}) == ["no-such-cell"]


def test_filling_in_leaves_tests_alone(notebook: dict[str, Any]) -> None:
    def tests() -> list[Any]:
        return [cell for cell in notebook["cells"] if not cell["metadata"].get("nbgrader", {}).get("solution")]

    before = json.dumps(tests())
    fill_in(notebook, {**read_answers("right"), "tidy-name-test": "pass"})
    assert json.dumps(tests()) == before


def test_one_hand_in_is_late_one_is_saved_by_its_extension_and_all_come_before_the_swap(calendar: Calendar) -> None:
    due = calendar.assignments[story.FIRST].due_at
    late = {one.account for one in story.HAND_INS if calendar.instant(one.at) > due}
    assert late == {"dewi", story.EXTENSION.account}
    saved = next(one for one in story.HAND_INS if one.account == story.EXTENSION.account)
    assert calendar.instant(story.EXTENSION.at) < calendar.instant(saved.at) <= calendar.instant(story.EXTENSION.due)
    assert all(calendar.instant(one.at) < calendar.instant("week 2 mon 09:00") for one in story.HAND_INS)


def test_hand_ins_are_told_in_order_of_time(calendar: Calendar) -> None:
    times = [calendar.instant(one.at) for one in story.HAND_INS]
    assert times == sorted(times)


def test_the_second_assignment_is_still_open_when_the_story_stops(calendar: Calendar) -> None:
    times = calendar.assignments[story.SECOND]
    assert times.release_at < calendar.instant(story.STOPS) < times.due_at


def test_scores_are_compared_cell_by_cell() -> None:
    expected = {"right": Expected(3, {"a": 1, "b": 2})}
    (same,) = compare({"ada": "right"}, expected, {"ada": {"a": 1, "b": 2}})
    assert (same.found, same.differences) == (3, ())
    (swapped,) = compare({"ada": "right"}, expected, {"ada": {"a": 2, "b": 1}})
    assert swapped.differences == ("a: 2 instead of 1", "b: 1 instead of 2")
    (missing,) = compare({"ada": "right"}, expected, {"ada": {"a": 1}})
    assert missing.differences == ("b: nothing instead of 2",)


def test_somebody_without_a_grade_and_somebody_with_one_too_many_differ() -> None:
    rows = compare({"ada": "right"}, {"right": Expected(0, {})}, {"hana": {"a": 1.0}})
    assert [(row.account, bool(row.differences)) for row in rows] == [("ada", True), ("hana", True)]
