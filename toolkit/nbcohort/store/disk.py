"""Files that are on the disk when a function returns, not merely on their way there.

Every system call that durability hangs on goes through `Disk`, so that a test can record their order and make any of
them fail. The order is always: write, fsync of the file, rename into place, fsync of the folder that names it.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbcohort.errors import NbcohortError, StorageFull
from nbcohort.i18n import _

log = logging.getLogger(__name__)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Disk:
    """The system calls themselves, one method each."""

    def create(self, path: Path, mode: int = 0o600) -> int:
        """Make a new file that nobody else has and return its descriptor, opened for writing."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of `data` and return how many bytes."""
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        """Wait until what was written is on the disk."""
        os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, at once for whoever looks."""
        source.rename(target)

    def link(self, source: Path, target: Path) -> None:
        """Give `source` the further name `target`; `FileExistsError` when that is taken."""
        target.hardlink_to(source)

    def fsync_folder(self, folder: Path) -> None:
        """Wait until the names in `folder` are on the disk."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def mkdir(self, folder: Path, mode: int = 0o700) -> None:
        """Make one folder."""
        folder.mkdir(mode)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()


class StorageBroken(NbcohortError):
    """The service's disk does not do what it should."""

    status = 500
    slug = "storage-broken"


@contextmanager
def trouble_is_a_sentence() -> Iterator[None]:
    """Turn "no space" and "quota exceeded" into `StorageFull`, and other errors of the disk into `StorageBroken`."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull(
                _("The service has no room left for files, so nothing was kept. Your files are where they were.")
            ) from error
        log.exception("the disk failed")
        raise StorageBroken(
            _("The service could not write to its disk, so nothing was kept. Your files are where they were.")
        ) from error


def make_folder(folder: Path, disk: Disk) -> None:
    """Make `folder` and what is missing above it, durably. Harmless when it is there."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with suppress(FileExistsError):  # another process was quicker
            disk.mkdir(path)
        disk.fsync_folder(path.parent)


def write_all(descriptor: int, data: bytes | memoryview, disk: Disk) -> None:
    """Write all of `data`, however little of it a single call takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[disk.write(descriptor, rest) :]


def write_file(path: Path, data: bytes, disk: Disk, *, replace: bool, mode: int = 0o600) -> None:
    """Write a small file durably: afterwards it is there whole, or (on any error) as it was before.

    With `replace=False` raises `FileExistsError` when `path` exists, also when another process makes it just now.
    """
    with trouble_is_a_sentence():
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(6).hex()}.tmp")
        descriptor = disk.create(temporary, mode)
        try:
            try:
                write_all(descriptor, data, disk)
                disk.fsync(descriptor)
            finally:
                os.close(descriptor)
            if replace:
                disk.rename(temporary, path)
            else:
                disk.link(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                disk.unlink(temporary)
        disk.fsync_folder(path.parent)


def is_in_use(path: Path) -> bool:
    """Say whether a living process holds the lock on `path` (see `hold`)."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def hold(descriptor: int) -> bool:
    """Lock an open file for as long as the descriptor lives; False when its name is gone or someone sweeps it away."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(descriptor).st_nlink > 0
