r"""Text as a reader would hear it: a view in which all spellings of a word are one, and the way back.

"Müller" may be written decomposed, in full-width letters, with zero-width characters or colours of a terminal between
its letters, as `M&uuml;ller`, `M%C3%BCller`, `M\u00fcller`, `M\"uller` or `M\xc3\xbcller`. A view has "Muller" for each
of them, and knows for each of its characters where it came from. So names are searched for once, in one spelling,
instead of each name in each spelling. Text of plain ASCII is its own view.
"""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

SOFT = "\x1f"
"""What stands in a view for something that may part two words, or stand in the middle of one: a tag, a colour."""

_HEX = "[0-9a-fA-F]"
_UTF8_TAIL = "[89abAB]" + _HEX
_ZERO_WIDTH = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
)
_UNSTABLE = "\ue000"
_SPECIAL = re.compile(
    rf"(?=[&%\\\x1b<=\b{_UNSTABLE}])(?:"
    r"(?P<soft>(?:\x1b\[[0-9;:?]{0,40}[A-Za-z]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)"
    r"|\\{1,8}(?:x1b|u001b|033|e)\[[0-9;]{0,40}m"
    r"|</?[A-Za-z][^<>]{0,2000}>|<!--[^<>]{0,2000}-->|\\-|[\b])+)"
    rf"|(?P<other>{_UNSTABLE}+)"
    rf"|(?P<entity>&(?:amp;){{0,4}}(?:\#[xX]{_HEX}{{1,6}}|\#[0-9]{{1,7}}|[A-Za-z][A-Za-z0-9]{{1,30}});)"
    rf"|(?P<percent>%(?:25){{0,4}}[c-fC-F]{_HEX}(?:%(?:25){{0,4}}{_UTF8_TAIL}){{1,3}}|%(?:25){{0,4}}{_HEX}{{2}})"
    rf"|(?P<x>\\{{1,8}}x[c-fC-F]{_HEX}(?:\\{{1,8}}x{_UTF8_TAIL}){{1,3}}|\\{{1,8}}x{_HEX}{{2}})"
    rf"|(?P<misread>(?:\\{{1,8}}u00[c-fC-F]{_HEX}(?:\\{{1,8}}u00{_UTF8_TAIL}){{1,3}}){{1,40}})"
    rf"|(?P<u>\\{{1,8}}(?:u\{{{_HEX}{{1,6}}\}}|u{_HEX}{{4}}|U{_HEX}{{8}}))"
    r"|(?P<octal>\\{1,8}3[0-7]{2}(?:\\{1,8}2[0-7]{2}){1,3})"
    r"|(?P<named>\\N\{[A-Z][A-Z0-9 -]{1,80}\})"
    rf"|(?P<quoted>=[C-F]{_HEX}(?:=\r?\n)?(?:={_UTF8_TAIL}){{1,3}})"
    r"|(?P<latex>\\{1,8}[`'^\"~=.]\{\\?[A-Za-z]\}|(?<=[A-Za-z}])\\{1,8}[`'^\"~](?!s\b)(?:\\[ij](?![A-Za-z])|[A-Za-z])"
    r"|\\[cvuHkrbdt](?:\{\\?[A-Za-z]\}|\ [A-Za-z])"
    r"|\\(?:ss|ae|AE|oe|OE|aa|AA|o|O|l|L)(?:\{\}|(?![A-Za-z])\ ?))"
    r"|(?P<slash>\\{1,8}/))"
)
_MAY_BE_SPECIAL = re.compile(rf"[&%\\\x1b<\b{_UNSTABLE}]|=[C-F][0-9A-F]=")
_ZERO = re.compile(f"[{_ZERO_WIDTH}]")
_LETTER = re.compile(r"[A-Za-z]+")
_LONGEST_MISREAD = 200
_WINDOWS = "\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2010-\u203a\u20ac\u2122"
_MISREAD_PAIR = re.compile(f"[\u00c2-\u00f4][\u0080-\u00bf{_WINDOWS}]")
_MISREAD = re.compile(f"[\u0080-\u00ff{_WINDOWS}]")
"""What becomes of UTF-8 that is read as Windows' Western letters."""

