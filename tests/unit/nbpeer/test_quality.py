"""The quality of reviews, and results."""

from hypothesis import given
from hypothesis import strategies as st

from nbpeer.aggregate import Scale
from nbpeer.quality import Quality, agreement, helpfulness, result, total

percents = st.floats(0, 100)


def test_nothing_is_known_of_who_had_no_tasks_and_nothing_bad_of_who_did_all() -> None:
    assert Quality(0, 0, None, None).percent is None
    assert Quality(3, 3, None, None).percent == 100
    assert Quality(4, 1, 80, None).percent == 20
    assert Quality(2, 2, 80, 60).percent == 70
    assert Quality(3, 0, None, None).percent == 0


def test_agreement_is_how_near_the_others_one_is_where_there_are_others() -> None:
    assert agreement([]) is None
    assert agreement([(50, [])]) is None
    assert agreement([(50, [60, 80]), (100, [])]) == 80


def test_helpfulness_goes_from_the_worst_to_the_best_rating() -> None:
    assert (helpfulness([]), helpfulness([1]), helpfulness([5, 5]), helpfulness([2, 4])) == (None, 0, 100, 50)


def test_a_total_weighs_criteria() -> None:
    scales = {"correct": Scale((0, 1, 2), 3), "clear": Scale((0, 4), 1)}
    assert total(scales, {"correct": 1, "clear": 0}) == 37.5


@given(percents, percents, st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_result_lies_between_its_parts_and_rests_on_what_is_known(a: float, b: float, v: float, w: float) -> None:
    found = result(a, b, (v, w))
    assert found is not None
    assert min(a, b) - 1e-9 <= found <= max(a, b) + 1e-9
    for only in (result(a, None, (v, w)), result(a, b, (v, 0))):
        assert only is not None
        assert abs(only - a) < 1e-9
    assert result(None, None, (v, w)) is None
    assert result(None, b, (v, 0)) is None
