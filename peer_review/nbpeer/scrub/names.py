"""Names and accounts in text: where they occur, and the text with "[name]" in their place.

The difficulty is that people are called like words: an account `max` must not turn `df.agg("max")` or "the max value"
into nonsense. So a part of a name that is also a word is replaced only where the text marks it as a person's: beside
another part of the same name, in a path, an e-mail address, after "@", "author" or "I am" (`places.py`). Every other
form is replaced wherever it stands as a word of its own, and alike everywhere in a submission, so that what looks
something up by it still finds it.

For the members of the roster, accounts and full names are replaced, with initials and in any order; for the submitters,
also the parts of their names. Text is searched in a view of it (`folding.py`), once, however many names there are.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from nbpeer.scrub import places
from nbpeer.scrub.folding import SOFT, View, view
from nbpeer.scrub.people import Identity, People
from nbpeer.scrub.words import PARTICLES, TECHNICAL, is_common

__all__ = ["EMAIL", "NAME", "Identity", "Names"]

NAME = "[name]"
"""What a reader sees in place of a name."""

EMAIL = "[e-mail]"
"""What a reader sees in place of an e-mail address."""

_WORD = re.compile(r"[^\W_]+")
_INSIDE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|\d+|[^\W\d_a-zA-Z]+")
_LATIN = re.compile("[A-Za-z]")
_GAP = re.compile(r"(?!\s*\n\s*\n)[\s.,_'`\"\-/\\+|:;()<>=~*\x1f]{0,6}\Z")
_TIGHT_GAPS = frozenset({"", " ", "  ", "-", "_", ".", "\t", "+"})
_ONE_NAME_GAP = re.compile(r"[ .'_\-]{0,3}\Z|,\ \Z|\ {2,}\Z")
"""Between two words that are shown as one name; what else stands between them is kept."""
_AFTER_INITIAL = re.compile(rf"[.\s_,'\-{SOFT}]{{0,4}}([^\W_]{{1,64}})")
_TIED = re.compile(r"[._-](?=\w)")
_PLAIN_BEFORE = frozenset({"", " ", "\n", "(", ".", ",", "["})
_PLAIN_AFTER = frozenset({"", " ", "\n", "(", ".", ",", ")", "]", "_", "=", ":", '"'})
_ACCOUNT_WORD = re.compile(r"(?:login|account|[:=])\s\Z", re.IGNORECASE)
_MAY_JOIN = re.compile(
    r"\S[<\x1b\x08\\\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff&]"
)
"""There may be something between the letters of a word that no reader sees."""
_MOST_PASSES = 4
_ESCAPES = "nrtbfav0"
_BEFORE = 80
_LONGEST_RUN = 8


class _Word(NamedTuple):
    start: int
    end: int
    low: str


class _Text:
    """A view under search: its words, with a look at the next ones."""

    def __init__(self, text: str, known: frozenset[str]) -> None:
        self.text = text
        self._known = known

    def next_word(self, end: int) -> _Word | None:
        """Return the word that follows at once, as one more part of a name would."""
        found = _WORD.search(self.text, end, end + 64)
        if not found or not _GAP.match(self.text[end : found.start()]):
            return None
        return next(self.parts(found))

    def parts(self, word: re.Match[str]) -> Iterator[_Word]:
        """Yield the word, and where it is not known and may be several, its parts."""
        low, start = word[0].lower(), word.start()
        if low not in self._known and self._is_escaped(low) and self.text[start - 1 : start] == "\\":
            yield _Word(start + 1, word.end(), low[1:])  # on a new line that is written as an escape
        elif low in self._known or not _is_mixed(word[0]):
            yield _Word(start, word.end(), low)
        else:
            for part in _INSIDE.finditer(word[0]):
                yield _Word(start + part.start(), start + part.end(), part[0].lower())

    def _is_escaped(self, low: str) -> bool:
        return low[0] in _ESCAPES and low[1:] in self._known

    def stands_plainly(self, word: _Word) -> bool:
        """Say, quickly, whether nothing around the word can make it an account."""
        before, after = self.text[max(0, word.start - 1) : word.start], self.text[word.end : word.end + 1]
        if before not in _PLAIN_BEFORE or after not in _PLAIN_AFTER:
            return False
        return not _ACCOUNT_WORD.search(self.text, max(0, word.start - 10), word.start)

    def before(self, start: int) -> str:
        return self.text[max(0, start - _BEFORE) : start].replace(SOFT, " ")

    def is_tied(self, initial: _Word) -> bool:
        """Say whether an initial is part of something like "m.mueller"."""
        return bool(_TIED.match(self.text, initial.end))

    def is_capital(self, word: _Word) -> bool:
        return self.text[word.start].isupper() or not self.text[word.start].islower()


class Names:
    """Replaces the names of a roster in text.

    Args:
        roster: everybody in the cohort.
        authors: the submitters of the work at hand; of their names the parts are replaced, too.
    """

    def __init__(self, roster: Iterable[Identity], authors: Iterable[Identity]) -> None:
        self._people = People(roster, authors)

    def replace(self, text: str, owned: bool = False) -> str:
        """Return `text` without names, home folders' owners and e-mail addresses of the roster.

        Args:
            text: any text.
            owned: what surrounds the text says that it is somebody's: words that are names, too, are names in it.
        """
        return self._replace(text, owned, prose=False)

    def replace_in_prose(self, text: str) -> str:
        """Like `replace`, and without any e-mail address: nobody's data is in prose and comments."""
        return self._replace(text, False, prose=True)

    def replace_in_path(self, path: str) -> str:
        """Return a relative path without names; it keeps its folders and its ending."""
        return "/".join(self.replace(part) for part in path.split("/"))

    def finds(self, text: str, owned: bool = False) -> bool:
        """Say whether there is anything in `text` that `replace` would replace."""
        return self.replace(text, owned) != text

    def words_of_authors(self, text: str) -> bool:
        """Say whether what is left in `text` has a part of an author's name that is a word, too, with a capital."""
        left = self.replace(text)
        return any(
            found[0].lower() in self._people.words_of_authors and found[0][0].isupper()
            for found in _WORD.finditer(view(left).text)
        )

    def _replace(self, text: str, owned: bool, prose: bool) -> str:
        for _ in range(_MOST_PASSES):  # what has been replaced may leave a name beside it standing on its own
            before = text
            text = self._once(text, SOFT, owned, prose)
            if _MAY_JOIN.search(text):
                text = self._once(text, "", owned, prose)
            if text == before:
                break
        return text

    def _once(self, text: str, soft: str, owned: bool, prose: bool) -> str:
        seen = view(text, soft)
        return _with(text, seen, self._found(seen.text, owned, prose))

    def _found(self, text: str, owned: bool, prose: bool) -> list[tuple[int, int, str]]:
        found = [(m.start("owner"), m.end("owner"), NAME) for m in _owners(text)]
        if "@" in text or " at" in text or "(at" in text or "[at" in text or "{at" in text:
            found += [(m.start(), m.end(), EMAIL) for m in places.EMAIL.finditer(text) if self._is_mail(m, prose)]
        if self._people.dense:
            found += [(m.start(), m.end(), NAME) for m in self._people.dense.finditer(text)]
        found += self._words(_Text(text, self._people.first), owned)
        return found

    def _is_mail(self, found: re.Match[str], prose: bool) -> bool:
        if prose or places.SAYS_WHOSE.search(found.string[max(0, found.start() - _BEFORE) : found.start()]):
            return True
        local, domain = found["local"].lower(), found["domain"].lower()
        words = [*_WORD.findall(local), *re.findall(r"[^\W\d_]+", local)]
        joined = "".join(_WORD.findall(local))
        known = self._people.in_address
        if not known.isdisjoint({*words, joined, joined.rstrip("0123456789")}):
            return True
        return not self._people.in_hosts.isdisjoint(_WORD.findall(domain))

    def _words(self, text: _Text, owned: bool) -> Iterator[tuple[int, int, str]]:
        """Yield what is to be replaced. Most words are nobody's: each is looked up once, however often it stands."""
        beginnings = {word for word in set(_WORD.findall(text.text)) if self._may_begin(word)}
        done = 0
        for word in _WORD.finditer(text.text) if beginnings else ():
            if word[0] not in beginnings:
                continue
            for one in text.parts(word):
                if one.start >= done and (spans := self._at(text, one, owned)):
                    yield from ((start, end, NAME) for start, end in spans)
                    done = spans[-1][1]

    def _may_begin(self, word: str) -> bool:
        low = word.lower()
        if low in self._people.first:
            return True
        if low.isdecimal():
            return False
        if len(low) == 1:
            return low in self._people.letters
        if self._is_inflected(low) or (low[0] in _ESCAPES and low[1:] in self._people.first):
            return True
        return _is_mixed(word) and any(part[0].lower() in self._people.first for part in _INSIDE.finditer(word))

    def _is_inflected(self, low: str) -> bool:
        return (low[-1] == "s" and len(low) > 4 and low[:-1] in self._people.whole) or (
            low[0] in "وبلفك" and low[1:] in self._people.first
        )

    def _at(self, text: _Text, word: _Word, owned: bool) -> list[tuple[int, int]]:
        """Return the spans to replace for what begins with `word`."""
        if spans := self._run(text, word):
            return spans
        if chain := self._chain(text, word):
            return chain
        low = word.low
        if low in self._people.whole:
            return [] if _is_a_fraction(text.text, word) else [_with_hash(text.text, word.start, word.end)]
        if self._is_inflected(low):
            return [(word.start, word.end)]
        if low in self._people.marked and (owned or self._is_marked(text, word)):
            return [_with_hash(text.text, word.start, word.end)]
        return []

    def _chain(self, text: _Text, word: _Word) -> list[tuple[int, int]]:
        """Return where an account of several words stands, "max.mueller", its hosts' "max-2emueller"."""
        for chain in self._people.chains.get(word.low, ()):
            at: _Word | None = word
            common = all(map(is_common, chain))
            for wanted in chain[1:]:
                end = at.end if at else 0
                at = text.next_word(end) if at else None
                at = at if at and at.low == wanted and at.start - end <= 2 else None
                if at and common and text.text[end : at.start] == " ":
                    at = None
            if at:
                return [_with_hash(text.text, word.start, at.end)]
        return []

    def _run(self, text: _Text, word: _Word) -> list[tuple[int, int]]:
        """Return where parts and initials of one person's name stand next to each other."""
        people = self._people
        if word.low not in people.bearers and not (len(word.low) == 1 and self._is_followed_up(text, word)):
            return []
        bearers = people.bearers.get(word.low, frozenset())
        run = [word]
        while len(run) < _LONGEST_RUN and (then := text.next_word(run[-1].end)):
            wider = self._still(text, run, then, bearers)
            if wider is None:
                break
            bearers = wider
            run.append(then)
        while len(run) > 1 and not self._is_a_name(text, run, bearers):
            run.pop()
        return _spans(text.text, run) if len(run) > 1 else []

    def _is_followed_up(self, text: _Text, initial: _Word) -> bool:
        after = _AFTER_INITIAL.match(text.text, initial.end)
        if not after:
            return False
        return after[1].lower() in self._people.first or (len(after[1]) == 1 and after[1].isupper())

    def _still(self, text: _Text, run: list[_Word], then: _Word, bearers: frozenset[int]) -> frozenset[int] | None:
        """Return whose name the run may be with one word more, None: nobody's."""
        people = self._people
        single = [one.low for one in run if len(one.low) == 1 and one.low not in people.bearers]
        if any(then.low == one.low for one in run if len(one.low) > 1):
            return None
        if (known := people.bearers.get(then.low)) is not None:
            both = known & bearers if bearers else known
            both = frozenset(who for who in both if all((letter, who) in people.initials for letter in single))
            if both:
                return both
        if len(then.low) != 1:
            return None
        if not bearers:  # initials only, so far
            return bearers if len(run) < 4 and text.is_capital(then) else None
        return frozenset(who for who in bearers if (then.low, who) in people.initials) or None

    def _is_a_name(self, text: _Text, run: list[_Word], bearers: frozenset[int]) -> bool:
        if not bearers:
            return False
        real = {one.low for one in run if len(one.low) > 1 and one.low not in PARTICLES}
        if len(real) < 2 and self._is_whole(run, bearers):
            real = {one.low for one in run}
        if len(real) > 1:
            return not all(map(is_common, real)) or self._is_a_name_of_words(text, run, bearers)
        return bool(real) and _is_initialled(text, run, is_common(min(real)))

    def _is_whole(self, run: list[_Word], bearers: frozenset[int]) -> bool:
        """Say whether the run has all words of somebody's name, which may be of particles only."""
        words = {one.low for one in run}
        return len(words) > 1 and any(words == set(order) for who in bearers for order in self._people.orders[who])

    def _is_a_name_of_words(self, text: _Text, run: list[_Word], bearers: frozenset[int]) -> bool:
        """Say whether words that are all something else, too, are a name: by their capitals and what parts them."""
        if not all(map(text.is_capital, run)):
            return False
        gaps = {text.text[one.end : two.start] for one, two in pairwise(run)}
        orders = (order for who in bearers for order in self._people.orders[who])
        if any(_are_in_order(run, order) for order in orders):
            is_calendar = all(one.low in TECHNICAL for one in run)
            return gaps <= _TIGHT_GAPS or (not is_calendar and ", " not in gaps)
        return gaps <= (_TIGHT_GAPS | {", "})

    def _is_marked(self, text: _Text, word: _Word) -> bool:
        """Say whether the text marks a word that is also something else as somebody's."""
        capital = text.is_capital(word)
        if not capital and text.stands_plainly(word):
            return False
        before, after = text.before(word.start), text.text[word.end : word.end + _BEFORE]
        if places.ACCOUNT_MARK.search(before) or places.ACCOUNT_AFTER.match(after):
            return True
        if not capital or places.FOOTER.match(after):
            return False
        if places.STRONG_MARK.search(before) or places.LIST_MARK.search(before) or places.WORK.match(after):
            return True
        plain = word.low not in TECHNICAL
        if plain and places.POSSESSIVE.match(after) and after[1:2] == "s":
            return True
        return _is_weakly_marked(before, after, plain)


