"""The state of a database at one instant, while the service goes on: always as a SQLite file, whatever it came from.

So a backup can be read with any tool, checked in one way, and put back into either database. SQLite: the online backup
within one reading transaction. PostgreSQL: all rows within one REPEATABLE READ transaction, into a file that was
migrated to the revisions that the database has.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from nbcohort.admin.rows import Report, count_rows, reflect, to_sqlite
from nbcohort.store.database import Database
from nbcohort.store.migrate import MIGRATING, Migrations, revisions, upgrade_on

PAGES = 1024
"""Pages (of 4 KiB) of SQLite at a time."""


@contextmanager
def frozen(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it is now, whatever others write meanwhile; no tables change meanwhile."""
    if database.is_sqlite:
        with database.engine.connect().execution_options(sqlite_begin="DEFERRED") as connection, connection.begin():
            connection.execute(text("SELECT count(*) FROM sqlite_schema"))  # from here on it sees nothing new
            yield connection
        return
    with (
        database.engine.connect() as guard,  # locked first, so that the other's instant is after any migration
        guard.begin(),
        database.engine.connect() as connection,
    ):
        guard.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": MIGRATING})
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            connection.execute(text("SELECT 1"))
            yield connection


def write_snapshot(connection: Connection, file: Path, migrations: Sequence[Migrations], report: Report) -> None:
    """Write what a `frozen` connection sees into the new SQLite file `file`."""
    if connection.dialect.name == "sqlite":
        _copy_pages(connection, file, report)
        return
    known = revisions(connection)
    mine = [one for one in migrations if one.version_table in known]
    with _writing(file) as target, target.begin():
        upgrade_on(target, mine, known)
        to_sqlite(connection, target, {one.version_table for one in mine}, report)


@contextmanager
def reading(file: Path) -> Iterator[Session]:
    """A session on a SQLite file that nobody writes; nothing is written beside it, so its medium may be read-only."""
    address = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False))
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def _copy_pages(connection: Connection, file: Path, report: Report) -> None:
    live = connection.connection.driver_connection
    if not isinstance(live, sqlite3.Connection):
        raise TypeError(f"expected a SQLite connection, got {type(live).__name__}")

    def progress(_status: int, left: int, total: int) -> None:
        report("database", total - left, total)

    with closing(sqlite3.connect(file)) as copy:
        live.backup(copy, pages=PAGES, progress=progress)
        copy.execute("PRAGMA journal_mode=DELETE").close()  # one file, whole in itself


@contextmanager
def _writing(file: Path) -> Iterator[Connection]:
    """A connection to a new SQLite file whose rows may come in any order."""
    engine: Engine = create_engine(f"sqlite:///{file}")

    def on_connect(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=OFF").close()

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def counts(session: Session) -> dict[str, int]:
    """Return the number of rows of each table."""
    connection = session.connection()
    return count_rows(connection, reflect(connection).values())