_UNDECOMPOSED = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŋ": "n", "ħ": "h", "ŧ": "t",
    "ß": "ss", "ẞ": "SS", "ə": "e", "ʻ": "'", "ʼ": "'", "’": "'", "‘": "'", "ʾ": "'", "ʿ": "'", "´": "'", "ʹ": "'",
    "ـ": "", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "·": "-", "・": "-",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "є": "e", "і": "i",
    "ґ": "g", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz",
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
"""What Unicode does not decompose; Cyrillic and Greek as they are usually written in Latin letters."""

_AS_LETTER = 0x20000
"""Vowel signs of Indic scripts are no letters for `re`: each stands in a view as an ideograph that nobody writes."""


class _Piece(NamedTuple):
    at: int
    start: int
    end: int
    linear: bool


class View:
    """A text folded, and where each character came from.

    Args:
        text: the folded text; letters keep their case.
        pieces: from where each part of it comes; None: it is the original.
    """

    def __init__(self, text: str, pieces: list[_Piece] | None = None) -> None:
        self.text = text
        self._pieces = pieces
        self._starts = [piece.at for piece in pieces or ()]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of the non-empty span of the view."""
        if self._pieces is None:
            return start, end
        first, last = self._piece(start), self._piece(end - 1)
        return (
            first.start + (start - first.at if first.linear else 0),
            last.start + end - last.at if last.linear else last.end,
        )

    def _piece(self, at: int) -> _Piece:
        assert self._pieces is not None  # noqa: S101 - `span` has asked
        return self._pieces[bisect_right(self._starts, at) - 1]


def view(text: str, soft: str = SOFT) -> View:
    """Return the view of `text`, with `soft` in place of what may part words or not."""
    aligned = text
    if not text.isascii():
        aligned = text.translate(_STABLE_BUT_MISREAD if _MISREAD_PAIR.search(text) else _STABLE)
    if not _MAY_BE_SPECIAL.search(aligned):
        return View(aligned)
    folded: list[str] = []
    pieces: list[_Piece] = []
    at = done = 0
    for found in _SPECIAL.finditer(aligned):
        start, end = found.span()
        if start > done:
            folded.append(aligned[done:start])
            pieces.append(_Piece(at, done, start, True))
            at += start - done
        done = end
        for piece, first, last, linear in _read(found.lastgroup or "", text[start:end], soft):
            folded.append(piece)
            pieces.append(_Piece(at, start + first, start + last, linear))
            at += len(piece)
    folded.append(aligned[done:])
    pieces.append(_Piece(at, done, len(text), True))
    return View("".join(folded), pieces)


def fold(text: str) -> str:
    """Return `text` without diacritics and in lower case, as it stands in a view."""
    return "".join(map(_fold_char, text)).lower()


@lru_cache(maxsize=65536)
def _read(kind: str, found: str, soft: str) -> tuple[tuple[str, int, int, bool], ...]:
    """Return (piece of the view, start and end in `found`, whether character by character) for something special."""
    if kind != "other":
        shown = soft if kind == "soft" else _decoded(kind, found, soft)
        return ((shown, 0, len(found), shown == found),) if shown else ()
    if (repaired := _repaired(found)) is not None:
        return ((_folded(repaired), 0, len(found), False),)
    pieces = ((soft if _ZERO.match(char) else _fold_char(char), i, i + 1, False) for i, char in enumerate(found))
    return tuple(piece for piece in pieces if piece[0])


class _Stable(dict[int, int]):
    """For `str.translate`: characters that fold to one character; the others are marked, to be looked at one by one."""

    def __init__(self, misread: bool) -> None:
        super().__init__()
        self._misread = misread

    def __missing__(self, code: int) -> int:
        char = chr(code)
        folded = _fold_char(char)
        is_stable = len(folded) == 1 and not (self._misread and _MISREAD.match(char)) and not _ZERO.match(char)
        self[code] = code if char.isascii() else ord(folded if is_stable else _UNSTABLE)
        return self[code]


_STABLE, _STABLE_BUT_MISREAD = _Stable(False), _Stable(True)


def _folded(text: str) -> str:
    return "".join(map(_fold_char, text))


@lru_cache(maxsize=65536)
def _fold_char(char: str) -> str:
    if char.isascii():
        return char
    if char in _UNDECOMPOSED:
        return _UNDECOMPOSED[char]
    lower = char.lower()
    if lower in _UNDECOMPOSED:
        return _UNDECOMPOSED[lower].capitalize()
    parts = []
    for part in unicodedata.normalize("NFKD", char):
        if unicodedata.combining(part) or _ZERO.match(part):
            continue
        if unicodedata.category(part).startswith("M"):
            part = chr(_AS_LETTER + ord(part) % 0x1000)
        parts.append(part if part == char else _fold_char(part))
    return "".join(parts)


def _repaired(run: str) -> str | None:
    """Return what `run` was before its UTF-8 was read as Windows' Western letters, else None."""
    if not 2 <= len(run) <= _LONGEST_MISREAD or not "\u00c2" <= run[0] <= "\u00f4" or not _looks_misread(run):
        return None
    for encoding in ("cp1252", "latin-1"):
        try:
            return run.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return None


