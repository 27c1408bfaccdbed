"""The scores of a round, from all reviews of the course up to it. Pure.

A round's scores rest on its own reviews and those of earlier rounds: there reviewers' biases and reliability show. What
comes later changes nothing, so that a score that was released stays. Staff's scores are anchors: they are the score of
the work, and tell how kind or strict its reviewers are.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Literal

import numpy as np

from nbpeer.aggregate import Interval, Review, Reviews, Scores, SubmissionScore, collect, score
from nbpeer.aggregate.reviews import Floats
from nbpeer.methods import MethodOfScores

LEVEL = 0.9
"""The probability of the intervals."""
ENOUGH = 40
"""From so many reviews of works that have at least two, the model is used. In simulated classes of 12 to 16 with three
reviews each, and of 18 to 20 with two, it is as good as the mean or better from there on; below, it is worse."""
AGREEING = 10
"""From so many reviews beyond each work's first, they tell how far reviews are apart."""

MethodOfRound = MethodOfScores | Literal["comparisons"]
Fallback = Literal["few-reviews", "all-the-same"]


@dataclass(frozen=True)
class Evidence:
    """What a round's scores rest on: peers' reviews in percent, and what staff gave, by (round, work)."""

    round: str
    reviews: tuple[Review, ...]
    staff: Mapping[tuple[str, str], float]
    criteria: Mapping[str, tuple[Review, ...]] = field(default_factory=dict)
    """Of this round's reviews (staff's instead of peers' where there are any): criterion -> percent for each review."""

    @property
    def usable(self) -> int:
        """How many of the peers' reviews are of works that have another one."""
        counts: dict[tuple[str, str], int] = {}
        for one in self.reviews:
            counts[one.round, one.submission] = counts.get((one.round, one.submission), 0) + 1
        return sum(count for count in counts.values() if count > 1)


@dataclass(frozen=True)
class Ranged:
    """A percentage with the ends of its interval; None where nothing tells how sure it is."""

    percent: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class WorkScore:
    """The score of a work (percent), and how it came about: mean + kindness + reliability + rest = percent.

    Args:
        mean: the mean of the peers' reviews; None without any.
        count: how many these are; where works are compared, how many comparisons.
        staff: what staff gave, if they did: that is the score.
        kindness: what is added because its reviewers are strict, or taken off because they are kind.
        reliability: what it makes that reliable reviewers count more.
        rest: what is left: mostly, that few reviews are drawn towards the round's middle.
        won: where works are compared: in how many of `count` comparisons it was found better.
    """

    whole: Ranged
    mean: float | None
    count: int
    staff: float | None = None
    kindness: float = 0.0
    reliability: float = 0.0
    rest: float = 0.0
    criteria: Mapping[str, Ranged] = field(default_factory=dict)
    won: int | None = None


@dataclass(frozen=True)
class ReviewerKnown:
    """What is known of a reviewer over the rounds: percentage points more than others; share of what is true, 0-1."""

    count: int
    bias: float
    bias_low: float | None
    bias_high: float | None
    reliability: float | None
    reliability_low: float | None
    reliability_high: float | None


@dataclass(frozen=True)
class RoundScores:
    """The scores of a round, by work.

    Args:
        method: how they were made; with `fallback`, why that is not what the settings say.
        usable: how many reviews the model could learn from, or comparisons.
        ties: whether the model does no better than the mean here.
        middle: the mean of the scores.
    """

    method: MethodOfRound
    fallback: Fallback | None
    usable: int
    ties: bool
    middle: float | None
    works: Mapping[str, WorkScore]
    reviewers: Mapping[str, ReviewerKnown]

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "RoundScores":
        """Return what was kept."""
        works = {name: _work_of_json(one) for name, one in kept["works"].items()}
        reviewers = {name: ReviewerKnown(**one) for name, one in kept["reviewers"].items()}
        return cls(**{**kept, "works": works, "reviewers": reviewers})


def _work_of_json(kept: Mapping[str, Any]) -> WorkScore:
    criteria = {name: Ranged(**one) for name, one in kept["criteria"].items()}
    return WorkScore(**{**kept, "whole": Ranged(**kept["whole"]), "criteria": criteria})


def method_for(evidence: Evidence, wanted: MethodOfScores) -> tuple[MethodOfScores, Fallback | None]:
    """Return how scores can be made of `evidence`, and why that is not how they were `wanted`, if it is not."""
    if wanted == "bayes" and evidence.usable < ENOUGH:
        return "mean", "few-reviews"
    return wanted, None


