"""One file of whatever kind, cleaned: which kind it is, and what may be passed on of it."""

import hashlib
import hmac
import re
from pathlib import PurePosixPath

from nbpeer.scrub.archives import Room, TooLarge, Unpackable, is_archive, scrub_archive
from nbpeer.scrub.code import replace_in_code
from nbpeer.scrub.drawings import strip_drawing
from nbpeer.scrub.encoded import replace_in_text
from nbpeer.scrub.images import NotAPicture, strip_picture
from nbpeer.scrub.names import Names
from nbpeer.scrub.notebooks import NotANotebook, scrub_notebook

LARGEST = 32 * 2**20
"""Larger files, in bytes, are withheld: they would have to be in memory as a whole."""

_CODE = frozenset({".py", ".pyi", ".r", ".jl", ".sh", ".bash", ".pl", ".rb"})
_SLASHED = frozenset(
    {".js", ".ts", ".jsx", ".tsx", ".java", ".c", ".h", ".cpp", ".hpp", ".cs", ".go", ".rs", ".scala", ".sql"}
)
_PROSE = frozenset({".md", ".rst", ".txt", ".tex", ".rmd", ".qmd"})
_DEEPEST = 4
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class Unreadable(ValueError):
    """Nobody can say what is in the file."""


def scrub_content(path: str, data: bytes, names: Names, secret: bytes) -> bytes:
    """Return the cleaned content of a file.

    Raises:
        Unreadable: nobody can say what is in it.
        TooLarge: it is larger, or holds more, than can be cleaned.
    """
    if len(data) > LARGEST:
        raise TooLarge(path)
    return _scrub(path, data, names, secret, 0, Room(LARGEST))


def scrub_bytes(path: str, data: bytes, names: Names, depth: int) -> bytes | None:
    """Return what was found encoded in a text, cleaned; None if it cannot be passed on."""
    try:
        return _scrub(path, data, names, b"", depth, Room(min(LARGEST, 65536 + 50 * len(data))))
    except (Unreadable, TooLarge):
        return None


def _scrub(path: str, data: bytes, names: Names, secret: bytes, depth: int, room: Room) -> bytes:
    ending = PurePosixPath(path).suffix.lower()
    if ending == ".ipynb":
        try:
            return scrub_notebook(data, names, hmac.new(secret, path.encode(), hashlib.sha256).digest())
        except NotANotebook as error:  # as text it would keep its cells' times and ids
            raise Unreadable(path) from error
    if is_archive(data):
        if depth >= _DEEPEST:
            raise Unreadable(path)

        def member(inner: str, content: bytes) -> bytes | None:
            try:
                return _scrub(inner, content, names, secret, depth + 1, room)
            except Unreadable:
                return None

        try:
            return scrub_archive(path, data, names, member, room)
        except Unpackable as error:
            raise Unreadable(path) from error
    try:
        return strip_picture(data)
    except NotAPicture:
        return _scrub_text(ending, data, names)


def _scrub_text(ending: str, data: bytes, names: Names) -> bytes:
    text, encoding, mark = _read(data)
    if ending in _CODE:
        text = replace_in_code(text, names)
    elif ending in _SLASHED:
        text = replace_in_code(text, names, slashes=True)
    else:
        if ending == ".svg" or "<svg" in text[:2000]:
            text = strip_drawing(text)
        text = replace_in_text(text, names, prose=ending in _PROSE)
    return mark + text.encode(encoding)


def _read(data: bytes) -> tuple[str, str, bytes]:
    """Return the text, its encoding, and the mark of byte order before it."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(_decoded(data[2:], encoding)), encoding, mark
    try:
        return _checked(data.decode("utf-8")), "utf-8", b""
    except UnicodeDecodeError:  # old tables; each byte is a character, and comes back as it was
        return _checked(data.decode("latin-1")), "latin-1", b""


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(encoding) from error


def _checked(text: str) -> str:
    if _BINARY.search(text) or text.startswith(("%PDF", "{\\rtf")):
        raise Unreadable("neither text nor a picture")
    return text
