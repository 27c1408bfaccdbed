"""The protocol that releases, submissions and feedback share: begin with a manifest, put the blobs, commit.

Small blobs may come with the commit, in one request: the fewer requests a hand-in takes, the more hand-ins the last
minute before a deadline has room for.

Naming a hash claims nothing: a file need not be sent only if the same creator sent it whole before, in this cohort.
Until the commit nobody sees anything of it, so whatever breaks off in between leaves nothing half done.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, func, select

from nbcohort.errors import Conflict, NotFound, TooLarge
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.service.limits import TooMany
from nbcohort.store.database import insert_missing
from nbcohort.store.ids import new_id
from nbcohort.submissions.manifest import Entry, digest, human
from nbcohort.submissions.models import Feedback, PutBlob, Release, Snapshot, SnapshotFile, Submission, Turn

Upload = Release | Submission | Feedback
"""What is begun, sent and committed by this protocol."""

OPEN_UPLOADS = 50
"""Uploads that a member may begin within an hour and leave unfinished."""
OPEN_UPLOADS_TIME = timedelta(hours=1)

_OF_CALLER = (Snapshot.cohort == bindparam("cohort"), Snapshot.creator == bindparam("creator"))

_BEGUN = (
    select(Snapshot.created_at)
    .where(*_OF_CALLER, Snapshot.created_at > bindparam("since"), Snapshot.committed_at.is_(None))
    .order_by(Snapshot.created_at)
)

_FILES = (
    select(Snapshot.committed_at, SnapshotFile.sha256, SnapshotFile.size)
    .outerjoin(SnapshotFile, SnapshotFile.snapshot_pk == Snapshot.pk)
    .where(*_OF_CALLER)
)

_FILES_OF_SNAPSHOT = _FILES.where(Snapshot.public_id == bindparam("id"))

_FILES_OF = {
    model: _FILES.join(model, model.snapshot_pk == Snapshot.pk).where(model.public_id == bindparam("id"))
    for model in (Release, Submission, Feedback)
}

_KNOWN = select(PutBlob.sha256, PutBlob.size).where(
    PutBlob.cohort == bindparam("cohort"),
    PutBlob.creator == bindparam("creator"),
    PutBlob.sha256.in_(bindparam("hashes", expanding=True)),
)

_SENT = select(func.sum(PutBlob.size)).where(
    PutBlob.cohort == bindparam("cohort"), PutBlob.creator == bindparam("creator")
)

_TURN = (
    select(Turn.pk)
    .where(Turn.cohort == bindparam("cohort"), Turn.assignment == bindparam("assignment"))
    .with_for_update()
)


def begin(acting: Acting, manifest: tuple[Entry, ...], quota: int | None = None) -> tuple[Snapshot, list[str]]:
    """Write an open snapshot of a checked manifest; return it and the hashes that have to be sent.

    Raises:
        Conflict: a known hash has another size.
        TooLarge: what the caller has sent, and what is new in the manifest, is more than `quota` bytes.
        TooMany: a member has begun too many uploads of late without finishing them; a course room has no such limit.
    """
    if acting.member is not None:
        _check_open_uploads(acting)
    snapshot = Snapshot(
        public_id=new_id("snp"),
        cohort=acting.cohort,
        creator=acting.name,
        manifest_sha256=digest(manifest),
        size=sum(entry.size for entry in manifest),
        created_at=acting.now,
        committed_at=None,
        files=[SnapshotFile(path=entry.path, size=entry.size, sha256=entry.sha256) for entry in manifest],
    )
    acting.session.add(snapshot)
    acting.session.flush()  # from here on none of these blobs is removed, see `keeping`
    known = _known(acting, (entry.sha256 for entry in manifest))
    for entry in manifest:
        if known.get(entry.sha256, entry.size) != entry.size:
            raise Conflict(
                _("The size of {path} does not belong to its SHA-256: read the file again.").format(path=entry.path)
            )
    if quota is not None:
        _check_quota(acting, {entry.sha256: entry.size for entry in manifest if entry.sha256 not in known}, quota)
    return snapshot, _needed(acting, snapshot, known)


def _check_quota(acting: Acting, new: Mapping[str, int], quota: int) -> None:
    sent = int(acting.session.scalar(_SENT, _caller(acting)) or 0)
    if sent + sum(new.values()) > quota:
        raise TooLarge(
            _(
                "You have sent {sent} in this course and would send {new} more, and at most {quota} are taken of one "
                "learner. Leave out what was only generated, or ask your instructor to raise max_member_mb."
            ).format(sent=human(sent), new=human(sum(new.values())), quota=human(quota))
        )


def _check_open_uploads(acting: Acting) -> None:
    since = acting.now - OPEN_UPLOADS_TIME
    begun = acting.session.scalars(_BEGUN, {**_caller(acting), "since": since}).all()
    if len(begun) >= OPEN_UPLOADS:
        wait = begun[len(begun) - OPEN_UPLOADS] + OPEN_UPLOADS_TIME - acting.now
        raise TooMany(
            _("You have begun {count} uploads within an hour and not finished them; finish one, or wait.").format(
                count=len(begun)
            ),
            wait.total_seconds(),
        )


def expected_size(acting: Acting, snapshot: str, sha256: str) -> int:
    """Return how many bytes the blob must have; raises `NotFound`, `Conflict` unless the caller may send it now."""
    files = acting.session.execute(_FILES_OF_SNAPSHOT, {**_caller(acting), "id": snapshot}).all()
    sizes = _sizes(files, [sha256])
    if files[0].committed_at is not None:
        raise Conflict(_("This upload is complete; nothing more is taken for it."))
    return sizes[sha256]


def expected_sizes(
    acting: Acting, upload: type[Upload], public_id: str, hashes: Iterable[str]
) -> dict[str, int] | None:
    """Return how many bytes each blob must have that comes with the commit of an upload; None if that is complete.

    Raises:
        NotFound: the caller has begun no such upload, or no file of it has one of the hashes.
    """
    files = acting.session.execute(_FILES_OF[upload], {**_caller(acting), "id": public_id}).all()
    sizes = _sizes(files, hashes)
    return sizes if files[0].committed_at is None else None


def note_put(acting: Acting, sizes: Mapping[str, int]) -> None:
    """Write down that the caller sent these blobs; they are in the store, durably, when this is called."""
    unique = {"cohort": acting.cohort, "creator": acting.name}
    rows = [{**unique, "sha256": sha256, "size": size, "at": acting.now} for sha256, size in sorted(sizes.items())]
    if rows:
        insert_missing(acting.session, PutBlob, [*unique, "sha256"], *rows)


def _sizes(files: Sequence[Row[datetime | None, str, int]], hashes: Iterable[str]) -> dict[str, int]:
    if not files:
        raise NotFound(_("You have begun no such upload."))
    sizes = {file.sha256: file.size for file in files}
    for sha256 in hashes:
        if sha256 not in sizes:
            raise NotFound(_("No file of this upload has the SHA-256 {sha256}.").format(sha256=sha256))
    return {sha256: sizes[sha256] for sha256 in hashes}


def commit(acting: Acting, snapshot: Snapshot) -> datetime:
    """Make the snapshot what it is for good, and return since when.

    That is never before its beginning, though the clock may have been put back. Raises `Conflict` with `missing` hashes
    unless all blobs are there.
    """
    missing = _needed(acting, snapshot, _known(acting, (file.sha256 for file in snapshot.files)))
    if missing:
        raise Conflict(
            _("{count} files have not arrived yet; send them, then commit again.").format(count=len(missing)),
            missing=missing,
        )
    snapshot.committed_at = max(acting.now, snapshot.created_at)
    return snapshot.committed_at


def entries(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Return the manifest of a snapshot."""
    return tuple(Entry(file.path, file.size, file.sha256) for file in snapshot.files)


