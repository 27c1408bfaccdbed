"""Nobody gets stuck: a task is a lease, and what nobody does goes to who volunteers, to who has least to do, to staff.

A task that was not started by its `start_by` lapses: it is no longer its reviewer's alone, and volunteers can have it.
After `PASS_AFTER` of the round's time the member with least to do is asked, or staff where there is nobody to ask. Who
was late can still do it, until somebody else has: many write on the last day, and a review too many does no harm. What
has no review at the close becomes a task of staff's.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from nbcohort.api import Acting, RosterEntry, active_members
from nbpeer.models import Review, ReviewTask, Round, Work
from nbpeer.needs import Load, Need, least_loaded
from nbpeer.plans import rules_of
from nbpeer.scores import counting_review, counting_tasks, wanted_of
from nbpeer.tasks import barred, end, give, open_tasks, standing

PASS_AFTER = 0.1
"""The share of a round's time that volunteers have, before somebody is asked."""

TOO_LATE = 0.1
"""The share of a round's time at its end in which nobody is asked any more, before the close."""


def start_by(held: Round, now: datetime) -> datetime | None:
    """Return until when a task that is given at `now` has to be started; None: it does not lapse."""
    share = rules_of(held).start_within
    return None if share >= 1 or now >= held.due_at else now + share * (held.due_at - now)


def _share_of_time(held: Round, share: float) -> timedelta:
    return share * max(held.due_at - held.opened_at, timedelta())


def has_to_pass_on(session: Session, held: Round, now: datetime) -> bool:
    """Whether a task has lapsed, or a work has lacked a reviewer for long; asked every minute, so it is cheap."""
    waiting = and_(
        ReviewTask.ended_at.is_(None), ReviewTask.lapsed_at.is_(None), ~ReviewTask.reviews.any(Review.submitted)
    )
    tasks = select(ReviewTask.reviewer).join(Work).where(Work.round_pk == held.pk, waiting)
    if session.scalar(tasks.where(ReviewTask.started_at.is_(None), ReviewTask.start_by <= now).limit(1)) is not None:
        return True
    if set(session.scalars(tasks.distinct())) - {one.id for one in active_members(session, held.cohort, now)}:
        return True
    promises = and_(
        ReviewTask.work_pk == Work.pk,
        ReviewTask.ended_at.is_(None),
        ReviewTask.lapsed_at.is_(None),
        ReviewTask.origin != "self",
    )
    long_ago = now - _share_of_time(held, PASS_AFTER)
    if _is_too_late(held, now):
        return False
    lacking = (
        select(Work.pk)
        .outerjoin(ReviewTask, promises)
        .where(Work.round_pk == held.pk, or_(Work.offered_at.is_(None), Work.offered_at <= long_ago))
        .group_by(Work.pk, Work.wanted)
        .having(func.count(ReviewTask.pk) < Work.wanted)
    )
    return session.scalar(lacking.limit(1)) is not None


def pass_on(acting: Acting, held: Round) -> None:
    """Let tasks lapse whose time it is, and find somebody for what volunteers did not take."""
    _let_lapse(acting, held)
    long_ago = acting.now - _share_of_time(held, PASS_AFTER)
    too_late = _is_too_late(held, acting.now)
    for work in held.works:
        missing = missing_of(work)
        if missing <= 0:
            work.offered_at = None
        elif work.offered_at is None:
            work.offered_at = acting.now
        elif work.offered_at <= long_ago and not too_late:
            for _number in range(missing):
                _find_somebody(acting, work)


def _let_lapse(acting: Acting, held: Round) -> None:
    there = {one.id for one in active_members(acting.session, held.cohort, acting.now)}
    for task in (task for work in held.works for task in work.tasks):
        if task.ended_at or task.lapsed_at or counting_review(task) is not None:
            continue
        overdue = task.start_by is not None and task.start_by <= acting.now and task.started_at is None
        if not overdue and task.reviewer in there:
            continue
        task.lapsed_at = acting.now
        acting.audit("review.task.lapse", task.public_id, round=held.public_id, reviewer=task.reviewer)
        acting.log("review.task.lapsed", target=task.reviewer, round=held.public_id, task=task.public_id)


