"""Blobs: bytes kept under their own SHA-256.

What this guarantees: when a `writer` closes without an error, the bytes are on the disk under their hash, and they are
the ones that were announced. In every other case (a wrong hash, a full disk, a broken upload, `kill -9` at any instant)
the store looks as if nobody had written. At most one chunk is in memory.

How: the bytes go to a file of their own in `incoming/`, on the same file system, and are hashed on the way; then fsync,
rename to `<first two digits>/<hash>`, fsync of that folder. The 256 folders are made, durably, when the store is
opened, so that no writer depends on a folder which another one has made but not yet synced. A blob that is there
already is written again rather than believed: a retry after a failed fsync must not trust what that one left behind.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from nbcohort.errors import Invalid, NotFound, TooLarge
from nbcohort.i18n import _
from nbcohort.store.disk import Disk, hold, is_in_use, make_folder, trouble_is_a_sentence, write_all

CHUNK = 1 << 18
"""Bytes read at a time."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobMismatch(Invalid):
    """What arrived is not what was announced."""

    slug = "blob-mismatch"


class BlobWriter(Protocol):
    """Takes the bytes of one blob, in order."""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; raises `TooLarge` as soon as they are more than announced, and as `BlobStore.writer`."""


class BlobStore(Protocol):
    """Where blobs are kept: a folder now, an object store when it grows."""

    def writer(self, sha256: str, size: int) -> AbstractContextManager[BlobWriter]:
        """Keep `size` bytes whose hash is `sha256`; durable when the `with` block ends without an error.

        Raises `BlobMismatch` when the bytes were others, `TooLarge`, `StorageFull`, `StorageBroken`; then nothing
        was kept.
        """

    def open(self, sha256: str) -> BinaryIO:
        """Open a blob for reading; `NotFound` when it is not there."""

    def exists(self, sha256: str) -> bool:
        """Say whether the blob is there."""

    def free(self) -> int:
        """Return how many bytes there is room for."""


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Read an open file piece by piece, and close it."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


class LocalStore:
    """Blobs in a folder; several processes may share it."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        """Make the folders if need be, and sweep away what writers that are dead left in `incoming/`."""
        self.folder = folder
        self._disk = disk or Disk()
        self._incoming = folder / "incoming"
        with trouble_is_a_sentence():
            make_folder(folder, self._disk)
            for name in ("incoming", *(f"{number:02x}" for number in range(256))):
                with suppress(FileExistsError):
                    self._disk.mkdir(folder / name)
            self._disk.fsync_folder(folder)
            self._disk.fsync_folder(folder.parent)
        self._sweep()

    @contextmanager
    def writer(self, sha256: str, size: int) -> Iterator["LocalWriter"]:
        """See `BlobStore.writer`."""
        target = self._path(sha256)
        temporary, descriptor = self._new_file()
        try:
            try:
                writer = LocalWriter(descriptor, size, self._disk)
                yield writer
                writer.check(sha256)
                with trouble_is_a_sentence():
                    self._disk.fsync(descriptor)
                    self._disk.rename(temporary, target)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(FileNotFoundError):
                self._disk.unlink(temporary)
            raise
        with trouble_is_a_sentence():
            self._disk.fsync_folder(target.parent)

    def open(self, sha256: str) -> BinaryIO:
        """See `BlobStore.open`."""
        try:
            return self._path(sha256).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise NotFound(_("The file with the hash {sha256} is not in the store.").format(sha256=sha256)) from error

    def free(self) -> int:
        """See `BlobStore.free`."""
        return shutil.disk_usage(self.folder).free

    def exists(self, sha256: str) -> bool:
        """See `BlobStore.exists`."""
        return self._path(sha256).is_file()

    def stored(self) -> Iterator[tuple[str, int, float]]:
        """Yield the hash of each blob, its size in bytes, and when it was written last, in seconds since 1970."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                yield path.name, status.st_size, status.st_mtime

    def remove(self, sha256: str) -> None:
        """Remove a blob. That nobody refers to it, or will before it is gone, is the caller's to ensure."""
        with suppress(FileNotFoundError):
            self._disk.unlink(self._path(sha256))

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise Invalid(_("A SHA-256 is 64 digits of 0-9 and a-f."))
        return self.folder / sha256[:2] / sha256

    def _new_file(self) -> tuple[Path, int]:
        while True:
            temporary = self._incoming / os.urandom(16).hex()
            with trouble_is_a_sentence():
                descriptor = self._disk.create(temporary)
            if hold(descriptor):
                return temporary, descriptor
            os.close(descriptor)  # another process has just been started and swept it away

    def _sweep(self) -> None:
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if not is_in_use(path):
                    self._disk.unlink(path)


class LocalWriter:
    """Writes and hashes one blob of a `LocalStore`."""

    def __init__(self, descriptor: int, size: int, disk: Disk) -> None:
        self._descriptor = descriptor
        self._expected = size
        self._disk = disk
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """See `BlobWriter.write`."""
        self._size += len(chunk)
        if self._size > self._expected:
            raise TooLarge(
                _("The file is larger than the {size} bytes that were announced.").format(size=self._expected)
            )
        self._hash.update(chunk)
        with trouble_is_a_sentence():
            write_all(self._descriptor, chunk, self._disk)

    def check(self, sha256: str) -> None:
        """Compare what was written with what was announced; raises `BlobMismatch`."""
        if self._size != self._expected:
            raise BlobMismatch(
                _("The file has {actual} bytes where {expected} were announced: it broke off, or it changed.").format(
                    actual=self._size, expected=self._expected
                )
            )
        if self._hash.hexdigest() != sha256:
            raise BlobMismatch(
                _("The file's content is not what was announced: its SHA-256 is {actual}, not {expected}.").format(
                    actual=self._hash.hexdigest(), expected=sha256
                )
            )