def _are_in_order(run: list[_Word], order: tuple[str, ...]) -> bool:
    places_of = [order.index(one.low) for one in run if one.low in order]
    return len(places_of) == len(run) and places_of == sorted(places_of)


def _is_initialled(text: _Text, run: list[_Word], common: bool) -> bool:
    """Say whether one part of a name stands with initials, written as initials are."""
    initials = [one for one in run if len(one.low) == 1]
    if not initials or not all(text.is_capital(one) or text.is_tied(one) for one in initials):
        return False
    dotted = all(text.text[one.end : one.end + 1] == "." for one in initials)
    last = run[-1]
    if len(last.low) == 1 and not dotted and text.text[last.end : last.end + 1] in ("'", "(", "="):
        return False
    return not common or (dotted and all(map(text.is_capital, run)))


def _is_weakly_marked(before: str, after: str, plain: bool) -> bool:
    mark = places.WEAK_MARK.search(before)
    if not mark or places.SORTED_BY.search(before):
        return False
    if plain:
        return not re.match(r"\s?(?:\d|to\b|import\b)", after)
    return bool(places.AT_THE_START.search(before[: mark.start()]) and places.END_OF_LINE.match(after))


def _owners(text: str) -> Iterator[re.Match[str]]:
    if any(sign in text for sign in places.OWNER_SIGNS):
        yield from (m for m in places.OWNER.finditer(text) if m["owner"].lower() not in places.KEPT_OWNERS)
    if "~" in text:
        yield from (m for m in places.TILDE.finditer(text) if m["owner"].lower() not in places.KEPT_OWNERS)


