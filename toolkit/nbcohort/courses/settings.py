"""What a course and a cohort are set to: typed, frozen, complete, and the same on both sides of HTTP.

`nbcohort.courses.toml` reads these from ``course.toml`` and ``cohort.toml``; `to_json` and `from_json` carry them over
HTTP and into versions. Times are kept as they were written (in one spelling) and become instants in
`nbcohort.courses.schedule`. Activities are plugins: the `activities` of a course and of each assignment map a section's
name, such as ``review``, to what the plugin's own model made of it; the models come in as `Sections`.

What is here is only what each key may be by itself; what an instructor can get wrong in the whole is found by
`nbcohort.courses.check_settings`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from nbcohort.courses.mistakes import Key, Known, Mistake, SettingsError, explain, unknown_section
from nbcohort.courses.times import RelativeTime, in_calendar, parse_weekly, parse_when, parse_zone
from nbcohort.i18n import _

Models: TypeAlias = Mapping[str, type[BaseModel]]
"""Name of a section -> the model of the plugin that knows it."""

Roster: TypeAlias = Literal["nbcohort", "hub"]
"""Who keeps a cohort's members: nbcohort, which writes the Hub's groups, or the Hub, whose groups are read."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Sections:
    """The activities' sections that a course may have, and those that each of its assignments may have."""

    course: Models = field(default_factory=dict)
    assignment: Models = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[str, type[BaseModel]]]:
        """Every section, as the heading of its table, such as ``[kudos]``, and its model."""
        yield from ((f"[{name}]", model) for name, model in self.course.items())
        yield from ((f"[assignments.<name>.{name}]", model) for name, model in self.assignment.items())


def _like(pattern: str, expected: str) -> AfterValidator:
    """Return a check that a text matches all of `pattern`; its sentence says what was `expected`."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(_('expected {expected}, found "{text}"').format(expected=expected, text=text))
        return text

    return AfterValidator(check)


def _only_date(value: object) -> object:
    """Keep pydantic from reading a number as seconds since 1970."""
    if isinstance(value, int | float):
        raise ValueError(_("expected a date such as 2026-01-12, found {value}").format(value=value))
    return value


def _text_of_time(value: object) -> object:
    """TOML has dates and times of its own; they are kept as text like the others."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def _when(text: str) -> str:
    when = parse_when(text)
    return str(when) if isinstance(when, RelativeTime) else when.isoformat(sep=" ")


Slug = Annotated[
    str,
    _like(
        r"(?=.{1,41}$)[a-z0-9]+(-[a-z0-9]+)*",
        _('1 to 41 lower-case letters and digits, with single hyphens between, such as "ds-2026"'),
    ),
]
"""An id for addresses and folders; a cohort's is nbgrader's `course_id`."""

Relative = Annotated[str, BeforeValidator(_text_of_time), AfterValidator(lambda text: str(RelativeTime.parse(text)))]
"""A time in a course, for plugins' settings too: ``week 2 fri 23:59``."""

Weekly = Annotated[str, AfterValidator(parse_weekly)]
"""A time of each week, for plugins' settings: ``fri 18:00``. `Calendar.this_week` tells when that is."""

When = Annotated[str, BeforeValidator(_text_of_time), AfterValidator(_when)]
"""A time in a cohort: relative, or ISO 8601; without an offset it is in the cohort's zone."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True)]


class Settings(BaseModel):
    """The base of all settings, of plugins' sections too: frozen, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HasActivities(Settings):
    """What activities have sections in."""

    activities: dict[str, dict[str, Any]] = {}

    def section(self, name: str, model: type[M]) -> M | None:
        """Return the section `name` as the activity's own `model`; None if it is not there.

        A stored section that an older version of the activity accepted and `model` refuses counts as not there; the
        settings it came with say so (`AppliedSettings.set_aside`).
        """
        try:
            return model.model_validate(self.activities[name])
        except (KeyError, ValidationError):
            return None


class LateSettings(Settings):
    """What happens to hand-ins after the due time.

    ``refuse`` refuses them; ``accept`` takes them and marks them late; ``penalty`` takes `per_day` of the score (a
    fraction) for each day begun, `max` at most. After `until` the last two refuse, too.
    """

    policy: Literal["refuse", "accept", "penalty"] = "refuse"
    per_day: float | None = Field(None, gt=0, le=1, strict=True)
    max: float | None = Field(None, gt=0, le=1, strict=True)
    until: Relative | None = None

    @model_validator(mode="after")
    def _fits_the_policy(self) -> Self:
        if self.policy == "penalty" and self.per_day is None:
            raise ValueError(_('policy = "penalty" needs per_day, such as per_day = 0.1'))
        if self.policy != "penalty" and (self.per_day is not None or self.max is not None):
            raise ValueError(
                _('per_day and max belong to policy = "penalty", found policy = "{policy}"').format(policy=self.policy)
            )
        if self.policy == "refuse" and self.until is not None:
            raise ValueError(_('until belongs to policy = "accept" or "penalty", found policy = "refuse"'))
        return self


