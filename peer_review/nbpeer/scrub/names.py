"""Names and accounts in text: where they occur, and the text with "[name]" in their place.

The difficulty is that people are called like words: an account `max` must not turn `df.agg("max")` or "the max value"
into nonsense. So a form of a name that is also a word of English or Python is replaced only where the text marks it as
a person's: in a path, an e-mail address, after "@" or after "by" or "author". Every other form is replaced wherever it
stands as a word of its own, and alike everywhere in a submission, so that what looks something up by it still finds it.

For the members of the roster, accounts and full names are replaced; for the submitters, also the parts of their names.
"""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

NAME = "[name]"
"""What a reader sees in place of a name."""

EMAIL = "[e-mail]"
"""What a reader sees in place of an e-mail address."""

_SHORTEST = 3
_WORDS = frozenset(
    """
    april art august autumn bill bishop brook buck chance charity chase clay cliff cook daisy dale dawn day dean don dot
    early ellipse faith fern field fisher forest foster frank gene grace grant gray green guy hall hardy harmony heath
    hill holly hope hunter iris ivy jack jade jean jewel joy june king knight lane lily list long love mark marsh mason
    max may mean melody mercy merit miles mill miller min misty norm olive page paris park parker patience pearl penny
    pepper piper poppy price prince ray rich river robin rock rose ruby rush sandy scarlett series singer sky sol son
    song star sterling stone storm sue summer sun sunny taylor temple trace trinity van violet wade ward wells will
    willow winter woods wren young
    data test user student learner admin model train score value index label panda nan plot line bar hist figure axis
    sample random seed result answer course cohort mentor instructor teacher peer pair root home
    """.split()  # noqa: SIM905
)
_CODE = frozenset(name.lower() for name in [*keyword.kwlist, *dir(builtins)])
_KEPT_HOMES = frozenset({"jovyan", "user", "username", "you", "me", "shared"})

_HOME = re.compile(
    r"(?P<before>(?<![\w)\]/.])/(?:home|Users|export/home|var/home|nfs/home)/|[A-Za-z]:\\{1,2}Users\\{1,2}"
    r"|(?<!\w)/(?:mnt/)?[a-z]/Users/)"
    r"(?P<owner>[^/\\\s\"'`<>:;,|*?\]\[()]+)",
)
_TILDE = re.compile(r"(?<![\w~/])~(?P<owner>[A-Za-z_][\w.-]*)(?=/)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MARK = re.compile(
    r"(?:@|(?<!\w)(?:by|authors?|name|student|login|account|dear|regards|thanks|i am|i'm|i,|name is)\s*[:=,]?\s+)\Z",
    re.IGNORECASE,
)
_LONGEST_MARK = 30
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Identity:
    """Somebody of the roster: the account and the name shown, which may be missing."""

    account: str
    name: str | None = None


class Names:
    """Replaces the names of a roster in text.

    Args:
        roster: everybody in the cohort.
        authors: the submitters of the work at hand; of their names the parts are replaced, too.
    """

    def __init__(self, roster: Iterable[Identity], authors: Iterable[Identity]) -> None:
        authors = list(authors)
        forms: set[str] = set()
        for one in [*roster, *authors]:
            forms |= _whole_forms(one)
        for one in authors:
            forms |= _parts(one)
        plain = {form for form in forms if not _is_a_word(form)}
        self._plain = _by_first_word(plain)
        self._marked = _by_first_word(forms - plain)
        self._in_address = {_joined(spelling) for form in forms for spelling in _spellings(form)}

    def replace(self, text: str) -> str:
        """Return `text` without names, home folders' owners and e-mail addresses of the roster."""
        text = _HOME.sub(_owner, text)
        text = _TILDE.sub(f"~{NAME}", text)
        text = _EMAIL.sub(self._address, text)
        return "".join(self._pieces(text))

    def replace_in_prose(self, text: str) -> str:
        """Like `replace`, and without any e-mail address: nobody's data is in prose and comments."""
        return _EMAIL.sub(EMAIL, self.replace(text))

    def replace_in_path(self, path: str) -> str:
        """Return a relative path without names; it keeps its folders and its ending."""
        return "/".join(self.replace(part) for part in path.split("/"))

    def _pieces(self, text: str) -> Iterator[str]:
        """Yield `text` in pieces, names replaced; word by word, so that a large roster costs no more."""
        done = 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < done:
                continue
            first = word[0].lower()
            found = (forms := self._plain.get(first)) and forms.match(text, start)
            if (
                not found
                and (forms := self._marked.get(first))
                and _MARK.search(text[max(0, start - _LONGEST_MARK) : start])
            ):
                found = forms.match(text, start)
            if found:
                yield text[done:start]
                yield NAME
                done = found.end()
        yield text[done:]

    def _address(self, found: re.Match[str]) -> str:
        address = found[0].lower()
        local = address.partition("@")[0]
        words = {*_WORD.findall(address), *_LETTERS.findall(address), _joined(local), "".join(_LETTERS.findall(local))}
        return found[0] if self._in_address.isdisjoint(words) else EMAIL


