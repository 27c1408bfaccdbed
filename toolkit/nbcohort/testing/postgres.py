"""A PostgreSQL server of one's own: a fresh cluster in a temporary folder, on a free loopback port, with a password.

`initdb` and `postgres` refuse to run as root; there they run as the system's user `postgres`, or `nobody`.
"""

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from nbcohort.ports import free_port
from nbcohort.testing.service import START_SECONDS

QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""What a test may do without, as it never pulls the plug of the database's machine."""


@dataclass
class PostgresServer:
    """A running PostgreSQL server."""

    port: int
    password: str
    log: Path
    start_process: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return an autocommit connection as the superuser."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="test", password=self.password, dbname=database, autocommit=True
        )

    def new_database(self) -> str:
        """Make an empty database and return its SQLAlchemy URL, fit for NBCOHORT_DATABASE."""
        name = f"nbcohort{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        return f"postgresql+psycopg://test:{self.password}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start the server again, and wait until it answers."""
        self.process = self.start_process()
        self.wait()

    def wait(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text('utf-8', 'replace')}")

    def stop(self) -> None:
        """End all sessions, and the server."""
        self.process.send_signal(signal.SIGINT)  # "fast": end sessions, write the checkpoint, stop
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def postgres_programs() -> Path | None:
    """Return the folder with `initdb` and `postgres` (the newest version's), or None when there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


@contextlib.contextmanager
def running_postgres(
    *, durable: bool = False, cluster: Path | None = None, within: Sequence[str] = ()
) -> Iterator[PostgresServer]:
    """A PostgreSQL server with nothing in it; ended, and its files removed, when the block ends.

    Args:
        durable: wait for the disk at each commit, as in production; a test that kills no database can do without.
        cluster: where it keeps its data, if that matters; who asks removes it.
        within: a command that runs the one appended to it in its own place, as somebody who is not root.

    Raises:
        RuntimeError: PostgreSQL is not installed, or did not start.
    """
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)")
    owner = {} if within else _owner()
    folder = Path(tempfile.mkdtemp(prefix="nbcohort-postgres-"))
    try:
        password = secrets.token_urlsafe(16)
        (folder / "password").write_text(password, encoding="utf-8")
        if owner:
            shutil.chown(folder, owner["user"], owner["group"])
            shutil.chown(folder / "password", owner["user"], owner["group"])
        log = folder / "log"
        cluster = cluster or folder / "cluster"
        init = [*within, f"{programs}/initdb", f"--pgdata={cluster}", "--username=test"]
        init += [f"--pwfile={folder}/password", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        init += ["--no-sync"]
        made = subprocess.run(init, capture_output=True, text=True, cwd=folder, **owner, check=False)
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
        settings |= {} if durable else QUICK
        command = [*within, f"{programs}/postgres", "-D", f"{cluster}"]
        command += [f"--{key}={value}" for key, value in settings.items()]

        def start_process() -> subprocess.Popen[bytes]:
            with log.open("ab") as output:
                return subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, **owner)

        server = PostgresServer(port, password, log, start_process)
        server.process = start_process()
        try:
            server.wait()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _owner() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")
