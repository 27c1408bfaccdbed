"""What a submission's reviews add up to: a percentage for each criterion and one for all of them.

A criterion's level is worth its points over the most points that the criterion gives; a review's total is the mean of
that over the criteria, by their weights. Over reviews, the mean or the median is taken: of the levels for a criterion,
of the totals for the submission. The spread is the sample standard deviation, in percentage points, and is unknown for
fewer than two reviews. All reviews weigh the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Literal

Method = Literal["mean", "median"]


@dataclass(frozen=True)
class Scale:
    """A criterion as far as scores go: the points of its levels, and its weight among the criteria."""

    points: tuple[float, ...]
    weight: float = 1.0

    def percent(self, level: int) -> float:
        """Return what the level at index `level` is worth, 0-100."""
        most = max(self.points)
        return 100.0 * self.points[level] / most if most else 0.0


@dataclass(frozen=True)
class Summary:
    """Percentages (0-100) of several reviews in one number."""

    percent: float
    spread: float | None


@dataclass(frozen=True)
class Score:
    """What a submission got, out of `count` reviews where `wanted` were allocated."""

    criteria: Mapping[str, Summary]
    overall: Summary | None
    """None when there is no review: `reason` says why."""
    count: int
    wanted: int
    method: Method

    @property
    def partial(self) -> bool:
        """Whether fewer reviews came in than were allocated."""
        return self.count < self.wanted

    @property
    def reason(self) -> Literal["nobody-allocated", "no-review-came"] | None:
        """Why there is no score, or None when there is one."""
        if self.count:
            return None
        return "no-review-came" if self.wanted else "nobody-allocated"


def total(scales: Mapping[str, Scale], levels: Mapping[str, int]) -> float:
    """Return what one review gives a work, 0-100: the mean over the criteria, by their weights."""
    percents = [scale.percent(levels[name]) for name, scale in scales.items()]
    return fmean(percents, weights=[scale.weight for scale in scales.values()])


def aggregate(
    scales: Mapping[str, Scale], reviews: Sequence[Mapping[str, int]], wanted: int, method: Method = "mean"
) -> Score:
    """Aggregate `reviews` (criterion -> level index) over the rubric's `scales` (criterion -> scale).

    Raises KeyError or IndexError for a review that does not fit the rubric: that is checked at hand-in.
    """
    percents = {name: [scale.percent(review[name]) for review in reviews] for name, scale in scales.items()}
    totals = [total(scales, review) for review in reviews if scales]
    return Score(
        criteria={name: _summary(each, method) for name, each in percents.items() if each},
        overall=_summary(totals, method) if totals else None,
        count=len(reviews),
        wanted=wanted,
        method=method,
    )


def _summary(percents: Sequence[float], method: Method) -> Summary:
    middle = fmean(percents) if method == "mean" else median(percents)
    return Summary(percent=middle, spread=stdev(percents) if len(percents) > 1 else None)
