"""``course.toml`` and ``cohort.toml``: read into settings, or all mistakes told with file, line, key and expectation.

In TOML an assignment is a table by its name, ``[assignments.tidy-tables]``, and an activity's section stands inside
it, ``[assignments.tidy-tables.review]``, or beside it, ``[kudos]``. In `CourseSettings` and in JSON, assignments are a
list in the order of the file, and sections stand under `activities`.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbcohort.courses.locate import locate
from nbcohort.courses.mistakes import Key, Mistake, SettingsError
from nbcohort.courses.settings import (
    AssignmentSettings,
    CohortSettings,
    CourseSettings,
    HasActivities,
    Models,
    Sections,
)
from nbcohort.i18n import _

_POSITION = re.compile(r"(?P<message>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")

_NAME = re.compile(r"\s*(?:(\[[^\]]+\]+)|([^=\[{]+?)\s*=)")


def read_course(path: Path, sections: Sections) -> CourseSettings:
    """Read ``course.toml`` at `path`; `sections` has the models of the activities' sections.

    Raises SettingsError with every mistake.
    """
    data, line_of = _read(path)
    try:
        listed = _with_activities(_with_list(data, path.name), CourseSettings, sections.course, path.name)
        listed["assignments"] = [
            _with_activities(item, AssignmentSettings, sections.assignment, path.name) for item in listed["assignments"]
        ]
        return CourseSettings.from_json(listed, sections, file=path.name)
    except SettingsError as error:
        raise error.with_lines(line_of) from None


def read_cohort(path: Path) -> CohortSettings:
    """Read ``cohort.toml`` at `path`; raises SettingsError with every mistake."""
    data, line_of = _read(path)
    try:
        return CohortSettings.from_json(_with_list(data, path.name), file=path.name)
    except SettingsError as error:
        raise error.with_lines(line_of) from None


def _read(path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([_syntax_mistake(path.name, text, str(error))]) from None
    return data, locate(text)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(
            [Mistake(path.name, (), _("there is no such file in {folder}").format(folder=path.parent.absolute()))]
        ) from None
    except OSError as error:
        raise SettingsError(
            [Mistake(path.name, (), _("cannot be read: {reason}").format(reason=error.strerror))]
        ) from None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            [Mistake(path.name, (), _("is not UTF-8 text; save it with the encoding UTF-8"), line)]
        ) from None


def _syntax_mistake(file: str, text: str, error: str) -> Mistake:
    found = _POSITION.fullmatch(error)
    if not found or not found["line"]:
        last = text.rstrip().count("\n") + 1
        return Mistake(
            file, (), _("{error} at the end of the file").format(error=found["message"] if found else error), last
        )
    message, line, column = found["message"], int(found["line"]), int(found["column"])
    if message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate")):
        name = _NAME.match(text.split("\n")[line - 1])
        sentence = (
            _("{name} is given twice; keep one of the two") if name else _("a key is given twice; keep one of them")
        )
        return Mistake(file, (), sentence.format(name=name and (name[1] or name[2]).strip()), line)
    return Mistake(file, (), _("column {column}: {error}").format(column=column, error=message), line)


def _with_list(data: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return data with assignments as JSON has them: a list of tables that know their names."""
    tables = data.get("assignments", {})
    if not isinstance(tables, dict):
        raise SettingsError(
            [
                Mistake(
                    file, ("assignments",), _("expected a table for each assignment such as [assignments.tidy-tables]")
                )
            ]
        )
    mistakes = [
        Mistake(file, ("assignments", name), _("expected a table such as [assignments.{name}]").format(name=name))
        for name, table in tables.items()
        if not isinstance(table, dict)
    ]
    mistakes += [
        Mistake(file, ("assignments", name, key), _("unknown key; its table says it already"))
        for name, table in tables.items()
        for key in ("name", "activities")
        if isinstance(table, dict) and key in table
    ]
    if mistakes:
        raise SettingsError(mistakes)
    return {**data, "assignments": [{**table, "name": name} for name, table in tables.items()]}


def _with_activities(table: Mapping[str, Any], model: type[HasActivities], models: Models, file: str) -> dict[str, Any]:
    """Return a table as JSON has it: tables inside it of which `model` knows nothing are activities' sections."""
    if "activities" in table:
        raise SettingsError([Mistake(file, ("activities",), _("unknown key; an activity has a table of its own name"))])
    sections = {
        key: value
        for key, value in table.items()
        if key not in model.model_fields and (key in models or isinstance(value, dict))
    }
    own = {key: value for key, value in table.items() if key not in sections}
    return {**own, **({"activities": sections} if sections else {})}
