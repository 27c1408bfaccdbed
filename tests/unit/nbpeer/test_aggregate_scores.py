import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbpeer.aggregate import Review, Scores, collect, score
from tests.unit.nbpeer.worlds import scored, world


def values(scores: Scores) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([one.score for one in scores.submissions])


def test_a_reviewers_bias_is_found_and_taken_off() -> None:
    found = world(np.random.default_rng(1), rounds=6, bias=2)
    scores = scored(found)
    known = [found.bias[one.reviewer] for one in scores.reviewers]
    assert np.corrcoef([one.bias for one in scores.reviewers], known)[0, 1] > 0.95
    assert found.error(scores) < 0.5 * found.error(scored(found, "mean"))


def test_a_careless_reviewer_is_told_from_a_careful_one_after_some_rounds() -> None:
    noise = np.where(np.arange(60) < 20, 2.5, 0.5)
    scores = scored(world(np.random.default_rng(2), rounds=6, noise=noise))
    reliability = np.array([one.reliability for one in scores.reviewers], float)
    typical = np.array([one.noise for one in scores.reviewers], float)
    assert reliability[:20].max() < np.median(reliability[20:])
    assert np.median(typical[:20]) == pytest.approx(2.5, rel=0.2)
    assert np.median(typical[20:]) == pytest.approx(0.5, rel=0.3)


def test_rounds_that_are_scored_together_help_each_other() -> None:
    errors = []
    for seed in range(6):
        found = world(np.random.default_rng(seed), rounds=5)
        alone = [[row for row in found.rows if row.round == name] for name in found.reviews.rounds]
        errors.append(
            (found.error(scored(found)), float(np.mean([found.error(scored(collect(rows))) for rows in alone])))
        )
    assert sum(one for one, _other in errors) < 0.95 * sum(other for _one, other in errors)


@pytest.mark.parametrize(("factor", "offset"), [(10.0, 0.0), (0.01, 0.0), (1.0, -50.0), (12.5, 1000.0)])
def test_on_another_scale_scores_are_the_same_but_for_the_scale(factor: float, offset: float) -> None:
    found = world(np.random.default_rng(3), n=20)
    moved = collect([dataclasses.replace(row, score=factor * row.score + offset) for row in found.rows])
    here, there = scored(found), scored(moved)
    np.testing.assert_allclose(values(there), factor * values(here) + offset, rtol=1e-5, atol=1e-5 * factor)
    for one, other in zip(here.reviewers, there.reviewers, strict=True):
        assert other.bias == pytest.approx(factor * one.bias, rel=1e-4, abs=1e-5 * factor)
        assert other.reliability == pytest.approx(one.reliability, rel=1e-4)


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_reviews_does_not_matter(random: object) -> None:
    rows = world(np.random.default_rng(4), n=10).rows
    shuffled = sorted(rows, key=lambda _row: random.random())  # type: ignore[attr-defined]
    assert scored(collect(shuffled)).submissions == scored(collect(rows)).submissions


