"""Text with what is written in it as base64 or in hexadecimal digits: decoded, scrubbed, and encoded again.

A picture in a data URI loses what is written beside it; an archive is scrubbed file by file; what is decoded to nobody
knows what is passed on only if it is no data URI and no name is in its bytes. Where it cannot be passed on,
"[not shown]" stands in its place.
"""

import base64
import binascii
import re
from urllib.parse import quote, unquote

from nbpeer.scrub.names import Names

NOT_SHOWN = "[not shown]"
"""What a reader sees in place of encoded data that nobody can say what is in."""

_RUN = re.compile(
    r"(?P<uri>data:(?P<mime>[\w.+/-]*)(?:;[\w=.\"-]+)*?;base64,)?(?:(?<![A-Za-z0-9+/_=\\-])|(?<=\\[nrt]))"
    r"(?P<body>[A-Za-z0-9+/_-]{11,}(?:(?:\r?\n|\\+n)[A-Za-z0-9+/_-]{8,})*={0,2})(?![A-Za-z0-9+/_-])"
)
_WORDLIKE = re.compile(r"[a-z]+\Z|[A-Z]+\Z|[A-Z]?[a-z]+(?:[_/-][a-z]+)*\Z|[_-]+\Z|\d+\Z")
_HEX = re.compile(r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt]))(?:0x)?((?:[0-9a-fA-F]{2}){5,})(?![0-9A-Za-z])")
_URI = re.compile(r"data:[\w.+/-]*(?:;[\w=.-]+)*,(?P<body>[^\s\"'<>)]{8,})")
_BREAK = re.compile(r"\r?\n|\\+n")
_NARROWEST = 40
_DEEPEST = 4
_KNOWN = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"%PDF")


def replace_in_text(text: str, names: Names, *, prose: bool = False, owned: bool = False, depth: int = 0) -> str:
    """Return `text` without names, also in what is encoded in it.

    Args:
        text: any text.
        names: the names to replace.
        prose: no e-mail address at all stays.
        owned: what surrounds the text says that it is somebody's.
        depth: in how many encodings it was found.
    """
    if depth < _DEEPEST:
        text = _RUN.sub(lambda found: _base64(found, names, depth), text)
        text = _HEX.sub(lambda found: _hexadecimal(found, names), text)
        if "data:" in text:
            text = _URI.sub(lambda found: _uri(found, names, depth), text)
    return names.replace_in_prose(text) if prose else names.replace(text, owned)


def _base64(found: re.Match[str], names: Names, depth: int) -> str:
    uri, body = found["uri"] or "", found["body"]
    lines = _BREAK.split(body)
    if len(lines) == 1 or _is_wrapped(lines):
        return uri + _run(lines, _BREAK.search(body), names, depth, is_uri=bool(uri))
    breaks = [*_BREAK.findall(body), ""]
    shown = [_run([line], None, names, depth, is_uri=bool(uri) and not i) for i, line in enumerate(lines)]
    return uri + "".join(line + line_break for line, line_break in zip(shown, breaks, strict=True))


def _is_wrapped(lines: list[str]) -> bool:
    """Say whether the lines are one text, broken where lines are full."""
    width = len(lines[0])
    return width >= _NARROWEST and all(len(line) == width for line in lines[:-1]) and len(lines[-1]) <= width


def _run(lines: list[str], line_break: re.Match[str] | None, names: Names, depth: int, is_uri: bool) -> str:
    """Return one base64 text, clean; what is none is returned as it is."""
    whole = "".join(lines)
    data = None if not is_uri and _WORDLIKE.match(whole) else _decoded(whole)
    if data is not None:
        clean = _clean(data, names, depth, is_uri)
        if clean is not None and clean != data:
            return _wrapped(_encoded(clean, whole), len(lines[0]), line_break)
        if clean is None:
            return NOT_SHOWN
    elif is_uri:
        return NOT_SHOWN
    return (line_break[0] if line_break else "").join(lines)


def _encoded(data: bytes, like: str) -> str:
    shown = (base64.urlsafe_b64encode(data) if set("-_") & set(like) else base64.b64encode(data)).decode("ascii")
    return shown if like.endswith("=") or not len(like) % 4 else shown.rstrip("=")


def _wrapped(shown: str, width: int, line_break: re.Match[str] | None) -> str:
    if line_break is None:
        return shown
    return line_break[0].join(shown[at : at + width] for at in range(0, len(shown), width))


def _decoded(text: str) -> bytes | None:
    bare = text.rstrip("=")
    if len(bare) % 4 == 1:
        return None
    try:
        return base64.b64decode(bare.translate(_STANDARD) + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


_STANDARD = str.maketrans("-_", "+/")


def _clean(data: bytes, names: Names, depth: int, is_uri: bool) -> bytes | None:
    """Return the decoded bytes without names, None if they cannot be shown."""
    if data.startswith(_KNOWN):
        from nbpeer.scrub.files import scrub_bytes  # a file in a text in a file: the circle is in the matter

        return scrub_bytes("", data, names, depth + 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None if is_uri or _names_somebody(data, names) else data
    if not is_uri and _CONTROL.search(text):
        return None if _names_somebody(data, names) else data
    return replace_in_text(text, names, depth=depth + 1).encode()


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_STRINGS = re.compile(rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){4,}")
_WIDE_STRINGS = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\x00){4,}")


def _names_somebody(data: bytes, names: Names) -> bool:
    """Say whether a name stands in bytes of a kind that is not known."""
    strings = b"\n".join(_STRINGS.findall(data)).decode("utf-8", "replace")
    wide = b"\n\0".join(_WIDE_STRINGS.findall(data)).decode("utf-16-le", "replace")
    return names.finds(strings) or names.finds(wide)


def _hexadecimal(found: re.Match[str], names: Names) -> str:
    try:
        text = bytes.fromhex(found[1]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
    if not text.isprintable():
        return found[0]
    clean = names.replace(text)
    return found[0] if clean == text else found[0][: -len(found[1])] + clean.encode().hex()


def _uri(found: re.Match[str], names: Names, depth: int) -> str:
    """Return a data URI without base64, whose spaces and signs are percent-encoded."""
    if ";base64" in found[0][: -len(found["body"])]:
        return found[0]
    text = unquote(found["body"])
    clean = replace_in_text(text, names, depth=depth + 1)
    return found[0] if clean == text else found[0][: -len(found["body"])] + quote(clean)
