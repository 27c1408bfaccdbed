"""Keeping what was handed in, for years: which blobs are needed, whether all is whole, what was begun and given up.

Nothing here can remove a blob that a submission, a release or feedback needs. Whoever removes blobs does it in one
transaction: `hold_uploads`, then `unneeded`, then the removal. While that transaction lasts nobody can begin an upload
that names a blob (SQLite: it is the only one that writes; PostgreSQL: the table of names is locked), and every upload
that was begun before is seen. So a blob that a commit has looked for and found is never one of those removed; an upload
that begins later finds the blob missing and is asked to send it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, delete, exists, func, or_, select, text, union, update
from sqlalchemy.orm import Session

from nbcohort.courses import roster
from nbcohort.i18n import _
from nbcohort.submissions.lookup import submitter_ids
from nbcohort.submissions.manifest import digest
from nbcohort.submissions.models import (
    Extension,
    Feedback,
    PutBlob,
    Release,
    Snapshot,
    SnapshotFile,
    Submission,
    Submitter,
)
from nbcohort.submissions.receipts import BadReceipt, Receipt, verify
from nbcohort.submissions.snapshots import entries

BATCH = 500
"""Databases limit the number of parameters."""


@dataclass(frozen=True, slots=True)
class Use:
    """That a file of a snapshot is this blob. It is `needed` unless the upload is open or its people were forgotten."""

    sha256: str
    size: int
    path: str
    snapshot_pk: int
    needed: bool


def uses(session: Session) -> Iterator[Use]:
    """Yield every use of a blob."""
    erased = _erased(session)
    rows = session.execute(
        select(SnapshotFile, Snapshot.committed_at)
        .join(Snapshot, Snapshot.pk == SnapshotFile.snapshot_pk)
        .order_by(SnapshotFile.pk)
        .execution_options(yield_per=BATCH)
    )
    for file, committed_at in rows:
        needed = committed_at is not None and file.snapshot_pk not in erased
        yield Use(file.sha256, file.size, file.path, file.snapshot_pk, needed)


def owner(session: Session, snapshot_pk: int) -> str:
    """Say whose files a snapshot holds, for a person who looks after the service."""
    work = session.scalar(select(Submission).where(Submission.snapshot_pk == snapshot_pk))
    if work is not None:
        return f"submission {work.public_id} ({work.cohort}, {work.assignment})"
    release = session.scalar(select(Release).where(Release.snapshot_pk == snapshot_pk))
    if release is not None:
        return f"release {release.public_id} ({release.cohort}, {release.assignment})"
    feedback = session.scalar(select(Feedback).where(Feedback.snapshot_pk == snapshot_pk))
    if feedback is not None:
        about = feedback.submission
        return f"feedback {feedback.public_id} ({about.cohort}, {about.assignment})"
    return _("the snapshot number {pk}").format(pk=snapshot_pk)


def count(session: Session) -> int:
    """Return how many submissions `mistakes` looks at."""
    return session.scalar(select(func.count(Submission.pk))) or 0


def mistakes(session: Session, keys: Collection[Mapping[str, Any]]) -> Iterator[str | None]:
    """Look at every row; yield a sentence for each that is not whole, and None for each submission looked at.

    Whole is: committed in all its parts or in none; with submitters and files; the files are those of the manifest;
    the receipt verifies with `keys` and says what the row says; no attempt twice.
    """
    for row in session.scalars(select(Submission).order_by(Submission.pk).execution_options(yield_per=BATCH)):
        wrong = _wrong(row, keys)
        if wrong:
            yield f"{owner(session, row.snapshot_pk)}: {wrong}"
        yield None
    for model in (Release, Feedback):
        half = model.version.is_(None) != Snapshot.committed_at.is_(None)
        for found in session.scalars(select(model.snapshot_pk).join(model.snapshot).where(half)):
            yield _("{owner}: only half of it was written").format(owner=owner(session, found))
    owned = or_(*(exists().where(model.snapshot_pk == Snapshot.pk) for model in (Submission, Release, Feedback)))
    for lost in session.scalars(select(Snapshot.public_id).where(~owned)):
        yield _("snapshot {id}: it belongs to nothing").format(id=lost)
    twice = (
        select(Submission.cohort, Submission.assignment, Submitter.member, Submission.attempt)
        .join(Submitter, Submitter.submission_pk == Submission.pk)
        .where(Submission.attempt.is_not(None))
        .group_by(Submission.cohort, Submission.assignment, Submitter.member, Submission.attempt)
        .having(func.count() > 1)
    )
    for cohort, assignment, member, attempt in session.execute(twice):
        yield _("{cohort}, {assignment}: {member} has two submissions with the number {attempt}").format(
            cohort=cohort, assignment=assignment, member=member, attempt=attempt
        )


def drop_abandoned(session: Session, before: datetime) -> list[str]:
    """Delete uploads begun before `before` and never committed; return their public ids. Blobs stay."""
    given_up = (
        select(Snapshot)
        .where(Snapshot.committed_at.is_(None), Snapshot.created_at < before, ~_counts_already())
        .with_for_update(skip_locked=True)  # one that is being committed just now is not given up
    )
    pks = [snapshot.pk for snapshot in session.scalars(given_up)]
    dropped: list[str] = []
    for batch in _batches(pks):
        for model in (Submission, Release, Feedback):
            dropped += session.scalars(select(model.public_id).where(model.snapshot_pk.in_(batch)))
        own = select(Submission.pk).where(Submission.snapshot_pk.in_(batch))
        session.execute(delete(Submitter).where(Submitter.submission_pk.in_(own)))
        for table in (Submission, Release, Feedback, SnapshotFile):
            session.execute(delete(table).where(table.snapshot_pk.in_(batch)))
        session.execute(delete(Snapshot).where(Snapshot.pk.in_(batch)))
    return sorted(dropped)


def hold_uploads(session: Session) -> None:
    """Let nobody begin an upload until `session`'s transaction, one that writes, ends; see the top of this file."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE snapshot_file IN SHARE ROW EXCLUSIVE MODE"))


