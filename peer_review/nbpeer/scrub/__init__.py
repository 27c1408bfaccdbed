"""An anonymised copy of a submission: what a reviewer gets.

What it guarantees: of each file only what it knows how to clean is passed on; everything else is withheld, and said to
be. Notebooks keep their cells and what these show, and lose all metadata; one that cannot be read is withheld. Text is
passed on with names replaced, pictures without what is written beside the picture. Hidden files, caches, version
control, receipts and what the exchange puts beside a submission are left out. Times, sizes and hashes of the originals
appear nowhere.

Names are replaced in Markdown, comments, strings, outputs and file names, never in identifiers, so that code runs as
before (`names.py` says how). What it cannot find is a person in the content itself: a face in a picture, text drawn
into a plot, a name split over two strings, a nickname.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from nbpeer.scrub.images import NotAPicture, strip_picture
from nbpeer.scrub.names import Identity, Names, replace_in_code
from nbpeer.scrub.notebooks import NotANotebook, scrub_notebook

__all__ = ["LARGEST", "Identity", "Names", "Scrubbed", "Withheld", "clean_paths", "scrub_file"]

LARGEST = 32 * 2**20
"""Larger files, in bytes, are withheld: they would have to be in memory as a whole."""

_LEFT_OUT_FILES = frozenset({"timestamp.txt", "receipt.jws", "thumbs.db", "desktop.ini"})
_LEFT_OUT_FOLDERS = frozenset({"__pycache__", "__macosx", "feedback"})
_RECEIPT = re.compile(r"\.receipt-\d+(-\w+)?\.txt$")
_CODE = frozenset({".py", ".r", ".jl", ".sh"})
_PROSE = frozenset({".md", ".rst", ".txt", ".tex"})


class Withheld(StrEnum):
    """Why a reviewer does not get a file."""

    UNREADABLE = "unreadable"
    """Neither text nor a notebook nor a picture: nobody can say what is in it."""
    TOO_LARGE = "too-large"
    GONE = "gone"
    """It was erased since it was handed in."""


@dataclass(frozen=True)
class Scrubbed:
    """The outcome for one file: its content, or why it is withheld."""

    data: bytes | None
    withheld: Withheld | None = None


def clean_paths(paths: Iterable[str], names: Names) -> dict[str, str]:
    """Return clean path -> original path for the files that a reviewer may know of, in the order of the clean paths."""
    clean: dict[str, str] = {}
    for path in sorted(paths):
        if _left_out(path):
            continue
        wanted = candidate = names.replace_in_path(path)
        number = 2
        while candidate in clean:
            pure = PurePosixPath(wanted)
            candidate = str(pure.with_name(f"{pure.stem}-{number}{pure.suffix}"))
            number += 1
        clean[candidate] = path
    return dict(sorted(clean.items()))


def scrub_file(path: str, data: bytes, names: Names, secret: bytes) -> Scrubbed:
    """Scrub one file.

    Args:
        path: its clean path; the ending says what it is.
        data: its content.
        names: the names to replace.
        secret: of the round and the submission; makes ids that are stable in it and nowhere else.
    """
    if len(data) > LARGEST:
        return Scrubbed(None, Withheld.TOO_LARGE)
    ending = PurePosixPath(path).suffix.lower()
    if ending == ".ipynb":
        key = hmac.new(secret, path.encode(), hashlib.sha256).digest()
        try:
            return Scrubbed(scrub_notebook(data, names, key))
        except NotANotebook:  # as text it would keep its cells' times and ids
            return Scrubbed(None, Withheld.UNREADABLE)
    try:
        return Scrubbed(strip_picture(data))
    except NotAPicture:
        return _scrub_text(ending, data, names)


def _scrub_text(ending: str, data: bytes, names: Names) -> Scrubbed:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Scrubbed(None, Withheld.UNREADABLE)
    if "\0" in text:
        return Scrubbed(None, Withheld.UNREADABLE)
    if ending in _CODE:
        return Scrubbed(replace_in_code(text, names).encode())
    return Scrubbed((names.replace_in_prose(text) if ending in _PROSE else names.replace(text)).encode())


def _left_out(path: str) -> bool:
    *folders, file = path.lower().split("/")
    if any(part.startswith(".") for part in (*folders, file)) or file in _LEFT_OUT_FILES:
        return True
    if _RECEIPT.search(file):
        return True
    return file.endswith((".pyc", "_info.json", ".jwt")) or any(folder in _LEFT_OUT_FOLDERS for folder in folders)
