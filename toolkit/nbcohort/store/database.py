"""One database, by URL: SQLite in one process by default, PostgreSQL for many, the same code for both.

On SQLite a transaction that reads and then writes fails at once under contention, whatever the busy timeout, unless it
says at its beginning that it will write: hence `read()` and `write()`, which differ in their BEGIN.

On PostgreSQL transactions run side by side, each statement seeing what was committed before it (READ COMMITTED). Who
checks something and then writes what rests on it locks a row first (`with_for_update`) or inserts with
`insert_missing`; what still crosses another transaction is undone whole, and `retried` does it again.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import URL, Connection, CursorResult, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

T = TypeVar("T")

BUSY_SECONDS = 10.0
"""How long is waited for others: for one's turn, for a lock, and for a connection."""

_POSTGRESQL = {
    "options": f"-c lock_timeout={BUSY_SECONDS:.0f}s -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 "
    "-c tcp_keepalives_count=3",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}
"""What is said to PostgreSQL and libpq unless the URL says otherwise: either side notices when the other is gone."""


class DatabaseBusy(NbcohortError):
    """Others write, and it was not one's turn in time."""

    status = 503
    slug = "database"

    def __init__(self) -> None:
        super().__init__(
            _("The service's database is busy; nothing was changed. Try again in a minute."), retry_after=5
        )


ATTEMPTS = 5
"""How often a transaction that crosses others is tried."""
_CROSSED = frozenset({"23505", "40001", "40P01"})
"""PostgreSQL's codes for a unique violation, a failed serialization and a deadlock."""


class Database:
    """Sessions on one database.

    Args:
        url: SQLAlchemy URL, such as `sqlite:////srv/nbcohort/nbcohort.db` or `postgresql+psycopg://user@host/name`.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(self.url)
        # Reading has connections of its own on PostgreSQL, too: those who write may all be waiting for a lock.
        self._reading = self.engine if self.is_sqlite else _postgresql_engine(self.url)
        # SQLite's writers poll for their turn; within this process they can queue for it instead.
        self._turn = threading.Lock()
        reading = self._reading.execution_options(sqlite_begin="DEFERRED")
        self._read = sessionmaker(reading, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(sqlite_begin="IMMEDIATE"), expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, which one service process only may open."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; what it changes is not kept."""
        with self._read() as session:
            yield session
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is durable when the block ends, and undone when the block raises; `DatabaseBusy`."""
        with self._my_turn(), self._write() as session, session.begin():
            yield session

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise DatabaseBusy
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._reading.dispose()


def _postgresql_engine(url: URL) -> Engine:
    arguments = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, connect_args=arguments)

    def on_connect(connection: Any, _record: object) -> None:
        """Wait for the disk at each commit even where the server's default is not to: a receipt promises it."""
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()

    event.listen(engine, "connect", on_connect)
    return engine


def insert_missing(
    session: Session, model: type[DeclarativeBase], unique: Sequence[str], *rows: Mapping[str, Any]
) -> int:
    """Insert each row unless there is one with the same `unique` columns; waits for one being inserted.

    Returns how many there were not; of one row only, as databases do not say of more.
    """
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    table = cast(Table, model.__table__)
    statement = insert(table).on_conflict_do_nothing(index_elements=list(unique))
    statement = statement.execution_options(preserve_rowcount=True)
    result = session.execute(statement, list(rows) if len(rows) > 1 else rows[0])
    return cast(CursorResult[Any], result).rowcount


def crossed(error: DBAPIError) -> bool:
    """Whether a transaction failed only because of another one at the same moment: doing it again may help."""
    return getattr(error.orig, "sqlstate", None) in _CROSSED


def retried(transaction: Callable[[], T]) -> T:
    """Return `transaction()`, which opens and ends a transaction of its own, done again while it crosses others."""
    for _attempt in range(ATTEMPTS - 1):
        try:
            return transaction()
        except DBAPIError as error:
            if not crossed(error):
                raise
    return transaction()


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, pool_timeout=BUSY_SECONDS, connect_args={"timeout": BUSY_SECONDS})

    def on_connect(connection: Any, _record: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            raise TypeError(f"expected a SQLite connection, got {type(connection).__name__}")
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
