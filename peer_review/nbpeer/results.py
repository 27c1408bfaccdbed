"""What a round comes to for each member: for staff, and for whoever writes it into the gradebook."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nbpeer.afterwards import newest_answers
from nbpeer.forms import scales_of
from nbpeer.glance import is_late
from nbpeer.models import ReviewTask, Round, Work
from nbpeer.plans import rules_of
from nbpeer.quality import Quality, agreement, helpfulness, result, total
from nbpeer.scores import counting_review, counting_tasks, final_percent, rubric_of
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


def results_of(found: Round, calibrated: Mapping[str, float]) -> list[Result]:
    """Return the result of everybody who is an author or was a reviewer in a round, by member; staff have none.

    `calibrated` is member -> agreement with staff on samples, in percent.
    """
    rules = rules_of(found)
    submissions = {author.member: final_percent(work) for work in found.works for author in work.authors}
    tasks: dict[str, list[ReviewTask]] = {member: [] for member in submissions}
    totals = {work.pk: _totals(work) for work in found.works}
    for task in (task for work in found.works for task in standing(work)):
        if task.origin != "staff":
            tasks.setdefault(task.reviewer, []).append(task)
    results = []
    for member in sorted(tasks):
        quality = replace(_quality(tasks[member], totals), calibration=calibrated.get(member))
        weights = (rules.submission_weight, rules.review_weight)
        percent = result(submissions.get(member), quality.percent, weights)
        late = sum(is_late(task) for task in tasks[member])
        results.append(Result(member, submissions.get(member), quality, late, _rounded(percent)))
    return results


def _totals(work: Work) -> dict[int, float]:
    """Return task -> what its review gives the work, for the reviews that count."""
    scales = scales_of(rubric_of(work.round))
    return {
        task.pk: total(scales, review.scores)
        for task in counting_tasks(work)
        if (review := counting_review(task)) is not None
    }


def _quality(tasks: list[ReviewTask], totals: Mapping[int, Mapping[int, float]]) -> Quality:
    done = [task for task in tasks if counting_review(task) is not None and not task.set_aside]
    pairs = []
    for task in done:
        given = totals[task.work_pk]
        pairs.append((given[task.pk], [percent for other, percent in given.items() if other != task.pk]))
    ratings = [answer.helpful for task in done for answer in newest_answers(task) if answer.helpful is not None]
    return Quality(len(tasks), len(done), _rounded(agreement(pairs)), _rounded(helpfulness(ratings)))


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 2)
