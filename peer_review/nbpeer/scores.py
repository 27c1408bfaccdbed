"""The score of a work, from the versions that count of its reviews."""

from typing import cast

from nbcohort.api import Criterion
from nbpeer.aggregate import Method, Score, aggregate
from nbpeer.forms import Rubric, scales_of
from nbpeer.models import Review, ReviewTask, Round, Work


def rubric_of(found: Round) -> Rubric:
    """Return the rubric with which a round opened."""
    return [Criterion.model_validate(criterion) for criterion in found.rubric]


def counting_review(task: ReviewTask) -> Review | None:
    """Return the newest version that was submitted, or None."""
    return next((review for review in reversed(task.reviews) if review.submitted), None)


def score_of(work: Work) -> Score:
    """Return what a work's reviews add up to so far."""
    reviews = [review.scores for task in work.tasks if (review := counting_review(task)) is not None]
    method = cast(Method, work.round.score)
    return aggregate(scales_of(rubric_of(work.round)), reviews, wanted=len(work.tasks), method=method)


def final_percent(work: Work) -> float | None:
    """Return the score of a work as it counts, 0-100, rounded to hundredths; None while there is none."""
    score = score_of(work)
    return None if score.overall is None else round(score.overall.percent, 2)
