"""Put a backup back, into an empty place or, keeping what is there aside, into one that is not.

Blobs first, then keys, then the database at once: whatever breaks off before the last step leaves a place as it was,
with more blobs. Blobs are merged, never replaced by others, since they are named by their content; public keys are
merged, too, so that receipts given after the backup was made can still be verified.
"""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from nbcohort.admin.backup import check_known
from nbcohort.admin.health import blob_problem
from nbcohort.admin.place import ASIDE, Place, installed_migrations, keeping, record
from nbcohort.admin.rows import Report, to_postgres
from nbcohort.admin.snapshot import reading
from nbcohort.admin.vault import Manifest, State, Vault, unpacked
from nbcohort.errors import Conflict, Invalid
from nbcohort.i18n import _
from nbcohort.store.alone import InUse, alone
from nbcohort.store.blobs import LocalStore, chunks
from nbcohort.store.database import Database
from nbcohort.store.disk import Disk, make_folder, write_file
from nbcohort.store.migrate import MIGRATING, Migrations, upgrade, upgrade_on
from nbcohort.submissions.keys import SIGNING

_LEAVING = 3.0
"""Seconds after which a connection to PostgreSQL that was closed is gone there, too."""


def restore(place: Place, backup: Path, report: Report, name: str | None = None, *, replace: bool = False) -> Manifest:
    """Put the backup `name` (by default the newest) of a folder or archive into `place`; return what it is.

    Raises:
        NotFound, Invalid: there is no such backup, it is damaged, or of a newer nbcohort.
        Conflict: something is there, and `replace` is not set.
        InUse: the service, or another program, is at work there.
    """
    with unpacked(backup) as vault:
        state = vault.state(name)
        manifest = state.manifest()
        for damage in state.damages():
            raise Invalid(_("{damage}. Choose another backup.").format(damage=damage))
        migrations = installed_migrations()
        check_known(manifest.revisions, migrations)
        aside = f"{ASIDE}{place.clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}"
        with keeping(place) as pid:
            if place.sqlite:
                _into_sqlite(place, place.sqlite, vault, state, migrations, report, aside if replace else None)
            else:
                _into_postgres(place, pid, vault, state, migrations, report, aside if replace else None)
    return manifest


def _into_sqlite(
    place: Place,
    file: Path,
    vault: Vault,
    state: State,
    migrations: Sequence[Migrations],
    report: Report,
    aside: str | None,
) -> None:
    with alone(file):
        if aside is None and (file.exists() or _has_another_key(place, state)):
            raise _occupied(file if file.exists() else place.keys)
        draft = file.with_name(f".{file.name}.restoring")
        for left in (draft, *_beside(draft)):
            left.unlink(missing_ok=True)
        shutil.copyfile(state.database, draft)
        draft.chmod(0o600)
        with closing(Database(f"sqlite:///{draft}")) as database:
            upgrade(database, migrations)
            with database.write() as session:
                record(session, place.clock.now(), "admin.restore", state.name, made_at=state.manifest().made_at)
        _sync(draft)
        _put_blobs(place, vault, state, report)
        _put_keys(place, state, aside)
        if aside and file.exists():
            folder = file.parent / aside
            make_folder(folder, Disk())
            (folder / file.name).hardlink_to(file)  # the old one is never without a name
            for old in _beside(file):
                if old.exists():
                    old.rename(folder / old.name)
            Disk().fsync_folder(folder)
        draft.rename(file)
        Disk().fsync_folder(file.parent)


def _into_postgres(
    place: Place,
    pid: int | None,
    vault: Vault,
    state: State,
    migrations: Sequence[Migrations],
    report: Report,
    aside: str | None,
) -> None:
    known = [one for one in migrations if one.version_table in state.manifest().revisions]
    with (
        closing(Database(place.database)) as database,
        database.engine.connect() as connection,
        connection.begin(),
        reading(state.database) as source,
    ):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})  # one that starts waits
        _require_nobody(connection, pid)
        tables = inspect(connection).get_table_names()
        if aside is None and (tables or _has_another_key(place, state)):
            raise _occupied(place.shown if tables else place.keys)
        _put_blobs(place, vault, state, report)
        _put_keys(place, state, aside)
        if aside and tables:
            connection.execute(text(f'CREATE SCHEMA "{aside}"'))
            for table in tables:
                connection.execute(text(f'ALTER TABLE "{table}" SET SCHEMA "{aside}"'))
        upgrade_on(connection, known, state.manifest().revisions)
        to_postgres(source.connection(), connection, {one.version_table for one in known}, report)
        upgrade_on(connection, migrations)
        with Session(connection) as session:
            record(session, place.clock.now(), "admin.restore", state.name, made_at=state.manifest().made_at)
            session.flush()


def _put_blobs(place: Place, vault: Vault, state: State, report: Report) -> None:
    store = LocalStore(place.blobs)
    blobs = state.blobs()
    report("files", 0, len(blobs))
    for number, (sha256, size) in enumerate(blobs.items(), 1):
        if blob_problem(place.blob(sha256), sha256):
            with vault.blob(sha256).open("rb", buffering=0) as file, store.writer(sha256, size) as writer:
                for chunk in chunks(file):
                    writer.write(chunk)
        report("files", number, len(blobs))


def _put_keys(place: Place, state: State, aside: str | None) -> None:
    """Put the keys there; public ones that are there stay, the private one is kept aside."""
    make_folder(place.keys, Disk())
    old = place.keys / SIGNING
    if aside and old.exists():
        folder = place.data / aside
        make_folder(folder, Disk())
        write_file(folder / SIGNING, old.read_bytes(), Disk(), replace=True)
    public = [file for file in sorted(state.keys.iterdir()) if file.name != SIGNING]
    for file in public:
        write_file(place.keys / file.name, file.read_bytes(), Disk(), replace=True, mode=0o644)
    if (state.keys / SIGNING).exists():
        write_file(old, (state.keys / SIGNING).read_bytes(), Disk(), replace=True)


def _has_another_key(place: Place, state: State) -> bool:
    here, there = place.keys / SIGNING, state.keys / SIGNING
    return here.exists() and not (there.exists() and here.read_bytes() == there.read_bytes())


def _require_nobody(connection: Connection, pid: int | None) -> None:
    """Raise `InUse` when somebody else has a connection to this database, and is not about to end it."""
    deadline = time.monotonic() + _LEAVING
    while others := _others(connection, pid):
        if time.monotonic() > deadline:
            raise InUse(
                _(
                    "{others} other connections to the database are open: stop the service, and whatever else uses it."
                ).format(others=others)
            )
        time.sleep(0.05)


def _others(connection: Connection, pid: int | None) -> int:
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL "
        "AND pid NOT IN (pg_backend_pid(), :pid)"
    )
    return int(connection.execute(text(query), {"pid": pid}).scalar_one())


def _occupied(what: object) -> Conflict:
    return Conflict(
        _("There is something at {what} already. Restore elsewhere, or say --replace: then it is kept aside.").format(
            what=what
        )
    )


def _beside(file: Path) -> list[Path]:
    """Return SQLite's companions of a database file."""
    return [file.with_name(f"{file.name}{suffix}") for suffix in ("-wal", "-shm")]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
