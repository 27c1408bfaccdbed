from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcohort.courses.schedule import Calendar, late_penalty
from nbcohort.courses.settings import CohortSettings, CourseSettings, LateSettings, Sections


def course(**late: Any) -> CourseSettings:
    values = {"name": "tidy", "title": "Tidy", "release": "week 1 mon 09:00", "due": "week 1 sun 23:59"}
    return CourseSettings.from_json(
        {"id": "ds", "title": "DS", "assignments": [{**values, **({"late": late} if late else {})}]}, Sections()
    )


def cohort(*overrides: Any, start: str = "2026-03-23", zone: str = "Europe/Berlin") -> CohortSettings:
    return CohortSettings.from_json(
        {"id": "ds1", "title": "DS 1", "start": start, "time_zone": zone, "assignments": list(overrides)}
    )


def test_relative_times_become_instants_in_the_cohorts_zone_across_a_clock_change() -> None:
    times = Calendar.of(course(), cohort()).assignments["tidy"]
    assert times.release_at == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert times.due_at == datetime(2026, 3, 29, 21, 59, tzinfo=UTC)


def test_without_a_late_policy_hand_in_closes_when_it_is_due() -> None:
    times = Calendar.of(course(), cohort()).assignments["tidy"]
    assert times.closes_at == times.due_at
    assert times.accepts(times.due_at)
    assert not times.accepts(times.due_at + timedelta(seconds=1))
    assert not times.accepts(times.release_at - timedelta(seconds=1))


def test_late_work_is_accepted_for_ever_or_until_the_policy_ends() -> None:
    assert Calendar.of(course(policy="accept"), cohort()).assignments["tidy"].closes_at is None
    limited = Calendar.of(course(policy="accept", until="week 2 wed 12:00"), cohort()).assignments["tidy"]
    assert limited.closes_at == datetime(2026, 4, 1, 10, tzinfo=UTC)


def test_a_cohort_moves_times_by_weeks_or_to_dates_and_has_its_own_late_policy() -> None:
    changed = cohort(
        {"name": "tidy", "due": "2026-04-07 18:00", "late": {"policy": "accept", "until": "2026-04-08T18:00:00Z"}}
    )
    times = Calendar.of(course(), changed).assignments["tidy"]
    assert times.release_at == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert times.due_at == datetime(2026, 4, 7, 16, tzinfo=UTC)
    assert times.closes_at == datetime(2026, 4, 8, 18, tzinfo=UTC)


def test_an_extension_moves_due_and_closing_time_and_never_takes_time_away() -> None:
    times = Calendar.of(course(policy="accept", until="week 2 wed 12:00"), cohort()).assignments["tidy"]
    assert times.closes_at is not None
    hour = times.extended(times.due_at + timedelta(hours=1))
    assert (hour.due_at, hour.closes_at) == (times.due_at + timedelta(hours=1), times.closes_at)
    month = times.extended(times.due_at + timedelta(days=30))
    assert month.closes_at == month.due_at == times.due_at + timedelta(days=30)
    assert times.extended(times.due_at - timedelta(days=1)) == times


def test_plugins_ask_the_calendar_for_their_own_times() -> None:
    calendar = Calendar.of(course(), cohort())
    assert calendar.instant("week 2 mon 09:00") == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert calendar.instant("2026-03-30 09:00") == datetime(2026, 3, 30, 7, tzinfo=UTC)
    with pytest.raises(ValueError, match="expected a time such as"):
        calendar.instant("next week")


@pytest.mark.parametrize(
    ("late", "lost"),
    [
        (timedelta(days=-1), 0.0),
        (timedelta(0), 0.0),
        (timedelta(microseconds=1), 0.1),
        (timedelta(days=1), 0.1),
        (timedelta(days=1, seconds=1), 0.2),
        (timedelta(days=3), 0.3),
        (timedelta(days=30), 0.5),
    ],
)
def test_each_day_begun_costs_and_all_together_no_more_than_the_maximum(late: timedelta, lost: float) -> None:
    assert late_penalty(LateSettings(policy="penalty", per_day=0.1, max=0.5), late) == lost


@given(st.timedeltas(), st.timedeltas(timedelta(0), timedelta(days=1000)), st.floats(0.001, 1))
def test_later_never_costs_less_and_never_more_than_everything(
    lateness: timedelta, more: timedelta, per_day: float
) -> None:
    late = LateSettings(policy="penalty", per_day=per_day)
    longer = lateness + more if lateness <= timedelta(days=9999) else lateness
    assert 0 <= late_penalty(late, lateness) <= late_penalty(late, longer) <= 1


@pytest.mark.parametrize("policy", ["refuse", "accept"])
def test_other_policies_cost_nothing(policy: Any) -> None:
    assert late_penalty(LateSettings(policy=policy), timedelta(days=5)) == 0


def test_a_time_of_each_week_is_in_the_week_that_the_cohorts_clocks_show() -> None:
    calendar = Calendar.of(course(), cohort())
    sunday_evening = datetime.fromisoformat("2026-03-29T21:59:00+00:00")  # 23:59 in Berlin, after the clock change
    monday = sunday_evening + timedelta(minutes=1)
    assert calendar.this_week("fri 18:00", sunday_evening).isoformat() == "2026-03-27T17:00:00+00:00"
    assert calendar.this_week("fri 18:00", monday).isoformat() == "2026-04-03T16:00:00+00:00"
    assert calendar.this_week("mon 00:00", monday) == monday