WORLDS: dict[str, dict[str, Any]] = {
    "biased": {},
    "nobody is biased": {"bias": 0.0},
    "hardly any noise": {"bias": 0.0, "noise": 0.05},
    "much noise": {"noise": 3.0},
    "heavy tails": {"heavy": True},
    "five give everybody 10": {"constant": 5},
    "half give everybody 10": {"constant": 30},
    "four members": {"n": 4, "k": 2},
    "six members": {"n": 6, "k": 3},
    "one review each": {"k": 1},
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_default_is_not_worse_than_the_mean_beyond_noise(name: str) -> None:
    classes = 40 if WORLDS[name].get("n", 60) < 10 else 8
    differences = []
    for seed in range(classes):
        found = world(np.random.default_rng([5, seed]), **WORLDS[name])
        differences.append(found.error(scored(found)) - found.error(scored(found, "mean")))
    assert np.mean(differences) <= 2 * np.std(differences) / math.sqrt(classes) + 1e-4


def test_where_the_mean_does_as_well_it_is_said() -> None:
    same = scored(world(np.random.default_rng(6), bias=0, noise=0.05))
    other = scored(world(np.random.default_rng(6), bias=2))
    assert same.ties
    assert not other.ties


@pytest.mark.parametrize("options", [{}, {"bias": 0.0}, {"rounds": 5}, {"k": 2}])
def test_intervals_hold_the_truth_about_as_often_as_they_say(options: dict[str, float]) -> None:
    inside = []
    for seed in range(12):
        found = world(np.random.default_rng([7, seed]), **options)  # type: ignore[arg-type]
        for one in scored(found).submissions:
            assert one.interval is not None
            inside.append(one.interval.low <= found.truth[one.round, one.submission] <= one.interval.high)
    assert 0.85 < np.mean(inside) < 0.95


def test_the_intervals_of_biases_hold_them_about_as_often_as_they_say() -> None:
    inside = []
    for seed in range(12):
        found = world(np.random.default_rng([8, seed]), rounds=2)
        middle = np.mean(list(found.bias.values()))
        for one in scored(found).reviewers:
            assert one.bias_interval is not None
            inside.append(one.bias_interval.low <= found.bias[one.reviewer] - middle <= one.bias_interval.high)
    assert 0.84 < np.mean(inside) < 0.97


def test_staffs_score_is_the_score_and_tells_of_the_reviewers() -> None:
    rows = [Review(f"s{i}", f"m{r}", 5.0 + i % 3 + (3.0 if r == 0 else 0.0)) for i in range(12) for r in range(3)]
    staff = {("", f"s{i}"): 5.0 + i % 3 for i in range(6)}
    without = score(collect(rows), np.random.default_rng(0))
    anchored = score(collect(rows, staff), np.random.default_rng(0))
    assert anchored.submissions[0].score == 5.0
    assert anchored.submissions[0].staff == 5.0
    assert anchored.reviewers[0].bias == pytest.approx(3, abs=0.5)
    assert without.reviewers[0].bias < 2.5  # the others might be too strict as well


def test_reviewers_who_are_all_too_kind_are_told_by_staff_only() -> None:
    found = world(np.random.default_rng(9), bias=0.3, noise=0.5)
    kind = [dataclasses.replace(row, score=row.score + 3) for row in found.rows]
    staff = dict(list(found.truth.items())[:12])
    anchored = score(collect(kind, staff), np.random.default_rng(0))
    assert found.error(scored(collect(kind))) > 7
    assert found.error(anchored) < 1


def test_few_staff_scores_do_not_move_all_others() -> None:
    found = world(np.random.default_rng(10))
    (key, value) = next(iter(found.truth.items()))
    before = scored(found)
    after = score(collect(found.rows, {key: value}), np.random.default_rng(0))
    surprise = abs(value - before.submissions[0].score)
    assert key == (before.submissions[0].round, before.submissions[0].submission)
    assert surprise > 0.5
    assert np.mean(values(after)[1:] - values(before)[1:]) < 0.6 * surprise


def test_one_review_alone_is_the_score() -> None:
    alone = scored(collect([Review("a", "m", 7.0)]))
    assert alone.submissions[0].score == 7
    assert alone.submissions[0].interval is None


def test_scores_that_are_all_the_same_stay_so() -> None:
    scores = scored(collect([Review(f"s{i}", f"m{r}", 8.0) for i in range(3) for r in range(4)]))
    assert {one.score for one in scores.submissions} == {8.0}
    assert {one.bias for one in scores.reviewers} == {0.0}
    assert scores.ties


def test_two_classes_that_share_no_reviewer_are_scored_in_one_go() -> None:
    here, there = (world(np.random.default_rng([11, i]), n=30, bias=2) for i in range(2))
    rows = here.rows + [
        dataclasses.replace(row, submission="x" + row.submission, reviewer="x" + row.reviewer) for row in there.rows
    ]
    scores = scored(collect(rows))
    truth = here.truth | {(name, "x" + submission): value for (name, submission), value in there.truth.items()}
    error = np.mean([(one.score - truth[one.round, one.submission]) ** 2 for one in scores.submissions])
    assert error < (here.error(scored(here, "mean")) + there.error(scored(there, "mean"))) / 2


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 1), st.sampled_from([0, 1, 5, 9, 10, 1e6])),
        min_size=1,
        unique_by=lambda row: row[:3],
    ),
    st.dictionaries(st.integers(0, 6), st.integers(0, 10), max_size=3),
)
def test_whatever_the_reviews_there_is_a_finite_score_for_each(
    rows: list[tuple[int, int, int, float]], staff: dict[int, int]
) -> None:
    reviews = [Review(str(i), str(r), float(value), str(a)) for i, r, a, value in rows]
    scores = scored(collect(reviews, {("0", str(i)): float(value) for i, value in staff.items()}))
    assert all(math.isfinite(one.score) for one in scores.submissions)
    assert all(one.interval is None or one.interval.low <= one.score <= one.interval.high for one in scores.submissions)
    assert all(one.reliability is None or 0 <= one.reliability <= 1 for one in scores.reviewers)


def test_mean_and_median_have_intervals_from_how_reviewers_disagree() -> None:
    rows = [Review("a", "m1", 4), Review("a", "m2", 6), Review("a", "m3", 11), Review("b", "m1", 5)]
    mean, median = scored(collect(rows), "mean"), scored(collect(rows), "median")
    assert [one.score for one in mean.submissions] == [7, 5]
    assert [one.score for one in median.submissions] == [6, 5]
    first, second = (one.interval for one in mean.submissions)
    assert first is not None
    assert second is not None
    assert second.high - second.low > first.high - first.low
    alone = scored(collect([Review("a", "m1", 4), Review("b", "m2", 5)]), "mean")
    assert alone.submissions[0].interval is None


def test_what_cannot_be_scored_is_said() -> None:
    with pytest.raises(ValueError, match="There are no reviews"):
        scored(collect([]))
    with pytest.raises(ValueError, match='"m" reviewed "a" twice'):
        collect([Review("a", "m", 1), Review("a", "m", 2)])
    with pytest.raises(ValueError, match="is not a number"):
        collect([Review("a", "m", math.nan)])
    with pytest.raises(ValueError, match="between 0 and 1"):
        score(collect([Review("a", "m", 1)]), np.random.default_rng(0), level=1.5)
