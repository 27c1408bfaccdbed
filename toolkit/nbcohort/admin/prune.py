"""Remove what nobody needs: uploads given up, answers kept for retries that will not come, blobs that nothing names.

`nbcohort.submissions.keeping` tells why no blob of a submission can be among them. Besides, a blob that was written
within the last day stays whoever names it, and all blobs do while a replaced state is kept aside, which needs its own.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, inspect
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from nbcohort.admin.place import ASIDE, Place, keeping, opened, record
from nbcohort.admin.rows import Report
from nbcohort.store.blobs import LocalStore
from nbcohort.store.database import Database
from nbcohort.store.idempotency import IdempotentRequest
from nbcohort.submissions import keeping as kept

GRACE_SECONDS = 86_400.0


@dataclass(frozen=True)
class Pruned:
    """What was removed. `aside` are the replaced states for whose sake no blob was."""

    uploads: int = 0
    answers: int = 0
    blobs: int = 0
    bytes: int = 0
    aside: tuple[str, ...] = ()


def prune(place: Place, *, uploads: timedelta, answers: timedelta, report: Report, dry_run: bool = False) -> Pruned:
    """Remove uploads begun longer ago than `uploads`, answers older than `answers`, and blobs that nothing names.

    With `dry_run` everything stays, and what would go is counted.
    """
    now = place.clock.now()
    with opened(place) as database, keeping(place):
        aside = asides(place, database)
        written_before = time.time() - GRACE_SECONDS
        old = {
            sha256: size
            for sha256, size, written in (() if aside else LocalStore(place.blobs).stored())
            if written < written_before
        }
        with database.write() as session:
            done = _prune_rows(session, now - uploads, now - answers, now)
            free = kept.unneeded(session, old)
            if dry_run:
                session.rollback()
                return replace(done, blobs=len(free), bytes=sum(old[one] for one in free), aside=aside)
        gone = remove_blobs(place, database, free, now, report)
    return replace(done, blobs=len(gone), bytes=sum(old[one] for one in gone), aside=aside)


def remove_blobs(place: Place, database: Database, hashes: Collection[str], now: datetime, report: Report) -> list[str]:
    """Remove those of these blobs that no upload names; return them."""
    store = LocalStore(place.blobs)
    wanted = sorted(hashes)
    gone: list[str] = []
    report("files", 0, len(wanted))
    for start in range(0, len(wanted), kept.BATCH):
        with database.write() as session:
            kept.hold_uploads(session)
            free = kept.unneeded(session, wanted[start : start + kept.BATCH])
            kept.forget_put(session, free)
            if free:
                record(session, now, "admin.remove-blobs", "blobs", blobs=free)
            for sha256 in free:
                store.remove(sha256)
        gone += free
        report("files", min(start + kept.BATCH, len(wanted)), len(wanted))
    return gone


def asides(place: Place, database: Database) -> tuple[str, ...]:
    """Return the replaced states that are kept aside: folders, or schemas of PostgreSQL."""
    parents = {place.data} | ({place.sqlite.parent} if place.sqlite else set())
    folders = sorted(str(folder) for parent in parents for folder in parent.glob(f"{ASIDE}*"))
    schemas = [] if database.is_sqlite else inspect(database.engine).get_schema_names()
    return (*folders, *(schema for schema in schemas if schema.startswith(ASIDE)))


def _prune_rows(session: Session, begun_before: datetime, answered_before: datetime, now: datetime) -> Pruned:
    dropped = kept.drop_abandoned(session, begun_before)
    removed = session.execute(delete(IdempotentRequest).where(IdempotentRequest.at < answered_before))
    answers = removed.rowcount if isinstance(removed, CursorResult) else 0
    if dropped or answers:
        record(session, now, "admin.prune", "uploads", uploads=dropped, answers=answers)
    return Pruned(uploads=len(dropped), answers=answers)
