"""The scores of a round in which works are compared, from its comparisons alone. Pure.

A work's score is the chance to be found better than another work of the round, in percent, by `aggregate.pairwise`.
Works that nobody compared have none, and are no works to be better than. All comparisons count the same: whether who
compares is kind or strict makes no difference.
"""

from collections import Counter
from collections.abc import Iterable
from statistics import NormalDist, fmean

from nbpeer.aggregate import Comparison, rank
from nbpeer.compared import Decided
from nbpeer.scoring import LEVEL, Ranged, RoundScores, WorkScore


def score_comparisons(found: Iterable[Decided]) -> RoundScores:
    """Return the scores of a round, by submission."""
    comparisons = [Comparison(one.better.work, one.worse.work) for one in found]
    won = Counter(one.better for one in comparisons)
    works = {
        one.submission: WorkScore(
            Ranged(one.percent, one.percent_low, one.percent_high), None, one.count, won=won[one.submission]
        )
        for one in rank(comparisons, level=LEVEL)
    }
    return RoundScores(
        method="comparisons",
        fallback=None,
        usable=len(comparisons),
        ties=False,
        middle=fmean(one.whole.percent for one in works.values()) if works else None,
        works=works,
        reviewers={},
    )


def uncertainty_of(score: WorkScore) -> float:
    """Return the standard deviation that belongs to the interval of a score, in percentage points; 0 without one."""
    if score.whole.low is None or score.whole.high is None:
        return 0.0
    return (score.whole.high - score.whole.low) / (2 * NormalDist().inv_cdf((1 + LEVEL) / 2))
