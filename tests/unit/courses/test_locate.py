"""Each value in a generated document is a number of its own, so where it really stands can be looked up in the text."""

import json
import tomllib
from collections.abc import Iterator
from itertools import count
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from nbcohort.courses.locate import locate

EXAMPLE = (
    '''\
title = "a # no comment" # a comment
text = """
[not.a.table]
key = 1 \\""" ]
ends with quotes """""
path = 'C:\\temp' ; '''.replace(" ; ", "\n")
    + """\
raw = \'\'\'
x = [ '' \'\'\'
"quoted.key" . 'other' = 1
dates = [ 1979-05-27 07:32:00, 2026-01-01 ]

[ a . "b c" ]
list = [
    1, # ]
    [ 2,
      3 ],
    { x = 4, y.z = "}" },
]
[[a.items]]
name = "first"
[[a.items.parts]]
n = 1
[[a.items.parts]]
n = 2
[[a.items]]
name = "second"
[a.items.more]
deep = true
"""
)


def test_every_kind_of_key_is_found() -> None:
    tomllib.loads(EXAMPLE)
    assert locate(EXAMPLE) == {
        ("title",): 1,
        ("text",): 2,
        ("path",): 6,
        ("raw",): 7,
        ("quoted.key",): 9,
        ("quoted.key", "other"): 9,
        ("dates",): 10,
        ("dates", 0): 10,
        ("dates", 1): 10,
        ("a",): 12,
        ("a", "b c"): 12,
        ("a", "b c", "list"): 13,
        ("a", "b c", "list", 0): 14,
        ("a", "b c", "list", 1): 15,
        ("a", "b c", "list", 1, 0): 15,
        ("a", "b c", "list", 1, 1): 16,
        ("a", "b c", "list", 2): 17,
        ("a", "b c", "list", 2, "x"): 17,
        ("a", "b c", "list", 2, "y"): 17,
        ("a", "b c", "list", 2, "y", "z"): 17,
        ("a", "items"): 19,
        ("a", "items", 0): 19,
        ("a", "items", 0, "name"): 20,
        ("a", "items", 0, "parts"): 21,
        ("a", "items", 0, "parts", 0): 21,
        ("a", "items", 0, "parts", 0, "n"): 22,
        ("a", "items", 0, "parts", 1): 23,
        ("a", "items", 0, "parts", 1, "n"): 24,
        ("a", "items", 1): 25,
        ("a", "items", 1, "name"): 26,
        ("a", "items", 1, "more"): 27,
        ("a", "items", 1, "more", "deep"): 28,
    }


def test_windows_line_ends_count_once() -> None:
    assert locate("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}


KEYS = st.one_of(st.sampled_from(["a", "b", "c-d", "1", "true"]), st.text("ab.\"'#=[]\\ é\n", max_size=4))
NOISE = st.sampled_from(
    [
        '"""\n[x]\n"" \\""" # """""',
        "'''\n[[y]]\nz = 1 '' ]''''",
        '"#]}\\""',
        "'\"#,'",
        '""',
        "''''''",
        "1e5",
        "-inf",
        "12:00:00",
    ]
)
SCALARS = st.one_of(st.none(), NOISE)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3),
    lambda inner: st.dictionaries(
        KEYS, st.one_of(VALUES, inner, st.lists(inner, min_size=1, max_size=3).map(tuple)), max_size=4
    ),
    max_leaves=6,
)

T = TypeVar("T")


class Writer:
    """Writes a document in every style that TOML has; None becomes a number that comes nowhere else."""

    def __init__(self, data: st.DataObject) -> None:
        self.data, self.numbers = data, count(1_000_000)
        self.lines: list[str] = []

    def choice(self, *options: T) -> T:
        return self.data.draw(st.sampled_from(options))

    def key(self, name: str) -> str:
        bare = name.isascii() and name.replace("-", "").isalnum()
        return name if bare and self.choice(True, False) else json.dumps(name, ensure_ascii=False)

    def gap(self) -> str:
        return self.choice("", " ", "\n", ' # ], } """\n', "\r\n")

    def value(self, value: Any) -> str:
        if value is None:
            return str(next(self.numbers))
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.key(k)} = {self.value(v)}" for k, v in value.items()) + "}"
        items = [self.gap() + self.value(item) + self.gap() for item in value]
        return "[" + ",".join(items) + (self.choice("", "," + self.gap()) if items else "") + "]"

    def pair(self, names: list[str], value: Any) -> None:
        if isinstance(value, dict) and value and self.choice(True, False):
            for name, inner in value.items():
                self.pair([*names, name], inner)
        else:
            self.lines.append(f"{self.choice('.', ' . ').join(map(self.key, names))} = {self.value(value)}")

    def table(self, table: Any, names: list[str]) -> None:
        tables = {
            k: v for k, v in table.items() if isinstance(v, tuple) or (isinstance(v, dict) and self.choice(True, False))
        }
        for name, value in table.items():
            if name not in tables:
                self.pair([name], _plain(value))
        for name, value in tables.items():
            path = ".".join(map(self.key, [*names, name]))
            for one in value if isinstance(value, tuple) else [value]:
                self.lines.append(self.choice("", "# [comment]", "  "))
                self.lines.append(f"[[{path}]]" if isinstance(value, tuple) else f"[ {path} ] # x")
                self.table(one, [*names, name])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*here, key), inner
        yield from paths(inner, (*here, key))


@given(TABLES, st.data())
def test_every_value_is_on_the_line_that_is_said(table: Any, data: st.DataObject) -> None:
    writer = Writer(data)
    writer.table(table, [])
    text = "\n".join(writer.lines)
    there = dict(paths(tomllib.loads(text)))
    found = locate(text)
    lines = text.replace("\r\n", "\n").split("\n")
    assert set(found) == set(there)
    for path, value in there.items():
        if isinstance(value, int) and value >= 1_000_000:
            assert str(value) in lines[found[path] - 1]
        if path[:-1]:
            assert found[path[:-1]] <= found[path]
