"""Granting a member a later due time; possible before there is a submission."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from nbcohort.courses import roster
from nbcohort.errors import NotFound
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.store.ids import new_id
from nbcohort.submissions import lookup
from nbcohort.submissions.actions.common import Part, fetch_part
from nbcohort.submissions.models import Extension


@dataclass(frozen=True)
class Extended:
    """An extension and the account it is for."""

    extension: Extension
    account: str


def grant_extension(acting: Acting, assignment: str, member: str, due_at: datetime, reason: str) -> Extended:
    """Move `member`'s due time to `due_at`; what was granted before is kept, the newest counts.

    Raises:
        NotFound: no such member, or no due time is set for such an assignment.
    """
    acting.require("extension.grant")
    entry = roster.find_member(acting.session, acting.cohort, member)
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    if dates.times(assignment, ()) is None:
        raise NotFound(
            _('Cohort "{cohort}" has no assignment "{assignment}" with a due time in its settings.').format(
                cohort=acting.cohort, assignment=assignment
            )
        )
    extension = Extension(
        public_id=new_id("ext"),
        cohort=acting.cohort,
        assignment=assignment,
        member=member,
        due_at=due_at,
        reason=reason,
        granted_at=acting.now,
        granted_by=acting.name,
    )
    acting.session.add(extension)
    acting.session.flush()
    before = dates.extensions.get((assignment, member))
    acting.audit(
        "extension.grant",
        extension.public_id,
        assignment=assignment,
        member=member,
        before=before.isoformat() if before else None,
        after=due_at.isoformat(),
    )
    acting.log(
        "extension.granted",
        target=member,
        extension=extension.public_id,
        assignment=assignment,
        due_at=due_at,
    )
    return Extended(extension, entry.account)


def list_extensions(
    acting: Acting, *, assignment: str | None = None, part: Part = Part()
) -> tuple[list[Extended], bool]:
    """Return all extensions ever granted, and whether there are more; a learner sees the own."""
    query = select(Extension).where(Extension.cohort == acting.cohort).order_by(Extension.pk)
    if assignment is not None:
        query = query.where(Extension.assignment == assignment)
    if not acting.may("extension.list"):
        acting.require("extension.list", own=acting.member is not None)
        query = query.where(Extension.member == acting.member)
    rows, more = fetch_part(acting, query, Extension, part)
    accounts = lookup.accounts_of(acting.session, acting.cohort)
    return [Extended(row, accounts.get(row.member, roster.FORGOTTEN)) for row in rows], more
