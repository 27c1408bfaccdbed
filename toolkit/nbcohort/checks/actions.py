"""Putting and reading results of checks. Permissions are asked here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from nbcohort.checks.models import CheckResult
from nbcohort.checks.results import Result
from nbcohort.courses import roster
from nbcohort.errors import Invalid, NotFound
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.store.ids import new_id
from nbcohort.submissions import snapshots, work
from nbcohort.submissions.actions.common import whose
from nbcohort.submissions.work import Work


@dataclass(frozen=True)
class Checked:
    """A submission with what its checks found. `submitters` are accounts."""

    id: str
    submission: str
    assignment: str
    attempt: int
    submitters: tuple[str, ...]
    version: int
    checked_at: datetime
    result: Result


@dataclass(frozen=True)
class Which:
    """Which results: of an assignment, an account, a submission; at most `limit`, after the one called `after`."""

    assignment: str | None = None
    account: str | None = None
    submission: str | None = None
    after: str | None = None
    limit: int = 100


def put_result(acting: Acting, submission: str, result: Result) -> Checked:
    """Keep what checks found of a submission, as its newest version; NotFound if there is no such submission."""
    acting.require("check.put")
    found = work.find_works(acting.session, acting.cohort, [submission])
    if not found:
        raise NotFound(_("There is no such submission."))
    (about,) = found
    snapshots.take_turn(acting, about.assignment)
    highest = acting.session.scalar(
        select(func.max(CheckResult.version)).where(CheckResult.submission == about.submission)
    )
    row = CheckResult(
        public_id=new_id("chk"),
        cohort=acting.cohort,
        submission=about.submission,
        assignment=about.assignment,
        version=(highest or 0) + 1,
        checked_at=acting.now,
        passed=result.passed,
        result=result.model_dump(mode="json"),
    )
    acting.session.add(row)
    acting.session.flush()
    acting.audit("check.put", row.public_id, submission=row.submission, version=row.version, passed=row.passed)
    for member in about.submitters:
        acting.log(
            "submission.checked",
            target=member,
            check=row.public_id,
            submission=row.submission,
            assignment=row.assignment,
            version=row.version,
            passed=row.passed,
        )
    return _shown(acting, [row])[0]


def list_results(acting: Acting, which: Which = Which()) -> tuple[list[Checked], bool]:
    """Return the newest result of each submission, and whether there are more; learners see their own."""
    member = whose(acting, "check.read", which.account)
    query = _newest(CheckResult.cohort == acting.cohort).order_by(CheckResult.pk)
    if member is not None:
        query = query.where(CheckResult.submission.in_(work.ids_of(member)))
    if which.assignment is not None:
        query = query.where(CheckResult.assignment == which.assignment)
    if which.submission is not None:
        query = query.where(CheckResult.submission == which.submission)
    if which.after is not None:
        last = acting.session.scalar(
            select(CheckResult.pk).where(CheckResult.public_id == which.after, CheckResult.cohort == acting.cohort)
        )
        if last is None:
            raise Invalid(_("after: there is no such item in this list; begin again without it."))
        query = query.where(CheckResult.pk > last)
    rows = list(acting.session.scalars(query.limit(which.limit + 1)))
    return _shown(acting, rows[: which.limit]), len(rows) > which.limit


def list_waiting(acting: Acting) -> list[Work]:
    """Return, of each assignment, the one that has waited longest of the last attempts that have no result."""
    acting.require("check.list-waiting")
    having = select(CheckResult.submission).where(CheckResult.cohort == acting.cohort)
    return work.first_works_without(acting.session, acting.cohort, having)


def checks_of(session: Session, submission: str) -> Result | None:
    """Return what the checks of a submission found last; None if it was not checked yet.

    Whom it may be shown to is the caller's to ask. It names notebooks and quotes errors: the words of its authors.
    """
    row = session.scalar(_newest(CheckResult.submission == submission))
    return None if row is None else Result.model_validate(row.result)


def _newest(where: ColumnElement[bool]) -> Select[CheckResult]:
    """Return the query for the newest version of each of the results `where`."""
    newest = (
        select(CheckResult.submission, func.max(CheckResult.version).label("version"))
        .where(where)
        .group_by(CheckResult.submission)
        .subquery()
    )
    return select(CheckResult).join(
        newest, (newest.c.submission == CheckResult.submission) & (newest.c.version == CheckResult.version)
    )


def _shown(acting: Acting, rows: Iterable[CheckResult]) -> list[Checked]:
    rows = list(rows)
    works = {
        one.submission: one for one in work.find_works(acting.session, acting.cohort, [row.submission for row in rows])
    }
    members = {member for one in works.values() for member in one.submitters}
    accounts = {one.id: one.account for one in roster.members_among(acting.session, acting.cohort, members)}
    return [
        Checked(
            id=row.public_id,
            submission=row.submission,
            assignment=row.assignment,
            attempt=works[row.submission].attempt,
            submitters=tuple(
                sorted(accounts.get(member, roster.FORGOTTEN) for member in works[row.submission].submitters)
            ),
            version=row.version,
            checked_at=row.checked_at,
            result=Result.model_validate(row.result),
        )
        for row in rows
    ]
