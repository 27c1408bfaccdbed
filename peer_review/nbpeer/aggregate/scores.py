"""A score with an interval for each submission, and bias and reliability with intervals of each reviewer.

- `bayes`, the default: the model in `bayes.py`. A score is its expected value: the mean of the reviews, with each
  reviewer's bias taken off and the unreliable ones counting less, drawn towards the round's mean by as much as the
  reviews disagree. Where staff scored, that is the score.
- `mean` and `median` of the reviews. Their intervals take all reviews to be equally noisy, and are missing where no
  submission has two reviews. Staff's scores go before them, too.

Intervals are central, and normal: on the scale of the scores, for reliabilities on that of their log odds.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from nbpeer.aggregate.bayes import Posterior, sample
from nbpeer.aggregate.reviews import Floats, Reviews
from nbpeer.methods import MethodOfScores

TIE = 0.02
"""By so small a part of the mean's expected error, the model is said to tie with the mean."""


@dataclass(frozen=True)
class Interval:
    """Between which values something is, with the probability that was asked for."""

    low: float
    high: float


@dataclass(frozen=True)
class SubmissionScore:
    """What a submission gets, in points."""

    round: str
    submission: str
    score: float
    interval: Interval | None
    """None where nothing tells how far reviews are from the truth."""
    mean: float | None
    """The mean of its `count` reviews, whatever the method; None without reviews."""
    count: int
    staff: float | None


@dataclass(frozen=True)
class ReviewerScore:
    """What is known of a reviewer over all rounds."""

    reviewer: str
    count: int
    bias: float
    """Points more than the average reviewer gives; more than staff, where staff scored."""
    bias_interval: Interval | None
    reliability: float | None
    """How much of what differs in the reviewer's scores is true, 0-1, once the bias is gone. Known to `bayes` only."""
    reliability_interval: Interval | None
    noise: float | None
    """By how many points the reviewer's scores are typically off, once the bias is gone."""


@dataclass(frozen=True)
class Scores:
    """All that reviews add up to."""

    method: MethodOfScores
    level: float
    """The probability of the intervals."""
    submissions: tuple[SubmissionScore, ...]
    """By round and name."""
    reviewers: tuple[ReviewerScore, ...]
    """By name."""
    error: float | None
    """The mean squared error to expect of the scores, in points squared; None where nothing tells."""
    error_of_mean: float | None
    """The same of the mean of the reviews. Both are of submissions with reviews and without staff's score."""
    posterior: Posterior | None
    """What `triage` goes by; only of `bayes`, where scores differ at all."""

    @property
    def ties(self) -> bool:
        """Whether the mean of the reviews is expected to do as well: no bias or noise to speak of can be told."""
        return self.error is None or self.error_of_mean is None or self.error >= (1 - TIE) * self.error_of_mean


