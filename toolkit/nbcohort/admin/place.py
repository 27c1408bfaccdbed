"""Where a service keeps its state, found by the variables that the service itself reads."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from nbcohort.errors import Conflict, Invalid
from nbcohort.i18n import _
from nbcohort.loading import load_plugins
from nbcohort.service.clock import Clock, DemoClock, SystemClock
from nbcohort.store.alone import InUse, locked
from nbcohort.store.audit import record_audit
from nbcohort.store.database import Database
from nbcohort.store.migrate import STORE, Migrations
from nbcohort.submissions.keys import KEYS

_KEEPING = 0x6E626B65
"""The PostgreSQL advisory lock of those who look after the service's state."""


ASIDE = "replaced-"
"""How the names of replaced states begin."""


@dataclass(frozen=True)
class Place:
    """A service's state.

    Args:
        data: folder of the service's own files.
        database: SQLAlchemy URL.
        blobs: folder of the blobs.
        clock: the service's.
    """

    data: Path
    database: str
    blobs: Path
    clock: Clock

    @property
    def keys(self) -> Path:
        """The folder of the receipt keys."""
        return self.data / KEYS

    def blob(self, sha256: str) -> Path:
        """Return where a blob is."""
        return self.blobs / sha256[:2] / sha256

    @property
    def shown(self) -> str:
        """The database's URL without its password."""
        return make_url(self.database).render_as_string(hide_password=True)

    @property
    def sqlite(self) -> Path | None:
        """The SQLite file, or None."""
        url = make_url(self.database)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def find_place(
    data: Path | None, database: str | None, blobs: Path | None, environ: Mapping[str, str] = os.environ
) -> Place:
    """Return the place that options or, where they are None, the service's environment name; raises `Invalid`."""
    if data is None and not environ.get("NBCOHORT_DATA"):
        raise Invalid(_("Say where the service keeps its data: with --data, or as NBCOHORT_DATA, which it also reads."))
    folder = (data or Path(environ["NBCOHORT_DATA"])).absolute()
    url = database or environ.get("NBCOHORT_DATABASE") or f"sqlite:///{folder / 'nbcohort.db'}"
    try:
        make_url(url)
    except ArgumentError:
        raise Invalid(
            _("The database is given as a URL, such as postgresql+psycopg://user:password@host/name.")
        ) from None
    shift = environ.get("NBCOHORT_DEMO_CLOCK") if environ.get("NBCOHORT_DEMO") == "1" else None
    return Place(
        data=folder,
        database=url,
        blobs=(blobs or Path(environ.get("NBCOHORT_BLOBS") or folder / "blobs")).absolute(),
        clock=DemoClock(Path(shift).absolute()) if shift else SystemClock(),
    )


@contextmanager
def opened(place: Place) -> Iterator[Database]:
    """The place's database.

    Raises:
        Invalid: there is none, or it is not nbcohort's; then none is made either.
    """
    if place.sqlite and not place.sqlite.is_file():
        raise Invalid(_("There is no database at {where}. Is --data (NBCOHORT_DATA) right?").format(where=place.sqlite))
    with closing(Database(place.database)) as database:
        try:
            with database.read() as session:
                known = inspect(session.connection()).has_table(STORE.version_table)
        except OperationalError as error:
            raise Invalid(
                _("The database {url} cannot be opened: {reason}").format(url=place.shown, reason=reason(error))
            ) from error
        if not known:
            raise Invalid(
                _("The database {url} holds nothing of nbcohort. Is it the service's?").format(url=place.shown)
            )
        yield database


@contextmanager
def keeping(place: Place) -> Iterator[int | None]:
    """Be the only `nbcohort admin` at work on a place; gives the process id of the PostgreSQL connection that holds it.

    Raises:
        InUse: another one is at work.
    """
    sentence = _("Another nbcohort admin is at work on {url}; wait until it is done.").format(url=place.shown)
    if place.sqlite:
        place.sqlite.parent.mkdir(parents=True, exist_ok=True)
        with locked(place.sqlite.with_name(f"{place.sqlite.name}.admin-lock"), sentence):
            yield None
        return
    with closing(Database(place.database)) as database, _connected(database, place) as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _KEEPING}):
            raise InUse(sentence)
        yield connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _KEEPING})  # whoever comes next may


@contextmanager
def _connected(database: Database, place: Place) -> Iterator[Connection]:
    try:
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except OperationalError as error:
        raise Conflict(
            _("The database {url} cannot be reached: {reason}").format(url=place.shown, reason=reason(error))
        ) from error
    with connection:
        yield connection


def reason(error: OperationalError) -> str:
    """Return what a database says of itself, in one line and without the statement."""
    return " ".join(str(error.orig).split())


def installed_migrations() -> list[Migrations]:
    """Return the migrations of everything that is installed here."""
    found = load_plugins(service=True).declared("migrations", lambda migrations: migrations)
    return [STORE, *(migrations for _plugin, migrations in found)]


def record(session: Session, now: datetime, action: str, subject: str, **detail: Any) -> None:
    """Write the audit row of something that was done here, in `session`'s transaction."""
    record_audit(session, at=now, cohort=None, actor="admin", action=action, subject=subject, **detail)
