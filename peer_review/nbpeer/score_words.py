"""How a score came about, in words and with the numbers."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from nbcohort.api import Criterion, _
from nbpeer.comparison_words import comparison_reasons
from nbpeer.results import Result
from nbpeer.scoring import ENOUGH, Ranged, RoundScores, WorkScore

LEAST = 0.1
"""A step of so many percentage points is worth a sentence."""


def reasons(scores: RoundScores, mine: WorkScore) -> list[str]:
    """Return the sentences that lead from the reviews of a work to its score."""
    if scores.method == "comparisons":
        return comparison_reasons(mine)
    if mine.staff is not None:
        return _by_staff(mine)
    if mine.mean is None:
        return []
    if scores.method == "bayes":
        return [*_steps(scores, mine), *_sure(mine.whole)]
    if scores.method == "median":
        first = _("The score is the median of {count}: {percent:.1f} %. One that is far off does not count.")
    else:
        first = _("The score is the mean of {count}, {percent:.1f} %: all count the same.")
    said = [first.format(count=_reviews(mine.count), percent=mine.whole.percent)]
    return [*said, *_fallback(scores), *_sure(mine.whole)]


def _by_staff(mine: WorkScore) -> list[str]:
    said = [_("Staff gave {percent:.1f} %, and that is the score.").format(percent=mine.staff)]
    if mine.mean is not None:
        count = _reviews(mine.count)
        said.append(_("The mean of {count} by peers is {mean:.1f} %.").format(count=count, mean=mine.mean))
    return said


def _steps(scores: RoundScores, mine: WorkScore) -> list[str]:
    """Return the sum by which the model comes to a score; as it is rounded, it adds up."""
    mean = mine.mean or 0.0
    parts = accumulate((mean, mine.kindness, mine.reliability))
    marks = [round(mark, 1) for mark in (*parts, round(mine.whole.percent, 2))]  # as the score itself is shown
    kindness, reliability, rest = (after - before for before, after in pairwise(marks))
    said = [_("The mean of {count} is {mean:.1f} %.").format(count=_reviews(mine.count), mean=marks[0])]
    if abs(kindness) >= LEAST / 2:
        why = (
            _("whoever reviewed this gives less than others do, over all that they reviewed so far")
            if kindness > 0
            else _("whoever reviewed this gives more than others do, over all that they reviewed so far")
        )
        said.append(_step(kindness, why))
    if abs(reliability) >= LEAST / 2:
        said.append(_step(reliability, _("those whose reviews were more reliable so far count more")))
    if abs(rest) >= LEAST / 2:
        said.append(_step(rest, _rest(rest, marks[2], scores.middle)))
    said.append(_("Together that is {percent:.1f} %.").format(percent=marks[3]))
    return said


def _rest(rest: float, before: float, middle: float | None) -> str:
    if middle is not None and (rest > 0) == (middle > before):
        return _(
            "a few reviews are no proof, so a score is drawn towards the usual one, {middle:.1f} % in this round"
        ).format(middle=middle)
    return _("how kind, strict or reliable reviewers are is itself uncertain, at the ends of the scale most")


def _step(by: float, why: str) -> str:
    sign = "+" if by > 0 else "−"
    return _("{sign} {by:.1f}: {why}.").format(sign=sign, by=abs(by), why=why)


def _fallback(scores: RoundScores) -> list[str]:
    if scores.fallback == "few-reviews":
        return [
            _(
                "Who is kind, strict or reliable shows from {enough} reviews on of works that have several; there are "
                "{usable} so far."
            ).format(enough=ENOUGH, usable=scores.usable)
        ]
    if scores.fallback == "all-the-same":
        return [_("All reviews gave the same, so there is nothing to tell reviewers apart by.")]
    return []


def _sure(whole: Ranged) -> list[str]:
    if whole.low is None or whole.high is None:
        return []
    return [
        _("Nine times in ten, a work with such reviews deserves between {low:.0f} and {high:.0f} %.").format(
            low=whole.low, high=whole.high
        )
    ]


def criterion_reason(criterion: Criterion, given: Sequence[Mapping[str, int]]) -> str:
    """Return how many of the reviews `given` (criterion -> level) chose which level of a criterion, best one first."""
    levels = [levels[criterion.id] for levels in given if criterion.id in levels]
    counts = {level: levels.count(level) for level in set(levels)}
    best_first = sorted(counts, key=lambda level: -criterion.levels[level].points)
    chosen = [f'"{criterion.levels[level].title}" × {counts[level]}' for level in best_first]
    return _("{count}: {chosen}.").format(count=_reviews(len(levels)), chosen=", ".join(chosen))


def _reviews(count: int) -> str:
    return _("1 review") if count == 1 else _("{count} reviews").format(count=count)


def result_words(result: Result, weights: tuple[float, float]) -> str:
    """Return how a member's result comes from the score of the submission and the quality of the reviews."""
    parts = [
        (_("your submission"), result.submission, weights[0]),
        (_("your reviews"), result.quality.percent, weights[1]),
    ]
    known = [(name, percent, weight) for name, percent, weight in parts if percent is not None and weight]
    if result.percent is None or not known:
        return _("There is no result of this round for you yet.")
    total = sum(weight for _name, _percent, weight in known)
    summed = " + ".join(f"{weight / total:.0%} × {percent:.1f} ({name})" for name, percent, weight in known)
    return _("Result: {percent:.1f} % = {sum}.").format(percent=result.percent, sum=summed)
