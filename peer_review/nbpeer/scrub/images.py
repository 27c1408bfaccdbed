"""Pictures without what is written beside the picture: camera, place, author, software, time."""

from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD"}
)
_JPEG = b"\xff\xd8"
_JPEG_KEPT_APP = frozenset({0xE0, 0xEE})
"""JFIF and Adobe, without which colours come out wrong."""


class NotAPicture(ValueError):
    """The bytes are no whole PNG or JPEG, so that nobody can say what is in them."""


def strip_picture(data: bytes) -> bytes:
    """Return a PNG or JPEG without its text, EXIF, profiles and what follows its end; raise NotAPicture for others."""
    if data.startswith(_PNG):
        return _PNG + b"".join(_png_chunks(data))
    if data.startswith(_JPEG):
        return _JPEG + b"".join(_jpeg_segments(data))
    raise NotAPicture("neither PNG nor JPEG")


def _png_chunks(data: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            break
        if kind in _PNG_KEPT:
            yield data[at:end]
        if kind == b"IEND":
            return
        at = end
    raise NotAPicture("a PNG that breaks off")


def _jpeg_segments(data: bytes) -> Iterator[bytes]:
    at = len(_JPEG)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xDA:  # the scans, up to the end of the picture; inside them FF is followed by 00 or a restart
            last = data.find(b"\xff\xd9", at)
            if last < 0:
                break
            yield data[at : last + 2]
            return
        is_application = 0xE0 <= marker <= 0xEF
        if (is_application and marker in _JPEG_KEPT_APP) or (not is_application and marker != 0xFE):
            yield data[at:end]
        at = end
    raise NotAPicture("a JPEG that breaks off")
