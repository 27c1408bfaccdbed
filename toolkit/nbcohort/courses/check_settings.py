"""What an instructor can get wrong in settings that are each valid by themselves. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from nbcohort.courses.findings import Finding, error, warning
from nbcohort.courses.mistakes import suggestion
from nbcohort.courses.schedule import Calendar
from nbcohort.courses.settings import AssignmentSettings, CohortSettings, CourseSettings, Criterion
from nbcohort.courses.times import RelativeTime
from nbcohort.i18n import _

_ANY_COHORT = CohortSettings.model_validate({"id": "any", "title": "any", "start": "2001-01-01", "time_zone": "UTC"})
"""Its start is a Monday, and its clocks never change: relative times keep their order in it."""


def check_settings(course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
    """Return what is wrong in the whole of a course's settings, and in those of its cohort if there is one."""
    return [
        *_course(course),
        *(found for assignment in course.assignments for found in _assignment(assignment)),
        *_skills(course),
        *_times(course.assignments, Calendar.of(course, _ANY_COHORT), _relative, "course.toml"),
        *(_cohort(course, cohort) if cohort else ()),
    ]


def _course(course: CourseSettings) -> Iterator[Finding]:
    if not course.assignments:
        yield warning("course.toml", _("the course has no assignments; add a table such as [assignments.tidy-tables]"))


def _assignment(assignment: AssignmentSettings) -> Iterator[Finding]:
    for criterion in assignment.rubric:
        yield from _criterion(f"course.toml: assignments.{assignment.name}.rubric.{criterion.id}", criterion)


def _criterion(where: str, criterion: Criterion) -> Iterator[Finding]:
    points = [level.points for level in criterion.levels]
    if not points:
        yield error(where, _("this criterion has no levels; give at least two, each with points and a title"))
    elif len(points) == 1:
        yield error(where, _("this criterion has one level only, so nothing can be decided; give at least two"))
    elif len(set(points)) < len(points):
        again = next(value for index, value in enumerate(points) if value in points[:index])
        yield error(
            where,
            _("two levels are worth {points} points; each level needs points of its own").format(points=f"{again:g}"),
        )
    elif not (all(a < b for a, b in pairwise(points)) or all(a > b for a, b in pairwise(points))):
        listed = ", ".join(f"{value:g}" for value in points)
        yield error(
            where, _("the levels' points neither rise nor fall: {points}; put them in order").format(points=listed)
        )


def _skills(course: CourseSettings) -> Iterator[Finding]:
    used = {skill for assignment in course.assignments for skill in assignment.skills}
    for assignment in course.assignments:
        for skill in assignment.skills:
            if skill not in course.skills:
                yield error(
                    f"course.toml: assignments.{assignment.name}.skills",
                    _('the skill "{skill}" is not declared under [skills]{suggestion}').format(
                        skill=skill, suggestion=suggestion(skill, course.skills)
                    ),
                )
    for skill in course.skills:
        if skill not in used:
            yield warning("course.toml: skills", _('nobody trains the skill "{skill}"').format(skill=skill))


def _times(
    assignments: Iterable[AssignmentSettings], calendar: Calendar, shown: Callable[[datetime], str], file: str
) -> Iterator[Finding]:
    for assignment in assignments:
        times = calendar.assignments[assignment.name]
        where = f"{file}: assignments.{assignment.name}"
        if times.due_at <= times.release_at:
            yield error(
                f"{where}.due",
                _("it is due ({due}) before it is released ({release})").format(
                    due=shown(calendar.local(times.due_at)), release=shown(calendar.local(times.release_at))
                ),
            )
        if times.closes_at is not None and times.closes_at < times.due_at:
            yield error(
                f"{where}.late.until",
                _("late hand-in ends ({until}) before it begins, at the due time ({due})").format(
                    until=shown(calendar.local(times.closes_at)), due=shown(calendar.local(times.due_at))
                ),
            )


def _relative(local: datetime) -> str:
    days = (local.date() - _ANY_COHORT.start).days
    return str(RelativeTime(days // 7 + 1, days % 7, local.time()))


def _dated(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M}"


def _cohort(course: CourseSettings, cohort: CohortSettings) -> Iterator[Finding]:
    if cohort.course is not None and cohort.course != course.id:
        yield error(
            "cohort.toml: course",
            _('this is a cohort of the course "{theirs}", and course.toml is the course "{ours}"').format(
                theirs=cohort.course, ours=course.id
            ),
        )
    names = [assignment.name for assignment in course.assignments]
    for override in cohort.assignments:
        if override.name not in names:
            yield error(
                f"cohort.toml: assignments.{override.name}",
                _("the course has no such assignment{suggestion}").format(suggestion=suggestion(override.name, names)),
            )
    calendar = Calendar.of(course, cohort)
    changed = [assignment for assignment in course.assignments if cohort.override(assignment.name)]
    yield from _times(changed, calendar, _dated, "cohort.toml")
    yield from _before_the_start(names, calendar, cohort)


def _before_the_start(names: Sequence[str], calendar: Calendar, cohort: CohortSettings) -> Iterator[Finding]:
    for name in names:
        release = calendar.local(calendar.assignments[name].release_at)
        if release.date() < cohort.start:
            yield warning(
                f"cohort.toml: assignments.{name}.release",
                _("it is released on {release}, before the cohort starts on {start}").format(
                    release=f"{release:%Y-%m-%d}", start=cohort.start
                ),
            )
