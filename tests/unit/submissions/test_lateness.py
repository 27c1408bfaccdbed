"""Whether a hand-in is on time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcohort.courses.schedule import AssignmentTimes
from nbcohort.courses.settings import LateSettings
from nbcohort.submissions.lateness import COMMIT_WITHIN, Lateness, NotOpen, handed_in, require_open

DUE = datetime(2026, 1, 16, 23, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
seconds = st.integers(-(10**6), 10**6).map(lambda number: number * SECOND)


def times(policy: str, closes_at: datetime | None) -> AssignmentTimes:
    late = LateSettings.model_validate({"policy": policy})
    return AssignmentTimes(DUE - timedelta(days=7), DUE, closes_at, late)


def test_the_beginning_counts_for_ten_minutes_and_not_a_second_longer() -> None:
    assert handed_in(DUE, DUE + COMMIT_WITHIN) == DUE
    assert handed_in(DUE, DUE + COMMIT_WITHIN + SECOND) == DUE + COMMIT_WITHIN + SECOND


@given(seconds, st.integers(0, 10**6))
def test_nobody_gains_more_than_ten_minutes(begun: timedelta, took: int) -> None:
    created_at = DUE + begun
    committed_at = created_at + took * SECOND
    instant = handed_in(created_at, committed_at)
    assert created_at <= instant <= committed_at
    assert committed_at - instant <= COMMIT_WITHIN


@given(seconds)
def test_late_is_after_the_due_instant_only(offset: timedelta) -> None:
    lateness = Lateness(DUE + offset, DUE)
    assert lateness.late == (offset > timedelta())
    assert lateness.seconds == max(0, offset.total_seconds())


def test_without_a_due_time_nothing_is_late() -> None:
    assert not Lateness(DUE, None).late
    assert Lateness(DUE, None).seconds == 0


def test_the_refusal_says_why() -> None:
    strict = times("refuse", DUE)
    require_open("ps1", strict, DUE, "Friday")
    with pytest.raises(NotOpen, match="ps1 was due Friday, and late hand-ins are not taken"):
        require_open("ps1", strict, DUE + SECOND, "Friday")
    with pytest.raises(NotOpen, match="not been released"):
        require_open("ps1", strict, DUE - timedelta(days=8), "Friday")
    require_open("ps1", times("accept", None), DUE + timedelta(days=999), "Friday")
    with pytest.raises(NotOpen, match="time for late hand-ins is over"):
        require_open("ps1", times("accept", DUE + SECOND), DUE + 2 * SECOND, "Friday")