def take_turn(acting: Acting, assignment: str) -> None:
    """Wait until no other transaction numbers attempts or versions of this assignment, and keep others waiting."""
    unique = {"cohort": acting.cohort, "assignment": assignment}
    if acting.session.scalar(_TURN, unique) is None:  # the first one of all
        insert_missing(acting.session, Turn, list(unique), unique)
        acting.session.scalars(_TURN, unique).one()


def _needed(acting: Acting, snapshot: Snapshot, known: Mapping[str, int]) -> list[str]:
    """Return the hashes, each once, that the creator has not sent yet or that are no longer there."""
    hashes = dict.fromkeys(file.sha256 for file in snapshot.files)
    return [sha256 for sha256 in hashes if sha256 not in known or not acting.house.blobs.exists(sha256)]


def _known(acting: Acting, wanted: Iterable[str]) -> dict[str, int]:
    """Return hash -> size of those of the wanted blobs that the caller has sent before."""
    hashes = sorted(set(wanted))
    found: dict[str, int] = {}
    for start in range(0, len(hashes), 500):  # databases limit the number of parameters
        rows = acting.session.execute(_KNOWN, {**_caller(acting), "hashes": hashes[start : start + 500]})
        found |= {row.sha256: row.size for row in rows}
    return found


def _caller(acting: Acting) -> dict[str, str]:
    return {"cohort": acting.cohort, "creator": acting.name}