class Level(Settings):
    """One step of a criterion: what a reviewer sees in work that deserves `points`."""

    points: float = Field(ge=0, allow_inf_nan=False, strict=True)
    title: Text
    description: Prose = ""


class Criterion(Settings):
    """One question that a reviewer asks of a submission, and the levels of the answer."""

    id: Slug
    title: Text
    description: Prose = ""
    weight: float = Field(1.0, gt=0, allow_inf_nan=False, strict=True)
    levels: tuple[Level, ...] = ()


class AssignmentSettings(HasActivities):
    """One assignment of a course; `name` is nbgrader's, the folder under ``source/``."""

    name: Annotated[str, _like(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", _('a name of letters, digits, "-" and "_"'))]
    title: Text
    release: Relative
    due: Relative
    late: LateSettings = LateSettings()
    skills: tuple[Text, ...] = ()
    rubric: tuple[Criterion, ...] = ()

    @model_validator(mode="after")
    def _criteria_have_different_ids(self) -> Self:
        if again := _repeated([criterion.id for criterion in self.rubric]):
            raise ValueError(_('two criteria of the rubric have the id "{id}"').format(id=again))
        return self


class Limits(Settings):
    """How large a submission may be; a MB is a million bytes."""

    max_total_mb: int = Field(100, ge=1, le=1000, strict=True)
    max_files: int = Field(200, ge=1, le=10_000, strict=True)
    max_file_mb: int = Field(50, ge=1, le=1000, strict=True)
    max_member_mb: int = Field(2000, ge=1, le=100_000, strict=True)

    @property
    def max_member_bytes(self) -> int:
        """Bytes that all files which a learner ever sends may have together, each file counted once."""
        return self.max_member_mb * 1_000_000

    @property
    def max_total_bytes(self) -> int:
        """Bytes that all files of a submission may have together."""
        return self.max_total_mb * 1_000_000

    @property
    def max_file_bytes(self) -> int:
        """Bytes that one file may have."""
        return min(self.max_file_mb, self.max_total_mb) * 1_000_000


ModuleName = Annotated[str, _like(r"[^\W\d]\w*(\.[^\W\d]\w*)*", _('a Python module such as "pandas"'))]


class CourseSettings(HasActivities):
    """A course: what is taught, reusable. See `nbcohort.courses.toml.read_course`."""

    id: Slug
    title: Text
    description: Prose = ""
    language: Annotated[str, _like(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", _('a language code such as "en" or "pt-BR"'))] = (
        "en"
    )
    limits: Limits = Limits()
    preload: tuple[ModuleName, ...] | None = None
    skills: dict[Text, Text] = {}
    assignments: tuple[AssignmentSettings, ...] = ()

    @model_validator(mode="after")
    def _assignments_have_different_names(self) -> Self:
        if again := _repeated([assignment.name for assignment in self.assignments]):
            raise ValueError(_('two assignments have the name "{name}"').format(name=again))
        return self

    def assignment(self, name: str) -> AssignmentSettings | None:
        """Return the assignment called `name`, or None."""
        return next((assignment for assignment in self.assignments if assignment.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` reads them."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: Mapping[str, Any], sections: Sections, *, file: str = "course.toml") -> Self:
        """Read what `to_json` wrote, each activity's section with the plugin's model in `sections`.

        Raises SettingsError with all mistakes, under the keys that they have in ``course.toml``.
        """
        course, mistakes = cls.from_stored(data, sections, file=file)
        if mistakes:
            raise SettingsError(mistakes)
        return course

    @classmethod
    def from_stored(
        cls, data: Mapping[str, Any], sections: Sections, *, file: str = "course.toml"
    ) -> tuple[Self, list[Mistake]]:
        """Read what was applied before, and what is wrong in activities' sections: they are kept as they are.

        So a course goes on when an activity is removed, or no longer accepts what it did. Raises SettingsError when
        anything else is wrong.
        """
        names = _names_in(data)
        mistakes = [
            Mistake(file, _key_in_toml(key, names), sentence) for key, sentence in _section_mistakes(data, sections)
        ]
        try:
            course = cls.model_validate(data)
        except ValidationError as error:
            known: Known = {model: _keys(model, sections) for model in (CourseSettings, AssignmentSettings)}
            mistakes += [Mistake(file, _key_in_toml(key, names), text) for key, text in explain(error, cls, known)]
            raise SettingsError(mistakes) from None
        assignments = tuple(
            assignment.model_copy(update={"activities": _activities(assignment.activities, sections.assignment)})
            for assignment in course.assignments
        )
        activities = _activities(course.activities, sections.course)
        return course.model_copy(update={"activities": activities, "assignments": assignments}), mistakes


class CohortLateSettings(LateSettings):
    """A cohort's own late policy; `until` may be a date."""

    until: When | None = None


class AssignmentOverride(Settings):
    """What this cohort does differently in one assignment."""

    name: Text
    release: When | None = None
    due: When | None = None
    late: CohortLateSettings | None = None


class CohortSettings(Settings):
    """One run of a course. See `nbcohort.courses.toml.read_cohort`."""

    id: Slug
    title: Text
    course: Slug | None = None
    start: Annotated[date, BeforeValidator(_only_date), AfterValidator(in_calendar)]
    time_zone: Annotated[str, AfterValidator(lambda name: parse_zone(name).key)]
    roster: Roster | None = None
    """Who keeps the members; if None, as it was when the cohort was made."""
    assignments: tuple[AssignmentOverride, ...] = ()

    @model_validator(mode="after")
    def _overrides_are_unique(self) -> Self:
        if again := _repeated([override.name for override in self.assignments]):
            raise ValueError(_('two tables change the assignment "{name}"').format(name=again))
        return self

    def override(self, name: str) -> AssignmentOverride | None:
        """Return what this cohort does differently in the assignment called `name`, or None."""
        return next((override for override in self.assignments if override.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` reads them."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, file: str = "cohort.toml") -> Self:
        """Read what `to_json` wrote.

        Raises SettingsError with all mistakes, under the keys that they have in ``cohort.toml``.
        """
        names = _names_in(data)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            known: Known = {AssignmentOverride: AssignmentOverride.model_fields.keys() - {"name"}}
            raise SettingsError(
                [Mistake(file, _key_in_toml(key, names), text) for key, text in explain(error, cls, known)]
            ) from None


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for index, name in enumerate(names) if name in names[:index]), None)


def _names_in(data: Mapping[str, Any]) -> list[str | int]:
    """Return what each assignment in (unchecked) data is called; its position where it has no name."""
    items = data.get("assignments")
    return [
        item["name"] if isinstance(item, Mapping) and isinstance(item.get("name"), str) else index
        for index, item in enumerate(items if isinstance(items, list | tuple) else ())
    ]


def _key_in_toml(key: Key, names: Sequence[str | int]) -> Key:
    """Return a key of JSON as it is in TOML: assignments by name, sections beside the assignment's own keys."""
    match key:
        case ("assignments", int(index), "activities", *rest):
            return ("assignments", names[index], *rest)
        case ("assignments", int(index), *rest):
            return ("assignments", names[index], *rest)
        case ("activities", *rest):
            return tuple(rest)
    return key


def _keys(model: type[BaseModel], sections: Sections) -> set[str]:
    """Return the keys and tables that the course's or an assignment's table may have in TOML."""
    if issubclass(model, CourseSettings):
        return model.model_fields.keys() - {"activities"} | sections.course.keys()
    return model.model_fields.keys() - {"name", "activities"} | sections.assignment.keys()


def _section_mistakes(data: Mapping[str, Any], sections: Sections) -> Iterator[tuple[Key, str]]:
    yield from _mistakes_in(data, (), sections.course, _keys(CourseSettings, sections))
    items = data.get("assignments")
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        known = _keys(AssignmentSettings, sections)
        yield from _mistakes_in(item, ("assignments", index), sections.assignment, known)


def _mistakes_in(table: Any, place: Key, models: Models, known: set[str]) -> Iterator[tuple[Key, str]]:
    activities = table.get("activities") if isinstance(table, Mapping) else None
    for name, values in activities.items() if isinstance(activities, Mapping) else ():
        here: Key = (*place, "activities", name)
        if name not in models:
            yield here, unknown_section(name, known)
        elif isinstance(values, Mapping):  # what is no table is the mistake of `activities` itself
            try:
                models[name].model_validate(values)
            except ValidationError as error:
                yield from (((*here, *key), sentence) for key, sentence in explain(error, models[name], {}))


def _activities(activities: Mapping[str, dict[str, Any]], models: Models) -> dict[str, dict[str, Any]]:
    """Return the sections with their defaults; one that no model takes as it is."""

    def completed(name: str, values: dict[str, Any]) -> dict[str, Any]:
        try:
            return models[name].model_validate(values).model_dump(mode="json")
        except (KeyError, ValidationError):
            return values

    return {name: completed(name, values) for name, values in activities.items()}
