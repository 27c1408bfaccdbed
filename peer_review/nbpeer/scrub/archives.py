"""Archives and compressed files: unpacked, cleaned file by file, and packed again without times, owners and comments.

A member that cannot be cleaned is left out, and `not-shown.txt` beside the others says so. Office documents and the
like are archives, too, but of parts that belong together: they are not unpacked.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import IO, cast

from nbpeer.scrub.names import Names
from nbpeer.scrub.paths import clean_paths

NOT_SHOWN = "not-shown.txt"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_MEMBERS = 2000
_WHOLE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF", "META-INF/container.xml")
"""Members by which a zip is known to be a document or a program."""

_GZIP, _BZIP2, _XZ, _ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04"
_PIECE = 2**16

Member = Callable[[str, bytes], bytes | None]
"""Cleans the content of a member at a path; None: it cannot be passed on."""


class Unpackable(ValueError):
    """The archive is damaged, locked, or of parts that belong together."""


class TooLarge(ValueError):
    """There is more in it than can be cleaned."""


class Room:
    """How many bytes may still be unpacked, over all archives in a file and the archives in them."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> None:
        """Use `size` bytes up; TooLarge if there are not as many left."""
        self.left -= size
        if self.left < 0:
            raise TooLarge("too much is packed in it")


def is_archive(data: bytes) -> bool:
    """Say whether `data` is a zip, a tar, or compressed."""
    return data.startswith((_ZIP, b"PK\x05\x06", _GZIP, _BZIP2, _XZ)) or data[257:262] == b"ustar"


def scrub_archive(path: str, data: bytes, names: Names, member: Member, room: Room) -> bytes:
    """Return the archive with its members cleaned.

    Args:
        path: its clean path, by whose ending a compressed file's content is known.
        data: its content.
        names: the names to replace in the members' paths.
        member: cleans a member.
        room: what may be unpacked.

    Raises:
        Unpackable: see there.
        TooLarge: it holds more than `room`.
    """
    try:
        if data.startswith((_ZIP, b"PK\x05\x06")):
            return _zip(data, names, member, room)
        if data[257:262] == b"ustar":
            return _tar(data, names, member, room)
        return _compressed(path, data, member, room)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise Unpackable(str(error)) from error
    except (NotImplementedError, RuntimeError, RecursionError, ValueError) as error:
        if isinstance(error, TooLarge):
            raise
        raise Unpackable(str(error)) from error


def _zip(data: bytes, names: Names, member: Member, room: Room) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        infos = {info.filename: info for info in packed.infolist() if not info.is_dir()}
        if any(whole in infos for whole in _WHOLE) or len(infos) > _MOST_MEMBERS:
            raise Unpackable("a document")

        def read(original: str) -> bytes:
            info = infos[original]
            with packed.open(info) as file:
                return _limited(file, room)

        cleaned = _members(infos, read, names, member)
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in cleaned:
            info = zipfile.ZipInfo(path, _EPOCH)
            info.create_system, info.external_attr, info.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed_again.getvalue()


def _tar(data: bytes, names: Names, member: Member, room: Room) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as packed:
        infos = {info.name.removeprefix("./"): info for info in packed if info.isreg()}  # no links, no devices
        if len(infos) > _MOST_MEMBERS:
            raise TooLarge("too many members")

        def read(original: str) -> bytes:
            file = packed.extractfile(infos[original])
            return _limited(file, room) if file else b""

        cleaned = _members(infos, read, names, member)
    packed_again = io.BytesIO()
    with tarfile.open(fileobj=packed_again, mode="w:", format=tarfile.PAX_FORMAT) as archive:
        for path, content in cleaned:
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed_again.getvalue()


def _members(
    paths: Iterable[str], read: Callable[[str], bytes], names: Names, member: Member
) -> list[tuple[str, bytes]]:
    """Return (path, content) for what can be shown of an archive, and a sentence for what cannot."""
    shown: list[tuple[str, bytes]] = []
    withheld: list[str] = []
    for path, original in clean_paths(paths, names).items():
        content = member(path, read(original))
        if content is None:
            withheld.append(path)
        else:
            shown.append((path, content))
    if withheld:
        said = "Not shown, as a file of its kind may name its author:\n" + "".join(f"{path}\n" for path in withheld)
        shown.append((NOT_SHOWN, said.encode()))
    return shown


def _compressed(path: str, data: bytes, member: Member, room: Room) -> bytes:
    """Clean what is compressed on its own; a compressed tar is one, too."""
    inner = str(PurePosixPath(path).with_suffix("")) if PurePosixPath(path).suffix else path
    content = member(inner, _limited(_opened(data), room))
    if content is None:
        raise Unpackable("nobody can say what is compressed in it")
    if data.startswith(_GZIP):
        return gzip.compress(content, mtime=0)
    return bz2.compress(content) if data.startswith(_BZIP2) else lzma.compress(content)


def _opened(data: bytes) -> IO[bytes]:
    if data.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=io.BytesIO(data)))
    return bz2.BZ2File(io.BytesIO(data)) if data.startswith(_BZIP2) else lzma.LZMAFile(io.BytesIO(data))


def _limited(file: IO[bytes], room: Room) -> bytes:
    pieces: list[bytes] = []
    while piece := file.read(_PIECE):
        room.take(len(piece))
        pieces.append(piece)
    return b"".join(pieces)
