"""Finds people in bytes: unpacks, decodes and flattens whatever it can, over and over, and looks for what is left.

It knows nothing of how names are replaced: it reads generously, and would rather find too much.
"""

import base64
import binascii
import contextlib
import gzip
import html
import io
import json
import re
import tarfile
import unicodedata
import urllib.parse
import zipfile
from collections.abc import Iterator
from typing import Any

from PIL import Image

_COMBINING = {number: None for number in range(0x300, 0x20000) if unicodedata.combining(chr(number))}
_TRANSPARENT = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]|\x1b\\[[0-9;]*m|</?[^<>]*>")


def texts(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield every text that can be read out of `data`."""
    yield data.decode("utf-8", "replace")
    yield data.decode("latin-1")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield data.decode("utf-16", "replace")
    if depth > 5:
        return
    for inner in (*_members(data), *_metadata(data)):
        yield from texts(inner, depth + 1)
    text = data.decode("utf-8", "replace")
    for run in set(re.findall(r"[A-Za-z0-9+/_-]{10,}={0,2}", text)):
        try:
            yield from texts(base64.urlsafe_b64decode(run.replace("+", "-").replace("/", "_") + "=="), depth + 1)
        except (binascii.Error, ValueError):
            continue
    for run in set(re.findall(r"(?:[0-9a-fA-F]{2}){6,}", text)):
        yield from texts(bytes.fromhex(run), depth + 1)
    if depth < 2:
        with contextlib.suppress(ValueError):
            yield from _strings(json.loads(text))


def _members(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\x1f\x8b":
        assert data[4:8] == b"\0\0\0\0", "a time"
        yield gzip.decompress(data)
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                assert info.date_time == (1980, 1, 1, 0, 0, 0)
                yield info.filename.encode()
                yield archive.read(info)
    if data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                assert (member.mtime, member.uid, member.uname) == (0, 0, "")
                yield member.name.encode()
                file = tar.extractfile(member)
                yield file.read() if file else b""


def _metadata(data: bytes) -> Iterator[bytes]:
    if data[:4] not in (b"\x89PNG", b"GIF8", b"RIFF") and data[:2] != b"\xff\xd8":
        return
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        yield repr(image.info).encode()
        yield repr(dict(image.getexif())).encode()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from value.split("\n")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def readings(text: str) -> Iterator[str]:
    """Yield what a text says when it is decoded in each of the usual ways."""
    seen = {text}
    waiting = [text]
    while waiting:
        one = waiting.pop()
        yield one
        for step in (html.unescape, urllib.parse.unquote, urllib.parse.unquote_plus, _unescaped, _misread):
            if (other := step(one)) not in seen and len(seen) < 12:
                seen.add(other)
                waiting.append(other)


def _unescaped(text: str) -> str:
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(
        r"(?:\\+x[0-9a-fA-F]{2})+",
        lambda found: bytes.fromhex("".join(re.findall(r"x(..)", found[0]))).decode("utf-8", "replace"),
        text,
    )


def _misread(text: str) -> str:
    return re.sub(
        "[\u0080-\u00ff]{2,}", lambda found: found[0].encode("latin-1").decode("utf-8", "ignore") or found[0], text
    )


def flat(text: str, spaces: bool = False) -> str:
    """Return letters and digits only, bare and in lower case; words parted by a space if `spaces`."""
    text = _TRANSPARENT.sub("", text)
    if text.isascii():
        text = text.lower()
    else:
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_COMBINING)
    return re.sub(r"[\W_]+", " " if spaces else "", text)


def found_in(data: bytes, needles: set[str]) -> set[tuple[str, str]]:
    """Return (needle, where) for each of the flat `needles` in `data`."""
    hits = set()
    everything = {reading for text in set(texts(data)) for reading in readings(text)}
    everything |= {re.sub(r"<[^<>]*>", " ", reading) for reading in everything if "<" in reading}
    for flattened in {flat(reading) for reading in everything}:
        for needle in needles:
            if (at := flattened.find(needle)) >= 0:
                hits.add((needle, flattened[max(0, at - 40) : at + 60]))
    return hits
