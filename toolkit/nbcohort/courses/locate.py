"""On which line of a TOML text each key is.

tomllib reads TOML but forgets where (and no kept library remembers), so the text is walked a second time, after tomllib
has accepted it: a valid text needs no judgement, only strings, brackets and comments told apart. Everything that
`tomllib.loads` returns has a line here: tables, arrays' elements, dotted and quoted keys, inline tables.
"""

import re
import tomllib

from nbcohort.courses.mistakes import Key

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


def locate(text: str) -> dict[Key, int]:
    """Return the line (from 1) of every key and array element of a valid TOML text.

    Of a table, the line of its header, or of the first key that makes it. Of a key that is given twice (which tomllib
    refuses), the first line. Raises ValueError, or returns nonsense, for a text that is not TOML.
    """
    return _Walk(text.replace("\r\n", "\n")).lines


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Key, int] = {}
        self.tables: dict[Key, int] = {}  # how many tables an array of tables has so far
        self._counted = (0, 1)  # a place in the text and its line
        table: Key = ()
        self._skip(_BLANK)
        while self.at < len(text):
            table = self._statement(table)
            self._skip(_BLANK)

    def _statement(self, table: Key) -> Key:
        line = self._line()
        if self._take("[["):
            *parents, last = self._key()
            self._take("]]")
            array = (*self._resolve(parents, line), last)
            number = self.tables.get(array, 0)
            self.tables[array] = number + 1
            self.lines.setdefault(array, line)
            self.lines[*array, number] = line
            return (*array, number)
        if self._take("["):
            header = self._resolve(self._key(), line)
            self._take("]")
            self.lines[header] = line
            return header
        self._pair(table)
        return table

    def _resolve(self, names: list[str], line: int) -> Key:
        """Return the key of a header: inside arrays of tables it is about their last table."""
        key: Key = ()
        for name in names:
            key = (*key, name)
            self.lines.setdefault(key, line)
            if key in self.tables:
                key = (*key, self.tables[key] - 1)
        return key

    def _pair(self, table: Key) -> None:
        line = self._line()
        key = table
        for name in self._key():
            key = (*key, name)
            self.lines.setdefault(key, line)
        self._take("=")
        self._skip(_SPACE)
        self._value(key)

    def _value(self, key: Key) -> None:
        if self._take("["):
            self._skip(_BLANK)
            number = 0
            while not self._take("]"):
                self.lines[*key, number] = self._line()
                self._value((*key, number))
                number += 1
                self._separator("]")
        elif self._take("{"):
            self._skip(_BLANK)
            while not self._take("}"):
                self._pair(key)
                self._separator("}")
        elif string := _STRING.match(self.text, self.at):
            self.at = string.end()
        else:
            self._skip(_SCALAR)

    def _separator(self, end: str) -> None:
        self._skip(_BLANK)
        if not self._take(",") and not self.text.startswith(end, self.at):
            raise ValueError(f"no {end} on line {self._line()}")
        self._skip(_BLANK)

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_SPACE)
            if bare := _BARE_KEY.match(self.text, self.at):
                names.append(bare[0])
                self.at = bare.end()
            elif quoted := _STRING.match(self.text, self.at):
                names.append(next(iter(tomllib.loads(f"{quoted[0]} = 0"))))
                self.at = quoted.end()
            else:
                raise ValueError(f"no key on line {self._line()}")
            self._skip(_SPACE)
            if not self._take("."):
                return names

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _take(self, token: str) -> bool:
        taken = self.text.startswith(token, self.at)
        self.at += len(token) if taken else 0
        return taken

    def _line(self) -> int:
        place, line = self._counted
        self._counted = (self.at, line + self.text.count("\n", place, self.at))
        return self._counted[1]
