"""Folders on disk for untrusted code, where it has no file system in memory."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_COST = 4096
"""Bytes that a file costs at least."""


@contextmanager
def throwaway() -> Iterator[Path]:
    """Make a folder for ourselves, and remove it in the end, whatever has been put into it."""
    folder = Path(tempfile.mkdtemp(prefix="nbcohort-sandbox-"))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, whatever its modes and however deep; links are not followed.

    Folders in folders are moved up before they are emptied, so that neither our stack nor the length of paths limits
    how deep they can be. Nobody else may be at work in there.
    """
    _open_up(folder)
    while found := _entries(folder):
        for name, is_folder in found:
            path = folder / name
            if is_folder:
                _empty(path, folder)
                path.rmdir()
            else:
                path.unlink()
    folder.rmdir()


def _empty(inner: Path, folder: Path) -> None:
    _open_up(inner)
    for name, is_folder in _entries(inner):
        path = inner / name
        if is_folder:
            _open_up(path)  # whoever moves a folder must be able to write to it
            path.rename(folder / secrets.token_hex())
        else:
            path.unlink()


def larger_than(folder: Path, limit: int) -> bool:
    """Return whether what is in `folder` takes more than `limit` bytes, or hides how much it takes.

    Something may be at work in there: links are not followed, and what has gone in the meantime does not count.
    """
    total = 0
    try:
        for _path, folders, files, opened in os.fwalk(folder, onerror=_unless_gone):
            for name in (*folders, *files):
                with suppress(FileNotFoundError):
                    total += max(_COST, os.stat(name, dir_fd=opened, follow_symlinks=False).st_blocks * 512)
            if total > limit:
                return True
    except (OSError, RecursionError):  # folders that cannot be listed, or that are too deep
        return True
    return False


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _open_up(folder: Path) -> None:
    if folder.stat().st_mode & 0o700 != 0o700:
        folder.chmod(0o700)


def _entries(folder: Path) -> list[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
