"""Handing in, and reading what was handed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import bindparam, func, select

from nbcohort.courses import roster
from nbcohort.errors import Conflict, NotFound, NotPermitted
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.service.house import House
from nbcohort.store.ids import new_id
from nbcohort.submissions import lookup, snapshots
from nbcohort.submissions.actions.common import Part, fetch_part, open_file, whose
from nbcohort.submissions.keys import KEYS, ReceiptKeys
from nbcohort.submissions.lateness import Lateness, handed_in, require_open
from nbcohort.submissions.lookup import Dates, Handin
from nbcohort.submissions.manifest import Entry, make_manifest
from nbcohort.submissions.models import Snapshot, Submission, Submitter
from nbcohort.submissions.receipts import Receipt

_HIGHEST_ATTEMPT = (
    select(func.max(Submission.attempt))
    .join(Submitter, Submitter.submission_pk == Submission.pk)
    .where(
        Submission.cohort == bindparam("cohort"),
        Submission.assignment == bindparam("assignment"),
        Submitter.member.in_(bindparam("submitters", expanding=True)),
    )
)


@dataclass(frozen=True)
class Begun:
    """A hand-in that was begun. `attempt`, `late` and `revision` are what they will be if it is committed soon."""

    id: str
    snapshot: str
    needed: list[str]
    created_at: datetime
    attempt: int
    accounts: tuple[str, ...]
    due_at: datetime | None
    late: bool
    revision: bool


def receipt_keys(house: House) -> ReceiptKeys:
    """Return the keys that receipts are signed with; made when they are first asked for."""
    return ReceiptKeys(house.data / KEYS)


def begin_submission(acting: Acting, assignment: str, files: list[Entry], *, alone: bool) -> Begun:
    """Begin to hand in `files`, for the acting member's pair unless `alone`.

    Raises:
        NotOpen: the assignment is not released yet, or it is too late.
        NotFound: there is no such assignment.
        BadPath, TooLarge, Invalid: the files cannot be taken.
        TooMany: too many hand-ins were begun of late and not finished.
    """
    acting.require("submission.make")
    member = _acting_member(acting)
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    manifest = make_manifest(files, dates.limits)
    submitters = (
        (member,) if alone else roster.partners_of(acting.session, acting.cohort, member, assignment, acting.now)
    )
    lateness, revision = _standing(acting, dates, assignment, submitters, acting.now)
    snapshot, needed = snapshots.begin(acting, manifest, dates.quota if acting.role == "learner" else None)
    submission = Submission(
        public_id=new_id("sub"),
        cohort=acting.cohort,
        assignment=assignment,
        attempt=None,
        snapshot=snapshot,
        handed_in_at=None,
        due_at=None,
        late=None,
        receipt=None,
        submitters=[Submitter(member=one) for one in submitters],
    )
    acting.session.add(submission)
    acting.session.flush()
    acting.audit("submission.begin", submission.public_id, assignment=assignment, submitters=list(submitters))
    accounts = lookup.accounts_of(acting.session, acting.cohort, submitters)
    return Begun(
        id=submission.public_id,
        snapshot=snapshot.public_id,
        needed=needed,
        created_at=acting.now,
        attempt=_next_attempt(acting, assignment, submitters),
        accounts=tuple(accounts[one] for one in submitters),
        due_at=lateness.due_at,
        late=lateness.late,
        revision=revision,
    )


def commit_submission(acting: Acting, submission: str) -> Handin:
    """Finish a hand-in, and return it with its receipt; the same again if it was finished before.

    Raises:
        NotFound: the acting member has begun no such hand-in.
        Conflict: files are missing; or it took longer than ten minutes, and it would count for a partner of then.
        NotOpen: it took longer than ten minutes, and now it is too late.
    """
    acting.require("submission.make")
    snapshots.take_turn(acting, _begun_by_me(acting, submission))
    row = acting.session.scalars(select(Submission).where(Submission.public_id == submission)).one()
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    if row.attempt is None:
        _commit(acting, row, dates)
    return lookup.as_handin(row, dates, _accounts(acting, row))


def list_submissions(
    acting: Acting,
    *,
    assignment: str | None = None,
    account: str | None = None,
    latest: bool = False,
    part: Part = Part(),
) -> tuple[list[Handin], bool]:
    """Return committed submissions and whether there are more; a learner sees the own, staff all or `account`'s."""
    member = whose(acting, "submission.read", account)
    query = lookup.committed(acting.cohort)
    if assignment is not None:
        query = query.where(Submission.assignment == assignment)
    if member is not None:
        query = lookup.only_of(query, member)
    if latest:
        query = lookup.only_latest(query, acting.cohort, member)
    rows, more = fetch_part(acting, query, Submission, part)
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    accounts = lookup.accounts_of(acting.session, acting.cohort)
    return [lookup.as_handin(row, dates, accounts) for row in rows], more


def show_submission(acting: Acting, submission: str) -> Handin:
    """Return one committed submission; NotFound, NotPermitted."""
    row = find_submission(acting, submission)
    acting.require("submission.read", own=acting.member in lookup.submitter_ids(row))
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    return lookup.as_handin(row, dates, _accounts(acting, row))


