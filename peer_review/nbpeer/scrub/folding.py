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
_SPECIAL = re.compile(
    r"(?P<soft>(?:\x1b\[[0-9;:?]*[A-Za-z]|\x1b\].{0,200}?(?:\x07|\x1b\\)"
    r"|\\+(?:x1b|u001b|033|e)\[[0-9;]*m"
    rf"|</?[A-Za-z][^<>]{{0,2000}}>|<!--.{{0,2000}}?-->|\\-|[\b{_ZERO_WIDTH}])+)"
    rf"|(?P<entity>&(?:amp;)*(?:\#[xX]{_HEX}{{1,6}}|\#[0-9]{{1,7}}|[A-Za-z][A-Za-z0-9]{{1,30}});)"
    rf"|(?P<percent>%(?:25)*[c-fC-F]{_HEX}(?:%(?:25)*{_UTF8_TAIL}){{1,3}}|%(?:25)*{_HEX}{{2}})"
    rf"|(?P<x>\\+x[c-fC-F]{_HEX}(?:\\+x{_UTF8_TAIL}){{1,3}}|\\+x{_HEX}{{2}})"
    rf"|(?P<u>\\+u\{{{_HEX}{{1,6}}\}}|\\+u{_HEX}{{4}}|\\+U{_HEX}{{8}})"
    r"|(?P<octal>\\+3[0-7]{2}(?:\\+2[0-7]{2}){1,3})"
    r"|(?P<named>\\N\{[A-Z][A-Z0-9 -]{1,80}\})"
    rf"|(?P<quoted>=[C-F]{_HEX}(?:=\r?\n)?(?:={_UTF8_TAIL}){{1,3}})"
    r"|(?P<latex>\\+[`'^\"~=.]\{\\?[A-Za-z]\}|(?<=[A-Za-z}])\\+[`'^\"~](?!s\b)(?:\\[ij](?![A-Za-z])|[A-Za-z])"
    r"|\\[cvuHkrbdt](?:\{\\?[A-Za-z]\}|\ [A-Za-z])|\{\\(?:ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j|dj|DJ)\}"
    r"|\\(?:ss|ae|AE|oe|OE|aa|AA|o|O|l|L)(?:\{\}|(?![A-Za-z])\ ?))"
    r"|(?P<slash>\\+/)"
    r"|(?P<other>[^\x00-\x7f]+)",
    re.DOTALL,
)
_MAY_BE_SPECIAL = re.compile(r"[^\x00-\x7f]|[&%\\\x1b<\b]|=[C-F][0-9A-F]=")
_ZERO = re.compile(f"[{_ZERO_WIDTH}]")
_LETTER = re.compile(r"[A-Za-z]+")

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
    if not _MAY_BE_SPECIAL.search(text):
        return View(text)
    folded: list[str] = []
    pieces: list[_Piece] = []
    at = done = 0

    def add(piece: str, start: int, end: int, linear: bool) -> None:
        nonlocal at
        if piece:
            folded.append(piece)
            pieces.append(_Piece(at, start, end, linear))
            at += len(piece)

    for found in _SPECIAL.finditer(text):
        start, end = found.span()
        add(text[done:start], done, start, True)
        done = end
        kind = found.lastgroup or ""
        if kind == "other":
            for piece, first, last in _fold_run(found[0]):
                linear = len(piece) == last - first
                add(piece, start + first, start + last, linear)
        elif kind == "soft":
            add(soft, start, end, False)
        else:
            decoded = _decoded(kind, found[0], soft)
            add(decoded, start, end, decoded == found[0])
    add(text[done:], done, len(text), True)
    return View("".join(folded), pieces)


def fold(text: str) -> str:
    """Return `text` without diacritics and in lower case, as it stands in a view."""
    return "".join(piece for piece, _, _ in _fold_run(text)).lower()


@lru_cache(maxsize=4096)
def _fold_run(run: str) -> tuple[tuple[str, int, int], ...]:
    """Return (folded, start, end) for the pieces of a run of characters, characters that stay one put together."""
    if (repaired := _repaired(run)) is not None:
        return ((_folded(repaired), 0, len(run)),)
    pieces: list[tuple[str, int, int]] = []
    same: list[str] = []
    for i, char in enumerate(run):
        folded = _fold_char(char)
        if len(folded) == 1:
            same.append(folded)
            continue
        if same:
            pieces.append(("".join(same), i - len(same), i))
            same = []
        pieces.append((folded, i, i + 1))
    if same:
        pieces.append(("".join(same), len(run) - len(same), len(run)))
    return tuple(pieces)


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
    if not 2 <= len(run) <= 16 or not "\u00c2" <= run[0] <= "\u00f4":
        return None
    for encoding in ("cp1252", "latin-1"):
        try:
            return run.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return None


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
    "octal": _octal,
    "named": _named,
    "quoted": _quoted,
    "latex": _latex,
    "slash": lambda _: "/",
}
