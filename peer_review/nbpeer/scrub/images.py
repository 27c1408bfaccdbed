"""Pictures without what is written beside the picture: camera, place, author, software, time."""

from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD"}
)
_JPEG = b"\xff\xd8"
_JFIF, _ADOBE, _COMMENT, _SCAN, _END = 0xE0, 0xEE, 0xFE, 0xDA, 0xD9
_JFIF_LENGTH = 16
_GIF = (b"GIF87a", b"GIF89a")
_LOOP = b"\x0bNETSCAPE2.0"
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
_WEBP_FLAGS = 0b00010010
"""Of the flags of a WebP, those for transparency and animation; the others announce profile, EXIF and XMP."""


class NotAPicture(ValueError):
    """The bytes are no whole picture of a known format, so that nobody can say what is in them."""


def strip_picture(data: bytes) -> bytes:
    """Return a picture without its text, EXIF, profiles and what follows its end.

    Raises:
        NotAPicture: it is no whole PNG, JPEG, GIF or WebP.
    """
    try:
        if data.startswith(_PNG):
            return _PNG + b"".join(_png_chunks(data))
        if data.startswith(_JPEG):
            return _JPEG + b"".join(_jpeg_segments(data))
        if data.startswith(_GIF):
            return b"".join(_gif_blocks(data))
    except IndexError as error:
        raise NotAPicture("a picture that breaks off") from error
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        body = b"WEBP" + b"".join(_webp_chunks(data))
        return b"RIFF" + len(body).to_bytes(4, "little") + body
    raise NotAPicture("no picture of a known format")


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
    """Yield the segments of a JPEG; a progressive one has several scans, and may have comments between them."""
    at = len(_JPEG)
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == _END:
            yield data[at : at + 2]
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if end > len(data) or end < at + 4:
            break
        if marker == _SCAN:
            end = _end_of_scan(data, end)
        if kept := _jpeg_segment(marker, data[at:end]):
            yield kept
        at = end
    raise NotAPicture("a JPEG that breaks off")


def _jpeg_segment(marker: int, segment: bytes) -> bytes:
    if marker == _JFIF:  # without it and Adobe's, colours come out wrong
        if not segment[4:].startswith(b"JFIF"):
            return b""
        if len(segment) <= _JFIF_LENGTH + 2:
            return segment
        return b"\xff\xe0\x00\x10" + segment[4:_JFIF_LENGTH] + b"\0\0"  # without its thumbnail
    if marker == _ADOBE:
        return segment[:16] if segment[4:].startswith(b"Adobe") and len(segment) == 16 else b""
    is_application = 0xE0 <= marker <= 0xEF or 0xF0 <= marker <= 0xFD
    return b"" if is_application or marker == _COMMENT else segment


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the next marker is; in a scan, FF is followed by 00 or a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotAPicture("a JPEG that breaks off")
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _gif_blocks(data: bytes) -> Iterator[bytes]:
    at = 13 + _colours(data[10])
    yield data[:at]
    while True:
        start, kind = at, data[at]
        if kind == 0x3B:
            yield b";"
            return
        if kind == 0x21:
            at = _end_of_blocks(data, at + 2)
            is_loop = data[start + 1] == 0xFF and data[start + 2 : start + 14] == _LOOP
            if data[start + 1] == 0xF9 or (is_loop and at - start == 19):
                yield data[start:at]
        elif kind == 0x2C:
            at = _end_of_blocks(data, at + 11 + _colours(data[at + 9]))
            yield data[start:at]
        else:
            raise NotAPicture("a GIF with a block of no known kind")


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while size := data[at]:
        at += 1 + size
    return at + 1


def _webp_chunks(data: bytes) -> Iterator[bytes]:
    at, end_of_all = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end_of_all:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if at + 8 + length > end_of_all:
            raise NotAPicture("a WebP that breaks off")
        if kind == b"VP8X":
            yield data[at : at + 8] + bytes([data[at + 8] & _WEBP_FLAGS]) + data[at + 9 : end]
        elif kind in _WEBP_KEPT:
            yield data[at:end]
        at = end
