"""Files on their way to and from the service: read without believing they hold still, written without leaving a folder.

Nothing here knows HTTP. Contents pass through in pieces, so a file of any size needs the memory of one piece.
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.submissions.folder import FileChanged, NotAFile
from nbcohort.submissions.manifest import BadPath, Entry, check_path, shown

PIECE = 1 << 18
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # without O_NONBLOCK a pipe is waited for
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class TransferDamaged(NbcohortError):
    """What arrived is not what was announced."""

    status = 502
    slug = "transfer-damaged"


class NotWritable(NbcohortError):
    """A file could not be stored here."""

    status = 507
    slug = "not-writable"


def describe(files: Mapping[str, Path]) -> tuple[Entry, ...]:
    """Return path, size and SHA-256 of each file, sorted by path. `files` maps paths in the snapshot to files here.

    Raises `BadPath`, `NotAFile`, or `FileChanged` when a file changes while it is read.
    """
    return tuple(_describe(path, files[path]) for path in sorted(files))


def _describe(path: str, file: Path) -> Entry:
    check_path(path)
    hashed = hashlib.sha256()
    size = 0
    for piece in _pieces(path, file):
        hashed.update(piece)
        size += len(piece)
    return Entry(path, size, hashed.hexdigest())


def announced(file: Path, entry: Entry) -> Iterator[bytes]:
    """Yield the content of `file` piece by piece; raise `FileChanged` unless it is what `entry` says.

    It raises before the last piece leaves, so that who receives the pieces never has all of a wrong file.
    """
    hashed = hashlib.sha256()
    size = 0
    held = b""
    for piece in _pieces(entry.path, file):
        yield held
        hashed.update(piece)
        size += len(piece)
        if size > entry.size:
            raise _changed(entry.path)
        held = piece
    if size != entry.size or hashed.hexdigest() != entry.sha256:
        raise _changed(entry.path)
    yield held


def _pieces(path: str, file: Path) -> Iterator[bytes]:
    """Yield what is in a plain file; raise when it is none, or is written to meanwhile."""
    try:
        descriptor = os.open(file, _READ)
    except OSError as error:
        raise NotAFile(
            _("{path} cannot be read: {reason}.").format(path=shown(path), reason=error.strerror), path=path
        ) from error
    with os.fdopen(descriptor, "rb", buffering=0) as source:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise NotAFile(_("{path} is not a plain file.").format(path=shown(path)), path=path)
        while piece := source.read(PIECE):
            yield piece
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _changed(path)


def inside(folder: Path, path: str) -> Path:
    """Return where the file that a service calls `path` may be put below `folder`.

    Raises `BadPath` when it would lie elsewhere: by its name, or through a link in `folder`.
    """
    check_path(path)
    target = folder.joinpath(*path.split("/"))
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise BadPath(
            _("{path} is not written: a link leads it out of {folder}.").format(
                path=shown(path), folder=shown(str(folder))
            ),
            path=path,
        )
    return target


def receive(pieces: Iterable[bytes], destination: Path, size: int, sha256: str) -> None:
    """Write a file beside `destination`, check it, and only then give it that name.

    Raises `TransferDamaged` when size or hash are not as announced, `NotWritable` when the disk does not take it;
    either way nothing is left behind and what was at `destination` is as it was.
    """
    part = destination.parent / f".{destination.name[:40]}.{secrets.token_hex(4)}.part"
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, _CREATE, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write_checked(pieces, file, destination.name, size, sha256)
            part.replace(destination)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotWritable(
            _("{file} could not be written: {reason}.").format(file=destination, reason=error.strerror or error)
        ) from error


def _write_checked(pieces: Iterable[bytes], file: BinaryIO, name: str, size: int, sha256: str) -> None:
    hashed = hashlib.sha256()
    received = 0
    for piece in pieces:
        received += len(piece)
        if received > size:
            break
        hashed.update(piece)
        file.write(piece)
    if received != size or hashed.hexdigest() != sha256:
        raise TransferDamaged(
            _("{file} did not arrive as it was sent; nothing was changed here. Try again.").format(file=shown(name))
        )


def _changed(path: str) -> FileChanged:
    return FileChanged(
        _("{path} changed while it was being read. Save your work, wait a moment, and try again.").format(
            path=shown(path)
        ),
        path=path,
    )
