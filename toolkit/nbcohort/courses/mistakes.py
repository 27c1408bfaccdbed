"""What is wrong in settings, so that an instructor can mend it: file, line, key, what was expected, what was found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nbcohort.errors import Invalid
from nbcohort.i18n import _

Key = tuple[str | int, ...]
"""Where a setting is: names of tables and keys, and positions (from 0) in lists."""

Known = Mapping[type[BaseModel], Iterable[str]]
"""The keys that a model's table may have, where they are others in TOML than in JSON."""


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a settings file."""

    file: str
    key: Key
    sentence: str
    line: int | None = None

    def __str__(self) -> str:
        """Return the line that a person reads."""
        place = self.file if self.line is None else _("{file} line {line}").format(file=self.file, line=self.line)
        return ": ".join([place, *([dotted(self.key)] if self.key else []), self.sentence])


class SettingsError(Invalid):
    """Settings that cannot be used; as text, one line for each mistake."""

    slug = "settings"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(
            "\n".join(str(mistake) for mistake in mistakes),
            mistakes=[{**asdict(mistake), "key": dotted(mistake.key)} for mistake in mistakes],
        )
        self.mistakes = tuple(mistakes)

    def with_lines(self, line_of: Mapping[Key, int]) -> "SettingsError":
        """Return the same mistakes, each with the line of its key, or of the table in which the key is missing."""
        return SettingsError(
            sorted(
                (replace(mistake, line=_nearest(mistake.key, line_of)) for mistake in self.mistakes),
                key=lambda mistake: mistake.line or 0,
            )
        )


def _nearest(key: Key, line_of: Mapping[Key, int]) -> int | None:
    return next((line_of[key[:end]] for end in range(len(key), 0, -1) if key[:end] in line_of), None)


def dotted(key: Key) -> str:
    """Return a key as it is read aloud: ``assignments.tidy-tables.rubric #2.title`` (#2 is the second)."""
    text = ""
    for part in key:
        text += f" #{part + 1}" if isinstance(part, int) else f".{part}" if text else part
    return text


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean "due"?)`` when a known word is close to `word`, else nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return _(' (did you mean "{word}"?)').format(word=close[0]) if close else ""


def unknown_key(word: str, known: Iterable[str]) -> str:
    """Return the sentence about a key that means nothing where it stands."""
    known = sorted(known)
    return _("unknown key{suggestion}; known here: {known}").format(
        suggestion=suggestion(word, known), known=", ".join(known)
    )


def unknown_section(word: str, known: Iterable[str]) -> str:
    """Return the sentence about a table that means nothing where it stands, or belongs to an activity."""
    return _("{unknown}; an activity's own table needs that activity to be installed").format(
        unknown=unknown_key(word, known)
    )


def explain(error: ValidationError, model: type[BaseModel], known: Known) -> list[tuple[Key, str]]:
    """Return each mistake that pydantic found in data for `model`: its key and the sentence about it."""
    return [(detail["loc"], _sentence(detail, model, known)) for detail in error.errors()]


_EXPECTED = {
    "string_type": _("text in quotes"),
    "string_too_short": _("some text"),
    "int_type": _("a whole number"),
    "int_parsing": _("a whole number"),
    "int_from_float": _("a whole number"),
    "float_type": _("a number"),
    "float_parsing": _("a number"),
    "finite_number": _("a finite number"),
    "bool_type": _("true or false"),
    "bool_parsing": _("true or false"),
    "tuple_type": _("a list in square brackets"),
    "list_type": _("a list in square brackets"),
    "dict_type": _("a table"),
    "model_type": _("a table"),
    "model_attributes_type": _("a table"),
    "date_type": _("a date such as 2026-01-12"),
    "date_parsing": _("a date such as 2026-01-12"),
    "date_from_datetime_parsing": _("a date such as 2026-01-12"),
    "date_from_datetime_inexact": _("a date such as 2026-01-12, without a time"),
}

_LIMITS = {
    "greater_than": (_("more than {limit}"), "gt"),
    "greater_than_equal": (_("{limit} or more"), "ge"),
    "less_than": (_("less than {limit}"), "lt"),
    "less_than_equal": (_("{limit} or less"), "le"),
    "string_too_long": (_("at most {limit} characters"), "max_length"),
}


def _sentence(detail: ErrorDetails, model: type[BaseModel], known: Known) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        inside = model_at(model, detail["loc"][:-1])
        return unknown_key(str(detail["loc"][-1]), known.get(inside, inside.model_fields) if inside else ())
    if kind == "missing":
        return _("this key is missing")
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        expected = context["expected"].replace("'", '"')
    elif kind in _LIMITS:
        words, name = _LIMITS[kind]
        expected = words.format(limit=_found(context[name]))
    elif kind in _EXPECTED:
        expected = _EXPECTED[kind]
    else:
        return detail["msg"]
    return _("expected {expected}, found {found}").format(expected=expected, found=_found(detail["input"]))


def _found(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case dict() | BaseModel():
            return _("a table")
        case list() | tuple():
            return _("a list")
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def model_at(model: type[BaseModel], key: Sequence[str | int]) -> type[BaseModel] | None:
    """Return the pydantic model that describes the table at `key` inside data for `model`."""
    annotation: Any = model
    for part in key:
        inside = _model_in(annotation)
        if isinstance(part, int) or inside is None or part not in inside.model_fields:
            continue
        annotation = inside.model_fields[part].annotation
    return _model_in(annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, Annotated, tuple, list, dict):
        return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
    return None
