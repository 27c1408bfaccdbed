"""What an instructor can get wrong in the review settings of a course. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from nbcohort.api import (
    AssignmentSettings,
    AssignmentTimes,
    Calendar,
    CohortSettings,
    CourseSettings,
    Criterion,
    Finding,
    _,
    error,
    warning,
)
from nbpeer.phases import Times
from nbpeer.settings import BY_STAFF, SECTION, ReviewSettings

ANY_COHORT = CohortSettings.model_validate({"id": "any", "title": "any", "start": "2001-01-01", "time_zone": "UTC"})
"""Starts on a Monday, and its clocks never change: relative times keep their order in it."""

MANY = 4
"""More reviews each than this is more than learners do well in one round."""

LEAST_TO_COMPARE = 2
"""Works that a reviewer needs to say which one is better."""


def review_settings(assignment: AssignmentSettings) -> ReviewSettings | None:
    """Return the review section of an assignment, or None if it has none."""
    return assignment.section(SECTION, ReviewSettings)


def rubric_to_use(assignment: AssignmentSettings, review: ReviewSettings) -> Sequence[Criterion]:
    """Return the rubric by which an assignment is reviewed: none where works are compared."""
    return () if review.form == "comparisons" else assignment.rubric


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
    yield from _order(where, review, calendar)
    if opens_at < times.due_at:
        yield error(
            f"{where}.opens",
            _("the round opens ({opens}) before submissions are due ({due}); open it after that").format(
                opens=review.opens, due=assignment.due
            ),
        )
    else:
        yield from _late(f"{where}.opens", review, times, calendar)
    if review.form == "comparisons":
        yield from _comparing(where, review)
    elif not assignment.rubric:
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


def _comparing(where: str, review: ReviewSettings) -> Iterator[Finding]:
    if review.k < LEAST_TO_COMPARE:
        yield error(
            f"{where}.k",
            _("who reviews one work has nothing to compare it with; comparisons need k = 2 or more, and 3 are better"),
        )
    if review.calibrates is not None:
        yield error(
            f"{where}.calibrates",
            _("samples are scored by a rubric, and with form = comparisons there is none; take calibrates out"),
        )


def _order(where: str, review: ReviewSettings, calendar: Calendar) -> Iterator[Finding]:
    """Find phases that end before they begin, or come before the one they follow."""
    times = times_of(review, calendar)
    if times.closes_at < times.due_at:
        yield error(f"{where}.late_until", _("late reviews end before reviews are due ({due})").format(due=review.due))
    if times.calibrates_at is not None and times.calibrates_at >= times.opens_at:
        yield error(
            f"{where}.calibrates",
            _("calibration begins when the round opens ({opens}) or later; begin some days before").format(
                opens=review.opens
            ),
        )
    if times.replies_due_at is not None and times.replies_due_at <= times.closes_at:
        yield error(
            f"{where}.replies_due",
            _("replies are due before reviews are shown ({closes}); give authors some days").format(
                closes=review.closes
            ),
        )
    if times.release_at is not None and times.release_at < times.closes_at:
        yield error(
            f"{where}.release",
            _("scores are released before reviewing is over ({closes})").format(closes=review.closes),
        )
    waits = review.reviews_shown == "released" and review.release not in (None, BY_STAFF)
    shown = str(review.release) if waits else review.closes
    if review.revisions_until is not None and calendar.instant(review.revisions_until) <= calendar.instant(shown):
        yield error(
            f"{where}.revisions_until",
            _("revisions are due before reviews are shown ({shown}); give authors some days").format(shown=shown),
        )
    if review.submission_weight == review.review_weight == 0:
        yield error(f"{where}.submission_weight", _("one of submission_weight and review_weight should be above 0"))


def times_of(review: ReviewSettings, calendar: Calendar) -> Times:
    """Return the instants that `review` has in `calendar`."""
    return Times(
        opens_at=calendar.instant(review.opens),
        due_at=calendar.instant(review.due),
        closes_at=calendar.instant(review.closes),
        calibrates_at=instant_of(review.calibrates, calendar),
        replies_due_at=instant_of(review.replies_due, calendar),
        release_at=None if review.release == BY_STAFF else instant_of(review.release, calendar),
    )


def instant_of(when: str | None, calendar: Calendar) -> datetime | None:
    """Return the instant of a time that need not be set."""
    return None if when is None else calendar.instant(when)


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
