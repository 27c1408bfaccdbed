# ruff: noqa: DTZ001
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcohort.courses.times import DAYS, RelativeTime, parse_absolute, parse_when, parse_zone, to_utc

BERLIN = ZoneInfo("Europe/Berlin")
relative_times = st.builds(
    RelativeTime, st.integers(1, 520), st.integers(0, 6), st.builds(time, st.integers(0, 23), st.integers(0, 59))
)
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
minutes = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(
    lambda when: when.replace(second=0, microsecond=0)
)


@given(relative_times)
def test_what_is_written_is_read_again(when: RelativeTime) -> None:
    assert RelativeTime.parse(str(when)) == when


@pytest.mark.parametrize("text", ["week 2 fri 23:59", "Week 2  FRI 23:59", " week 2 friday 23:59\n"])
def test_case_space_and_long_names_of_days_do_not_matter(text: str) -> None:
    assert RelativeTime.parse(text) == RelativeTime(2, 4, time(23, 59))


@pytest.mark.parametrize(
    "text",
    [
        "wek 2",
        "week 0 mon 09:00",
        "week 2 fri",
        "week 2 fri 24:00",
        "week 2 fri 9",
        "week 2 fry 09:00",
        "week 2 fri 09:60",
        "",
    ],
)
def test_what_is_no_relative_time_is_refused_with_an_example_and_what_was_found(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        RelativeTime.parse(text)
    assert str(refused.value) == f'expected a time such as "week 2 fri 23:59", found "{text}"'


def test_week_1_is_the_week_that_contains_the_start() -> None:
    wednesday = date(2026, 1, 14)
    assert RelativeTime.parse("week 1 mon 09:00").on(wednesday) == datetime(2026, 1, 12, 9)
    assert RelativeTime.parse("week 1 sun 23:59").on(wednesday) == datetime(2026, 1, 18, 23, 59)
    assert RelativeTime.parse("week 2 mon 00:00").on(wednesday) == datetime(2026, 1, 19)


@given(relative_times, st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_relative_time_is_on_its_weekday_in_its_week_whenever_the_cohort_starts(
    when: RelativeTime, start: date
) -> None:
    local = when.on(start)
    assert local.strftime("%a").lower() == DAYS[when.weekday]
    assert local.time() == when.time
    assert 0 <= (local.date() - start).days + start.weekday() - 7 * (when.week - 1) < 7


@given(relative_times, relative_times, st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_relative_times_keep_their_order(one: RelativeTime, other: RelativeTime, start: date) -> None:
    assert (one < other) == (one.on(start) < other.on(start))


def test_a_time_that_the_clocks_skip_is_an_hour_later_on_the_new_clock() -> None:
    assert to_utc(datetime(2026, 3, 29, 2, 30), BERLIN).astimezone(BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


def test_of_a_time_that_comes_twice_the_second_is_meant() -> None:
    assert to_utc(datetime(2026, 10, 25, 2, 30), BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(minutes, zones)
def test_an_instant_shows_its_local_time_again_unless_the_clocks_skip_it(local: datetime, zone: ZoneInfo) -> None:
    instant = to_utc(local, zone)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    assert instant.tzinfo is UTC
    assert shown == local or shown > local


@given(minutes, zones)
def test_nobody_loses_time_by_a_clock_change(local: datetime, zone: ZoneInfo) -> None:
    assert all(to_utc(local, zone) >= local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def test_an_offset_of_its_own_counts_more_than_the_zone() -> None:
    assert to_utc(parse_absolute("2026-03-13T12:00:00-05:00"), BERLIN) == datetime(2026, 3, 13, 17, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-13", "2026-13-01 10:00", "13.03.2026 10:00", "tomorrow", "9999-12-31 23:59"])
def test_a_date_without_a_time_or_in_another_order_or_far_away_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_when(text)
    assert str(refused.value) == (f'expected a time such as "week 2 fri 23:59" or "2026-03-13 23:59", found "{text}"')


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "CEST+2"])
def test_a_zone_must_be_an_iana_zone(name: str) -> None:
    with pytest.raises(ValueError, match="expected a time zone such as"):
        parse_zone(name)


def test_a_day_with_a_clock_change_is_not_24_hours_long() -> None:
    before, after = (
        to_utc(RelativeTime.parse(f"week 1 {day} 12:00").on(date(2026, 3, 23)), BERLIN) for day in ("sat", "sun")
    )
    assert after - before == timedelta(hours=23)
