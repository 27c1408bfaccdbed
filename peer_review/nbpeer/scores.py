"""Which reviews of a work count, and what its score is as it counts."""

from typing import cast

from nbcohort.api import Criterion
from nbpeer.aggregate import Method, Score, aggregate
from nbpeer.forms import Rubric, scales_of
from nbpeer.methods import MethodOfScores
from nbpeer.models import Review, ReviewTask, Round, ScoreOverride, Work
from nbpeer.scoring import RoundScores


def rubric_of(found: Round) -> Rubric:
    """Return the rubric with which a round opened."""
    return [Criterion.model_validate(criterion) for criterion in found.rubric]


def counting_review(task: ReviewTask) -> Review | None:
    """Return the newest version that was submitted, or None."""
    return next((review for review in reversed(task.reviews) if review.submitted), None)


def wanted_of(work: Work) -> int:
    """Return how many reviews a work was to get."""
    return len(work.tasks) if work.wanted is None else work.wanted


def counting_tasks(work: Work) -> list[ReviewTask]:
    """Return the tasks whose review counts in the score: those that came in and stand, and are no author's own."""
    return [
        task
        for task in work.tasks
        if task.ended_at is None and not task.set_aside and task.origin != "self" and counting_review(task) is not None
    ]


def staff_or_all(work: Work) -> list[ReviewTask]:
    """Return the tasks whose reviews make the score of a work: staff's where there are any, since they decide."""
    counting = counting_tasks(work)
    return [task for task in counting if task.origin == "staff"] or counting


def method_of(found: Round) -> MethodOfScores:
    """Return how a round's scores are to be made."""
    return cast(MethodOfScores, found.score)


def tally_of(work: Work) -> Score:
    """Return how many reviews of a work count, of how many, and how they spread: all weigh the same in it."""
    reviews = [review.scores for task in counting_tasks(work) if (review := counting_review(task)) is not None]
    method: Method = "median" if method_of(work.round) == "median" else "mean"
    wanted = max(wanted_of(work), len(reviews))
    return aggregate(scales_of(rubric_of(work.round)), reviews, wanted=wanted, method=method)


def override_of(work: Work) -> ScoreOverride | None:
    """Return the override that counts, if staff made one and did not take it back."""
    newest = work.overrides[-1] if work.overrides else None
    return newest if newest is not None and newest.percent is not None else None


def final_percent(work: Work, scores: RoundScores) -> float | None:
    """Return the score of a work as it counts, 0-100, rounded to hundredths; None while there is none."""
    override, mine = override_of(work), scores.works.get(work.submission)
    if override is not None and override.percent is not None:
        return round(override.percent, 2)
    return None if mine is None else round(mine.whole.percent, 2)
