"""The scores of a round, and how they came about."""

import json
import re

import numpy as np
import pytest

from nbcohort.courses.settings import Criterion
from nbpeer.aggregate import Review
from nbpeer.methods import MethodOfScores
from nbpeer.score_words import criterion_reason, reasons
from nbpeer.scoring import ENOUGH, Evidence, RoundScores, score_round

TRUTH = [35, 45, 55, 60, 65, 70, 75, 80, 85, 90]
STRICT = "r0"


def a_round(name: str = "one", k: int = 5, works: int = 10) -> list[Review]:
    """`r0` gives 20 less than a work deserves, `r1` 20 more; all are off by 5, now so, now so."""
    off, rng = {STRICT: -20, "r1": 20}, np.random.default_rng(len(name) + k)
    return [
        Review(work, f"r{i}", min(max(TRUTH[int(work[1:])] + off.get(f"r{i}", 0) + 5 * rng.normal(), 0), 100), name)
        for i in range(works)
        for work in (f"w{(i + step) % works}" for step in range(1, k + 1))
    ]


def scores(evidence: Evidence, method: MethodOfScores = "bayes") -> RoundScores:
    return score_round(evidence, method, np.random.default_rng(7))


def test_who_is_strict_is_seen_through_and_the_reasons_add_up() -> None:
    found = scores(Evidence("one", tuple(a_round()), {}))
    assert (found.method, found.fallback) == ("bayes", None)
    off = np.array([one.whole.percent for one in found.works.values()]) - TRUTH
    off_by_mean = np.array([one.mean for one in found.works.values()]) - TRUTH
    assert np.mean(off**2) < np.mean(off_by_mean**2) / 2
    work = found.works["w1"]
    assert work.mean is not None
    assert work.whole.percent == pytest.approx(work.mean + work.kindness + work.reliability + work.rest)
    assert found.reviewers[STRICT].bias < -10
    said = reasons(found, work)
    assert "gives less than others do" in said[1]
    steps = [float(sign.replace("−", "-") + by) for sign, by in re.findall(r"([+−]) ([\d.]+):", " ".join(said))]
    (mean,), (total,) = (re.findall(r"is ([\d.]+) %", one) for one in (said[0], said[-2]))
    assert float(mean) + sum(steps) == pytest.approx(float(total), abs=1e-6)
    assert float(total) == round(work.whole.percent, 1)
    assert said[-1].startswith("Nine times in ten")


def test_with_few_reviews_all_count_the_same_and_that_is_said() -> None:
    few = tuple(a_round(k=3))
    assert len(few) < ENOUGH
    found = scores(Evidence("one", few, {}))
    assert (found.method, found.fallback) == ("mean", "few-reviews")
    assert found.works["w1"].whole.percent == found.works["w1"].mean
    assert "from 40 reviews on" in reasons(found, found.works["w1"])[1]
    assert "there are 30 so far" in reasons(found, found.works["w1"])[1]


def test_earlier_rounds_tell_of_reviewers() -> None:
    alone, before = tuple(a_round(k=3)), tuple(a_round("zero", k=3))
    found = scores(Evidence("one", (*before, *alone), {}))
    assert found.method == "bayes"
    assert set(found.works) == {f"w{i}" for i in range(10)}, "of this round only"


def test_one_review_each_tells_nothing_of_reviewers() -> None:
    found = scores(Evidence("one", tuple(Review(f"w{i}", f"r{i}", i, "one") for i in range(100)), {}))
    assert found.fallback == "few-reviews"


def test_where_staff_scored_that_is_the_score() -> None:
    for method in ("bayes", "mean", "median"):
        found = scores(Evidence("one", tuple(a_round()), {("one", "w1"): 88.0, ("one", "new"): 10.0}), method)
        assert found.works["w1"].whole.percent == 88
        assert found.works["w1"].whole.low is None
        assert reasons(found, found.works["w1"])[0] == "Staff gave 88.0 %, and that is the score."
        assert (found.works["new"].count, found.works["new"].whole.percent) == (0, 10)


def test_scores_stay_within_the_scale_and_the_same_and_can_be_kept() -> None:
    evidence = Evidence("one", tuple(a_round()), {}, {"clear": tuple(a_round(k=2))})
    found = scores(evidence)
    assert found == scores(evidence)
    assert RoundScores.of_json(json.loads(json.dumps(found.as_json()))) == found
    for work in found.works.values():
        assert work.whole.low is not None
        assert work.whole.high is not None
        assert 0 <= work.whole.low <= work.whole.percent <= work.whole.high <= 100
        assert set(work.criteria) == {"clear"}


def test_reviews_that_are_all_the_same_tell_no_reviewers_apart() -> None:
    same = tuple(Review(one.submission, one.reviewer, 50, "one") for one in a_round())
    found = scores(Evidence("one", same, {}))
    assert (found.method, found.fallback) == ("mean", "all-the-same")
    assert "nothing to tell reviewers apart" in " ".join(reasons(found, found.works["w1"]))


def test_without_reviews_there_are_no_scores() -> None:
    assert scores(Evidence("one", (), {})).works == {}


def test_a_criterion_says_which_levels_were_chosen() -> None:
    levels = [{"points": 0, "title": "No"}, {"points": 2, "title": "Yes"}]
    criterion = Criterion.model_validate({"id": "clear", "title": "Clarity", "levels": levels})
    given = [{"clear": 1}, {"clear": 0}, {"clear": 1}]
    assert criterion_reason(criterion, given) == '3 reviews: "Yes" × 2, "No" × 1.'
    assert criterion_reason(criterion, given[:1]) == '1 review: "Yes" × 1.'
