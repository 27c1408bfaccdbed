"""Nobody gets stuck: a task is a lease. What `reallocate` decides about a round is carried out in the tables here."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from nbcohort.api import Acting, active_members
from nbpeer.conflicts import conflicts_in
from nbpeer.models import Review, ReviewTask, Round, Work
from nbpeer.plans import phase_at, rules_of
from nbpeer.reallocate import Policy, at_close, not_needed, reassign, replaced
from nbpeer.scores import counting_review, wanted_of
from nbpeer.situation import Decision, Give, Lapse, Offer, Origin, Situation, Task, TaskState, WorkToReview
from nbpeer.tasks import end, give

PASS_AFTER = 0.1
"""The share of a round's time that volunteers have, before somebody is asked."""

TOO_LATE = 0.1
"""The share of a round's time at its end in which nobody is asked any more, before the close."""


def policy_of(held: Round) -> Policy:
    """Return the policy of a round."""
    return Policy(
        k=held.k,
        due_at=held.due_at,
        start_within=rules_of(held).start_within,
        volunteers_for=_share_of_time(held, PASS_AFTER),
        not_in_the_last=_share_of_time(held, TOO_LATE),
    )


def start_by(held: Round, now: datetime) -> datetime | None:
    """Return until when a task that is given at `now` has to be started; None: it does not lapse."""
    return policy_of(held).start_by(now)


def _share_of_time(held: Round, share: float) -> timedelta:
    return share * max(held.due_at - held.opened_at, timedelta())


def has_to_pass_on(session: Session, held: Round, now: datetime) -> bool:
    """Whether there is something to pass on; asked every minute, so what is cheap is asked first."""
    return _may_have_to(session, held, now) and bool(reassign(situation_of(session, held, now), policy_of(held), now))


def _may_have_to(session: Session, held: Round, now: datetime) -> bool:
    """Whether a task has lapsed, or a work has lacked a reviewer for long."""
    stands = and_(ReviewTask.ended_at.is_(None), ReviewTask.lapsed_at.is_(None), ReviewTask.origin != "self")
    waiting = and_(stands, ~ReviewTask.reviews.any(Review.submitted))
    tasks = select(ReviewTask.reviewer).join(Work).where(Work.round_pk == held.pk, waiting)
    if session.scalar(tasks.where(ReviewTask.started_at.is_(None), ReviewTask.start_by <= now).limit(1)) is not None:
        return True
    if set(session.scalars(tasks.distinct())) - {one.id for one in active_members(session, held.cohort, now)}:
        return True
    policy = policy_of(held)
    if policy.is_too_late(now):
        return False
    promises = and_(ReviewTask.work_pk == Work.pk, stands, ~ReviewTask.set_aside)
    lacking = (
        select(Work.pk)
        .outerjoin(ReviewTask, promises)
        .where(Work.round_pk == held.pk, or_(Work.offered_at.is_(None), Work.offered_at <= now - policy.volunteers_for))
        .group_by(Work.pk, Work.wanted)
        .having(func.count(ReviewTask.pk) < Work.wanted)
    )
    return session.scalar(lacking.limit(1)) is not None


def situation_of(session: Session, held: Round, now: datetime) -> Situation:
    """Return a round as it stands; whoever handed in and is still there can be asked for a review."""
    there = active_members(session, held.cohort, now)
    authors = {author.member for work in held.works for author in work.authors}
    staff = sorted((one.role != "instructor", one.id) for one in there if one.role != "learner")
    return Situation(
        works=[
            WorkToReview(
                work.pseudonym,
                frozenset(author.member for author in work.authors),
                wanted_of(work),
                work.offered_at,
            )
            for work in held.works
        ],
        tasks=[task for work in held.works for task in tasks_as_they_are(work)],
        members={one.id for one in there if one.role == "learner"} & authors,
        staff=[member for _is_mentor, member in staff],
        conflicts=conflicts_in(session, held.cohort, held.assignment, authors, now),
    )


def tasks_as_they_are(work: Work) -> list[Task]:
    """Return the tasks of a work but an author's own, and those that were only not needed."""
    return [
        _as_it_is(task)
        for task in work.tasks
        if task.origin != "self" and not (task.ended_at is not None and task.ended_because == "not-needed")
    ]


def _as_it_is(task: ReviewTask) -> Task:
    origin: Origin = task.origin  # type: ignore[assignment]  # written by `give` only
    return Task(task.reviewer, task.work.pseudonym, _state_of(task), task.start_by, origin)


def _state_of(task: ReviewTask) -> TaskState:
    if task.ended_at is not None:
        return TaskState.REPLACED if task.ended_because == "lapsed" else TaskState.ENDED
    if task.lapsed_at is not None:
        return TaskState.LAPSED
    if counting_review(task) is not None:
        return TaskState.ENDED if task.set_aside else TaskState.SUBMITTED
    return TaskState.STARTED if task.started_at is not None else TaskState.ASSIGNED


def pass_on(acting: Acting, held: Round) -> None:
    """Let tasks lapse whose time it is, and find somebody for what volunteers did not take."""
    situation = situation_of(acting.session, held, acting.now)
    _carry_out(acting, held, reassign(situation, policy_of(held), acting.now))


def hand_to_staff(acting: Acting, held: Round) -> None:
    """Name somebody of staff for each work that has no review, unless somebody is named already, or it is too late."""
    if phase_at(held, acting.now) == "released":
        return  # nobody can write a review any more: what is wrong now is put right by an override
    _carry_out(acting, held, at_close(situation_of(acting.session, held, acting.now)))


def _carry_out(acting: Acting, held: Round, decisions: Sequence[Decision]) -> None:
    works = {work.pseudonym: work for work in held.works}
    for one in decisions:
        match one:
            case Lapse(task):
                _let_lapse(acting, _row(works[task.work], task))
            case Offer(work, since):
                works[work].offered_at = since
            case Give(task):
                give(acting, works[task.work], task.reviewer, task.origin, task.start_by)


def _let_lapse(acting: Acting, task: ReviewTask) -> None:
    task.lapsed_at = acting.now
    round_id = task.work.round.public_id
    acting.audit("review.task.lapse", task.public_id, round=round_id, reviewer=task.reviewer)
    acting.log("review.task.lapsed", target=task.reviewer, round=round_id, task=task.public_id)


def start(acting: Acting, task: ReviewTask) -> None:
    """Note that a reviewer has begun; who was asked in their place, and has not begun, need not."""
    if task.started_at is not None:
        return
    task.started_at = acting.now
    if task.lapsed_at is None:
        return
    task.lapsed_at = None
    spare = not_needed(tasks_as_they_are(task.work), wanted_of(task.work))
    if spare is not None:
        end(acting, _row(task.work, spare), "not-needed")


def make_room(acting: Acting, task: ReviewTask) -> None:
    """Take a lapsed task away when the review of somebody who did it instead has come in."""
    done_for = replaced(tasks_as_they_are(task.work), _as_it_is(task))
    if done_for is not None:
        end(acting, _row(task.work, done_for), "lapsed")


def _row(work: Work, task: Task) -> ReviewTask:
    return next(one for one in work.tasks if one.reviewer == task.reviewer)
