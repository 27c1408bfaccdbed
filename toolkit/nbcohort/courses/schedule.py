"""When things happen in a cohort: a course's relative times become instants. Pure; see `times` for what a time means.

An assignment opens at `release_at` and is due at `due_at`; what is handed in later is late, and at `closes_at` hand-in
ends. A member's extension moves the due time, and never shortens what the others have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nbcohort.courses.settings import (
    AssignmentOverride,
    AssignmentSettings,
    CohortSettings,
    CourseSettings,
    LateSettings,
)
from nbcohort.courses.times import RelativeTime, parse_when, to_utc

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AssignmentTimes:
    """The instants (UTC) of one assignment in one cohort, and its late policy."""

    release_at: datetime
    due_at: datetime
    closes_at: datetime | None
    """Hand-in is refused from here on; None: never."""
    late: LateSettings

    def extended(self, due_at: datetime) -> "AssignmentTimes":
        """Return the times of a member whose due time was moved to `due_at` (one that is earlier changes nothing)."""
        due_at = max(due_at, self.due_at)
        return replace(self, due_at=due_at, closes_at=None if self.closes_at is None else max(due_at, self.closes_at))

    def accepts(self, now: datetime) -> bool:
        """Tell whether hand-in is open at `now`; at the closing instant itself it still is."""
        return self.release_at <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        """Tell whether hand-in has closed."""
        return self.closes_at is not None and now > self.closes_at


@dataclass(frozen=True)
class Calendar:
    """The instants of a cohort."""

    start: date
    zone: ZoneInfo
    assignments: Mapping[str, AssignmentTimes]
    """By assignment name, in the course's order."""

    @classmethod
    def of(cls, course: CourseSettings, cohort: CohortSettings) -> "Calendar":
        """Return the calendar of `course` in `cohort`, with the cohort's overrides.

        An override of an assignment that the course does not have is passed over; `check_settings` finds it.
        """
        empty = cls(cohort.start, ZoneInfo(cohort.time_zone), {})
        return replace(
            empty,
            assignments={
                assignment.name: empty._times(assignment, cohort.override(assignment.name))
                for assignment in course.assignments
            },
        )

    def instant(self, when: str) -> datetime:
        """Return the instant (UTC) of ``week 2 fri 23:59`` or an ISO date and time; ValueError if it is neither."""
        parsed = parse_when(when)
        return to_utc(parsed.on(self.start) if isinstance(parsed, RelativeTime) else parsed, self.zone)

    def this_week(self, weekly: str, now: datetime) -> datetime:
        """Return the instant (UTC) of a time of each week, such as ``fri 18:00``, in `now`'s week by local time."""
        when = RelativeTime.parse(f"week 1 {weekly}")
        return to_utc(when.on(self.local(now).date()), self.zone)

    def local(self, instant: datetime) -> datetime:
        """Return an instant as the cohort's clocks show it."""
        return instant.astimezone(self.zone)

    def _times(self, assignment: AssignmentSettings, override: AssignmentOverride | None) -> AssignmentTimes:
        override = override or AssignmentOverride(name=assignment.name)
        late = override.late or assignment.late
        due_at = self.instant(override.due or assignment.due)
        closes_at = due_at if late.policy == "refuse" else self.instant(late.until) if late.until else None
        return AssignmentTimes(
            release_at=self.instant(override.release or assignment.release),
            due_at=due_at,
            closes_at=closes_at,
            late=late,
        )


def late_penalty(late: LateSettings, lateness: timedelta) -> float:
    """Return the fraction (0 to 1) of the score that a hand-in loses which came `lateness` after its due time.

    Each day begun costs `per_day`, all of them together `max` at most. What was taken under another policy costs
    nothing.
    """
    if late.policy != "penalty" or late.per_day is None or lateness <= timedelta():
        return 0.0
    days = -(-lateness // _DAY)
    return round(min(days * late.per_day, late.max if late.max is not None else 1.0), 9)
