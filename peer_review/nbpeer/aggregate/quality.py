"""How good a member's reviews were: agreement with the others, helpfulness to the authors, calibration, and all done.

The formula is meant to be checked by hand. Agreement and calibration are 100 less what differences cost:

    100 * (1 - mean difference / tolerance), at least 0,

where a difference is, in percentage points, between what the member gave and the consensus of the *others* (or the
instructor's score of a sample), and the tolerance is that at which nothing is left. Helpfulness is the mean of the
authors' ratings, 0-100. The whole is the mean of the parts by weight, times the share of the tasks that was done. A
part that nothing is known of does not count, neither for nor against: who did all tasks, and of whose reviews nothing
is known, has 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from nbcohort.api import _

FEW = 3
"""Of fewer ratings it is not told how many there are: that might tell whose they are."""

PartName = Literal["agreement", "helpfulness", "calibration"]


@dataclass(frozen=True)
class QualityWeights:
    """What counts how much, as the course says. Raises ValueError for what makes no sense."""

    agreement: float = 1.0
    helpfulness: float = 1.0
    calibration: float = 1.0
    tolerance: float = 50.0
    """The mean difference, in percentage points, at which nothing is left of agreement and calibration."""

    def __post_init__(self) -> None:
        if min(self.agreement, self.helpfulness, self.calibration) < 0:
            raise ValueError("Weights of review quality should not be negative.")
        if not 0 < self.tolerance <= 100:
            raise ValueError("The tolerance of review quality should be above 0 and at most 100 percentage points.")


@dataclass(frozen=True)
class Part:
    """One part of the score, and the sentence that tells how it came about."""

    name: PartName
    percent: float | None
    """None when nothing is known of it."""
    share: float
    """Which part of the whole it makes, 0-1."""
    count: int
    """Out of how many reviews, ratings or samples."""
    sentence: str


@dataclass(frozen=True)
class Quality:
    """A member's review quality, 0-100, and its parts."""

    percent: float | None
    """None for who had no tasks."""
    tasks: int
    done: int
    parts: tuple[Part, ...]
    sentence: str


def review_quality(
    tasks: int,
    done: int,
    differences: Sequence[float],
    ratings: Sequence[float],
    samples: Sequence[float],
    weights: QualityWeights | None = None,
) -> Quality:
    """Return the quality of a member's reviews.

    `done` of the `tasks` came in. `differences`: for each review, by how many percentage points it is off the consensus
    of the others on the same submission; leave out those that nobody else reviewed. `ratings`: how helpful authors
    found the reviews, in percent. `samples`: for each calibration, by how much it is off the instructor's.
    """
    weights = QualityWeights() if weights is None else weights
    measured: dict[PartName, tuple[float | None, float, int]] = {
        "agreement": (_closeness(differences, weights.tolerance), weights.agreement, len(differences)),
        "helpfulness": (fmean(ratings) if ratings else None, weights.helpfulness, len(ratings)),
        "calibration": (_closeness(samples, weights.tolerance), weights.calibration, len(samples)),
    }
    total = sum(weight for percent, weight, _count in measured.values() if percent is not None)
    means = {
        "agreement": fmean(differences) if differences else None,
        "helpfulness": None,
        "calibration": fmean(samples) if samples else None,
    }
    parts = []
    for name, (percent, weight, count) in measured.items():
        share = weight / total if percent is not None and total else 0.0
        sentence = _sentence(name, percent, count, means[name]) + _counting(percent, share)
        parts.append(Part(name, percent, share, count, sentence))
    if not tasks:
        return Quality(None, 0, 0, tuple(parts), _("You had no reviews to write, so there is no score of them."))
    mean = sum(part.percent * part.share for part in parts if part.percent is not None) if total else 100.0
    whole = done / tasks * mean
    return Quality(whole, tasks, done, tuple(parts), _whole(whole, tasks, done, parts))


def helpfulness_of(rating: int) -> float:
    """Return an author's rating, 1 to 5, in percent."""
    return 100.0 * (rating - 1) / 4


def _closeness(differences: Sequence[float], tolerance: float) -> float | None:
    return 100 * max(0.0, 1 - fmean(differences) / tolerance) if differences else None


def _sentence(name: PartName, percent: float | None, count: int, difference: float | None) -> str:
    if percent is None:
        return {
            "agreement": _("Agreement: nobody else has reviewed what you reviewed."),
            "helpfulness": _("Helpfulness: no author has rated your reviews."),
            "calibration": _("Calibration: you have scored no samples that the instructors had scored."),
        }[name]
    return {
        "agreement": _(
            "Agreement {percent:.0f} %: your scores were {difference:.0f} percentage points from those of the other "
            "reviewers, on average (reviews: {count})."
        ),
        "helpfulness": (
            _("Helpfulness {percent:.0f} %: so helpful did authors find your reviews, on average (ratings: {count}).")
            if count >= FEW
            else _("Helpfulness {percent:.0f} %: so helpful were your reviews to authors who said it.")
        ),
        "calibration": _(
            "Calibration {percent:.0f} %: your scores of the samples were {difference:.0f} percentage points from the "
            "instructors', on average (samples: {count})."
        ),
    }[name].format(percent=percent, difference=difference, count=count)


def _counting(percent: float | None, share: float) -> str:
    if percent is None:
        return " " + _("It does not count, neither for nor against you.")
    if not share:
        return " " + _("It is shown and does not count in this course.")
    return " " + _("It makes {share:.0%} of the whole.").format(share=share)


def _whole(percent: float, tasks: int, done: int, parts: Sequence[Part]) -> str:
    known = [part for part in parts if part.share]
    mean = " + ".join(f"{part.share:.0%} × {part.percent:.0f}" for part in known) or "100"
    if done == tasks:
        return _("Your reviews: {percent:.0f} % = {mean}.").format(percent=percent, mean=mean)
    mean = f"({mean})" if len(known) > 1 else mean
    return _("Your reviews: {percent:.0f} % = {done} of {tasks} done × {mean}.").format(
        percent=percent, done=done, tasks=tasks, mean=mean
    )
