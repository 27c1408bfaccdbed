"""An anonymised copy of a submission: what a reviewer gets.

What it guarantees: of each file only what it knows how to clean is passed on; everything else is withheld, and said to
be. Notebooks keep their cells and what these show, and lose all metadata; one that cannot be read is withheld. Text is
passed on with names replaced, pictures without what is written beside the picture, archives file by file. Hidden files,
caches, version control, receipts and what the exchange puts beside a submission are left out. Times, sizes and hashes
of the originals appear nowhere.

Names are replaced in Markdown, comments, strings, outputs and file names, never in identifiers, so that code runs as
before (`names.py` says how). What it cannot find is a person in the content itself: a face in a picture, text drawn
into a plot, a name split over two strings, a nickname. `cannot_scrub` says to the author what of this there is.
"""

from dataclasses import dataclass
from enum import StrEnum

from nbpeer.scrub.archives import TooLarge
from nbpeer.scrub.files import LARGEST, Unreadable, scrub_content
from nbpeer.scrub.names import Identity, Names
from nbpeer.scrub.notices import Notice, cannot_scrub
from nbpeer.scrub.paths import clean_paths

__all__ = [
    "LARGEST",
    "Identity",
    "Names",
    "Notice",
    "Scrubbed",
    "Withheld",
    "cannot_scrub",
    "clean_paths",
    "scrub_file",
]


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


def scrub_file(path: str, data: bytes, names: Names, secret: bytes) -> Scrubbed:
    """Scrub one file.

    Args:
        path: its clean path; the ending says what it is.
        data: its content.
        names: the names to replace.
        secret: of the round and the submission; makes ids that are stable in it and nowhere else.
    """
    try:
        return Scrubbed(scrub_content(path, data, names, secret))
    except TooLarge:
        return Scrubbed(None, Withheld.TOO_LARGE)
    except (Unreadable, RecursionError):
        return Scrubbed(None, Withheld.UNREADABLE)
