"""What reviews say of true scores where a scale has steps and ends: by numerical integration, all else given.

A review is what its reviewer would say, y* ~ N(t + b, v(t + b)), rounded to the scale's steps, and what is beyond its
ends is said as the end itself (Tobin, Estimation of relationships for limited dependent variables, Econometrica 1958).
How likely a review is, is then the probability of an interval. The variance v is lower near the ends, so that it says
something of the true score as well. A normal model with fixed weights, as the sampler has it, leaves both out.
"""

import math
from dataclasses import dataclass

import numpy as np

from nbpeer.aggregate.reviews import Floats, Reviews

_POINTS, _WIDE = 31, 4.0
"""Of each submission's grid, and how many standard deviations it goes to both sides."""
_SLIP = 0.005
"""How often a review is anything on the scale: so one slip does not outweigh all other reviews."""
_PARTS = np.linspace(0, 0.95, 8)
"""By which part the variance of reviews may be less at the ends of the scale than in its middle."""
_EDGE = 6.0
_TABLE = np.linspace(-_EDGE, _EDGE, 4097)
_PHI = np.array([(1 + math.erf(x / math.sqrt(2))) / 2 for x in _TABLE])


@dataclass(frozen=True)
class Given:
    """What is expected of n submissions in A rounds and of m reviewers."""

    mean: Floats
    """(n) of the true scores: about where to look."""
    variance: Floats
    """(n) of the true scores: how far."""
    bias: Floats
    """(m)"""
    precision: Floats
    """(m) of reviews in the middle of the scale."""
    means: Floats
    """(A) of the rounds' true scores."""
    spread: float
    """Variance of the true scores about these."""


class Grid:
    """Grids of true scores for some reviews, whose scores are (N) `score`, and which count (N) `attention` each."""

    def __init__(self, reviews: Reviews, score: Floats, attention: Floats, resolution: float) -> None:
        self.reviews, self.attention = reviews, attention
        self.ends = low, high = float(score.min()), float(score.max())
        self.slip = _SLIP / ((high - low) / resolution + 1)
        self.lower = np.where(score <= low, -np.inf, score - resolution / 2)
        self.upper = np.where(score >= high, np.inf, score + resolution / 2)

    def place(self, expected: Floats) -> Floats:
        """Return how far from the middle of the scale, squared, reviews are that are expected there: 1 at its ends."""
        low, high = self.ends
        return np.asarray((2 * np.clip((expected - low) / (high - low), 0, 1) - 1) ** 2, np.float64)

    def means(self, given: Given) -> Floats:
        """Return (n) means of the true scores; by which part the variance is less at the ends is estimated with them.

        The estimate is the mean over `_PARTS`, by how likely all reviews are, whatever the true scores.
        """
        values = self._values(given)
        likely, found = np.empty(len(_PARTS)), np.empty((len(_PARTS), len(given.mean)))
        for i, part in enumerate(_PARTS):
            logs = self._logs(values, given, float(part))
            peak = logs.max(axis=1, keepdims=True)
            weights = np.exp(logs - peak)
            sums = weights.sum(axis=1)
            likely[i] = np.sum(peak[:, 0] + np.log(sums))
            found[i] = (weights * values).sum(axis=1) / sums
        chances = np.exp(likely - likely.max())
        return np.asarray(chances @ found / chances.sum(), np.float64)

    def _values(self, given: Given) -> Floats:
        """Return (n, _POINTS) the grids: on the scale, or beyond it if all reviewers are too kind, or too strict."""
        low, high = self.ends
        common = float(given.bias.mean())
        low, high = low - max(common, 0.0), high - min(common, 0.0)
        deviation = np.sqrt(given.variance)
        first = np.clip(given.mean - _WIDE * deviation, low, high - deviation)
        last = np.clip(given.mean + _WIDE * deviation, first + deviation, np.maximum(high, first + deviation))
        return np.linspace(first, last, _POINTS, axis=1)

    def _logs(self, values: Floats, given: Given, part: float) -> Floats:
        """Return (n, _POINTS) the log of prior times likelihood, but for a constant."""
        reviews = self.reviews
        expected = values[reviews.submission] + given.bias[reviews.reviewer][:, None]
        scale = np.sqrt(given.precision[reviews.reviewer][:, None] / (1 - part * self.place(expected)))
        inside = _phi((self.upper[:, None] - expected) * scale) - _phi((self.lower[:, None] - expected) * scale)
        sums = np.zeros((len(reviews.score) + 1, _POINTS))
        np.cumsum(self.attention[:, None] * np.log((1 - _SLIP) * inside + self.slip), axis=0, out=sums[1:])
        last = np.cumsum(reviews.per_submission()).astype(np.intp)
        off = values - given.means[reviews.round][:, None]
        return np.asarray(np.diff(sums[last], axis=0, prepend=0) - off**2 / (2 * given.spread), np.float64)


def _phi(x: Floats) -> Floats:
    """Return the normal distribution function, from a table: to about 1e-7."""
    return np.asarray(np.interp(x, _TABLE, _PHI), np.float64)
