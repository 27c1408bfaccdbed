"""Rounds move on with the clock: they open with a swap, close, and release scores. Nobody acts but the service."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from nbcohort.api import (
    Acting,
    House,
    active_members,
    as_service,
    cohort_ids,
    new_id,
    partners_of,
    read_settings,
    take_lease,
    works_of,
)
from nbcohort.api import Work as HandedIn
from nbpeer.allocate import Allocation, Conflicts, allocate
from nbpeer.allocate import Work as Swapped
from nbpeer.models import ReviewTask, Round, Work, WorkAuthor
from nbpeer.plans import Plan, departs, follow, kept, plans, times_held
from nbpeer.pseudonyms import derive, pseudonyms
from nbpeer.scores import final_percent, score_of

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
            if _has_to_move(find_round(session, cohort, name), planned.get(name), now)
        ]


def _waits_for_release() -> ColumnElement[bool]:
    return and_(Round.released_at.is_(None), or_(Round.release_at.is_not(None), Round.staff_release))


def _has_to_move(found: Round | None, plan: Plan | None, now: datetime) -> bool:
    if found is None:
        return plan is not None and plan.times.opens_at <= now <= plan.times.closes_at
    return bool(departs(found, plan)) or _is_over(found, now) or _is_to_be_released(found, now)


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
    if not _has_to_move(found, plan, now):
        return
    if found is None:
        if plan is not None:
            _open(acting, plan)
        return
    if plan is not None:
        follow(acting, found, plan)
    if _is_over(found, now):
        close(acting, found)
    if _is_to_be_released(found, now):
        release(acting, found)


def _open(acting: Acting, plan: Plan) -> None:
    session, assignment, review = acting.session, plan.assignment, plan.review
    handed_in, swapped, conflicts = _works(acting, assignment.name)
    seed = secrets.randbits(63)
    allocation = allocate(swapped, review.k, np.random.default_rng(seed), conflicts)
    secret = secrets.token_bytes(32)
    opened = Round(
        public_id=new_id("rnd"),
        cohort=acting.cohort,
        assignment=assignment.name,
        title=assignment.title,
        k=review.k,
        anonymity=review.anonymity,
        score=review.score,
        rubric=[criterion.model_dump(mode="json") for criterion in assignment.rubric],
        opens_at=plan.times.opens_at,
        **plan.planned(),
        planned=kept(plan),
        rules=review.rules().model_dump(mode="json"),
        opened_at=acting.now,
        closed_at=None,
        seed=seed,
        offsets=list(allocation.offsets),
        certificate=asdict(allocation.certificate),
        secret=secret.hex(),
        works=_rows(handed_in, allocation, secret),
    )
    session.add(opened)
    session.flush()
    acting.audit(
        "review.round.open",
        opened.public_id,
        assignment=assignment.name,
        seed=str(seed),
        offsets=list(allocation.offsets),
        works=[[one.key, *one.submitters] for one in swapped],
        conflicts=sorted(sorted(pair) for pair in conflicts),
    )


def _works(acting: Acting, assignment: str) -> tuple[list[HandedIn], list[Swapped], Conflicts]:
    """Return what is swapped: works of members who are still there; who may not review each other.

    A member is a reviewer for the newest work only; of an older one that partners handed in they are an author, and
    whoever is an author of something or a partner at present has a conflict.
    """
    session, now = acting.session, acting.now
    there = {one.id for one in active_members(session, acting.cohort, now, role="learner")}
    handed_in: list[HandedIn] = []
    swapped: list[Swapped] = []
    seen: set[str] = set()
    groups: list[Iterable[str]] = []
    for work in sorted(works_of(session, acting.cohort, assignment), key=lambda work: work.committed_at, reverse=True):
        reviewers = tuple(sorted((set(work.submitters) & there) - seen))
        groups.append(work.submitters)
        if reviewers:
            seen.update(reviewers)
            handed_in.append(work)
            swapped.append(Swapped(work.submission, reviewers))
    groups += [partners_of(session, acting.cohort, member, assignment, now) for member in sorted(seen)]
    conflicts = {frozenset((a, b)) for group in groups for a in group for b in group if a < b and {a, b} <= seen}
    return handed_in, swapped, frozenset(conflicts - _together(swapped))


def _together(swapped: Sequence[Swapped]) -> set[frozenset[str]]:
    """Return who stands for one work together: that they do not review each other needs no conflict."""
    return {frozenset((a, b)) for work in swapped for a in work.submitters for b in work.submitters if a < b}


def _rows(handed_in: Sequence[HandedIn], allocation: Allocation, secret: bytes) -> list[Work]:
    work_names = pseudonyms(derive(secret, "works"), (work.submission for work in handed_in))
    reviewer_names = pseudonyms(derive(secret, "reviewers"), {reviewer for reviewer, _key in allocation.tasks})
    reviewers: dict[str, list[str]] = {work.submission: [] for work in handed_in}
    for reviewer, key in allocation.tasks:
        reviewers[key].append(reviewer)
    return [
        Work(
            submission=work.submission,
            pseudonym=work_names[work.submission],
            wanted=len(reviewers[work.submission]),
            files=[asdict(file) for file in work.files],
            authors=[WorkAuthor(member=member) for member in work.submitters],
            tasks=[
                ReviewTask(public_id=new_id("tsk"), reviewer=reviewer, reviewer_pseudonym=reviewer_names[reviewer])
                for reviewer in reviewers[work.submission]
            ],
        )
        for work in sorted(handed_in, key=lambda work: work_names[work.submission])
    ]


def close(acting: Acting, found: Round) -> None:
    """End reviewing, and log what authors receive."""
    found.closed_at = acting.now
    for work in found.works:
        score = score_of(work)
        percent = final_percent(work)
        for author in work.authors:
            acting.log(
                "review.received", actor=author.member, round=found.public_id, reviews=score.count, percent=percent
            )
    acting.audit("review.round.close", found.public_id, assignment=found.assignment)


def release(acting: Acting, found: Round) -> None:
    """Show authors their scores from now on."""
    found.released_at = acting.now
    for work in found.works:
        percent = final_percent(work)
        for author in work.authors:
            acting.log("review.released", actor=author.member, round=found.public_id, percent=percent)
    acting.audit("review.round.release", found.public_id, assignment=found.assignment)
