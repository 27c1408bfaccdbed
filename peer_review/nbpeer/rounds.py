"""Rounds move on with the clock: they open with a swap, and close at their due time. Nobody acts but the service."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.api import (
    Acting,
    AppliedSettings,
    AssignmentSettings,
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
from nbpeer.check import review_settings
from nbpeer.models import ReviewTask, Round, Work, WorkAuthor
from nbpeer.pseudonyms import derive, pseudonyms
from nbpeer.scores import score_of
from nbpeer.settings import ReviewSettings

LEASE = timedelta(minutes=5)


def advance(house: House, now: datetime) -> None:
    """Open and close every round whose time has come, each in a transaction of its own.

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


@dataclass(frozen=True)
class _Plan:
    """What the settings say about the round of an assignment."""

    assignment: AssignmentSettings
    review: ReviewSettings
    opens_at: datetime
    due_at: datetime


def _plans(settings: AppliedSettings | None) -> dict[str, _Plan]:
    """Return the plan of each assignment that is reviewed, by name."""
    if settings is None:
        return {}
    instant = settings.calendar.instant
    return {
        assignment.name: _Plan(assignment, review, instant(review.opens), instant(review.due))
        for assignment in settings.course.assignments
        if (review := review_settings(assignment)) is not None
    }


def _due(house: House, cohort: str, now: datetime) -> list[tuple[str, _Plan | None]]:
    """Return the assignments whose round has something to be done, so that nothing is locked when there is nothing.

    A round whose section was taken out of the settings has no plan any more, and closes as it was planned.
    """
    with house.database.read() as session:
        plans = _plans(read_settings(session, house, cohort))
        under_way = select(Round).where(Round.cohort == cohort, Round.closed_at.is_(None))
        names = {*plans, *(found.assignment for found in session.scalars(under_way))}
        return [
            (name, plans.get(name))
            for name in sorted(names)
            if _has_to_move(find_round(session, cohort, name), plans.get(name), now)
        ]


def _has_to_move(found: Round | None, plan: _Plan | None, now: datetime) -> bool:
    if found is None:
        return plan is not None and plan.opens_at <= now <= plan.due_at
    moved = plan is not None and found.due_at != plan.due_at
    return found.closed_at is None and (moved or now > found.due_at)


def _move_on(acting: Acting, assignment: str, plan: _Plan | None) -> None:
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
    if plan is not None and found.due_at != plan.due_at:
        before, after = found.due_at.isoformat(), plan.due_at.isoformat()
        acting.audit("review.round.due", found.public_id, before=before, after=after)
        found.due_at = plan.due_at
    if now > found.due_at:
        _close(acting, found)


def _open(acting: Acting, plan: _Plan) -> None:
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
        opens_at=plan.opens_at,
        due_at=plan.due_at,
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
            files=[asdict(file) for file in work.files],
            authors=[WorkAuthor(member=member) for member in work.submitters],
            tasks=[
                ReviewTask(public_id=new_id("tsk"), reviewer=reviewer, reviewer_pseudonym=reviewer_names[reviewer])
                for reviewer in reviewers[work.submission]
            ],
        )
        for work in sorted(handed_in, key=lambda work: work_names[work.submission])
    ]


def _close(acting: Acting, found: Round) -> None:
    found.closed_at = acting.now
    for work in found.works:
        score = score_of(work)
        percent = None if score.overall is None else round(score.overall.percent, 2)
        for author in work.authors:
            acting.log(
                "review.received", actor=author.member, round=found.public_id, reviews=score.count, percent=percent
            )
    acting.audit("review.round.close", found.public_id, assignment=found.assignment)
