from typing import Any

from nbcohort.courses.diff import Change, changes

BEFORE: dict[str, Any] = {
    "title": "DS",
    "assignments": [
        {"name": "a", "due": "week 1", "rubric": [{"id": "x", "levels": [{"points": 0}, {"points": 1}]}]},
        {"name": "b", "due": "week 2", "rubric": []},
    ],
}


def changed(**values: Any) -> dict[str, Any]:
    return {**BEFORE, **values}


def test_equal_settings_have_no_changes() -> None:
    assert changes(BEFORE, BEFORE) == ()


def test_a_changed_value_has_its_path_by_names() -> None:
    a, b = BEFORE["assignments"]
    assert changes(BEFORE, changed(assignments=[a, {**b, "due": "week 3"}])) == (
        Change("assignments.b.due", "week 2", "week 3"),
    )
    level = {**a, "rubric": [{"id": "x", "levels": [{"points": 0}, {"points": 2}]}]}
    assert changes(BEFORE, changed(assignments=[level, b])) == (
        Change("assignments.a.rubric.x.levels #2.points", 1, 2),
    )


def test_an_assignment_put_first_is_an_addition_and_not_a_rewrite() -> None:
    new = {"name": "c", "due": "week 9"}
    assert changes(BEFORE, changed(assignments=[new, *BEFORE["assignments"]])) == (Change("assignments.c", None, new),)


def test_what_is_gone_and_what_changes_places_is_told() -> None:
    a, b = BEFORE["assignments"]
    assert changes(BEFORE, changed(assignments=[a])) == (Change("assignments.b", b, None),)
    assert changes(BEFORE, changed(assignments=[b, a])) == (Change("assignments.(order)", ["a", "b"], ["b", "a"]),)


def test_lists_of_plain_values_change_as_a_whole_and_types_count() -> None:
    assert changes({"skills": ["x"]}, {"skills": ["x", "y"]}) == (Change("skills", ["x"], ["x", "y"]),)
    assert changes({}, {"title": "DS"}) == (Change("title", None, "DS"),)
