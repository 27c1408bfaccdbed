"""What a round comes to for each member: for staff, for the gradebook, and each member's own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from nbpeer.afterwards import newest_answers
from nbpeer.aggregate import Quality, QualityWeights, helpfulness_of, review_quality, total
from nbpeer.comparisons import is_compared
from nbpeer.forms import scales_of
from nbpeer.glance import is_late
from nbpeer.models import ReviewTask, Work
from nbpeer.scores import counting_review, counting_tasks, final_percent, rubric_of
from nbpeer.scoring import RoundScores
from nbpeer.settings import RoundRules
from nbpeer.tasks import standing


@dataclass(frozen=True)
class Result:
    """What a member has of a round (percentages, rounded to hundredths; None: not known).

    Args:
        submission: the score of the member's work.
        late: how many of the reviews that came in were late.
        percent: submission and quality of the reviews by their weights.
    """

    member: str
    submission: float | None
    quality: Quality
    late: int
    percent: float | None


def results_of(
    rules: RoundRules, works: Sequence[Work], scores: RoundScores, calibrated: Mapping[str, list[float]]
) -> list[Result]:
    """Return the result of everybody who is an author or was a reviewer of `works`, by member; staff have none.

    `works` are all of a round, or all of one member's: then only their own result is whole. `calibrated` is member ->
    differences from staff on samples, in percentage points.

    A task that lapsed and was done by somebody else is one that was not done, unless the member did k others.
    """
    submissions = {author.member: final_percent(work, scores) for work in works for author in work.authors}
    tasks: dict[str, list[ReviewTask]] = {member: [] for member in submissions}
    compared = any(is_compared(work.round) for work in works)
    passed_on = Counter(
        task.reviewer
        for work in works
        for task in work.tasks
        if task.ended_because == "lapsed" and task.origin != "staff"
    )
    consensus = {work.pk: _Consensus(work) for work in works}
    for task in (task for work in works for task in standing(work)):
        if task.origin != "staff":
            tasks.setdefault(task.reviewer, []).append(task)
    results = []
    for member in sorted({*tasks, *passed_on}):
        mine = tasks.get(member, [])
        owed = max(len(mine), min(len(mine) + passed_on[member], works[0].round.k))
        samples = [] if compared else calibrated.get(member, [])
        quality = _quality(mine, owed, consensus, samples, rules)
        if compared:
            quality = without_rubric(quality)
        weights = (rules.submission_weight, rules.review_weight)
        percent = weighed(submissions.get(member), quality.percent, weights)
        late = sum(is_late(task) for task in mine)
        results.append(Result(member, submissions.get(member), quality, late, rounded(percent)))
    return results


def without_rubric(quality: Quality) -> Quality:
    """Return the quality of reviews that compare: who finds another work better than others do makes no mistake."""
    return replace(quality, parts=tuple(part for part in quality.parts if part.name == "helpfulness"))


def weighed(submission: float | None, quality: float | None, weights: tuple[float, float]) -> float | None:
    """Return what a round comes to, 0-100, by the weights of submission and quality; None if nothing is known."""
    known = [(part, weight) for part, weight in zip((submission, quality), weights, strict=True) if part is not None]
    weight = sum(weight for _part, weight in known)
    return sum(part * weight for part, weight in known) / weight if weight else None


def rounded(percent: float | None) -> float | None:
    """Return a percentage rounded to hundredths."""
    return None if percent is None else round(percent, 2)


class _Consensus:
    """What the reviews that count give a work: staff's before all others'."""

    def __init__(self, work: Work) -> None:
        scales, counting = scales_of(rubric_of(work.round)), counting_tasks(work)
        self._given = {
            task.pk: total(scales, review.scores)
            for task in counting
            if scales and (review := counting_review(task)) is not None
        }
        self._staff = [self._given[task.pk] for task in counting if task.origin == "staff" and scales]

    def difference(self, task: ReviewTask) -> float | None:
        """Return by how much a review is off the others', in percentage points; None where nothing is to be held so."""
        if task.pk not in self._given:
            return None
        others = self._staff or [percent for other, percent in self._given.items() if other != task.pk]
        return abs(self._given[task.pk] - fmean(others)) if others else None


def _quality(
    tasks: list[ReviewTask], owed: int, consensus: Mapping[int, _Consensus], samples: list[float], rules: RoundRules
) -> Quality:
    done = [task for task in tasks if counting_review(task) is not None and not task.set_aside]
    differences = [consensus[task.work_pk].difference(task) for task in done]
    ratings = [answer.helpful for task in done for answer in newest_answers(task) if answer.helpful is not None]
    weights = QualityWeights(
        rules.agreement_weight, rules.helpfulness_weight, rules.calibration_weight, rules.tolerance
    )
    return review_quality(
        owed,
        len(done),
        [each for each in differences if each is not None],
        [helpfulness_of(rating) for rating in ratings],
        samples,
        weights,
    )
