"""Rounds in which works are compared: which other works a reviewer is asked about, and what they said of them."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from nbpeer.compared import Counting, Decided, Other, Said, Version, by_task, decided, of_json, said_of
from nbpeer.evidence import counting_reviews
from nbpeer.models import Review, ReviewTask, Round, Work, WorkAuthor
from nbpeer.scores import counting_review
from nbpeer.settings import ReviewForm

SaidInRound = Mapping[str, Mapping[str, Said]]
"""Task -> other task of the reviewer -> what they said of the two works."""


def form_of(found: Round) -> ReviewForm:
    """Return what reviewers are asked in a round."""
    return cast(ReviewForm, found.form)


def is_compared(found: Round) -> bool:
    """Whether reviewers of a round say which of two works is better."""
    return form_of(found) == "comparisons"


def others_of(session: Session, task: ReviewTask) -> list[Other]:
    """Return the other works of a reviewer with which the work of a task is compared, in the order of their tasks."""
    return [
        Other(one.public_id, one.work.pseudonym, counting_review(one) is not None) for one in _others(session, task)
    ]


def said_so_far(session: Session, task: ReviewTask) -> dict[str, Said]:
    """Return what a reviewer said of the work of a task and other ones, in the newest versions of any of its reviews.

    By the task of the other work; in the order of `others_of`.
    """
    others = {one.public_id: _newest(one) for one in _others(session, task)}
    return said_of(task.public_id, _newest(task), others)


def _others(session: Session, task: ReviewTask) -> list[ReviewTask]:
    held = task.work.round
    if not is_compared(held) or task.origin == "self":
        return []
    query = (
        select(ReviewTask)
        .join(Work)
        .where(Work.round_pk == held.pk, ReviewTask.reviewer == task.reviewer, ReviewTask.pk != task.pk)
        .where(ReviewTask.ended_at.is_(None), ReviewTask.origin != "self")
        .order_by(Work.pseudonym)
    )
    return list(session.scalars(query))


def _newest(task: ReviewTask) -> Version | None:
    if not task.reviews:
        return None
    newest = task.reviews[-1]
    return Version(task.public_id, newest.pk, of_json(newest.comparisons))


def decisions(session: Session, found: Round, *, set_aside: bool = False) -> list[Decided]:
    """Return the comparisons of a round that count: both tasks stand, and both reviews came in.

    With `set_aside`, those of reviews that staff have set aside, too.
    """
    if not is_compared(found):
        return []
    columns = (ReviewTask.public_id, ReviewTask.reviewer, Work.submission, Review.pk, Review.comparisons)
    rows = session.execute(counting_reviews([found.pk], *columns, set_aside=set_aside))
    return decided(
        Counting(Version(row.public_id, row.pk, of_json(row.comparisons)), row.reviewer, found.pk, row.submission)
        for row in rows
    )


def said_in(session: Session, found: Round) -> SaidInRound:
    """Return what was said in a round, for staff; also where it was set aside."""
    return by_task(decisions(session, found, set_aside=True))


def decisions_to_reviewer(session: Session, task: ReviewTask) -> list[Decided]:
    """Return the comparisons of a round that the reviewer with a task may read, who is not told of which other works.

    Not those with a work that they wrote, or ever had to review: there they read the same reason, and would know it.
    """
    theirs = select(Work.submission).where(
        Work.round_pk == task.work.round_pk,
        Work.pk != task.work_pk,
        or_(Work.tasks.any(ReviewTask.reviewer == task.reviewer), Work.authors.any(WorkAuthor.member == task.reviewer)),
    )
    known = set(session.scalars(theirs))
    return [one for one in decisions(session, task.work.round) if not known & {one.better.work, one.worse.work}]


def said_unnamed(found: Iterable[Decided], task: str) -> list[Said]:
    """Return what the reviewer with a task said of its work and other ones, in an order that does not tell which."""
    said = by_task(found).get(task, {})
    return sorted(said.values(), key=lambda one: (not one.better, one.why))


def as_json(said: Mapping[str, Said]) -> dict[str, Any]:
    """Return it as it is kept."""
    return {task: one.as_json() for task, one in said.items()}
