"""Submissions, releases and feedback, looked up. Who may see what is asked by the actions, not here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from nbcohort.courses import roster
from nbcohort.courses.actions import read_settings
from nbcohort.courses.schedule import AssignmentTimes, Calendar
from nbcohort.courses.settings import Limits as CourseLimits
from nbcohort.service.house import House
from nbcohort.submissions.lateness import Lateness
from nbcohort.submissions.manifest import Entry, Limits
from nbcohort.submissions.models import Extension, Feedback, Release, Submission, Submitter
from nbcohort.submissions.snapshots import entries

_EXTENSIONS = (
    select(Extension.assignment, Extension.member, Extension.due_at)
    .where(Extension.cohort == bindparam("cohort"))
    .order_by(Extension.pk)
)


@dataclass(frozen=True)
class Dates:
    """When a cohort's assignments are due, extensions included; made once per request."""

    calendar: Calendar | None
    titles: Mapping[str, str]
    limits: Limits
    """What one hand-in may hold."""
    quota: int
    """Bytes that a learner may send in all."""
    extensions: Mapping[tuple[str, str], datetime]
    """(assignment, member) -> due time of the newest extension."""

    def times(self, assignment: str, members: Iterable[str]) -> AssignmentTimes | None:
        """Return the times of an assignment for those who hand in together; None if settings do not know it.

        The latest extension of any of them counts for their common work.
        """
        times = self.calendar.assignments.get(assignment) if self.calendar else None
        if times is None:
            return None
        extended = [due for member in members if (due := self.extensions.get((assignment, member)))]
        return times.extended(max(extended)) if extended else times

    def shown(self, instant: datetime) -> str:
        """Return an instant as a member of the cohort reads it."""
        if self.calendar is None:
            return f"{instant:%Y-%m-%d %H:%M} UTC"
        return f"{self.calendar.local(instant):%Y-%m-%d %H:%M} ({self.calendar.zone.key})"


@dataclass(frozen=True)
class Handin:
    """A committed submission. `submitters` are members' public ids, `accounts` their accounts in the same order."""

    id: str
    assignment: str
    attempt: int
    submitters: tuple[str, ...]
    accounts: tuple[str, ...]
    created_at: datetime
    committed_at: datetime
    lateness: Lateness
    """By the due time as it is now, with extensions granted since; never worse than the receipt says."""
    revision: bool
    """Whether it was handed in as a revision, which is never graded."""
    manifest: tuple[Entry, ...]
    manifest_sha256: str
    receipt: str


def read_dates(session: Session, house: House, cohort: str) -> Dates:
    """Return the due times of a cohort."""
    settings = read_settings(session, house, cohort)
    limits = settings.course.limits if settings else CourseLimits()
    rows = session.execute(_EXTENSIONS, {"cohort": cohort})
    return Dates(
        calendar=settings.calendar if settings else None,
        titles={one.name: one.title for one in settings.course.assignments} if settings else {},
        limits=Limits(limits.max_files, limits.max_file_bytes, limits.max_total_bytes),
        quota=limits.max_member_bytes,
        extensions={(row.assignment, row.member): row.due_at for row in rows},
    )


def accounts_of(session: Session, cohort: str, members: Iterable[str] | None = None) -> dict[str, str]:
    """Return the account of each who is or was a member, or of some of them, by public id."""
    found = roster.roster(session, cohort) if members is None else roster.members_among(session, cohort, members)
    return {one.id: one.account for one in found}


def committed(cohort: str) -> Select[Submission]:
    """Return the query for all committed submissions of a cohort, in the order of their beginning."""
    return (
        select(Submission).where(Submission.cohort == cohort, Submission.attempt.is_not(None)).order_by(Submission.pk)
    )


def only_of(query: Select[Submission], member: str) -> Select[Submission]:
    """Keep what `member` handed in, alone or with others."""
    return query.where(Submission.pk.in_(select(Submitter.submission_pk).where(Submitter.member == member)))


