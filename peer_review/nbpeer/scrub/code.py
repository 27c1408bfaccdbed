"""Source code without names: in comments, strings and shell lines; identifiers stay as they are, so that it runs.

Made for Python and its kin. It looks at comments and strings only, without a parser, so it works on broken code as
well. What stands in the braces of an f-string is code again.
"""

import re
from collections.abc import Callable

from nbpeer.scrub.encoded import replace_in_text
from nbpeer.scrub.names import Names

_STRING = (
    r"(?P<string>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    r"|(?:\"\"\"|''').*\Z)"
)
_PREFIX = r"(?P<prefix>(?<![\w])[rbfutRBFUT]{0,3})"
_HASHED = re.compile(rf"(?P<comment>\#[^\n]*)|{_PREFIX}{_STRING}", re.DOTALL)
_SLASHED = re.compile(
    rf"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z)|--[ ][^\n]*)|{_PREFIX}(?:{_STRING}|(?P<template>`(?:\\.|[^\\`])*`))",
    re.DOTALL,
)
_F_START = re.compile(r"\"\"\"|'''|\"|'")
_CELL_MAGIC = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b)")
_LINE_MAGIC = re.compile(r"^[ \t]*(?:[\w, ]+=[ ]*)?(?:!|%{1,2}[A-Za-z])[^\n]*", re.MULTILINE)
_TIMED = re.compile(r"%?(?:time|timeit|prun|memit|mprun|lprun|debug|pdb)\b")
_OWNED = re.compile(
    r"(?:\b_*(?:authors?|account|login|username|submitted_by|created_by|made_by|my_name|student_name|full_?name)_*['\"\]]*"
    r"(?:\s*:\s*str)?\s*(?:=|:|==)\s*[\[(]?)\Z",
    re.IGNORECASE,
)
_BEFORE = 60


def replace_in_code(source: str, names: Names, slashes: bool = False) -> str:
    """Return `source` without names in comments, strings and shell lines; identifiers stay as they are.

    Args:
        source: code of Python, R, Julia or a shell; broken code as well.
        names: the names to replace.
        slashes: comments begin with slashes or two dashes, as in JavaScript, C and SQL.
    """
    if _CELL_MAGIC.match(source):
        return replace_in_text(source, names)
    if not slashes:
        source = _LINE_MAGIC.sub(lambda found: _line(found[0], names), source)
    return _replace(source, names, _SLASHED if slashes else _HASHED)


def _line(line: str, names: Names) -> str:
    """Return a line of IPython's: what it is assigned to, and what is timed, is code."""
    head, mark, rest = re.split(r"([!%])", line, maxsplit=1)
    return head + mark + (_replace(rest, names, _HASHED) if _TIMED.match(rest) else replace_in_text(rest, names))


def _replace(source: str, names: Names, tokens: re.Pattern[str]) -> str:
    pieces: list[str] = []
    done = at = 0
    while found := tokens.search(source, at):
        start, at = found.span()
        pieces.append(source[done:start])
        if found["comment"] is not None:
            pieces.append(replace_in_text(found["comment"], names, prose=True))
        elif "f" in found["prefix"].lower() or "t" in found["prefix"].lower():
            start += len(found["prefix"])
            at = _end_of_f_string(source, start)
            pieces.append(found["prefix"] + _outside_braces(source[start:at], names))
        else:
            owned = bool(_OWNED.search(source[max(0, start - _BEFORE) : start]))
            pieces.append(found["prefix"] + replace_in_text(found[0][len(found["prefix"]) :], names, owned=owned))
        done = at = max(at, found.start() + 1)
    return "".join([*pieces, source[done:]])


def _end_of_f_string(source: str, start: int) -> int:
    """Return where the f-string with its quotes at `start` ends; since Python 3.12 its braces may hold such quotes."""
    quotes = _F_START.match(source, start)
    assert quotes is not None  # noqa: S101 - a string begins here
    mark, depth, at = quotes[0], 0, quotes.end()
    closed_before = -1
    while at < len(source):
        char = source[at]
        if char == "\\" and not depth:
            at += 2
            continue
        if source.startswith(mark, at):
            if not depth:
                return at + len(mark)
            closed_before = at + len(mark) if closed_before < 0 else closed_before
        if char == "\n" and len(mark) == 1 and not depth:
            return at
        if source.startswith(("{{", "}}"), at) and not depth:
            at += 2
            continue
        depth += (char == "{") - (char == "}" and depth > 0)
        at += 1
    return closed_before if closed_before > 0 else len(source)


def _outside_braces(text: str, names: Names) -> str:
    """Return an f-string with its literal parts replaced, and what is in its braces as code."""
    return _by_depth(text, lambda part: replace_in_text(part, names), lambda part: _replace(part, names, _HASHED))


def _by_depth(text: str, literal: Callable[[str], str], code: Callable[[str], str]) -> str:
    pieces: list[str] = []
    start = at = depth = 0
    while at < len(text):
        if not depth and text.startswith(("{{", "}}"), at):
            at += 2
            continue
        if text[at] == "{":
            if not depth:
                pieces.append(literal(text[start:at]))
                start = at
            depth += 1
        elif text[at] == "}" and depth:
            depth -= 1
            if not depth:
                pieces.append(code(text[start : at + 1]))
                start = at + 1
        at += 1
    pieces.append((code if depth else literal)(text[start:]))
    return "".join(pieces)
