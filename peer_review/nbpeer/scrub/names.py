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
from collections.abc import Callable, Iterable
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
_MARK_BEFORE = (
    r"(?P<mark>@|(?<!\w)(?:by|authors?|name|student|login|account|dear|regards|thanks|i am|i'm|i,|name is)\s*[:=,]?\s+)"
)


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
        self._plain = _any_of(plain, r"(?<![^\W_])", r"(?![^\W_])")
        self._marked = _any_of(forms - plain, _MARK_BEFORE, r"(?![^\W_])")
        self._in_address = _any_of(forms, r"(?<![^\W\d_])", r"(?![^\W\d_])")

    def replace(self, text: str) -> str:
        """Return `text` without names, home folders' owners and e-mail addresses of the roster."""
        text = _HOME.sub(_owner, text)
        text = _TILDE.sub(f"~{NAME}", text)
        text = _EMAIL.sub(self._address, text)
        if self._plain:
            text = self._plain.sub(NAME, text)
        if self._marked:
            text = self._marked.sub(lambda found: found["mark"] + NAME, text)
        return text

    def replace_in_prose(self, text: str) -> str:
        """Like `replace`, and without any e-mail address: nobody's data is in prose and comments."""
        return _EMAIL.sub(EMAIL, self.replace(text))

    def replace_in_path(self, path: str) -> str:
        """Return a relative path without names; it keeps its folders and its ending."""
        return "/".join(self.replace(part) for part in path.split("/"))

    def _address(self, found: re.Match[str]) -> str:
        return EMAIL if self._in_address and self._in_address.search(found[0]) else found[0]


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


def _any_of(forms: set[str], before: str, after: str) -> re.Pattern[str] | None:
    variants = {variant for form in forms for variant in _spellings(form)}
    if not variants:
        return None
    alternatives = "|".join(
        r"\s+".join(re.escape(word) for word in form.split(" ")) for form in sorted(variants, key=len, reverse=True)
    )
    return re.compile(f"{before}(?:{alternatives}){after}", re.IGNORECASE)


def _spellings(form: str) -> set[str]:
    composed = unicodedata.normalize("NFC", form)
    decomposed = unicodedata.normalize("NFD", form)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return {composed, decomposed, bare}
