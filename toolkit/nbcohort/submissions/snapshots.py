"""The protocol that releases, submissions and feedback share: begin with a manifest, put the blobs, commit.

Naming a hash claims nothing: a file need not be sent only if the same creator sent it whole before, in this cohort.
Until the commit nobody sees anything of it, so whatever breaks off in between leaves nothing half done.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from nbcohort.errors import Conflict, NotFound
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.store.database import insert_missing
from nbcohort.store.ids import new_id
from nbcohort.submissions.manifest import Entry, digest
from nbcohort.submissions.models import PutBlob, Snapshot, SnapshotFile, Turn


def begin(acting: Acting, manifest: tuple[Entry, ...]) -> Snapshot:
    """Write an open snapshot of a checked manifest; raises `Conflict` when a known hash has another size."""
    known = _known(acting, manifest)
    for entry in manifest:
        if known.get(entry.sha256, entry.size) != entry.size:
            raise Conflict(
                _("The size of {path} does not belong to its SHA-256: read the file again.").format(path=entry.path)
            )
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
    return snapshot


def needed(acting: Acting, files: Iterable[SnapshotFile]) -> list[str]:
    """Return the hashes, each once, that the creator has not sent yet or that are no longer there."""
    hashes = list(dict.fromkeys(file.sha256 for file in files))
    known = _known(acting, hashes)
    return [sha256 for sha256 in hashes if sha256 not in known or not acting.house.blobs.exists(sha256)]


def expected_size(acting: Acting, snapshot: str, sha256: str) -> int:
    """Return how many bytes the blob must have; raises `NotFound`, `Conflict` unless the caller may send it now."""
    found = acting.session.scalar(
        select(Snapshot).where(
            Snapshot.public_id == snapshot, Snapshot.cohort == acting.cohort, Snapshot.creator == acting.name
        )
    )
    if found is None:
        raise NotFound(_("You have begun no such upload."))
    sizes = {file.sha256: file.size for file in found.files}
    if sha256 not in sizes:
        raise NotFound(_("No file of this upload has the SHA-256 {sha256}.").format(sha256=sha256))
    if found.committed_at is not None:
        raise Conflict(_("This upload is complete; nothing more is taken for it."))
    return sizes[sha256]


def note_put(acting: Acting, sha256: str, size: int) -> None:
    """Write down that the caller sent this blob; it is in the store, durably, when this is called."""
    unique = {"cohort": acting.cohort, "creator": acting.name, "sha256": sha256}
    insert_missing(acting.session, PutBlob, list(unique), **unique, size=size, at=acting.now)


def commit(acting: Acting, snapshot: Snapshot) -> datetime:
    """Make the snapshot what it is for good, and return since when.

    That is never before its beginning, though the clock may have been put back. Raises `Conflict` with `missing` hashes
    unless all blobs are there.
    """
    missing = needed(acting, snapshot.files)
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
    insert_missing(acting.session, Turn, list(unique), **unique)
    acting.session.execute(
        select(Turn).where(Turn.cohort == acting.cohort, Turn.assignment == assignment).with_for_update()
    )


def _known(acting: Acting, wanted: Iterable[Entry | str]) -> dict[str, int]:
    """Return hash -> size of those of the wanted blobs that the caller has sent before."""
    hashes = sorted({one.sha256 if isinstance(one, Entry) else one for one in wanted})
    found: dict[str, int] = {}
    for start in range(0, len(hashes), 500):  # databases limit the number of parameters
        rows = acting.session.execute(
            select(PutBlob.sha256, PutBlob.size).where(
                PutBlob.cohort == acting.cohort,
                PutBlob.creator == acting.name,
                PutBlob.sha256.in_(hashes[start : start + 500]),
            )
        ).all()
        found |= {row.sha256: row.size for row in rows}
    return found
