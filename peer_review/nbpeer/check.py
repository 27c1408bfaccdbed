"""What an instructor can get wrong in the review settings of a course. Pure."""

from collections.abc import Iterator

from nbcohort.api import (
    AssignmentSettings,
    AssignmentTimes,
    Calendar,
    CohortSettings,
    CourseSettings,
    Finding,
    _,
    error,
    warning,
)
from nbpeer.settings import SECTION, ReviewSettings

ANY_COHORT = CohortSettings.model_validate({"id": "any", "title": "any", "start": "2001-01-01", "time_zone": "UTC"})
"""Starts on a Monday, and its clocks never change: relative times keep their order in it."""

MANY = 4
"""More reviews each than this is more than learners do well in one round."""


def review_settings(assignment: AssignmentSettings) -> ReviewSettings | None:
    """Return the review section of an assignment, or None if it has none."""
    return assignment.section(SECTION, ReviewSettings)


def check_course(course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
    """Return what is wrong in the review sections of `course`, as it is held in `cohort` if there is one."""
    calendar = Calendar.of(course, cohort or ANY_COHORT)
    return [
        finding
        for assignment in course.assignments
        if (review := review_settings(assignment)) is not None
        for finding in _check(assignment, review, calendar)
    ]


def _check(assignment: AssignmentSettings, review: ReviewSettings, calendar: Calendar) -> Iterator[Finding]:
    where = f"course.toml: assignments.{assignment.name}.{SECTION}"
    times = calendar.assignments[assignment.name]
    opens_at, due_at = calendar.instant(review.opens), calendar.instant(review.due)
    if due_at <= opens_at:
        yield error(
            f"{where}.due",
            _("reviews are due ({due}) before the round opens ({opens}); give reviewers some days").format(
                due=review.due, opens=review.opens
            ),
        )
    if opens_at < times.due_at:
        yield error(
            f"{where}.opens",
            _("the round opens ({opens}) before submissions are due ({due}); open it after that").format(
                opens=review.opens, due=assignment.due
            ),
        )
    else:
        yield from _late(f"{where}.opens", review, times, calendar)
    if not assignment.rubric:
        yield error(
            where,
            _("there is no rubric to review by; add [[assignments.{name}.rubric]] with levels").format(
                name=assignment.name
            ),
        )
    if review.k > MANY:
        yield warning(
            f"{where}.k",
            _("{k} reviews are much work for each learner; three or four are usual").format(k=review.k),
        )


def _late(where: str, review: ReviewSettings, times: AssignmentTimes, calendar: Calendar) -> Iterator[Finding]:
    opens_at = calendar.instant(review.opens)
    if times.closes_at is None:
        yield warning(
            where, _("late submissions are accepted without end; those that come after the swap are not reviewed")
        )
    elif opens_at < times.closes_at:
        yield warning(
            where, _("the round opens before late submissions are refused; those that come after it are not reviewed")
        )
