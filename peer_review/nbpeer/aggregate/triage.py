"""Which submissions staff should look at first: those whose score from staff lowers the expected error most.

What a staff score of submission i does: its own error goes, and as its reviewers' biases become clearer, so do the true
scores of what else they reviewed. By the model's posterior, with covariance S, the mean squared error of all falls by

    sum over j of S_ij^2 / S_ii.

S is what true scores have each of their own, given the biases and the rest (a diagonal), plus how their expectations
given these vary over the sampler's chain (of low rank): no n x n matrix is made. Submissions are chosen one by one,
each after S is conditioned on those before (Potter's square root of a Kalman update, as in Bierman, Factorization
Methods for Discrete Sequential Estimation, 1977). Greedy is not optimal, but near it for gains of this kind.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from nbpeer.aggregate.reviews import Bools, Floats, Reviews
from nbpeer.aggregate.scores import Scores

_STEPS = 64
"""Gains are computed anew this often at most: for a large budget, several submissions are chosen by the same."""


@dataclass(frozen=True)
class Suggestion:
    """A submission to look at."""

    round: str
    submission: str
    gain: float
    """By how much the sum of all squared errors falls, as expected after what comes before it was looked at."""
    own: float
    """How much of that is the error of the submission itself."""


def triage(
    reviews: Reviews, scores: Scores, budget: int, among: Collection[tuple[str, str]] | None = None
) -> tuple[Suggestion, ...]:
    """Return up to `budget` submissions, the best first, of those that staff did not score yet.

    `scores` is of the same reviews, by `bayes` and made `for_triage`; `among` are the rounds and submissions that
    matter, all by default: others are neither suggested, nor does it count if they become clearer. Without differing
    scores there is nothing to go by: those with fewest reviews come first. Raises ValueError for a budget below 0, and
    for other scores.
    """
    if budget < 0:
        raise ValueError("The number of submissions to look at should not be negative.")
    if scores.method != "bayes" or (scores.posterior is not None and not scores.posterior.draws.shape[1]):
        raise ValueError('To choose submissions, make the scores by "bayes" and for triage.')
    matter = np.array([among is None or key in among for key in reviews.keys], bool)
    open_ones = matter & np.isnan(reviews.staff)
    budget = min(budget, int(open_ones.sum()))
    if scores.posterior is None:
        fewest = np.flatnonzero(open_ones)
        chosen = [
            (int(i), 0.0, 0.0) for i in fewest[np.argsort(reviews.per_submission()[fewest], kind="stable")][:budget]
        ]
    else:
        chosen = _choose(_Covariance(scores.posterior.draws, scores.posterior.rest, matter), open_ones, budget)
    return tuple(Suggestion(*reviews.keys[i], gain, own) for i, gain, own in chosen)


def _choose(covariance: "_Covariance", open_ones: Bools, budget: int) -> list[tuple[int, float, float]]:
    """Return (submission, gain, own variance) for each choice."""
    chosen: list[tuple[int, float, float]] = []
    open_ones = open_ones.copy()
    at_once = max(1, math.ceil(budget / _STEPS))
    while len(chosen) < budget:
        gains = np.where(open_ones, covariance.gains(), -np.inf)
        own = covariance.variances()
        for i in np.argsort(-gains, kind="stable")[: min(at_once, budget - len(chosen))]:
            chosen.append((int(i), float(gains[i]), float(own[i])))
            covariance.observe(int(i))
            open_ones[i] = False
    return chosen


class _Covariance:
    """`common @ common.T + diag(alone)`, the posterior covariance of the true scores."""

    def __init__(self, draws: Floats, alone: Floats, matter: Bools) -> None:
        self.common = (draws - draws.mean(axis=1, keepdims=True)) / math.sqrt(draws.shape[1] - 1)
        self.alone, self.matter = alone.copy(), matter

    def variances(self) -> Floats:
        """Return (n) the variance of each."""
        return np.asarray(self.alone + np.sum(self.common**2, axis=1), np.float64)

    def gains(self) -> Floats:
        """Return (n) the expected fall of the sum of squared errors of those that matter, if each were known."""
        shared = self.common[self.matter].T @ self.common[self.matter]
        of_all = np.sum((self.common @ shared) * self.common, axis=1)
        square = np.sum(self.common**2, axis=1)
        # By chance, two that have nothing in common seem to: by the product of their variances over the draws.
        of_all -= square * (np.trace(shared) - square) / self.common.shape[1]
        total = self.alone + square
        mutual = np.maximum(of_all, square**2) + 2 * self.alone * square + self.alone**2
        return np.where(total > 0, mutual / np.maximum(total, np.finfo(float).tiny), 0.0)

    def observe(self, i: int) -> None:
        """Condition on the true score of i."""
        row = self.common[i].copy()
        total = float(row @ row) + self.alone[i]
        if total > 0:
            factor = 1 / (total + math.sqrt(total * self.alone[i]))
            self.common -= factor * np.outer(self.common @ row, row)
        self.common[i], self.alone[i] = 0.0, 0.0
