"""What leaves the records of peer review: columns of the grade export, and the words of a person who is forgotten."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nbpeer import conflicts
from nbpeer.models import Answer, Appeal, Flag, Review, ReviewTask, Round, SampleReview
from nbpeer.score_book import scores_of
from nbpeer.scores import counting_review, final_percent
from nbpeer.tasks import standing


def export(session: Session, cohort: str) -> dict[str, dict[str, Any]]:
    """Return member id -> column -> value, for the rounds that are closed: the score (0-100), reviews given and due."""
    columns: dict[str, dict[str, Any]] = {}
    closed = select(Round).where(Round.cohort == cohort, Round.closed_at.is_not(None)).order_by(Round.opens_at)
    for found in session.scalars(closed):
        scores = scores_of(session, found)
        for work in found.works:
            percent = final_percent(work, scores)
            for author in work.authors:
                columns.setdefault(author.member, {})[f"review:{found.assignment}:score"] = percent
            for task in standing(work):
                mine = columns.setdefault(task.reviewer, {})
                for column, value in (("given", int(counting_review(task) is not None)), ("due", 1)):
                    name = f"review:{found.assignment}:{column}"
                    mine[name] = mine.get(name, 0) + value
    return columns


def forget(session: Session, member: str) -> None:
    """Erase the comments, replies and appeals that a member wrote.

    Levels, ratings, and which of two works was found better belong to others and stay.
    """
    conflicts.forget(session, member)
    for answer in session.scalars(select(Answer).where(Answer.member == member)):
        answer.reason = answer.reply = answer.will_change = ""
    for appeal in session.scalars(select(Appeal).where(Appeal.member == member)):
        appeal.text = ""
    for sampled in session.scalars(select(SampleReview).where(SampleReview.member == member)):
        sampled.comments = {}
        sampled.overall = ""
    for flag in session.scalars(select(Flag).where(Flag.member == member)):
        flag.reason = ""
    written = select(Review).join(ReviewTask, ReviewTask.pk == Review.task_pk).where(ReviewTask.reviewer == member)
    for review in session.scalars(written):
        review.comments = {}
        review.inline = []
        review.comparisons = {task: {**said, "why": ""} for task, said in review.comparisons.items()}
        review.overall = ""