def missing_of(work: Work) -> int:
    """Return how many reviews of a work have neither come in nor are expected of somebody who is not overdue."""
    return wanted_of(work) - sum(task.lapsed_at is None for task in standing(work))


def need_of(acting: Acting, work: Work) -> Need:
    """Return how many reviews a work lacks, and who may not write them."""
    tasks = standing(work)
    return Need(
        work=work.pseudonym,
        wanted=wanted_of(work),
        promised=wanted_of(work) - missing_of(work),
        barred=barred(acting, work) | {task.reviewer for task in tasks},
        authors=frozenset(author.member for author in work.authors),
    )


def loads(acting: Acting, held: Round) -> dict[str, Load]:
    """Return what each learner who handed something in, and is still there, has to do in a round."""
    there = {one.id for one in active_members(acting.session, held.cohort, acting.now, role="learner")}
    to_do, done, lapsed = Counter[str](), Counter[str](), Counter[str]()
    reviewed_by: dict[str, set[str]] = {}
    for work in held.works:
        for author in work.authors:
            reviewed_by.setdefault(author.member, set()).update(task.reviewer for task in standing(work))
        for task in (task for task in work.tasks if task.origin != "self"):
            overdue = task.lapsed_at is not None or task.ended_because == "lapsed"
            lapsed[task.reviewer] += overdue
            if task.ended_at is None and not overdue:
                (to_do if counting_review(task) is None else done)[task.reviewer] += 1
    return {
        member: Load(member, to_do[member], done[member], lapsed[member], frozenset(reviewers))
        for member, reviewers in reviewed_by.items()
        if member in there
    }


def _find_somebody(acting: Acting, work: Work) -> None:
    """Ask the learner with least to do for a missing review of a work, or staff."""
    held = work.round
    reviewer = least_loaded(need_of(acting, work), loads(acting, held).values(), held.k)
    if reviewer is not None:
        give(acting, work, reviewer, "passed-on", start_by(held, acting.now))
    elif (found := _staff_for(acting, work)) is not None:
        give(acting, work, found.id, "staff")


def _is_too_late(held: Round, now: datetime) -> bool:
    return now > held.due_at - _share_of_time(held, TOO_LATE)


def start(acting: Acting, task: ReviewTask) -> None:
    """Note that a reviewer has begun; who was asked in their place, and has not begun, need not."""
    if task.started_at is not None:
        return
    task.started_at = acting.now
    if task.lapsed_at is None:
        return
    task.lapsed_at = None
    replacements = [one for one in open_tasks(task.work) if one.origin == "passed-on" and one.started_at is None]
    if replacements and missing_of(task.work) < 0:
        end(acting, replacements[-1], "not-needed")


def make_room(acting: Acting, task: ReviewTask) -> None:
    """Take a lapsed task away when the review of somebody who did it instead has come in."""
    lapsed = [one for one in open_tasks(task.work) if one.lapsed_at is not None]
    if task.origin in ("pulled", "passed-on", "added", "staff") and lapsed:
        end(acting, lapsed[0], "lapsed")


def hand_to_staff(acting: Acting, held: Round) -> None:
    """Name somebody of staff for each work that has no review, unless somebody is named already."""
    for work in held.works:
        named = any(task.origin == "staff" for task in open_tasks(work))
        if counting_tasks(work) or named:
            continue
        found = _staff_for(acting, work)
        if found is not None:
            give(acting, work, found.id, "staff")


def _staff_for(acting: Acting, work: Work) -> RosterEntry | None:
    """Return who of staff reviews a work: who has fewest tasks to do in the round, instructors before mentors."""
    excluded = barred(acting, work) | {task.reviewer for task in standing(work)}
    staff = [one for one in active_members(acting.session, acting.cohort, acting.now) if one.role != "learner"]
    busy = Counter(task.reviewer for other in work.round.works for task in open_tasks(other))
    return _first([one for one in staff if one.id not in excluded], busy)


def _first(staff: Sequence[RosterEntry], busy: Counter[str]) -> RosterEntry | None:
    return min(staff, key=lambda one: (busy[one.id], one.role != "instructor", one.id), default=None)