def open_submission_file(acting: Acting, submission: str, path: str) -> tuple[Entry, BinaryIO]:
    """Open one file of a submission; NotFound, NotPermitted."""
    row = find_submission(acting, submission)
    acting.require("submission.read", own=acting.member in lookup.submitter_ids(row))
    return open_file(acting, row.snapshot, path)


def find_submission(acting: Acting, submission: str) -> Submission:
    """Return a committed submission of the acting cohort; NotFound. Who may see it is the caller's to ask."""
    row = acting.session.scalar(lookup.committed(acting.cohort).where(Submission.public_id == submission))
    if row is None:
        raise NotFound(_("There is no such submission."))
    return row


def _accounts(acting: Acting, row: Submission) -> dict[str, str]:
    return lookup.accounts_of(acting.session, acting.cohort, lookup.submitter_ids(row))


def _acting_member(acting: Acting) -> str:
    if acting.member is None:
        raise NotPermitted(_("Only a member of the cohort can hand in."))
    return acting.member


def _begun_by_me(acting: Acting, submission: str) -> str:
    """Return the assignment of a submission that the acting member has begun; NotFound."""
    assignment = acting.session.scalar(
        select(Submission.assignment)
        .join(Snapshot, Submission.snapshot_pk == Snapshot.pk)
        .where(Submission.public_id == submission, Submission.cohort == acting.cohort, Snapshot.creator == acting.name)
    )
    if assignment is None:
        raise NotFound(_("You have begun no such submission."))
    return assignment


def _standing(
    acting: Acting, dates: Dates, assignment: str, submitters: tuple[str, ...], instant: datetime
) -> tuple[Lateness, bool]:
    """Return how late a hand-in at `instant` is, and whether it is taken as a revision only.

    Raises `NotOpen`, or `NotFound` for an assignment nobody knows.
    """
    times = dates.times(assignment, submitters)
    if times is not None:
        revision = times.is_over(instant) and _is_revision(acting, assignment, submitters, instant)
        if not revision:
            require_open(assignment, times, instant, dates.shown(times.due_at))
        return Lateness(instant, times.due_at), revision
    if not lookup.was_released(acting.session, acting.cohort, assignment):
        raise NotFound(
            _('There is no assignment "{assignment}" in cohort "{cohort}".').format(
                assignment=assignment, cohort=acting.cohort
            )
        )
    return Lateness(instant, None), False


def _is_revision(acting: Acting, assignment: str, submitters: tuple[str, ...], instant: datetime) -> bool:
    """Ask the plugins whether they take, as a revision, what comes too late to be graded."""
    arguments = {"acting": acting, "assignment": assignment, "submitters": submitters, "instant": instant}
    return any(acting.house.plugins.each("takes_revision", bool, **arguments))


def _next_attempt(acting: Acting, assignment: str, submitters: tuple[str, ...]) -> int:
    values = {"cohort": acting.cohort, "assignment": assignment, "submitters": submitters}
    highest = acting.session.scalar(_HIGHEST_ATTEMPT, values)
    return (highest or 0) + 1


def _require_partners(acting: Acting, assignment: str, submitters: tuple[str, ...], instant: datetime) -> None:
    """Raise `Conflict` unless all `submitters` are partners at `instant`: no one hands in for a partner of the past."""
    partners = roster.partners_of(acting.session, acting.cohort, _acting_member(acting), assignment, instant)
    if not set(submitters) <= set(partners):
        raise Conflict(_("You are no longer in the pair for which you began this hand-in; begin again."))


def _commit(acting: Acting, row: Submission, dates: Dates) -> None:
    submitters = lookup.submitter_ids(row)
    instant = handed_in(row.snapshot.created_at, acting.now)
    _require_partners(acting, row.assignment, submitters, instant)
    lateness, row.revision = _standing(acting, dates, row.assignment, submitters, instant)
    committed_at = snapshots.commit(acting, row.snapshot)
    row.attempt = _next_attempt(acting, row.assignment, submitters)
    row.handed_in_at = instant
    row.due_at = lateness.due_at
    row.late = lateness.late
    row.receipt = receipt_keys(acting.house).sign(
        Receipt(
            cohort=acting.cohort,
            assignment=row.assignment,
            submission=row.public_id,
            attempt=row.attempt,
            submitters=submitters,
            created_at=row.snapshot.created_at,
            committed_at=committed_at,
            late=lateness.late,
            manifest_sha256=row.snapshot.manifest_sha256,
            files=len(row.snapshot.files),
            size=row.snapshot.size,
        )
    )
    acting.session.flush()
    acting.audit("submission.commit", row.public_id, assignment=row.assignment, attempt=row.attempt)
    for member in submitters:
        acting.log(
            "submission.received",
            actor=member,
            submission=row.public_id,
            assignment=row.assignment,
            attempt=row.attempt,
            late=lateness.late,
            revision=row.revision,
            handed_in_by=acting.name,
        )
    acting.house.plugins.tell("submission_received", acting=acting, submission=row.public_id, submitters=submitters)
