"""The demo's folder: its settings, who may use it, its clock, and what was done already."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbcohort.errors import Conflict, NbcohortError
from nbcohort.i18n import _
from nbcohort.service.clock import DemoClock, set_demo_clock

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_MARK = "demo.json"
STOP_SECONDS = 90


@dataclass(frozen=True)
class Secrets:
    """The password of all demo logins, and the token with which the demo acts on its Hub. Made once."""

    password: str
    token: str


@dataclass(frozen=True)
class Site:
    """The demo's folder."""

    folder: Path

    @property
    def state(self) -> Path:
        """The Hub's state: `hub/`, `service/`, `homes/`."""
        return self.folder / "state"

    @property
    def homes(self) -> Path:
        """Everybody's homes."""
        return self.state / "homes"

    @property
    def log(self) -> Path:
        """The log of the Hub, the service and the servers."""
        return self.folder / "hub.log"

    @property
    def clock(self) -> Path:
        """The file that shifts the service's clock."""
        return self.state / "service" / "clock.json"

    def prepare(self) -> Secrets:
        """Make the folder if it is not there; return its secrets.

        Raises:
            NbcohortError: there is something else in it, or it cannot be written.
        """
        file = self.folder / _MARK
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not file.exists():
                if any(one.name != "lock" for one in self.folder.iterdir()):
                    raise Conflict(
                        _("{folder} holds something else than a demo; give another folder with --data.").format(
                            folder=self.folder
                        )
                    )
                made = Secrets("-".join(_word() for _part in range(3)), secrets.token_hex(32))
                write_whole(file, json.dumps(asdict(made)))
            self.clock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Secrets(**json.loads(file.read_text("utf-8")))
        except OSError as error:
            raise _not_writable(error) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the folder for this process.

        Raises:
            Conflict: a demo runs in it already.
            NbcohortError: the folder cannot be made or written to.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened = (self.folder / "lock").open("a+", encoding="ascii")
        except OSError as error:
            raise _not_writable(error) from error
        with opened as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict(
                    _("A demo runs in {folder} already; end it with Ctrl-C in its terminal.").format(folder=self.folder)
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def forget(self, end_orphan: Callable[[], None] = lambda: None) -> bool:
        """End the demo that runs in the folder, if one does, and remove all of it. False if there was none.

        `end_orphan` ends what a demo that was killed left running.

        Raises:
            NbcohortError: the folder holds something else, or the demo does not end.
        """
        if not self.folder.exists():
            return False
        if not (self.folder / _MARK).exists() and any(one.name != "lock" for one in self.folder.iterdir()):
            raise Conflict(
                _("{folder} holds something else than a demo; nothing was removed.").format(folder=self.folder)
            )
        self._end_running()
        with self.alone():
            end_orphan()
            shutil.rmtree(self.folder)
        return True

    def _end_running(self) -> None:
        """End the process that holds the lock: as long as it does, the number in the file is its own."""
        deadline = time.monotonic() + STOP_SECONDS
        asked = False
        with (self.folder / "lock").open("a+", encoding="ascii") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    if not asked:
                        lock.seek(0)
                        os.kill(int(lock.read()), signal.SIGTERM)
                        asked = True
                    if time.monotonic() > deadline:
                        raise NbcohortError(
                            _("The demo in {folder} does not end.").format(folder=self.folder)
                        ) from None
                    time.sleep(0.2)
                else:
                    return


class Journal:
    """What was done already, and what time it was then: a cache of what the service and the homes say anyway."""

    def __init__(self, file: Path) -> None:
        self.file = file
        kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
        self.done: dict[str, str] = kept.get("done", {})
        self.time: datetime | None = datetime.fromisoformat(kept["time"]) if kept.get("time") else None

    def note(self, step: str, detail: str, now: datetime) -> None:
        """Keep that a step is done, and how it went."""
        self.done[step] = detail
        self.keep(now)

    def keep(self, now: datetime) -> None:
        """Keep the time."""
        self.time = now
        write_whole(self.file, json.dumps({"done": self.done, "time": now.isoformat()}, indent=1))


class Time:
    """The cohort's time: it is moved on by the story and never back, and stands still while the demo is not running."""

    def __init__(self, file: Path, journal: Journal) -> None:
        self._file = file
        self._journal = journal
        if journal.time is not None:
            set_demo_clock(file, journal.time)

    def now(self) -> datetime:
        """Return the cohort's present instant."""
        return DemoClock(self._file).now() if self._file.exists() else datetime.min.replace(tzinfo=UTC)

    def move_to(self, instant: datetime) -> None:
        """Move on to `instant`, unless it is over."""
        if self.now() < instant:
            set_demo_clock(self._file, instant)
        self._journal.keep(self.now())

    def keep(self) -> None:
        """Remember the time, in case the demo ends now; a moment more, so that no instant comes twice."""
        self._journal.keep(self.now() + timedelta(seconds=1))


def write_whole(file: Path, text: str) -> None:
    """Write a file for its owner alone, in whole or not at all."""
    draft = file.with_name(f".{file.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(file)


def _not_writable(error: OSError) -> NbcohortError:
    return NbcohortError(
        _("The demo needs a folder to write to; {file}: {reason}.").format(file=error.filename, reason=error.strerror)
    )


def _word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _letter in range(4))
