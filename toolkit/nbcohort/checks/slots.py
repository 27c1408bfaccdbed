"""Who may run a check now: one at a time in a course folder, and a few on a machine.

The rooms of a machine's cohorts share its cores, but neither a folder in which all can write nor a process. What they
share is the Python environment, to read, and a file that can be read can be locked. So a slot is a lock on one of this
package's own files. A lock ends with the process that holds it.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 600.0
"""Seconds after which a check is run although no slot is free: one that is never given back holds nobody up."""
_PAUSE = 0.5


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Wait until nobody else is in this block with the same file, and keep others out meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def slots_here() -> tuple[Path, ...]:
    """Return a file for each check that may run at once on this machine: on half of its cores."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(files[: max(1, (os.cpu_count() or 1) // 2)])


@contextmanager
def slot(
    files: Sequence[Path],
    *,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bool]:
    """Hold one of the slots `files` while the block runs, once one is free; yield whether one was within `patience`."""
    ends = clock() + patience
    held = _take(files)
    while held is None and clock() < ends:
        sleep(_PAUSE)
        held = _take(files)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


def _take(files: Sequence[Path]) -> int | None:
    """Return a descriptor that holds a lock on one of `files`, or None."""
    for file in files:
        opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        with suppress(OSError):  # it is taken, or cannot be locked where it lies
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return opened
        os.close(opened)
    return None