def score_round(evidence: Evidence, wanted: MethodOfScores, rng: np.random.Generator) -> RoundScores:
    """Return the scores of a round. The same evidence and state of `rng` give the same scores."""
    if not evidence.reviews and not evidence.staff:
        return RoundScores("mean", None, 0, ties=False, middle=None, works={}, reviewers={})
    method, fallback = method_for(evidence, wanted)
    reviews = collect(evidence.reviews, evidence.staff)
    found = score(reviews, rng, method, LEVEL)
    if method == "bayes" and found.posterior is None:
        method, fallback = "mean", "all-the-same"
    criteria = _criteria(evidence, "median" if wanted == "median" else "mean")
    steps = _Steps(reviews, found)
    works = {
        one.submission: _work(one, steps.of(i), criteria.get(one.submission, {}), sure=_is_sure(reviews))
        for i, one in enumerate(found.submissions)
        if one.round == evidence.round
    }
    scores = [one.whole.percent for one in works.values()]
    return RoundScores(
        method=method,
        fallback=fallback,
        usable=evidence.usable,
        ties=found.ties,
        middle=fmean(scores) if scores else None,
        works=works,
        reviewers=_reviewers(found) if method == "bayes" else {},
    )


def _is_sure(reviews: Reviews) -> bool:
    """Whether there are enough reviews to tell how far they are apart."""
    return float(np.maximum(reviews.per_submission() - 1, 0).sum()) >= AGREEING


def _work(
    one: SubmissionScore, steps: tuple[float, float] | None, criteria: Mapping[str, Ranged], *, sure: bool
) -> WorkScore:
    whole = _ranged(one, sure=sure and one.staff is None)
    if one.staff is not None or one.mean is None or steps is None:
        return WorkScore(whole, one.mean, one.count, one.staff, criteria=criteria)
    kindness, reliability = steps
    rest = whole.percent - one.mean - kindness - reliability
    return WorkScore(whole, one.mean, one.count, None, kindness, reliability, rest, criteria)


def _ranged(one: SubmissionScore, *, sure: bool) -> Ranged:
    if one.interval is None or not sure:
        return Ranged(_clip(one.score))
    return Ranged(_clip(one.score), _clip(one.interval.low), _clip(one.interval.high))


def _clip(percent: float) -> float:
    return min(max(percent, 0.0), 100.0)


class _Steps:
    """How the model comes from the mean of a work's reviews to its score."""

    def __init__(self, reviews: Reviews, found: Scores) -> None:
        self._steps: Floats | None = None
        if found.posterior is None:
            return
        count = np.maximum(reviews.per_submission(), 1)
        fair = reviews.score - found.posterior.bias[reviews.reviewer]
        weights = found.posterior.noise[reviews.reviewer] ** -2.0
        mean, unbiased = reviews.per_submission(reviews.score) / count, reviews.per_submission(fair) / count
        total = reviews.per_submission(weights)
        weighed = np.where(total > 0, reviews.per_submission(weights * fair) / np.where(total > 0, total, 1), unbiased)
        self._steps = np.column_stack([unbiased - mean, weighed - unbiased])

    def of(self, i: int) -> tuple[float, float] | None:
        """Return what bias and reliability make of submission `i`; None where scores are not the model's."""
        return None if self._steps is None else (float(self._steps[i, 0]), float(self._steps[i, 1]))


def _criteria(evidence: Evidence, method: MethodOfScores) -> dict[str, dict[str, Ranged]]:
    """Return work -> criterion -> percentage: of each criterion all reviews count the same."""
    found: dict[str, dict[str, Ranged]] = {}
    for name, given in evidence.criteria.items():
        if not given:
            continue
        reviews = collect(given)
        sure = _is_sure(reviews)
        for one in score(reviews, np.random.default_rng(0), method, LEVEL).submissions:
            found.setdefault(one.submission, {})[name] = _ranged(one, sure=sure)
    return found


def _reviewers(found: Scores) -> dict[str, ReviewerKnown]:
    return {
        one.reviewer: ReviewerKnown(
            one.count, one.bias, *_ends(one.bias_interval), one.reliability, *_ends(one.reliability_interval)
        )
        for one in found.reviewers
    }


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)
