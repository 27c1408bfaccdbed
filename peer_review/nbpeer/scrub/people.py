"""What a roster's people are called, ready to be looked up word by word.

Names are kept by their parts, not as lists of spellings: that a name was written is seen in the text, as parts and
initials of one person next to each other in any order. So a roster of a thousand costs a dictionary of its words.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from nbpeer.scrub.folding import fold
from nbpeer.scrub.words import PARTICLES, is_common

_WORD = re.compile(r"[^\W_]+")
_DENSE_LETTER = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
)
_DENSE = re.compile(f"[{_DENSE_LETTER}]")
_SHORTEST_JOINED = 5
_OWN_WORDS = frozenset({"name", "e", "mail"})
"""What stands in place of a name names nobody."""
_TWO_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ñ": "ny"}


@dataclass(frozen=True)
class Identity:
    """Somebody of the roster: the account, the name shown, and what else is theirs, as a student number or address."""

    account: str
    name: str | None = None
    others: tuple[str, ...] = ()


class People:
    """The words by which somebody can be recognised, all folded.

    Attributes:
        whole: words that are somebody's wherever they stand.
        marked: words that are somebody's only where the text says so.
        chains: by its first word, what is somebody's when all of its words follow each other.
        bearers: part of a name -> the numbers of those who have it in their name.
        orders: the words of each name, by its number, in each spelling.
        initials: (letter, number) for each part of each name.
        letters: the letters of `initials`.
        dense: names in scripts that put no space between words, the longest first.
        in_address: what is somebody's in an e-mail address.
        in_hosts: what is somebody's in the name of a host.
        words_of_authors: parts of the authors' names that are words, too.
    """

    def __init__(self, roster: Iterable[Identity], authors: Iterable[Identity]) -> None:
        self.whole: set[str] = set()
        self.marked: set[str] = set()
        self.chains: dict[str, set[tuple[str, ...]]] = {}
        self.in_address: set[str] = set()
        self.words_of_authors: set[str] = set()
        bearers: dict[str, set[int]] = {}
        self.initials: set[tuple[str, int]] = set()
        self.orders: dict[int, set[tuple[str, ...]]] = {}
        dense: set[str] = set()
        authors = list(dict.fromkeys(authors))
        for number, one in enumerate(dict.fromkeys([*authors, *roster])):
            is_author = number < len(authors)
            for word in (one.account, *one.others):
                self._add_account(word)
            for tokens in _spellings(one.name or ""):
                self._add_name(tokens, is_author)
                self.orders.setdefault(number, set()).add(tokens)
                for part in tokens:
                    bearers.setdefault(part, set()).add(number)
                    self.initials.add((part[0], number))
            dense |= _dense_names(one.name or "", is_author)
        self.bearers = {part: frozenset(numbers) for part, numbers in bearers.items() if part not in _OWN_WORDS}
        self.whole -= _OWN_WORDS
        self.marked |= self.whole
        self.in_hosts = frozenset(self.whole & self.in_address)
        self.first = frozenset(self.marked | self.bearers.keys() | self.chains.keys())
        self.letters = frozenset(letter for letter, _ in self.initials)
        self.dense = _any_of(dense)

    def _add_account(self, account: str) -> None:
        words = tuple(_WORD.findall(fold(account)))
        self._add_words(words)
        escaped = re.sub(
            r"[^a-z0-9]", lambda char: "".join(f"-{byte:02x}" for byte in char[0].encode()), account.lower()
        )
        self._add_words(tuple(_WORD.findall(escaped)))  # as JupyterHub's spawners write it in the names of hosts

    def _add_words(self, words: tuple[str, ...]) -> None:
        if not words:
            return
        joined = "".join(words)
        self.in_address.add(joined)
        self.marked.add(joined)
        if len(words) > 1:
            self.chains.setdefault(words[0], set()).add(words)
        if not is_common(joined) and (len(words) == 1 or len(joined) >= _SHORTEST_JOINED):
            self.whole.add(joined)

    def _add_name(self, tokens: tuple[str, ...], is_author: bool) -> None:
        real = [part for part in tokens if part not in PARTICLES]
        self.marked.update(real if len(real) > 1 else tokens)
        for joined in _joined(tokens):
            if len(joined) >= _SHORTEST_JOINED and not is_common(joined):
                self.whole.add(joined)
                self.in_address.add(joined)
        if is_author or len(tokens) == 1:
            alone = {part for part in tokens if part not in PARTICLES and len(part) > 1}
            self.whole.update(part for part in alone if not is_common(part))
            self.in_address |= alone
        if is_author:
            self.words_of_authors |= {part for part in alone if is_common(part)}


def _joined(tokens: tuple[str, ...]) -> set[str]:
    """Return what accounts are made of: "annalee", "leeanna", "alee", "leea", "annavanderlee", "vanderlee", "annal"."""
    real = [part for part in tokens if part not in PARTICLES]
    joined = {"".join(tokens)}
    if len(real) > 1:
        first, last = real[0], real[-1]
        rest = "".join(tokens[1:])
        joined |= {
            first + last,
            last + first,
            first[0] + last,
            last + first[0],
            first[0] + rest,
            rest + first[0],
            rest + first,
        }
        joined |= {"".join(part[0] for part in real[:-1]) + last}
        joined |= {a + b for a in real for b in real if a != b}
        if not is_common(first):
            joined |= {first + last[0]}
    for at, part in enumerate(tokens[:-1]):
        if part in PARTICLES or len(part) == 1:
            joined.add("".join(tokens[at:]))
    return joined


def _spellings(name: str) -> set[tuple[str, ...]]:
    """Return the folded words of a name, in each of the ways in which its letters are written without diacritics."""
    tokens = [_variants(word) for word in _split(name)]
    if not tokens or len(tokens) > 8:
        return {tuple(_WORD.findall(fold(name)))} - {()}
    spellings = set()
    for chosen in zip(*_same_length(tokens), strict=True):
        if words := tuple(word for part in chosen for word in _WORD.findall(part)):
            spellings.add(words)
    return spellings


def _split(name: str) -> list[str]:
    return re.findall(r"[^\s,.;()\"'’‘ʻʼ`´\-‐‑–_]+", unicodedata.normalize("NFC", name))


def _same_length(tokens: list[list[str]]) -> list[list[str]]:
    """Repeat the last spelling of each word: mixtures in one name are found by their parts anyway."""
    most = max(map(len, tokens))
    return [one + [one[-1]] * (most - len(one)) for one in tokens]


def _variants(word: str) -> list[str]:
    """Return the spellings of one word: "muller", "mueller", and "mller", as some programs leave it."""
    lower = word.lower()
    variants = [fold(word)]
    variants.append(fold("".join(_TWO_LETTERS.get(char, char) for char in lower)))
    if re.search("[aou]e", lower) and len(word) > _SHORTEST_JOINED:
        variants.append(re.sub("([aou])e", r"\1", fold(word)))
    lost = "".join(char for char in lower if char.isascii())
    if len(lost) >= _SHORTEST_JOINED - 1 and lost != lower:
        variants.append(lost)
    return list(dict.fromkeys(variants))


def _dense_names(name: str, is_author: bool) -> set[str]:
    words = [word for word in name.split() if _DENSE.search(fold(word))]
    forms = {" ".join(words)} if words else set()
    for word in words if is_author else ():
        given = word[1:] if len(words) == 1 and len(word) == 3 else word
        forms |= {form for form in (word, given) if len(form) > 1}
    return {fold(form) for form in forms if len(form) > 1}


def _any_of(forms: Iterable[str]) -> re.Pattern[str] | None:
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    if not ordered:
        return None
    firsts = "".join(sorted({re.escape(form[0]) for form in ordered}))
    gap = r"[\s\x1f・,]{0,2}"
    return re.compile(f"(?=[{firsts}])(?:{'|'.join(gap.join(map(re.escape, form.split())) for form in ordered)})")