def _looks_misread(run: str) -> bool:
    """Say whether nobody would write this: letters with diacritics alone, or with a soft hyphen, are plain text."""
    rest = set(run[1:]) - {"\u00a0", "\u00ad"}
    return run[0] in "ÂÃ" or (run[0] in "ÄÅ" and bool(rest)) or any(not char.isalpha() for char in rest)


def _decoded(kind: str, found: str, soft: str) -> str:
    char = _DECODERS[kind](found)
    if char is None:
        return found
    return soft if _ZERO.fullmatch(char) else _folded(char)


def _entity(found: str) -> str | None:
    plain = re.sub("&(?:amp;)+", "&", found)
    char = html.unescape(plain)
    return None if char == plain and found != "&amp;" else char


def _percent(found: str) -> str:
    return _from_bytes(int(byte, 16) for byte in re.findall(f"%(?:25)*({_HEX}{{2}})", found))


def _x(found: str) -> str:
    return _from_bytes(int(byte, 16) for byte in re.findall(f"x({_HEX}{{2}})", found))


def _misread(found: str) -> str:
    text = "".join(chr(int(byte, 16)) for byte in re.findall(f"u00({_HEX}{{2}})", found))
    return _repaired(text) or text


def _octal(found: str) -> str:
    return _from_bytes(int(byte, 8) for byte in re.findall("[0-7]{3}", found))


def _quoted(found: str) -> str:
    return _from_bytes(int(byte, 16) for byte in re.findall(f"=({_HEX}{{2}})", found))


def _from_bytes(values: Iterable[int]) -> str:
    data = bytes(values)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _u(found: str) -> str | None:
    number = int(found.lstrip("\\")[1:].strip("{}"), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else None


def _named(found: str) -> str | None:
    try:
        return unicodedata.lookup(found[3:-1])
    except KeyError:
        return None


def _latex(found: str) -> str:
    r"""Return the letters without the accent; "\ss" and the like are their own letters."""
    body = found.strip("{}\\ ")
    return body if body in ("ss", "ae", "AE", "oe", "OE", "aa", "AA", "dj", "DJ") else _LETTER.findall(found)[-1][-1]


_DECODERS: dict[str, Callable[[str], str | None]] = {
    "entity": _entity,
    "percent": _percent,
    "x": _x,
    "u": _u,
    "misread": _misread,
    "octal": _octal,
    "named": _named,
    "quoted": _quoted,
    "latex": _latex,
    "slash": lambda _: "/",
}
