"""What of a submission cannot be made anonymous: for its author, before it is handed in.

Reviewers will see a picture as it is, whoever is in it; an author called like a word stays in file names that are that
word. Other files they will not see at all, which the author should know, too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from nbpeer.scrub.archives import TooLarge
from nbpeer.scrub.files import Unreadable, scrub_content
from nbpeer.scrub.names import Names
from nbpeer.scrub.paths import is_left_out

_IDENTIFIER = re.compile(r"(?<![\w'\"])[^\W\d]\w{2,}")
_MEDIA = re.compile(r"\.(?:mp3|wav|ogg|flac|m4a|mp4|m4v|mov|avi|mkv|webm|wmv)\Z", re.I)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp)\Z", re.I)
_PICTURE_MIME = re.compile(r"data:image/(?!svg)|!\[[^\]]*\]\(attachment:", re.I)
_PROFILE = re.compile(
    r"\b(?:github\.com|gitlab\.com|(?:x|twitter)\.com|facebook\.com|instagram\.com|youtube\.com/@|kaggle\.com|medium\.com/@)"
    r"/?[\w.-]+|\b[\w-]+\.github\.io\b",
    re.I,
)


class Notice(StrEnum):
    """What an author should know of a file before handing it in."""

    PICTURE = "picture"
    """A picture stays as it is: a face, or text drawn into it, may name somebody."""
    SOUND = "sound"
    """A recording: reviewers do not get it."""
    WITHHELD = "withheld"
    """Reviewers do not get it, as nobody can say what is in it."""
    TOO_LARGE = "too-large"
    IDENTIFIER = "identifier"
    """A variable, function or the like is called like the author; code is not changed."""
    WORD = "word"
    """The author's name is a word, too, and stands where it may be one."""
    LINK = "link"
    """A link to somebody's page."""


def cannot_scrub(files: Mapping[str, bytes], names: Names) -> list[tuple[str, Notice]]:
    """Return (path, notice) for what reviewers would see of the author all the same, or not see at all.

    Args:
        files: path -> content of what is about to be handed in.
        names: of the author at least; whose names are replaced.
    """
    return [
        (path, notice)
        for path, data in sorted(files.items())
        if not is_left_out(path)
        for notice in dict.fromkeys(_notices(path, data, names))
    ]


def _notices(path: str, data: bytes, names: Names) -> Iterator[Notice]:
    try:
        clean = scrub_content(path, data, names, b"")
    except TooLarge:
        yield Notice.TOO_LARGE
        return
    except (Unreadable, RecursionError):
        yield Notice.SOUND if _MEDIA.search(path) else Notice.WITHHELD
        return
    if names.words_of_authors(path):
        yield Notice.WORD
    if _PICTURE.search(path):
        yield Notice.PICTURE
    elif path.lower().endswith(".ipynb"):
        yield from _of_notebook(json.loads(clean), names)
    else:
        yield from _of_text(clean.decode("utf-8", "replace"), names, path.lower().endswith(".py"))


def _of_notebook(notebook: Mapping[str, Any], names: Names) -> Iterator[Notice]:
    for cell in notebook["cells"]:
        bundles = [*cell.get("attachments", {}).values(), *(out.get("data", {}) for out in cell.get("outputs", []))]
        if any(mime.startswith("image/") and mime != "image/svg+xml" for bundle in bundles for mime in bundle):
            yield Notice.PICTURE
        yield from _of_text(cell["source"], names, cell["cell_type"] == "code")


def _of_text(text: str, names: Names, is_code: bool) -> Iterator[Notice]:
    if _PICTURE_MIME.search(text):
        yield Notice.PICTURE
    if _PROFILE.search(text):
        yield Notice.LINK
    if is_code:
        if any(names.finds(word) for word in set(_IDENTIFIER.findall(text))):
            yield Notice.IDENTIFIER
    elif names.words_of_authors(text):
        yield Notice.WORD
