"""One process at a time: SQLite is for a single service, and a backup is not put back under a running one."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbcohort.errors import Conflict
from nbcohort.i18n import _


class InUse(Conflict):
    """Another process has it."""

    slug = "in-use"


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold the SQLite database `file` for this process only; raises `InUse` while another service has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sentence = _("Another nbcohort service runs on {file}. SQLite is for one; use PostgreSQL for several.")
    with locked(file.with_name(f"{file.name}.lock"), sentence.format(file=file)):
        yield


@contextmanager
def locked(lock: Path, sentence: str) -> Iterator[None]:
    """Hold the file `lock`, made if missing, until the block ends; raises `InUse` with `sentence` if another does."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(sentence) from error
        yield
