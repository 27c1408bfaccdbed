"""Releasing assignments to learners."""

from typing import BinaryIO

from sqlalchemy import func, select

from nbcohort.errors import NotFound
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.store.ids import new_id
from nbcohort.submissions import lookup, snapshots
from nbcohort.submissions.actions.common import open_file
from nbcohort.submissions.lookup import Dates
from nbcohort.submissions.manifest import Entry, make_manifest
from nbcohort.submissions.models import Release


def begin_release(acting: Acting, assignment: str, files: list[Entry]) -> tuple[Release, list[str]]:
    """Begin to release `files` as a version of `assignment`; return it and the hashes that have to be sent."""
    acting.require("release.make")
    snapshot, needed = snapshots.begin(acting, make_manifest(files))
    release = Release(
        public_id=new_id("rel"),
        cohort=acting.cohort,
        assignment=assignment,
        version=None,
        snapshot=snapshot,
        withdrawn_at=None,
    )
    acting.session.add(release)
    acting.session.flush()
    acting.audit("release.begin", release.public_id, assignment=assignment)
    return release, needed


def commit_release(acting: Acting, release: str) -> Release:
    """Make a release the newest version of its assignment; the same again if it was committed before."""
    acting.require("release.make")
    row = _find(acting, release)
    if row.snapshot.creator != acting.name:
        raise NotFound(_("You have begun no such release."))
    snapshots.take_turn(acting, row.assignment)
    acting.session.refresh(row)
    if row.version is not None:
        return row
    snapshots.commit(acting, row.snapshot)
    highest = acting.session.scalar(
        select(func.max(Release.version)).where(Release.cohort == acting.cohort, Release.assignment == row.assignment)
    )
    row.version = (highest or 0) + 1
    acting.session.flush()
    _record(acting, "release.commit", "assignment.released", row)
    return row


def withdraw_release(acting: Acting, release: str) -> Release:
    """Take a release back: learners no longer see it, and if it is the newest, none; it is kept."""
    acting.require("release.withdraw")
    row = _find(acting, release)
    if row.version is None:
        raise NotFound(_("There is no such release."))
    snapshots.take_turn(acting, row.assignment)
    acting.session.refresh(row)
    if row.withdrawn_at is None:
        row.withdrawn_at = acting.now
        _record(acting, "release.withdraw", "assignment.withdrawn", row)
    return row


def list_releases(acting: Acting, assignment: str | None = None) -> list[Release]:
    """Return the newest release of each assignment, or of `assignment`, that the caller may see now."""
    acting.require("release.read")
    query = lookup.newest_releases(acting.cohort)
    if assignment is not None:
        query = query.where(Release.assignment == assignment)
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    return [row for row in acting.session.scalars(query) if visible(acting, dates, row)]


def open_release_file(acting: Acting, release: str, path: str) -> tuple[Entry, BinaryIO]:
    """Open one file of a release that the caller may see now."""
    acting.require("release.read")
    row = _find(acting, release)
    dates = lookup.read_dates(acting.session, acting.house, acting.cohort)
    if row.version is None or row.withdrawn_at is not None or not visible(acting, dates, row):
        raise NotFound(_("There is no such release, or not any more, or not yet."))
    return open_file(acting, row.snapshot, path)


def visible(acting: Acting, dates: Dates, release: Release) -> bool:
    """Say whether the caller may see a release now: what is put there before its time, learners see at its time."""
    times = dates.times(release.assignment, ())
    return times is None or times.release_at <= acting.now or acting.may("release.read-early")


def _find(acting: Acting, release: str) -> Release:
    row = acting.session.scalar(select(Release).where(Release.public_id == release, Release.cohort == acting.cohort))
    if row is None:
        raise NotFound(_("There is no such release."))
    return row


def _record(acting: Acting, action: str, kind: str, row: Release) -> None:
    acting.audit(action, row.public_id, assignment=row.assignment, version=row.version)
    acting.log(kind, release=row.public_id, assignment=row.assignment, version=row.version)
