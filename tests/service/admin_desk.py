"""The host of a service, for the tests of `nbcohort admin`: its command line, its state, and people who hand in."""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from sqlalchemy import Connection, create_engine, make_url, text
from typer.testing import CliRunner, Result

from nbcohort.admin.cli import commands
from nbcohort.admin.place import Place, find_place
from nbcohort.errors import NbcohortError
from nbcohort.service.clock import set_demo_clock
from nbcohort.testing import FakeHub, PostgresServer, RunningService, running_service, wait_until
from tests.service.classroom import DUE, NOTEBOOK, START, Classroom, described, ok, sha

Dump = dict[str, list[str]]
"""Table -> its rows, each as canonical JSON, sorted."""


def in_shell(environ: Mapping[str, str], *arguments: object) -> str:
    """Run `nbcohort admin` as a program of its own, which succeeds, and return what it says."""
    command = [str(Path(sys.executable).with_name("nbcohort")), "admin", *map(str, arguments)]
    ran = subprocess.run(command, env=dict(environ), capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return ran.stdout


def done(environ: Mapping[str, str], *arguments: object) -> str:
    """Run `nbcohort admin` within this process, which is quicker; it succeeds. Return what it says."""
    ran = _run(environ, arguments)
    assert ran.exit_code == 0, (ran.exception, ran.output)
    return ran.stdout


def refused(environ: Mapping[str, str], sentence: str, *arguments: object) -> str:
    """Run `nbcohort admin`, which refuses with a sentence, and return all that it says."""
    ran = _run(environ, arguments)
    assert ran.exit_code == 1, ran.output
    assert isinstance(ran.exception, NbcohortError | SystemExit), ran.exception
    said = f"{ran.output}{ran.exception}"
    assert sentence in said
    return said


def _run(environ: Mapping[str, str], arguments: Iterable[object]) -> Result:
    settings = {name: value for name, value in environ.items() if name.startswith("NBCOHORT_")}
    return CliRunner().invoke(commands, [str(argument) for argument in arguments], env=settings)


def new_database(kind: str, postgres: PostgresServer) -> str:
    """Return what NBCOHORT_DATABASE is for a service on a new database of this kind."""
    return postgres.new_database() if kind == "postgres" else ""


def place_of(service: RunningService) -> Place:
    return find_place(None, None, None, service.environ)


def quiet(_step: str, _done: int, _total: int) -> None:
    """Report nothing."""


def dump_file(file: Path) -> Dump:
    """Return every row of a SQLite file, read without SQLAlchemy."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        return _dump_sqlite(connection)


def dump(url: str) -> Dump:
    """Return every row of a database, read without what copies them; the same for SQLite and PostgreSQL."""
    if make_url(url).get_backend_name() == "sqlite":
        return dump_file(Path(str(make_url(url).database)))
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return _dump_postgres(connection)


def dump_within(connection: Connection) -> Dump:
    """Return every row that a transaction sees."""
    raw = connection.connection.driver_connection
    if isinstance(raw, sqlite3.Connection):
        return _dump_sqlite(raw)
    assert isinstance(raw, psycopg.Connection)
    return _dump_postgres(raw)


def _dump_sqlite(connection: sqlite3.Connection) -> Dump:
    schema = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    found: Dump = {}
    for (table,) in schema.fetchall():
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        kinds = {name: kind for _number, name, kind, *_rest in columns}
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        found[table] = sorted(_row(dict(zip(kinds, row, strict=True)), kinds) for row in rows)
    return found


def _row(row: dict[str, Any], kinds: Mapping[str, str]) -> str:
    for name, value in row.items():
        if value is None:
            continue
        if kinds[name] == "DATETIME":
            row[name] = datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()
        elif kinds[name] == "JSON":
            row[name] = {"json": json.loads(value)}
        elif kinds[name] == "BOOLEAN":
            row[name] = bool(value)
    return json.dumps(row, sort_keys=True)


def _dump_postgres(connection: "psycopg.Connection[Any]") -> Dump:
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    return {table: sorted(_postgres_rows(connection, table)) for (table,) in tables}


def _postgres_rows(connection: "psycopg.Connection[Any]", table: str) -> Iterator[str]:
    cursor = connection.execute(f'SELECT * FROM "{table}"'.encode())  # noqa: S608
    described = cursor.description or []
    for row in cursor.fetchall():
        values: dict[str, Any] = {}
        for column, value in zip(described, row, strict=True):
            if isinstance(value, datetime):
                values[column.name] = value.astimezone(UTC).isoformat()
            elif column.type_display == "jsonb" and value is not None:
                values[column.name] = {"json": value}
            else:
                values[column.name] = value
        yield json.dumps(values, sort_keys=True)


@dataclass
class Handed:
    """What somebody got a receipt for."""

    account: str
    id: str
    attempt: int
    receipt: str
    files: dict[str, bytes]


@dataclass
class Crowd:
    """People who hand in as fast as they can, each in a thread of their own."""

    room: Classroom
    accounts: tuple[str, ...]
    assignment: str
    handed: list[Handed] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them work until the block ends."""
        threads = [threading.Thread(target=self._work, args=(one,)) for one in self.accounts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more have been handed in."""
        goal = len(self.handed) + more
        wait_until(lambda: len(self.handed) >= goal or bool(self.troubles), 60, f"{goal} hand-ins")
        assert self.troubles == []

    def files(self, account: str, number: int) -> dict[str, bytes]:
        """What they hand in: something of their own, something that all share, and now and then the same again."""
        own = f"{account} {number // 2}".encode() + os.urandom(20_000 if number % 2 else 0)
        return {"own.bin": own, "data/shared.csv": b"species,mass\n", "count.txt": f"{number % 3}".encode()}

    def hand_in(self, client: httpx.Client, account: str, number: int) -> None:
        """Hand in once, and note it."""
        files = self.files(account, number)
        handed = self.room.upload(client, "submissions", files, assignment=self.assignment, alone=True)
        self.handed.append(Handed(account, handed["id"], handed["attempt"], handed["receipt"], files))

    def _work(self, account: str) -> None:
        client = self.room.client(account)
        try:
            for number in itertools.count(1):
                if self._stop.is_set():
                    break
                self.hand_in(client, account, number)
        except (AssertionError, httpx.HTTPError, KeyError) as error:
            self.troubles.append(f"{account}: {error!r}")


def holds(room: Classroom, one: Handed) -> None:
    """See that a submission is there, byte for byte, with its receipt."""
    client = room.client(one.account)
    shown = ok(client.get(f"{room.root}/submissions/{one.id}"))
    assert (shown["attempt"], shown["receipt"]) == (one.attempt, one.receipt)
    assert [(file["path"], file["sha256"]) for file in shown["files"]] == [
        (file["path"], file["sha256"]) for file in sorted(described(one.files), key=lambda file: file["path"])
    ]
    for path, data in one.files.items():
        answer = client.get(f"{room.root}/submissions/{one.id}/files/{path}")
        assert answer.is_success, answer.text
        assert sha(answer.content) == sha(data)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Ask a database directly."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


@dataclass(frozen=True)
class Host:
    """The host of a service that is stopped, with what its people did, and one early backup in `vault`."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def vault(self) -> Path:
        return self.folder / "vault"

    @property
    def environ(self) -> dict[str, str]:
        clock = str(self.data / "clock.json")
        return {"NBCOHORT_DATA": str(self.data), "NBCOHORT_DEMO": "1", "NBCOHORT_DEMO_CLOCK": clock}

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data}/nbcohort.db"

    @property
    def place(self) -> Place:
        return find_place(None, None, None, self.environ)

    def elsewhere(self, database: str = "") -> "dict[str, str]":
        """The variables of a new, empty place."""
        return {"NBCOHORT_DATA": str(self.folder / "elsewhere"), "NBCOHORT_DATABASE": database}

    def blob(self, data: bytes) -> Path:
        return self.place.blob(sha(data))

    def days_later(self, days: int) -> None:
        set_demo_clock(self.data / "clock.json", START + timedelta(days=days))

    def copy(self, folder: Path) -> "Host":
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return Host(folder)


EARLY = {"ps1.ipynb": NOTEBOOK, "own.txt": b"ada's own"}
CLEOS = {"ps1.ipynb": NOTEBOOK, "cleo.txt": b"only cleo's"}
PAIRS = {"pair.txt": b"of ben and cleo"}
GIVEN_UP = {"given-up.txt": b"begun, sent, and never committed"}
FEEDBACK = {"ps1.html": b"<p>well done, cleo</p>"}


def make_host(folder: Path, hub: FakeHub) -> Host:
    """Let people do all that they do, stop the service, and return its host. Cleo has left by then."""
    host = Host(folder)
    with running_service(folder, hub) as service:
        room = Classroom(service)
        room.apply()
        room.release("ps1")
        room.hand_in("ada")
        room.hand_in("ada", files=EARLY)
        done(service.environ, "backup", host.vault)
        cleos = room.hand_in("cleo", files=CLEOS)
        room.pair("ben", "cleo", assignment="late-ok")
        room.hand_in("ben", "late-ok", PAIRS)
        room.upload(room.room, "feedback", FEEDBACK, submission=cleos["id"])
        later = (DUE + timedelta(days=1)).isoformat()
        extension = {"assignment": "ps1", "member": room.members["cleo"], "due_at": later, "reason": "has the flu"}
        ok(room.admin.post(f"{room.root}/extensions", json=extension))
        key = {"Idempotency-Key": "cleo-begins-once"}
        body = {"assignment": "ps1", "files": described(CLEOS)}
        ok(room.client("cleo").post(f"{room.root}/submissions", json=body, headers=key))
        ben = room.client("ben")
        room.put_needed(ben, ok(room.begin(ben, "submissions", GIVEN_UP, assignment="ps1")), GIVEN_UP)
        ok(room.admin.patch(f"{room.root}/members/{room.members['cleo']}", json={"ends_at": START.isoformat()}))
        wait_until(lambda: "cleo" not in hub.groups["nbgrader-ds1"], 60, "that the Hub knows that cleo left")
    return host
