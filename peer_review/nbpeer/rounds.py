"""Rounds move on with the clock: they open with a swap, close, are scored, release. Nobody acts but the service."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from nbcohort.api import Acting, House, as_service, cohort_ids, read_settings, take_lease
from nbpeer.leases import hand_to_staff, has_to_pass_on, pass_on
from nbpeer.models import Round
from nbpeer.opening import join_late, open_round
from nbpeer.plans import Plan, departs, follow, phase_at, plans, times_held
from nbpeer.score_book import keep_scores, rescore
from nbpeer.scores import final_percent, tally_of
from nbpeer.tasks import lock_whole

LEASE = timedelta(minutes=5)


def advance(house: House, now: datetime) -> None:
    """Open, close and release every round whose time has come, each in a transaction of its own.

    One that cannot be moved does not stop the others; what went wrong is raised at the end, as an ExceptionGroup.
    """
    problems: list[Exception] = []
    with house.database.read() as session:
        cohorts = cohort_ids(session)
    for cohort in cohorts:
        try:
            due = _due(house, cohort, now)
        except Exception as problem:  # noqa: BLE001  # raised below
            problems.append(problem)
            continue
        for assignment, plan in due:
            try:
                with house.database.write() as session:
                    _move_on(as_service(house, session, cohort, now), assignment, plan)
            except Exception as problem:  # noqa: BLE001  # raised below
                problems.append(problem)
    try:
        rescore(house, now)
    except Exception as problem:  # noqa: BLE001  # raised below
        problems.append(problem)
    if problems:
        raise ExceptionGroup("rounds of peer review could not be moved on", problems)


def find_round(session: Session, cohort: str, assignment: str) -> Round | None:
    """Return the round of an assignment, or None while it has not opened."""
    return session.scalar(select(Round).where(Round.cohort == cohort, Round.assignment == assignment))


def _due(house: House, cohort: str, now: datetime) -> list[tuple[str, Plan | None]]:
    """Return the assignments whose round has something to be done, so that nothing is locked when there is nothing.

    A round whose section was taken out of the settings has no plan any more, and closes as it was planned.
    """
    with house.database.read() as session:
        planned = plans(read_settings(session, house, cohort))
        under_way = select(Round).where(Round.cohort == cohort, or_(Round.closed_at.is_(None), _waits_for_release()))
        names = {*planned, *(found.assignment for found in session.scalars(under_way))}
        return [
            (name, planned.get(name))
            for name in sorted(names)
            if _has_to_move(session, find_round(session, cohort, name), planned.get(name), now)
        ]


def _waits_for_release() -> ColumnElement[bool]:
    return and_(Round.released_at.is_(None), or_(Round.release_at.is_not(None), Round.staff_release))


def _has_to_move(session: Session, found: Round | None, plan: Plan | None, now: datetime) -> bool:
    if found is None:
        return plan is not None and plan.times.opens_at <= now <= plan.times.closes_at
    if departs(found, plan) or _is_over(found, now) or _is_to_be_released(found, now):
        return True
    return phase_at(found, now) == "reviewing" and has_to_pass_on(session, found, now)


def _is_over(found: Round, now: datetime) -> bool:
    return found.closed_at is None and now > times_held(found).closes_at


def _is_to_be_released(found: Round, now: datetime) -> bool:
    reached = found.release_at is not None and found.release_at <= now
    return reached and found.released_at is None and found.closed_at is not None


def _move_on(acting: Acting, assignment: str, plan: Plan | None) -> None:
    """Do what is due in one round, if it still is: another process may have done it."""
    session, now = acting.session, acting.now
    if not take_lease(session, f"review:{acting.cohort}:{assignment}", acting.house.holder, now, LEASE):
        return
    found = find_round(session, acting.cohort, assignment)
    if not _has_to_move(session, found, plan, now):
        return
    if found is None:
        if plan is not None:
            open_round(acting, plan)
        return
    lock_whole(acting, found)
    if plan is not None:
        follow(acting, found, plan)
    if _is_over(found, now):
        close(acting, found)
    elif found.closed_at is None:
        join_late(acting, found)
        pass_on(acting, found)
    if _is_to_be_released(found, now):
        release(acting, found)


def close(acting: Acting, found: Round) -> None:
    """End reviewing: staff are named for what has no review, and what authors receive is logged."""
    found.closed_at = acting.now
    hand_to_staff(acting, found)
    scores = keep_scores(acting, found)
    for work in found.works:
        percent, count = final_percent(work, scores), tally_of(work).count
        for author in work.authors:
            acting.log("review.received", actor=author.member, round=found.public_id, reviews=count, percent=percent)
    acting.audit("review.round.close", found.public_id, assignment=found.assignment)


def release(acting: Acting, found: Round) -> None:
    """Show authors their scores from now on."""
    found.released_at = acting.now
    scores = keep_scores(acting, found)
    for work in found.works:
        percent = final_percent(work, scores)
        for author in work.authors:
            acting.log("review.released", actor=author.member, round=found.public_id, percent=percent)
    acting.audit("review.round.release", found.public_id, assignment=found.assignment)
