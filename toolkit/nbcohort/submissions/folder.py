"""Read the files of a folder for handing in, following no link and trusting nothing to hold still."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from nbcohort.errors import Invalid, TooLarge
from nbcohort.i18n import _
from nbcohort.submissions.manifest import (
    DEFAULT_LIMITS,
    Entry,
    Limits,
    check_path,
    check_size,
    check_total,
    make_manifest,
    shown,
)

IGNORED = (".ipynb_checkpoints", "__pycache__", "*.pyc")
"""Names, at any depth, that are never handed in: generated, and nobody's work."""

CHUNK = 1 << 18
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # without the last, opening a pipe waits for ever


class NotAFile(Invalid):
    """Only regular files are handed in: no links, pipes, sockets or devices."""

    slug = "not-a-file"


class FileChanged(Invalid):
    """A file changed while it was being read."""

    slug = "file-changed"


def read_folder(
    folder: Path,
    limits: Limits = DEFAULT_LIMITS,
    ignore: Sequence[str] = IGNORED,
    progress: Callable[[str], None] | None = None,
) -> tuple[Entry, ...]:
    """Return the manifest of all files below `folder`, hashed piece by piece.

    `ignore` are name patterns left out at any depth; `progress` is told each path before it is read.
    Raises `NotAFile`, `BadPath`, `TooLarge`, `FileChanged`, or `Invalid` when there is no such folder or no file in it.
    """
    try:
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Invalid(_("There is no folder {folder}.").format(folder=shown(str(folder)))) from error
    entries: list[Entry] = []
    total = 0
    try:
        for path, parent, name in _walk(root, "", tuple(ignore)):
            if progress is not None:
                progress(path)
            entry = _read(path, parent, name, limits)
            entries.append(entry)
            total += entry.size
            check_total(total, limits)
            if len(entries) > limits.files:
                raise TooLarge(
                    _("There are more than {limit} files. Leave out what was only generated.").format(
                        limit=limits.files
                    )
                )
    finally:
        os.close(root)
    return make_manifest(entries, limits)


def _walk(folder: int, prefix: str, ignore: tuple[str, ...]) -> Iterator[tuple[str, int, str]]:
    """Yield (path, descriptor of its folder, name) of all that is not a folder, in a fixed order."""
    for name in sorted(os.listdir(folder)):
        if any(fnmatchcase(name, pattern) for pattern in ignore):
            continue
        path = f"{prefix}{name}"
        check_path(path)
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            yield path, folder, name
            continue
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            yield from _walk(below, f"{path}/", ignore)
        finally:
            os.close(below)


def _read(path: str, parent: int, name: str, limits: Limits) -> Entry:
    _check_kind(path, os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    try:
        descriptor = os.open(name, _OPEN, dir_fd=parent)
    except PermissionError as error:
        raise Invalid(_("{path} cannot be read: permission denied.").format(path=shown(path))) from error
    except OSError as error:  # it became a link, or went away, just now
        raise _changed(path) from error
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        _check_kind(path, before.st_mode)
        check_size(path, before.st_size, limits)
        hashed = hashlib.sha256()
        size = 0
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
            size += len(chunk)
            check_size(path, size, limits)
        after = os.fstat(descriptor)
    if size != before.st_size or (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise _changed(path)
    return Entry(path, size, hashed.hexdigest())


def _check_kind(path: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = _("a link") if stat.S_ISLNK(mode) else _("a pipe, socket or device")
    raise NotAFile(
        _("{path} is {kind}, and only plain files are handed in. Put the file itself there, or remove it.").format(
            path=shown(path), kind=kind
        ),
        path=shown(path),
    )


def _changed(path: str) -> FileChanged:
    return FileChanged(
        _("{path} changed while it was being read. Save your work, wait a moment, and try again.").format(
            path=shown(path)
        ),
        path=shown(path),
    )
