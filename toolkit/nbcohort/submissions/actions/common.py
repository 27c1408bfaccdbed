"""What the actions share: files of a snapshot, an account's member, a page of rows."""

from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from sqlalchemy import Select, select

from nbcohort.courses import roster
from nbcohort.errors import Invalid, NotFound
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.submissions.manifest import Entry
from nbcohort.submissions.models import Extension, Feedback, Snapshot, Submission

R = TypeVar("R", Submission, Feedback, Extension)


@dataclass(frozen=True)
class Part:
    """Which part of a list: at most `limit` rows after the one with the public id `after`."""

    after: str | None = None
    limit: int = 100


def fetch_part(acting: Acting, query: Select[R], model: type[R], part: Part) -> tuple[list[R], bool]:
    """Return the rows of a part of `query`, ordered by `model.pk`, and whether there are more. Keyset pagination."""
    if part.after is not None:
        pk = acting.session.scalar(select(model.pk).where(model.public_id == part.after))
        if pk is None:
            raise Invalid(_("after: there is no such item in this list; begin again without it."))
        query = query.where(model.pk > pk)
    rows = list(acting.session.scalars(query.limit(part.limit + 1)))
    return rows[: part.limit], len(rows) > part.limit


def whose(acting: Acting, action: str, account: str | None) -> str | None:
    """Return the member whose things a list shows, None for everybody's, if the caller may `action` that.

    Without an `account`, those who may see everybody's get them, and others their own. NotPermitted, NotFound.
    """
    if account is None and acting.may(action):
        return None
    if account in (None, acting.account) and acting.member is not None:
        acting.require(action, own=True)
        return acting.member
    acting.require(action)
    return roster.find_account(acting.session, acting.cohort, account or "").id


def open_file(acting: Acting, snapshot: Snapshot, path: str) -> tuple[Entry, BinaryIO]:
    """Open one file of a snapshot for reading; NotFound if it has none with that path."""
    for file in snapshot.files:
        if file.path == path:
            return Entry(file.path, file.size, file.sha256), acting.house.blobs.open(file.sha256)
    raise NotFound(_("There is no such file in it."))