_COMMENT_OR_STRING = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<prefix>(?<![\w])[rbfuRBFU]{0,2})"
    r"(?P<string>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')",
    re.DOTALL,
)
_BRACES = re.compile(r"(\{\{|\}\}|\{[^{}]*\})")
_CELL_MAGIC = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b)")
_LINE_MAGIC = re.compile(r"^[ \t]*[!%][^\n]*", re.MULTILINE)


def replace_in_code(source: str, names: Names) -> str:
    """Return `source` without names in comments, strings and shell lines; identifiers stay as they are.

    Made for Python; works on broken code as well, since it looks at comments and strings only.
    """
    if _CELL_MAGIC.match(source):
        return names.replace(source)

    def replaced(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            return names.replace_in_prose(found["comment"])
        if "f" in found["prefix"].lower():
            return found["prefix"] + _outside_braces(found["string"], names.replace)
        return found["prefix"] + names.replace(found["string"])

    source = _LINE_MAGIC.sub(lambda found: names.replace(found[0]), source)
    return _COMMENT_OR_STRING.sub(replaced, source)


def _outside_braces(text: str, replace: Callable[[str], str]) -> str:
    parts = _BRACES.split(text)
    return "".join(part if i % 2 else replace(part) for i, part in enumerate(parts))


def _owner(found: re.Match[str]) -> str:
    return found["before"] + (found["owner"] if found["owner"].lower() in _KEPT_HOMES else NAME)


def _whole_forms(one: Identity) -> set[str]:
    forms = {one.account}
    words = (one.name or "").split()
    if words:
        forms.add(" ".join(words))
    if len(words) > 1:
        *first, last = words
        forms |= {f"{last} {' '.join(first)}", f"{last}, {' '.join(first)}", f"{words[0]} {last}"}
        forms |= {f"{words[0]}{sep}{last}" for sep in ("", ".", "_", "-")}
        forms |= {f"{words[0][0]}. {last}", f"{words[0][0]}.{last}"}
    return {form for form in forms if form}


def _parts(one: Identity) -> set[str]:
    return {part for part in re.split(r"[\s,]+", one.name or "") if len(part) >= _SHORTEST}


def _is_a_word(form: str) -> bool:
    lower = form.lower()
    return len(form) < _SHORTEST or lower in _WORDS or lower in _CODE


def _by_first_word(forms: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """Return, by first word in lower case, what matches the forms that begin with it, the longest first."""
    groups: dict[str, set[str]] = {}
    for form in forms:
        for spelling in _spellings(form):
            if first := _WORD.search(spelling):
                groups.setdefault(first[0].lower(), set()).add(spelling[first.start() :])
    return {first: _any_of(spellings) for first, spellings in groups.items()}


def _any_of(forms: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(
        r"\s+".join(re.escape(word) for word in form.split(" ")) for form in sorted(forms, key=len, reverse=True)
    )
    return re.compile(rf"(?:{alternatives})(?![^\W_])", re.IGNORECASE)


def _joined(form: str) -> str:
    """Return the letters and digits of a form, in lower case."""
    return "".join(_WORD.findall(form)).lower()


def _spellings(form: str) -> set[str]:
    composed = unicodedata.normalize("NFC", form)
    decomposed = unicodedata.normalize("NFD", form)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return {composed, decomposed, bare}
