"""Giving tasks to reviewers, and taking them away; who may be given which."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from nbcohort.api import Acting, new_id
from nbpeer.models import ReviewTask, Round, Work
from nbpeer.pseudonyms import derive, pseudonym
from nbpeer.scores import counting_review
from nbpeer.situation import Origin

EndedBecause = Literal["removed", "lapsed", "not-needed", "conflict"]


def give(acting: Acting, work: Work, reviewer: str, origin: Origin, start_by: datetime | None = None) -> ReviewTask:
    """Give the review of a work to a member, who has none of it that stands; one they had is theirs again."""
    held = work.round
    task = next((one for one in work.tasks if one.reviewer == reviewer), None)
    if task is None:
        task = ReviewTask(
            public_id=new_id("tsk"), reviewer=reviewer, reviewer_pseudonym=_pseudonym(held, reviewer), work=work
        )
        acting.session.add(task)
    task.origin, task.given_at, task.start_by = origin, acting.now, start_by
    task.ended_at = task.ended_because = task.lapsed_at = None
    acting.session.flush()
    acting.audit("review.task.give", task.public_id, round=held.public_id, reviewer=reviewer, origin=origin)
    acting.log("review.task.given", target=reviewer, round=held.public_id, task=task.public_id, origin=origin)
    return task


def end(acting: Acting, task: ReviewTask, because: EndedBecause) -> None:
    """Take a task away; what was written stays, and no longer counts."""
    task.ended_at, task.ended_because = acting.now, because
    held = task.work.round
    acting.audit("review.task.end", task.public_id, round=held.public_id, reviewer=task.reviewer, because=because)
    acting.log("review.task.ended", target=task.reviewer, round=held.public_id, task=task.public_id, because=because)


def standing(work: Work) -> list[ReviewTask]:
    """Return the tasks of a work that were not taken away; an author's own review of it is none of them."""
    return [task for task in work.tasks if task.ended_at is None and task.origin != "self"]


def open_tasks(work: Work) -> list[ReviewTask]:
    """Return the standing tasks of a work whose review has not come in."""
    return [task for task in standing(work) if counting_review(task) is None]


def postpone(held: Round, by: timedelta) -> None:
    """Let tasks that nobody has started lapse later, when a round is given more time."""
    for task in (task for work in held.works for task in open_tasks(work)):
        if task.start_by is not None and task.lapsed_at is None and by > timedelta():
            task.start_by += by


def lock(acting: Acting, held: Round) -> None:
    """Let whoever else changes the tasks of a round wait until this transaction ends, and see what they did before."""
    acting.session.scalars(select(Round.pk).where(Round.pk == held.pk).with_for_update()).one()
    acting.session.flush()
    acting.session.expire_all()


def lock_whole(acting: Acting, held: Round) -> None:
    """Lock a round, and load all of it at once for who looks at every work."""
    lock(acting, held)
    works = selectinload(Round.works)
    tasks = works.selectinload(Work.tasks).selectinload(ReviewTask.reviews)
    query = (
        select(Round)
        .where(Round.pk == held.pk)
        .options(tasks, works.selectinload(Work.authors), works.selectinload(Work.overrides))
    )
    acting.session.scalars(query.execution_options(populate_existing=True)).one()


def _pseudonym(held: Round, reviewer: str) -> str:
    """Return a reviewer's pseudonym in a round; the one they have, if they have one."""
    names = dict(_names(held))
    return names.get(reviewer) or pseudonym(derive(bytes.fromhex(held.secret), "reviewers"), reviewer, names.values())


def _names(held: Round) -> Iterable[tuple[str, str]]:
    return ((task.reviewer, task.reviewer_pseudonym) for work in held.works for task in work.tasks)
