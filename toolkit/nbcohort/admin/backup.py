"""Back up a service's state while it runs.

First the database at one instant, then the blobs it needs, then the keys. The order is what makes it whole: a blob is
there before a row says so and is never altered, and a key is published before it signs. Nobody prunes meanwhile. Blobs
that an earlier backup in the same folder has are not copied again; the others are hashed on their way.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from nbcohort import __version__
from nbcohort.admin.place import Place, installed_migrations, keeping, opened
from nbcohort.admin.rows import Report
from nbcohort.admin.snapshot import counts, frozen, reading, write_snapshot
from nbcohort.admin.vault import ARCHIVE, FORMAT, Manifest, State, Unhurried, Vault, archived
from nbcohort.errors import Invalid, NotFound, StorageFull
from nbcohort.i18n import _
from nbcohort.store.blobs import BlobMismatch, LocalStore, chunks
from nbcohort.store.disk import FULL, Disk, StorageBroken, write_file
from nbcohort.store.migrate import Migrations, knows, revisions
from nbcohort.submissions import keeping as kept
from nbcohort.submissions.keys import SIGNING


@dataclass(frozen=True)
class Done:
    """A finished backup. `copied` counts the blobs that were new, `removed` the old backups that went."""

    name: str
    manifest: Manifest
    copied: int
    removed: int


def back_up(place: Place, target: Path, report: Report, keep: int | None = None, disk: Disk | None = None) -> Done:
    """Back up `place` into the folder or the archive (`.tar`) `target`; what is there already stays as it is.

    With `keep`, all but so many of the folder's backups are removed afterwards, unless the new one is broken.

    Raises:
        Invalid, NotFound: there is no service's state, or the target is something else.
        InUse: another one is at work.
        StorageFull, StorageBroken: nothing was kept of this backup; earlier ones are as they were.
    """
    target = target.absolute()
    for folder in (place.data, place.blobs):
        if target == folder or folder in target.parents:
            raise Invalid(
                _("{target} is within {folder}, which is what is backed up. Name a folder on another disk.").format(
                    target=target, folder=folder
                )
            )
    with opened(place), keeping(place):
        pass  # before anything is made: is it the right place?
    with _trouble(target):
        if target.suffix == ARCHIVE and not target.is_dir():
            with archived(target, report) as folder:
                return _into(Vault.make(folder, disk or Unhurried()), place, None, report)
        return _into(Vault.make(target, disk), place, keep, report)


def _into(vault: Vault, place: Place, keep: int | None, report: Report) -> Done:
    with vault.alone(), keeping(place):
        now = place.clock.now()
        draft = vault.begin()
        try:
            manifest, blobs, copied = _fill(draft, vault, place, now, report)
            state = vault.finish(draft, manifest, blobs, now)
        except BaseException:
            shutil.rmtree(draft.folder, ignore_errors=True)
            raise
        removed = vault.thin(keep) if keep and not manifest.broken else 0
    return Done(state.name, manifest, copied, removed)


def _fill(
    draft: State, vault: Vault, place: Place, now: datetime, report: Report
) -> tuple[Manifest, dict[str, int], int]:
    """Write everything but the manifest; return that, hash -> size of the blobs, and how many of them were new."""
    migrations = installed_migrations()
    with opened(place) as database, frozen(database) as connection:
        found = revisions(connection)
        check_known(found, migrations)
        write_snapshot(connection, draft.database, migrations, report)
    with reading(draft.database) as session:
        blobs, copied, broken = _copy_blobs(session, place, vault, report)
        rows = counts(session)
    _copy_keys(place, draft, vault.disk)
    manifest = Manifest(
        format=FORMAT,
        nbcohort=__version__,
        made_at=now.isoformat(),
        database=place.shown,
        revisions=found,
        rows=rows,
        blobs=len(blobs),
        bytes=sum(blobs.values()),
        broken=broken,
    )
    return manifest, blobs, copied


def check_known(found: dict[str, str], migrations: list[Migrations]) -> None:
    """Raise `Invalid` if tables have revisions that the installed nbcohort and plugins do not know."""
    for one in migrations:
        revision = found.get(one.version_table)
        if revision and not knows(one, revision):
            raise Invalid(
                _("The tables of {name} were made by a newer version ({revision}); update it here first.").format(
                    name=one.name, revision=revision
                )
            )


def _copy_blobs(session: Session, place: Place, vault: Vault, report: Report) -> tuple[dict[str, int], int, list[str]]:
    """Copy what is lacking; return hash -> size of what the vault has of this state, how many are new, what is lost."""
    needed: dict[str, kept.Use] = {}
    for use in kept.uses(session):
        if use.needed or use.sha256 not in needed:
            needed[use.sha256] = use
    known = vault.known()
    store = vault.store()
    blobs: dict[str, int] = {}
    copied = 0
    broken: list[str] = []
    report("files", 0, len(needed))
    for number, use in enumerate(needed.values(), 1):
        if use.sha256 in known:
            blobs[use.sha256] = use.size
        else:
            try:
                _copy_blob(place, store, use)
            except (NotFound, BlobMismatch) as error:
                if use.needed:  # else the upload was still going on, or its people were forgotten
                    broken.append(f"{kept.owner(session, use.snapshot_pk)}: {use.path}: {error}")
            else:
                blobs[use.sha256] = use.size
                copied += 1
        report("files", number, len(needed))
    return blobs, copied, broken


def _copy_blob(place: Place, store: LocalStore, use: kept.Use) -> None:
    path = place.blob(use.sha256)
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise NotFound(_("its content is lost, there is no {path}").format(path=path)) from error
    with file, store.writer(use.sha256, use.size) as writer:
        for chunk in chunks(file):
            writer.write(chunk)


def _copy_keys(place: Place, draft: State, disk: Disk) -> None:
    """Copy the private key first: its public half is then among those that follow."""
    files = [place.keys / SIGNING, *sorted(place.keys.glob("*.json"))] if place.keys.is_dir() else []
    for file in files:
        if file.is_file():
            write_file(draft.keys / file.name, file.read_bytes(), disk, replace=False)


@contextmanager
def _trouble(target: Path) -> Iterator[None]:
    """Say which disk is in trouble, and that earlier backups are not."""
    try:
        yield
    except (StorageFull, StorageBroken, OSError, sqlite3.Error, OperationalError) as error:
        cause = error.orig if isinstance(error, OperationalError) else error.__cause__ or error
        full = isinstance(error, StorageFull) or "full" in str(cause) or getattr(cause, "errno", None) in FULL
        if full:
            raise StorageFull(
                _(
                    "There is no room for the backup in {target}. Nothing of it was kept, and earlier backups there "
                    "are as they were. Make room, or name a folder on another disk."
                ).format(target=target)
            ) from error
        raise StorageBroken(
            _("The backup to {target} failed: {cause}. Earlier backups there are as they were.").format(
                target=target, cause=cause
            )
        ) from error
