import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbpeer.aggregate import Method, Scale, aggregate

RUBRIC = {"correct": Scale((0, 1, 2), weight=3), "clear": Scale((0, 5, 10), weight=1)}


def test_a_criterion_is_the_mean_of_its_levels_points_in_percent() -> None:
    score = aggregate(RUBRIC, [{"correct": 2, "clear": 0}, {"correct": 1, "clear": 1}], wanted=2)
    assert score.criteria["correct"].percent == 75
    assert score.criteria["clear"].percent == 25
    assert score.criteria["correct"].spread == pytest.approx(35.355, abs=0.001)


def test_the_whole_is_weighted_by_criterion_and_not_by_points() -> None:
    score = aggregate(RUBRIC, [{"correct": 2, "clear": 0}], wanted=1)
    assert score.overall is not None
    assert score.overall.percent == 75
    assert score.overall.spread is None


def test_one_outlier_does_not_move_the_median() -> None:
    reviews = [{"correct": 2, "clear": 2}, {"correct": 2, "clear": 2}, {"correct": 0, "clear": 0}]
    score = aggregate(RUBRIC, reviews, wanted=3, method="median")
    assert score.overall is not None
    assert score.overall.percent == 100


def test_fewer_reviews_than_allocated_make_a_partial_score() -> None:
    assert aggregate(RUBRIC, [{"correct": 2, "clear": 2}], wanted=3).partial
    assert not aggregate(RUBRIC, [{"correct": 2, "clear": 2}], wanted=1).partial


def test_without_reviews_there_is_no_score_but_a_reason() -> None:
    assert aggregate(RUBRIC, [], wanted=3).overall is None
    assert aggregate(RUBRIC, [], wanted=3).reason == "no-review-came"
    assert aggregate(RUBRIC, [], wanted=0).reason == "nobody-allocated"


def test_a_criterion_that_gives_no_points_counts_nothing() -> None:
    score = aggregate({"note": Scale((0, 0))}, [{"note": 1}], wanted=1)
    assert score.overall is not None
    assert score.overall.percent == 0


@given(
    st.lists(st.fixed_dictionaries({"correct": st.integers(0, 2), "clear": st.integers(0, 2)}), min_size=1),
    st.sampled_from(["mean", "median"]),
)
def test_scores_lie_between_the_lowest_and_the_highest_review(reviews: list[dict[str, int]], method: Method) -> None:
    score = aggregate(RUBRIC, reviews, wanted=3, method=method)
    totals = [(3 * 50 * review["correct"] + 50 * review["clear"]) / 4 for review in reviews]
    assert score.overall is not None
    assert min(totals) - 1e-9 <= score.overall.percent <= max(totals) + 1e-9
