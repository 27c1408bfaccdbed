"""Scores from comparisons: which of two submissions is better, for rounds without a rubric.

The model is Bradley and Terry's (Rank analysis of incomplete block designs, Biometrika 1952): i is better than j with
probability s_i / (s_i + s_j). Strengths are fitted by Hunter's minorisation (MM algorithms for generalized
Bradley-Terry models, Annals of Statistics 2004, equation 3), with Caron and Doucet's gamma prior (Efficient Bayesian
inference for generalized Bradley-Terry models, JCGS 2012), here in the form of one more comparison for each, with an
average submission, half won and half lost: it keeps strengths finite for who won or lost all, and comparable where
comparisons do not connect the submissions.

Not `choix`, which does the same and more: it needs SciPy, some 100 MB that the service does without.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nbpeer.aggregate.reviews import Floats, Ints

_PRIOR = 1.0
"""Comparisons with an average submission that each is taken to have had, half of them won."""
_ROUNDS, _ENOUGH = 10_000, 1e-9
_DENSE = 2000
"""For more submissions, intervals leave out that those compared with are uncertain as well: they are too narrow."""


@dataclass(frozen=True)
class Comparison:
    """A reviewer found `better` better than `worse`."""

    better: str
    worse: str


@dataclass(frozen=True)
class Ranked:
    """A submission's place."""

    submission: str
    strength: float
    """Log strength; the mean over all is 0. A difference of d means to be better with odds of exp(d) to 1."""
    low: float
    high: float
    """The interval of the strength."""
    percent: float
    """The chance to be found better than another one of these submissions, on average, 0-100."""
    percent_low: float
    percent_high: float
    """The same at the ends of the interval of the strength."""
    count: int
    """Comparisons that it was in."""


def rank(
    comparisons: Sequence[Comparison], submissions: Collection[str] = (), level: float = 0.9
) -> tuple[Ranked, ...]:
    """Return the submissions of `comparisons`, and `submissions` that are in none, the best first.

    Of equals, the one whose name comes first. Raises ValueError where something is compared with itself.
    """
    names = sorted({name for one in comparisons for name in (one.better, one.worse)} | set(submissions))
    for one in comparisons:
        if one.better == one.worse:
            raise ValueError(f'"{one.better}" was compared with itself.')
    if not names:
        return ()
    place = {name: index for index, name in enumerate(names)}
    won = np.array([place[one.better] for one in comparisons], np.intp)
    lost = np.array([place[one.worse] for one in comparisons], np.intp)
    n, z = len(names), NormalDist().inv_cdf((1 + level) / 2)
    strength = _fit(won, lost, n)
    deviation = _deviations(won, lost, strength)
    logs, half = np.log(strength), z * deviation
    middle, counts = float(logs.mean()), np.bincount(won, minlength=n) + np.bincount(lost, minlength=n)
    ranked = [
        Ranked(
            submission=name,
            strength=float(logs[i] - middle),
            low=float(logs[i] - middle - half[i]),
            high=float(logs[i] - middle + half[i]),
            percent=_percent(logs, i, logs[i]),
            percent_low=_percent(logs, i, logs[i] - half[i]),
            percent_high=_percent(logs, i, logs[i] + half[i]),
            count=int(counts[i]),
        )
        for i, name in enumerate(names)
    ]
    return tuple(sorted(ranked, key=lambda one: (-one.strength, one.submission)))


def _fit(won: Ints, lost: Ints, n: int) -> Floats:
    """Return (n) the most likely strengths, where the average submission of the prior has 1."""
    wins = np.bincount(won, minlength=n) + _PRIOR / 2
    strength = np.ones(n)
    for _round in range(_ROUNDS):
        share = 1 / (strength[won] + strength[lost])
        new = wins / (np.bincount(won, share, n) + np.bincount(lost, share, n) + _PRIOR / (strength + 1))
        done = np.abs(np.log(new / strength)).max() < _ENOUGH
        strength = new
        if done:
            break
    return strength


def _deviations(won: Ints, lost: Ints, strength: Floats) -> Floats:
    """Return (n) the standard deviations of the log strengths about their mean, by the curvature at the best fit."""
    n = len(strength)
    chance = strength[won] / (strength[won] + strength[lost])
    known, own = chance * (1 - chance), strength / (1 + strength)
    information = np.bincount(won, known, n) + np.bincount(lost, known, n) + _PRIOR * own * (1 - own)
    if n > _DENSE:
        return np.asarray(1 / np.sqrt(information), np.float64)
    curvature = np.diag(information)
    np.subtract.at(curvature, (won, lost), known)
    np.subtract.at(curvature, (lost, won), known)
    covariance = np.linalg.inv(curvature)
    of_means = covariance.mean(axis=0)
    variances = np.diag(covariance) - 2 * of_means + of_means.mean()
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)), np.float64)


def _percent(logs: Floats, i: int, own: float) -> float:
    """Return the chance of submission `i` to be found better than another one, if its log strength is `own`."""
    if len(logs) == 1:
        return 50.0
    chances = 1 / (1 + np.exp(np.delete(logs, i) - own))
    return float(100 * chances.mean())
