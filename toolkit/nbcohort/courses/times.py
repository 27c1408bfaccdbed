"""Times as people write them in settings, and the instants they mean in a cohort's zone.

A course is taught again and again, so its times are relative: ``week 2 fri 23:59``. A cohort may also say a date.

- Week 1 is the week, Monday to Sunday, that contains the cohort's start date; ``week 1 mon`` of a cohort that starts on
  a Wednesday is two days before its start. Weeks count from 1.
- A time has minutes: ``23:59`` is 23:59:00 sharp, and whatever comes after it is late.
- A clock change makes some local times ambiguous (the hour that comes twice) and skips others. Both have two readings,
  one with the offset before the change and one with the offset after it (PEP 495); the later one is taken, so that
  nobody loses an hour.

All functions are pure: the zone and the start date come in.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbcohort.i18n import _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAST_WEEK = 520
FIRST_YEAR, LAST_YEAR = 1970, 2999

Day = TypeVar("Day", date, datetime)

_RELATIVE = re.compile(r"week\s+(\d{1,4})\s+([a-z]+)\s+(\d{1,2}):(\d{2})")


@dataclass(frozen=True, order=True)
class RelativeTime:
    """A minute of a cohort's life: week (1 or more), weekday (0 is Monday) and local time of day."""

    week: int
    weekday: int
    time: time

    @classmethod
    def parse(cls, text: str) -> "RelativeTime":
        """Read ``week 2 fri 23:59`` (case and amount of space do not matter, days may be spelled out).

        Raises ValueError, whose text says what was expected and what was found.
        """
        found = _RELATIVE.fullmatch(text.strip().lower())
        weekday = _weekday(found[2]) if found else None
        if (
            not found
            or weekday is None
            or not 1 <= int(found[1]) <= _LAST_WEEK
            or int(found[3]) > 23
            or int(found[4]) > 59
        ):
            raise ValueError(_('expected a time such as "week 2 fri 23:59", found "{text}"').format(text=text))
        return cls(int(found[1]), weekday, time(int(found[3]), int(found[4])))

    def __str__(self) -> str:
        """Return the one spelling that is stored: ``week 2 fri 23:59``."""
        return f"week {self.week} {DAYS[self.weekday]} {self.time:%H:%M}"

    def on(self, start: date) -> datetime:
        """Return the local date and time (naive) in a cohort that starts on `start`."""
        monday = start - timedelta(days=start.weekday())
        return datetime.combine(monday + timedelta(weeks=self.week - 1, days=self.weekday), self.time)


def _weekday(word: str) -> int | None:
    for names in (DAYS, _LONG_DAYS):
        if word in names:
            return names.index(word)
    return None


def parse_absolute(text: str) -> datetime:
    """Read an ISO 8601 date and time; without an offset it is naive, and means the cohort's zone.

    Raises ValueError, whose text says what was expected and what was found. A date alone is refused: an instructor who
    writes only a day as due time may mean its beginning or its end.
    """
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text.strip()):
        try:
            return in_calendar(datetime.fromisoformat(text.strip()))
        except ValueError:
            pass
    raise ValueError(_('expected a date and time such as "2026-03-13 23:59", found "{text}"').format(text=text))


def in_calendar(day: Day) -> Day:
    """Return `day`; ValueError if it is so far away that it has no instant in some time zone, or no later weeks."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(
            _("expected a year from {first} to {last}, found {year}").format(
                first=FIRST_YEAR, last=LAST_YEAR, year=day.year
            )
        )
    return day


def parse_when(text: str) -> RelativeTime | datetime:
    """Read a relative or an absolute time; ValueError names both forms."""
    for parse in (RelativeTime.parse, parse_absolute):
        try:
            return parse(text)
        except ValueError:
            continue
    raise ValueError(
        _('expected a time such as "week 2 fri 23:59" or "2026-03-13 23:59", found "{text}"').format(text=text)
    )


def parse_weekly(text: str) -> str:
    """Return a time of each week, such as ``fri 18:00``, in its one spelling; ValueError says what was expected."""
    try:
        return str(RelativeTime.parse(f"week 1 {text}")).removeprefix("week 1 ")
    except ValueError:
        raise ValueError(_('expected a day and a time such as "fri 18:00", found "{text}"').format(text=text)) from None


def parse_zone(name: str) -> ZoneInfo:
    """Return the IANA zone called `name`; ValueError says what was expected."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(_('expected a time zone such as "Europe/Berlin", found "{name}"').format(name=name)) from None


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC-aware) of a local time in `zone`; one that has an offset of its own keeps it.

    Of the two readings that a clock change leaves, the later one.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
