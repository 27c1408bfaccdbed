"""Files that a notebook's cells leave beside it come back from the copy of the folder that they worked in.

Stock nbgrader runs a submission where its graded copy lies, so a plot that a cell saves is there for whoever grades by
hand, and the assignment's next notebook can read what this one wrote. Here the same files come back, after the last
process has ended. The folder was the learner's to fill, so nothing in it is believed: only regular files with plain
names come back, never over a link or a folder, and no more than there is room for.
"""

import fnmatch
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

_DEEPEST = 16
"""Folders within folders that are looked into."""
_MOST = 1000
"""Entries of all folders that are looked at."""


@dataclass(frozen=True)
class Keep:
    """What comes back of the files that cells write."""

    size: int
    """Bytes of all of them together; what does not fit stays behind."""
    ignored: tuple[str, ...] = ()
    """Patterns of names (of files and folders) that stay behind."""


def bring_back(work: int, folder: Path, keep: Keep) -> tuple[str, ...]:
    """Copy the new and changed files below the open folder `work` into `folder`; nothing may run in `work` any more.

    Returns the paths that stay behind because there is no room for them, because they cannot be read, or because
    something other than a regular file is in their place; of very many, the first.
    """
    behind = []
    left = keep.size
    top = os.open(os.curdir, os.O_RDONLY | os.O_DIRECTORY, dir_fd=work)
    for path, opened in _regular_files(top, PurePosixPath(), keep.ignored, iter(range(_MOST))):
        size = os.fstat(opened).st_size if opened is not None else 0
        if opened is None or size > left or not _is_free(folder, path):
            behind.append(str(path))
        elif not _is_same(opened, folder / path, size):
            left -= size
            _copy(opened, folder / path, size)
        if opened is not None:
            os.close(opened)
    return tuple(behind)


def _regular_files(
    directory: int, at: PurePosixPath, ignored: tuple[str, ...], tickets: Iterator[int]
) -> Iterator[tuple[PurePosixPath, int | None]]:
    """Yield the regular files below an open folder, open (None if refused), and close the folder.

    Each entry takes a ticket; with the last one it ends, in all folders.
    """
    try:
        with os.scandir(directory) as entries:
            found = sorted(islice(entries, _MOST + 1), key=lambda entry: entry.name)
        for entry in found:
            path = at / entry.name
            if next(tickets, None) is None:
                yield path, None
                return
            if not entry.name.isprintable() or any(fnmatch.fnmatch(entry.name, pattern) for pattern in ignored):
                continue
            if entry.is_file(follow_symlinks=False):
                yield path, _open(entry.name, directory, os.O_NONBLOCK)
            elif entry.is_dir(follow_symlinks=False) and len(path.parts) <= _DEEPEST:
                below = _open(entry.name, directory, os.O_DIRECTORY)
                if below is not None:
                    yield from _regular_files(below, path, ignored, tickets)
    finally:
        os.close(directory)


def _open(name: str, directory: int, flags: int) -> int | None:
    """Return `name` in an open folder, open for reading; None if its owner, who is not always us, forbade it."""
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=directory)
    except PermissionError:
        return None


def _is_free(folder: Path, path: PurePosixPath) -> bool:
    """Return whether a file can be put at `path` in `folder`: below real folders, at nothing or a regular file."""
    parents = [folder / parent for parent in path.parents[:-1]]
    free = (None, stat.S_IFREG)
    return all(_kind(parent) in (None, stat.S_IFDIR) for parent in parents) and _kind(folder / path) in free


def _kind(path: Path) -> int | None:
    """Return what is at `path` (a `stat.S_IF...`); None for nothing."""
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_same(opened: int, other: Path, size: int) -> bool:
    """Return whether `other` has the same content as the open file; leaves that at its start."""
    if not other.is_file() or other.stat().st_size != size:
        return False
    with other.open("rb") as there:
        same = all(part == there.read(len(part)) for part in _parts(opened, size))
    os.lseek(opened, 0, os.SEEK_SET)
    return same


def _copy(opened: int, target: Path, size: int) -> None:
    """Write the open file's content to `target`, which may be read-only; it is either the old or the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".nbcohort-", dir=target.parent)
    try:
        with open(number, "wb") as copy:  # noqa: PTH123 - it is open already
            copy.writelines(_parts(opened, size))
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _parts(opened: int, size: int) -> Iterator[bytes]:
    """Yield the first `size` bytes of the open file, in pieces."""
    while size > 0 and (part := os.read(opened, min(size, 1 << 20))):
        size -= len(part)
        yield part