def _with(text: str, seen: View, found: list[tuple[int, int, str]]) -> str:
    """Return `text` with what was found in its view replaced, the longest first where two overlap."""
    if not found:
        return text
    pieces: list[str] = []
    done = 0
    for start, end, shown in sorted(found, key=lambda one: (one[0], -one[1])):
        first, last = seen.span(start, end)
        if first < done:
            continue
        while last < len(text) and not text[last].isascii() and not view(text[last], "").text:
            last += 1  # its diacritics
        pieces += (text[done:first], shown)
        done = last
    return "".join([*pieces, text[done:]])


def _is_mixed(word: str) -> bool:
    """Say whether a word may be several: "maxMueller", "mueller2"."""
    if not word.isalpha():
        return True
    if not word.isascii():
        return bool(_LATIN.search(word))
    return not (word[1:].islower() or word.isupper() or len(word) == 1)


def _is_a_fraction(text: str, word: _Word) -> bool:
    return word.low.isdigit() and (
        text[word.start - 1 : word.start] in (".", ",") or text[word.end : word.end + 1] == "."
    )


def _with_hash(text: str, start: int, end: int) -> tuple[int, int]:
    hashed = places.HASHED.match(text, end)
    return start, hashed.end() if hashed else end


def _spans(text: str, run: list[_Word]) -> list[tuple[int, int]]:
    """Return the run as one name, or as several where more than a space or a comma is between its words."""
    spans = [(run[0].start, run[0].end)]
    for word in run[1:]:
        if _ONE_NAME_GAP.match(text[spans[-1][1] : word.start]):
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    if len(run[-1].low) == 1 and text[spans[-1][1] : spans[-1][1] + 1] == ".":
        spans[-1] = (spans[-1][0], spans[-1][1] + 1)
    return spans
