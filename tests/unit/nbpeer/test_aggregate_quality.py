import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbpeer.aggregate import QualityWeights, Scale, helpfulness_of, review_quality, total
from nbpeer.results import weighed

percents = st.floats(0, 100)


def test_the_whole_is_the_weighted_mean_of_its_parts() -> None:
    weights = QualityWeights(agreement=2, helpfulness=1, calibration=1)
    quality = review_quality(2, 2, [10, 10], [50, 100], [0], weights)
    assert [part.percent for part in quality.parts] == [80, 75, 100]
    assert [part.share for part in quality.parts] == [0.5, 0.25, 0.25]
    assert quality.percent == pytest.approx(0.5 * 80 + 0.25 * 75 + 0.25 * 100)
    assert quality.sentence == "Your reviews: 84 % = 50% × 80 + 25% × 75 + 25% × 100."


def test_what_was_not_done_is_missing_from_the_whole() -> None:
    quality = review_quality(4, 1, [10], [60], [])
    assert quality.percent == 0.25 * 70
    assert quality.sentence == "Your reviews: 18 % = 1 of 4 done × (50% × 80 + 50% × 60)."
    assert review_quality(3, 0, [], [], []).percent == 0


def test_each_part_says_how_it_came_about() -> None:
    agreement, helpfulness, calibration = review_quality(1, 1, [10], [50], [10]).parts
    assert agreement.sentence == (
        "Agreement 80 %: your scores were 10 percentage points from those of the other reviewers, on average "
        "(reviews: 1). It makes 33% of the whole."
    )
    assert helpfulness.sentence.startswith("Helpfulness 50 %: ")
    assert calibration.sentence.startswith("Calibration 80 %: ")


def test_what_nothing_is_known_of_counts_neither_for_nor_against() -> None:
    quality = review_quality(1, 1, [10], [], [])
    assert quality.percent == 80
    assert quality.parts[1].percent is None
    assert quality.parts[1].sentence.endswith("It does not count, neither for nor against you.")


def test_a_part_without_weight_is_shown_and_does_not_count() -> None:
    quality = review_quality(1, 1, [10], [10], [], QualityWeights(helpfulness=0))
    assert quality.percent == 80
    assert "does not count in this course" in quality.parts[1].sentence


def test_nothing_is_known_of_who_had_no_tasks_and_nothing_bad_of_who_did_all() -> None:
    quality = review_quality(0, 0, [], [], [])
    assert quality.percent is None
    assert quality.sentence.startswith("You had no reviews to write")
    assert review_quality(3, 3, [], [], []).sentence == "Your reviews: 100 % = 100."


def test_beyond_the_tolerance_nothing_is_left_and_nothing_is_owed() -> None:
    assert review_quality(1, 1, [100], [], []).percent == 0
    assert review_quality(1, 1, [10], [], [], QualityWeights(tolerance=20)).percent == 50


def test_weights_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        QualityWeights(agreement=-1)
    with pytest.raises(ValueError, match="tolerance"):
        QualityWeights(tolerance=0)


def test_helpfulness_goes_from_the_worst_to_the_best_rating() -> None:
    assert [helpfulness_of(rating) for rating in (1, 3, 5)] == [0, 50, 100]


def test_a_total_weighs_criteria() -> None:
    scales = {"correct": Scale((0, 1, 2), 3), "clear": Scale((0, 4), 1)}
    assert total(scales, {"correct": 1, "clear": 0}) == 37.5


@given(percents, percents, st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_result_lies_between_its_parts_and_rests_on_what_is_known(a: float, b: float, v: float, w: float) -> None:
    found = weighed(a, b, (v, w))
    assert found is not None
    assert min(a, b) - 1e-9 <= found <= max(a, b) + 1e-9
    for only in (weighed(a, None, (v, w)), weighed(a, b, (v, 0))):
        assert only is not None
        assert abs(only - a) < 1e-9
    assert weighed(None, None, (v, w)) is None
    assert weighed(None, b, (v, 0)) is None
