"""How good a member's reviews are, and what a round comes to for a member. Pure.

The quality of the own reviews (0-100) is the share of the tasks that were done, times the mean of what is known of

- agreement: 100 less how far the own total is from the mean of the others' on the same work, in percentage points;
- helpfulness: the ratings by authors, from 1 (0) to 5 (100);
- calibration: 100 less how far the scores of samples are from staff's, in percentage points.

Who did all tasks, and of whose reviews nothing is known, has 100. The result is the mean of the score of the submission
and the quality of the reviews, by the weights in the settings; what is not known is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from nbpeer.aggregate import Scale

BEST, WORST = 5, 1
"""The ends of the scale on which authors rate reviews."""


@dataclass(frozen=True)
class Quality:
    """The quality of a member's reviews, and what it is made of (0-100; None: not known).

    Args:
        tasks: how many reviews the member was to write.
        done: how many of them came in.
    """

    tasks: int
    done: int
    agreement: float | None
    helpfulness: float | None
    calibration: float | None = None

    @property
    def percent(self) -> float | None:
        """The quality, 0-100; None for who had no tasks."""
        if not self.tasks:
            return None
        known = [part for part in (self.agreement, self.helpfulness, self.calibration) if part is not None]
        return self.done / self.tasks * (fmean(known) if known else 100.0)


def total(scales: Mapping[str, Scale], levels: Mapping[str, int]) -> float:
    """Return what one review gives a work, 0-100: the mean over the criteria, by their weights."""
    percents = [scale.percent(levels[name]) for name, scale in scales.items()]
    return fmean(percents, weights=[scale.weight for scale in scales.values()])


def agreement(pairs: Sequence[tuple[float, Sequence[float]]]) -> float | None:
    """Return the agreement of reviews, given as (own total, totals of the others); None where there are no others."""
    distances = [abs(own - fmean(others)) for own, others in pairs if others]
    return 100.0 - fmean(distances) if distances else None


def helpfulness(ratings: Sequence[int]) -> float | None:
    """Return the helpfulness of reviews that were rated so; None for those that were not."""
    return 100.0 * (fmean(ratings) - WORST) / (BEST - WORST) if ratings else None


def result(submission: float | None, quality: float | None, weights: tuple[float, float]) -> float | None:
    """Return what a round comes to, 0-100, by the weights of submission and quality; None if nothing is known."""
    known = [(part, weight) for part, weight in zip((submission, quality), weights, strict=True) if part is not None]
    weight = sum(weight for _part, weight in known)
    return sum(part * weight for part, weight in known) / weight if weight else None