def only_latest(
    query: Select[Submission], cohort: str, member: str | None, *, revised: bool = False
) -> Select[Submission]:
    """Keep each submitter's last attempt at each assignment, with `member` theirs; revisions only if `revised`."""
    last = (
        select(Submission.assignment, Submitter.member, func.max(Submission.attempt).label("attempt"))
        .join(Submitter, Submitter.submission_pk == Submission.pk)
        .where(Submission.cohort == cohort, Submission.attempt.is_not(None))
        .group_by(Submission.assignment, Submitter.member)
    )
    if not revised:
        last = last.where(Submission.revision.is_(False))
    if member is not None:
        last = last.where(Submitter.member == member)
    latest = last.subquery()
    chosen = (
        select(Submitter.submission_pk)
        .join(Submission, Submission.pk == Submitter.submission_pk)
        .join(
            latest,
            (latest.c.assignment == Submission.assignment)
            & (latest.c.member == Submitter.member)
            & (latest.c.attempt == Submission.attempt),
        )
        .where(Submission.cohort == cohort)
    )
    return query.where(Submission.pk.in_(chosen))


def newest_releases(cohort: str) -> Select[Release]:
    """Return the query for the newest version of each assignment, unless that one was withdrawn."""
    newest = (
        select(Release.assignment, func.max(Release.version).label("version"))
        .where(Release.cohort == cohort)
        .group_by(Release.assignment)
        .subquery()
    )
    return (
        select(Release)
        .join(newest, (newest.c.assignment == Release.assignment) & (newest.c.version == Release.version))
        .where(Release.cohort == cohort, Release.withdrawn_at.is_(None))
        .order_by(Release.assignment)
    )


def newest_feedback(cohort: str) -> Select[Feedback]:
    """Return the query for the newest feedback on each submission."""
    newest = (
        select(Feedback.submission_pk, func.max(Feedback.version).label("version"))
        .group_by(Feedback.submission_pk)
        .subquery()
    )
    return (
        select(Feedback)
        .join(newest, (newest.c.submission_pk == Feedback.submission_pk) & (newest.c.version == Feedback.version))
        .join(Submission, Submission.pk == Feedback.submission_pk)
        .where(Submission.cohort == cohort)
        .order_by(Feedback.pk)
    )


def was_released(session: Session, cohort: str, assignment: str) -> bool:
    """Say whether an assignment was ever released."""
    found = select(Release.pk).where(
        Release.cohort == cohort, Release.assignment == assignment, Release.version.is_not(None)
    )
    return session.scalar(found.limit(1)) is not None


def submitter_ids(submission: Submission) -> tuple[str, ...]:
    """Return the public ids of those whose submission it is."""
    return tuple(one.member for one in submission.submitters)


def as_handin(submission: Submission, dates: Dates, accounts: Mapping[str, str]) -> Handin:
    """Return a committed submission as others see it."""
    snapshot = submission.snapshot
    if submission.attempt is None or submission.handed_in_at is None or submission.receipt is None:
        raise ValueError(f"{submission.public_id} is not committed")
    if snapshot.committed_at is None:
        raise ValueError(f"{snapshot.public_id} is not committed")
    submitters = submitter_ids(submission)
    due_at = submission.due_at
    times = dates.times(submission.assignment, submitters)
    if due_at is not None and times is not None:
        due_at = max(due_at, times.due_at)
    return Handin(
        id=submission.public_id,
        assignment=submission.assignment,
        attempt=submission.attempt,
        submitters=submitters,
        accounts=tuple(accounts.get(member, roster.FORGOTTEN) for member in submitters),
        created_at=snapshot.created_at,
        committed_at=snapshot.committed_at,
        lateness=Lateness(submission.handed_in_at, due_at),
        revision=submission.revision,
        manifest=entries(snapshot),
        manifest_sha256=snapshot.manifest_sha256,
        receipt=submission.receipt,
    )