def unneeded(session: Session, hashes: Collection[str]) -> list[str]:
    """Return those of `hashes` that no upload names, open or committed, except of people who were forgotten."""
    erased = _erased(session)
    free: list[str] = []
    for batch in _batches(sorted(hashes)):
        rows = session.execute(
            select(SnapshotFile.sha256, SnapshotFile.snapshot_pk).where(SnapshotFile.sha256.in_(batch))
        )
        named = {sha256 for sha256, snapshot_pk in rows if snapshot_pk not in erased}
        free += [sha256 for sha256 in batch if sha256 not in named]
    return free


def forget_put(session: Session, hashes: Collection[str]) -> None:
    """Write down that nobody has sent these blobs: they are gone."""
    for batch in _batches(sorted(hashes)):
        session.execute(delete(PutBlob).where(PutBlob.sha256.in_(batch)))


def forget_reasons(session: Session, member: str) -> None:
    """Erase why a member was given more time."""
    session.execute(update(Extension).where(Extension.member == member).values(reason=""))


def hashes_of(session: Session, members: Collection[str]) -> set[str]:
    """Return the blobs of all that these members handed in, and of the feedback on it."""
    theirs = select(Submitter.submission_pk).where(Submitter.member.in_(members))
    return set(
        session.scalars(select(SnapshotFile.sha256).where(SnapshotFile.snapshot_pk.in_(_work_and_feedback(theirs))))
    )


def _counts_already() -> ColumnElement[bool]:
    """Whether something that has a number refers to the snapshot: then it is damaged, and not to be deleted."""
    return or_(
        exists().where(
            Submission.snapshot_pk == Snapshot.pk, or_(Submission.attempt.is_not(None), Submission.receipt.is_not(None))
        ),
        exists().where(Release.snapshot_pk == Snapshot.pk, Release.version.is_not(None)),
        exists().where(Feedback.snapshot_pk == Snapshot.pk, Feedback.version.is_not(None)),
    )


def _erased(session: Session) -> frozenset[int]:
    """Return the snapshots of which all submitters were forgotten, and of the feedback on them."""
    known = select(Submitter.submission_pk).where(Submitter.member.in_(roster.remembered()))
    theirs = select(Submitter.submission_pk).where(Submitter.submission_pk.not_in(known))
    return frozenset(session.scalars(_work_and_feedback(theirs)))


def _work_and_feedback(submission_pks: Select[int]) -> CompoundSelect[int]:
    """Return the query for the snapshots of these submissions, and of the feedback on them."""
    return union(
        select(Submission.snapshot_pk).where(Submission.pk.in_(submission_pks)),
        select(Feedback.snapshot_pk).where(Feedback.submission_pk.in_(submission_pks)),
    )


def _wrong(row: Submission, keys: Collection[Mapping[str, Any]]) -> str | None:
    """Say what is wrong with a submission; None if it is whole."""
    snapshot = row.snapshot
    parts = (row.attempt, row.handed_in_at, row.late, row.receipt, snapshot.committed_at)
    if not row.submitters:
        return _("it has no submitters")
    if not snapshot.files or digest(entries(snapshot)) != snapshot.manifest_sha256:
        return _("its files are not those of its manifest")
    if all(part is None for part in parts):
        return None
    if row.attempt is None or row.late is None or row.receipt is None or None in parts or not snapshot.committed_at:
        return _("only half of it was written")
    try:
        said = verify(row.receipt, keys)
    except BadReceipt as error:
        return str(error)
    size = sum(file.size for file in snapshot.files)
    here = Receipt(
        cohort=row.cohort,
        assignment=row.assignment,
        submission=row.public_id,
        attempt=row.attempt,
        submitters=submitter_ids(row),
        created_at=snapshot.created_at,
        committed_at=snapshot.committed_at,
        late=row.late,
        manifest_sha256=snapshot.manifest_sha256,
        files=len(snapshot.files),
        size=size,
    )
    return None if said == here and size == snapshot.size else _("its receipt says something else than its row")


def _batches(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