def score(
    reviews: Reviews,
    rng: np.random.Generator,
    method: MethodOfScores = "bayes",
    level: float = 0.9,
    *,
    for_triage: bool = False,
) -> Scores:
    """Return the scores of `reviews` by `method`, with intervals of probability `level`.

    The same reviews and state of `rng` give the same scores. `for_triage` keeps what `triage` needs: `KEPT` numbers for
    each submission. Raises ValueError for a level outside 0-1, and without any reviews or staff's scores.
    """
    if not 0 < level < 1:
        raise ValueError("The probability of the intervals should be between 0 and 1.")
    if not reviews.keys:
        raise ValueError("There are no reviews.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    if method != "bayes":
        return _simple(reviews, method, level, z)
    if not _differ(reviews):
        return _flat(reviews, level)
    return _bayes(reviews, sample(reviews, rng, keep=for_triage), level, z)


def _differ(reviews: Reviews) -> bool:
    known = np.concatenate([reviews.score, reviews.staff[~np.isnan(reviews.staff)]])
    return len(reviews.score) > 0 and bool(np.ptp(known) > 1e-9 * np.abs(known).max())


def _bayes(reviews: Reviews, found: Posterior, level: float, z: float) -> Scores:
    means = _means(reviews)
    counts = reviews.per_reviewer()
    odds, deviation = found.reliability, np.sqrt(found.reliability_variance)
    bias_deviation = np.sqrt(found.bias_variance)
    reviewers = tuple(
        ReviewerScore(
            reviewer=name,
            count=int(counts[r]),
            bias=float(found.bias[r]),
            bias_interval=_about(found.bias[r], z * bias_deviation[r]),
            reliability=_share(odds[r]),
            reliability_interval=Interval(_share(odds[r] - z * deviation[r]), _share(odds[r] + z * deviation[r])),
            noise=float(found.noise[r]),
        )
        for r, name in enumerate(reviews.reviewers)
    )
    scores = np.where(np.isnan(reviews.staff), found.mean, reviews.staff)
    open_ones = np.isnan(reviews.staff) & ~np.isnan(means)
    error = error_of_mean = None
    if open_ones.any():
        error = float(found.variance[open_ones].mean())
        error_of_mean = error + float(np.mean((means - found.mean)[open_ones] ** 2))
    return Scores(
        method="bayes",
        level=level,
        submissions=_submissions(reviews, scores, z * np.sqrt(found.variance)),
        reviewers=reviewers,
        error=error,
        error_of_mean=error_of_mean,
        posterior=found,
    )


def _flat(reviews: Reviews, level: float) -> Scores:
    """Return the scores where all are the same: nobody is off, as far as anyone can tell, and nothing tells how far."""
    counts = reviews.per_reviewer()
    nobody = tuple(
        ReviewerScore(name, int(counts[r]), 0.0, None, None, None, None) for r, name in enumerate(reviews.reviewers)
    )
    known = np.where(np.isnan(reviews.staff), _means(reviews), reviews.staff)
    return Scores("bayes", level, _submissions(reviews, known, np.full(len(known), math.nan)), nobody, None, None, None)


def _simple(reviews: Reviews, method: Literal["mean", "median"], level: float, z: float) -> Scores:
    means, counts = _means(reviews), reviews.per_submission()
    middle = means if method == "mean" else _medians(reviews)
    squares = reviews.per_submission((reviews.score - means[reviews.submission]) ** 2).sum()
    freedom = float(np.maximum(counts - 1, 0).sum())
    variance = squares / freedom if freedom else math.nan
    # A median of normal reviews is as good as the mean of 2 / pi as many.
    efficiency = 1.0 if method == "mean" else 2 / math.pi
    variances = variance / np.maximum(counts, 1)
    variances = np.where(counts > 2, variances / efficiency, variances)
    open_ones = np.isnan(reviews.staff)
    error = float(variances[open_ones].mean()) if freedom and open_ones.any() else None
    halves = np.where(open_ones, z * np.sqrt(variances), 0.0)
    return Scores(
        method=method,
        level=level,
        submissions=_submissions(reviews, np.where(open_ones, middle, reviews.staff), halves),
        reviewers=_deviations(reviews, np.where(open_ones, middle, reviews.staff), z * math.sqrt(variance)),
        error=error,
        error_of_mean=error if method == "mean" else None,
        posterior=None,
    )


def _deviations(reviews: Reviews, truth: Floats, half: float) -> tuple[ReviewerScore, ...]:
    """Return by how much reviewers are off from `truth` on average; `half` the width of the interval of one review."""
    counts = reviews.per_reviewer()
    off = reviews.per_reviewer(reviews.score - truth[reviews.submission]) / np.maximum(counts, 1)
    return tuple(
        ReviewerScore(
            name, int(counts[r]), float(off[r]), _about(off[r], half / math.sqrt(counts[r])), None, None, None
        )
        for r, name in enumerate(reviews.reviewers)
    )


def _means(reviews: Reviews) -> Floats:
    """Return (n) the means of the reviews, NaN where there are none."""
    counts = reviews.per_submission()
    return np.where(counts > 0, reviews.per_submission(reviews.score) / np.maximum(counts, 1), math.nan)


def _medians(reviews: Reviews) -> Floats:
    """Return (n) the medians of the reviews, NaN where there are none."""
    counts = reviews.per_submission().astype(np.intp)
    ordered = np.append(reviews.score[np.lexsort((reviews.score, reviews.submission))], math.nan)
    starts = np.cumsum(counts) - counts
    low, high = starts + (counts - 1) // 2, starts + counts // 2
    return np.where(counts > 0, (ordered[low] + ordered[high]) / 2, math.nan)


def _submissions(reviews: Reviews, scores: Floats, halves: Floats) -> tuple[SubmissionScore, ...]:
    means, counts = _means(reviews), reviews.per_submission()
    return tuple(
        SubmissionScore(
            round=name,
            submission=submission,
            score=float(scores[i]),
            interval=_about(scores[i], halves[i]),
            mean=_known(means[i]),
            count=int(counts[i]),
            staff=_known(reviews.staff[i]),
        )
        for i, (name, submission) in enumerate(reviews.keys)
    )


def _about(middle: float, half: float) -> Interval | None:
    return None if math.isnan(half) else Interval(float(middle - half), float(middle + half))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _share(odds: float) -> float:
    """Return the probability of log odds."""
    return 0.5 * (1 + math.tanh(odds / 2))
