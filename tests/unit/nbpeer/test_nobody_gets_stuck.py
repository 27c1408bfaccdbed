"""Whole rounds, played: some never begin, some leave, some give back, some come late, some help out."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbpeer.allocate import Work, allocate
from nbpeer.reallocate import (
    Decision,
    Policy,
    State,
    Task,
    TaskState,
    Why,
    WorkToReview,
    apply,
    lapsed,
    next_task,
    reassign,
)

OPENED = datetime(2026, 1, 19, 8, tzinfo=UTC)
CLOSES = OPENED + timedelta(days=7)
HOUR = timedelta(hours=1)
POLICY = Policy()


def opened(n: int, k: int, rng: np.random.Generator) -> State:
    """Return a round as it opens: some works are of pairs, some of three."""
    works = [
        Work(f"work{i:03}", tuple(f"m{i:03}{letter}" for letter in "abc"[: rng.choice([1, 1, 1, 2, 3])]))
        for i in range(n)
    ]
    made = allocate(works, k, rng)
    members = frozenset(one for work in works for one in work.submitters)
    tasks = [Task(one, key, TaskState.ASSIGNED, OPENED + POLICY.lease) for one, key in made.tasks]
    return State(
        works=[WorkToReview(work.key, frozenset(work.submitters), OPENED, k) for work in works],
        tasks=tasks,
        members=members,
        closes=CLOSES,
        share=Counter(task.reviewer for task in tasks if task.reviewer is not None),
    )


def changed(state: State, task: Task, to: TaskState, now: datetime) -> State:
    gave_up = now if to is TaskState.GIVEN_BACK else None
    return apply(state, [Decision(replace(task, state=to, gave_up_at=gave_up), Why.VOLUNTEERED)])


def comes_late(state: State, number: int, now: datetime, k: int) -> State:
    """Let a member hand in late: their work is to be reviewed, and they may review."""
    late = WorkToReview(f"late{number:03}", frozenset({f"late{number:03}"}), now, k)
    return replace(state, works=(*state.works, late), members=state.members | late.submitters)


def play(n: int, k: int, dropouts: float, latecomers: int, rng: np.random.Generator) -> tuple[State, frozenset[str]]:
    """Play a round to its close; return it and who dropped out."""
    state = opened(n, k, rng)
    gone = frozenset(one for one in sorted(state.members) if rng.random() < dropouts)
    leaving = frozenset(one for one in sorted(gone) if rng.random() < 0.3)
    now = OPENED
    while now <= CLOSES:
        if now == OPENED + timedelta(days=1):
            state = replace(state, members=state.members - leaving)
        if now == OPENED + timedelta(days=3):
            for number in range(latecomers):
                state = comes_late(state, number, now, k)
        state = _work(state, gone, now, rng)
        state = apply(state, reassign(state, POLICY, now))
        assert reassign(state, POLICY, now) == []
        now += 6 * HOUR
    return state, gone


def _work(state: State, gone: frozenset[str], now: datetime, rng: np.random.Generator) -> State:
    """Let six hours pass among the members who are active."""
    decisions = []
    for task in state.tasks:
        if task.reviewer is None or task.reviewer not in state.members or task.reviewer in gone:
            continue
        draw = rng.random()
        if task.state is TaskState.ASSIGNED and now <= task.start_by and draw < 0.4:
            to = TaskState.GIVEN_BACK if draw < 0.004 else TaskState.STARTED
            gave_up = now if to is TaskState.GIVEN_BACK else None
            decisions.append(Decision(replace(task, state=to, gave_up_at=gave_up), Why.VOLUNTEERED))
        elif task.state is TaskState.STARTED and draw < 0.4:
            decisions.append(Decision(replace(task, state=TaskState.SUBMITTED), Why.VOLUNTEERED))
    state = apply(state, decisions)
    active = sorted(state.members - gone)
    for volunteer in [active[i] for i in rng.integers(len(active), size=3)] if active else []:
        pulled = next_task(state, volunteer, POLICY, now)
        if pulled is not None:
            state = apply(state, [pulled])
    return state


@settings(deadline=None, max_examples=40)
@given(st.integers(3, 60), st.integers(1, 6), st.floats(0, 0.5), st.integers(0, 6), st.integers(0, 2**32))
def test_at_the_close_every_submission_has_a_review_or_a_named_staff_task(
    n: int, k: int, dropouts: float, latecomers: int, seed: int
) -> None:
    _check(n, k, dropouts, latecomers, seed)


@pytest.mark.parametrize(("n", "k", "dropouts"), [(500, 5, 0.5), (500, 1, 0.3), (200, 6, 0.0)])
def test_so_it_is_in_large_cohorts(n: int, k: int, dropouts: float) -> None:
    _check(n, k, dropouts, 20, 1)


def _check(n: int, k: int, dropouts: float, latecomers: int, seed: int) -> None:
    state, gone = play(n, k, dropouts, latecomers, np.random.default_rng(seed))
    after = CLOSES + HOUR
    state = apply(state, reassign(state, POLICY, after))
    assert reassign(state, POLICY, after) == []
    reviewed = {task.work for task in state.tasks if task.state is TaskState.SUBMITTED}
    staff = {task.work for task in state.tasks if task.reviewer is None and task.state is TaskState.ASSIGNED}
    assert {work.key for work in state.works} <= reviewed | staff
    authors = {work.key: work.submitters for work in state.works}
    assert not [task for task in state.tasks if task.reviewer in authors[task.work]]
    assert len({(task.reviewer, task.work) for task in state.tasks}) == len(state.tasks)
    for task in [task for task in state.tasks if task.reviewer is None]:  # staff do what is theirs
        state = changed(state, task, TaskState.SUBMITTED, after)
    results = {task.work for task in state.tasks if task.state is TaskState.SUBMITTED}
    diligent = state.members - gone
    assert all(work.key in results for work in state.works if work.submitters & diligent)


def test_with_nobody_missing_staff_have_nothing_to_do_and_latecomers_are_reviewed_by_members() -> None:
    state, _gone = play(40, 3, 0.0, 3, np.random.default_rng(1))
    state = apply(state, reassign(state, POLICY, CLOSES + HOUR))
    assert not [task for task in state.tasks if task.reviewer is None]
    late = [task for task in state.tasks if task.work.startswith("late") and task.state is TaskState.SUBMITTED]
    assert {task.work for task in late} == {"late000", "late001", "late002"}


def small(*tasks: tuple[str | None, str, TaskState]) -> State:
    """Return five works a to e with two reviews wanted, the later in the alphabet the later handed in."""
    return State(
        works=[WorkToReview(key.upper(), frozenset({key}), OPENED + HOUR * i, 2) for i, key in enumerate("abcde")],
        tasks=[Task(one, key, state, OPENED + POLICY.lease) for one, key, state in tasks],
        members=frozenset("abcde"),
        closes=CLOSES,
        share=dict.fromkeys("abcde", 2),
    )


A, S, B = TaskState.ASSIGNED, TaskState.STARTED, TaskState.GIVEN_BACK
FULL = [(one, key, A) for one, key in ("aB", "aC", "bC", "bD", "cD", "cE", "dE", "dA", "eA", "eB")]


def pulled(state: State, volunteer: str) -> str | None:
    found = next_task(state, volunteer, POLICY, OPENED)
    return None if found is None else found.task.work


def test_a_volunteer_pulls_what_needs_it_most_then_what_is_oldest() -> None:
    assert pulled(small(), "a") == "B"
    assert pulled(small(("c", "B", A)), "a") == "C"
    assert pulled(small(*FULL), "a") is None


def test_a_volunteer_gets_neither_their_own_nor_what_they_had_nor_a_conflict() -> None:
    conflicts = frozenset({frozenset("ac")})
    assert pulled(replace(small(("a", "B", B)), conflicts=conflicts), "a") == "D"
    assert pulled(small(), "somebody else") is None
    assert next_task(small(), "a", POLICY, CLOSES + HOUR) is None


def test_a_task_lapses_when_it_is_not_begun_in_time_and_one_that_is_begun_does_not() -> None:
    state = small(("a", "B", A), ("a", "C", S), (None, "D", A))
    assert lapsed(state, OPENED + POLICY.lease) == []
    assert [one.task.work for one in lapsed(state, OPENED + POLICY.lease + HOUR)] == ["B"]


def test_what_a_member_who_left_had_begun_lapses_too() -> None:
    state = replace(small(("a", "B", A), ("a", "C", S)), members=frozenset("bcde"))
    assert [one.task.work for one in lapsed(state, OPENED)] == ["B", "C"]


def test_what_lapsed_waits_for_volunteers_then_goes_to_the_least_busy() -> None:
    late = OPENED + POLICY.lease + HOUR
    begun = [(one, key, S) for one, key, _state in FULL if (one, key) != ("a", "B")]
    state = small(("a", "B", A), *begun[1:], ("a", "C", TaskState.SUBMITTED))
    first = reassign(state, POLICY, late)
    assert [(one.task.state, one.task.reviewer) for one in first] == [(TaskState.LAPSED, "a")]
    state = apply(state, first)
    assert reassign(state, POLICY, late + POLICY.volunteers_for - HOUR) == []
    then = reassign(state, POLICY, late + POLICY.volunteers_for)
    assert [(one.task.work, one.task.reviewer, one.why) for one in then] == [("B", "c", Why.LEAST_LOAD)]


def test_staff_get_what_no_member_can_do_and_have_it_once() -> None:
    state = replace(small(), unwilling=frozenset("abcde"))
    late = OPENED + timedelta(days=2)
    given = reassign(state, POLICY, late)
    assert {(one.task.reviewer, one.task.work, one.why) for one in given} == {
        (None, key, Why.NOBODY_CAN) for key in "ABCDE"
    }
    assert reassign(apply(state, given), POLICY, CLOSES + HOUR) == []


def test_nobody_is_given_more_than_their_share_and_a_little() -> None:
    policy = Policy(most_extra=1)
    state = replace(small(), share={})
    given = reassign(state, policy, OPENED + timedelta(days=2))
    reviewers = [one.task.reviewer for one in given if one.task.reviewer is not None]
    assert sorted(reviewers) == list("abcde")


def test_a_round_without_works_asks_for_nothing() -> None:
    empty = State(works=(), tasks=(), members=frozenset(), closes=CLOSES, share={})
    assert reassign(empty, POLICY, OPENED) == reassign(empty, POLICY, CLOSES + HOUR) == []
