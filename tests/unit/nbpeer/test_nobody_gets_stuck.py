"""Whole rounds, played with what the service asks every minute: some never begin, leave, come late, or help out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbpeer.allocate import Work, allocate
from nbpeer.reallocate import Policy, at_close, next_task, not_needed, reassign, replaced
from nbpeer.situation import (
    PROMISED,
    WAITED_FOR,
    Decision,
    Give,
    Lapse,
    Offer,
    Situation,
    Task,
    TaskState,
    Why,
    WorkToReview,
    apply,
)

OPENED = datetime(2026, 1, 19, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DUE = OPENED + 7 * DAY
STAFF = ("ines", "mo")
A, S, X = TaskState.ASSIGNED, TaskState.STARTED, TaskState.SUBMITTED


def policy(k: int) -> Policy:
    return Policy(k, DUE, 0.4, volunteers_for=17 * HOUR, not_in_the_last=17 * HOUR)


@dataclass
class Played:
    """A round that goes on, and who of its members never does anything, or at first does not."""

    now: Situation
    policy: Policy
    gone: frozenset[str]
    slow: frozenset[str]
    done: set[tuple[str, str]] = field(default_factory=set)
    """(reviewer, work) of each review that was ever submitted."""

    def put(self, *tasks: Task) -> None:
        self.now = apply(self.now, [Give(task, Why.VOLUNTEERED) for task in tasks])

    def of(self, work: str) -> list[Task]:
        return [task for task in self.now.tasks if task.work == work]

    def begin(self, task: Task) -> None:
        """As `leases.start`."""
        self.put(replace(task, state=S))
        wanted = next(work.wanted for work in self.now.works if work.key == task.work)
        spare = not_needed(self.of(task.work), wanted) if task.state is TaskState.LAPSED else None
        if spare is not None:
            self.now = replace(self.now, tasks=[one for one in self.now.tasks if one != spare])

    def submit(self, task: Task) -> None:
        """As `leases.make_room`."""
        submitted = replace(task, state=X)
        self.put(submitted)
        self.done.add((task.reviewer, task.work))
        instead = replaced(self.of(task.work), submitted)
        if instead is not None:
            self.put(replace(instead, state=TaskState.REPLACED))


def opened(n: int, k: int, dropouts: float, rng: np.random.Generator) -> Played:
    """Return a round as it opens: some works are of pairs, some of three."""
    works = [
        Work(f"work{i:03}", tuple(f"m{i:03}{letter}" for letter in "abc"[: rng.choice([1, 1, 1, 2, 3])]))
        for i in range(n)
    ]
    made, rules = allocate(works, k, rng), policy(k)
    wanted = Counter(key for _one, key in made.tasks)
    members = {one for work in works for one in work.submitters}
    situation = Situation(
        works=[WorkToReview(work.key, frozenset(work.submitters), wanted[work.key]) for work in works],
        tasks=[Task(one, key, A, rules.start_by(OPENED)) for one, key in made.tasks],
        members=members,
        staff=STAFF,
    )
    gone = frozenset(one for one in sorted(members) if rng.random() < dropouts)
    slow = frozenset(one for one in sorted(members) if rng.random() < 0.1)
    return Played(situation, rules, gone, slow)


def play(n: int, k: int, dropouts: float, latecomers: int, rng: np.random.Generator) -> Played:
    """Play a round to its close."""
    played = opened(n, k, dropouts, rng)
    leaving = {one for one in sorted(played.gone) if rng.random() < 0.3}
    now = OPENED
    while now <= DUE:
        if now == OPENED + DAY:
            played.now = replace(played.now, members=set(played.now.members) - leaving)
        if now == OPENED + 3 * DAY:
            late = [WorkToReview(f"late{i:03}", frozenset({f"late{i:03}"}), min(k, n)) for i in range(latecomers)]
            members = {*played.now.members, *(work.key for work in late)}
            played.now = replace(played.now, works=[*played.now.works, *late], members=members)
        _work(played, now, rng)
        played.now = apply(played.now, reassign(played.now, played.policy, now))
        assert reassign(played.now, played.policy, now) == []
        now += 12 * HOUR
    played.now = apply(played.now, at_close(played.now))
    return played


def _work(played: Played, now: datetime, rng: np.random.Generator) -> None:
    """Let half a day pass among the members who are active."""
    active = [one for one in sorted(played.now.members) if one not in played.gone]
    awake = {one for one in active if one not in played.slow or now > OPENED + 4 * DAY}
    for task in list(played.now.tasks):
        if task.reviewer not in awake or task not in played.now.tasks or rng.random() < 0.4:
            continue
        if task.state in (A, TaskState.LAPSED):
            played.begin(task)
        elif task.state is S:
            played.submit(task)
    for volunteer in [active[i] for i in rng.integers(len(active), size=3)] if active else []:
        pulled = next_task(played.now, volunteer, played.policy, now)
        if pulled is not None:
            played.begin(pulled.task)


@settings(max_examples=40)
@given(st.integers(3, 60), st.integers(1, 6), st.floats(0, 0.5), st.integers(0, 6), st.integers(0, 2**32))
def test_at_the_close_every_submission_has_a_review_or_a_named_staff_task(
    n: int, k: int, dropouts: float, latecomers: int, seed: int
) -> None:
    _check(play(n, k, dropouts, latecomers, np.random.default_rng(seed)))


@pytest.mark.parametrize(("n", "k", "dropouts"), [(3, 6, 0.5), (500, 3, 0.5), (300, 1, 0.3)])
def test_so_it_is_in_the_smallest_and_in_large_cohorts(n: int, k: int, dropouts: float) -> None:
    _check(play(n, k, dropouts, 20, np.random.default_rng(1)))


def _check(played: Played) -> None:
    tasks, authors = played.now.tasks, {work.key: work.authors for work in played.now.works}
    reviewed = {task.work for task in tasks if task.state is X}
    named = {task.work for task in tasks if task.origin == "staff" and task.state in WAITED_FOR}
    assert authors.keys() <= reviewed | named
    assert {task.reviewer for task in tasks if task.origin == "staff"} <= set(STAFF)
    assert at_close(played.now) == [], "nobody is named twice"
    assert not [task for task in tasks if task.reviewer in authors[task.work]]
    assert len({(task.reviewer, task.work) for task in tasks}) == len(tasks)
    most = played.policy.k + played.policy.most_extra
    asked = Counter(task.reviewer for task in tasks if task.origin == "passed-on" and task.state in PROMISED)
    assert all(count <= most for count in asked.values())
    assert {(task.reviewer, task.work) for task in tasks if task.state is X} == played.done, "no review is lost"
    for task in [task for task in tasks if task.work in named and task.origin == "staff"]:  # staff do what is theirs
        played.submit(task)
    results = {task.work for task in played.now.tasks if task.state is X}
    diligent = {reviewer for reviewer, _work in played.done}
    assert all(work in results for work, of in authors.items() if of & diligent)


def test_with_nobody_missing_staff_have_nothing_to_do_and_latecomers_are_reviewed_by_members() -> None:
    played = play(40, 3, 0.0, 3, np.random.default_rng(1))
    assert not [task for task in played.now.tasks if task.reviewer in STAFF]
    late = {task.work for task in played.now.tasks if task.work.startswith("late") and task.state is X}
    assert late == {"late000", "late001", "late002"}


def small(*tasks: tuple[str, str, TaskState], k: int = 2, since: datetime | None = None) -> Situation:
    """Return five works A to E with k reviews wanted, by the members a to e."""
    return Situation(
        works=[WorkToReview(key.upper(), frozenset({key}), k, since) for key in "abcde"],
        tasks=[Task(one, key, state, policy(k).start_by(OPENED)) for one, key, state in tasks],
        members=frozenset("abcde"),
        staff=STAFF,
    )


FULL = [(one, key, A) for one, key in ("aB", "aC", "bC", "bD", "cD", "cE", "dE", "dA", "eA", "eB")]


def pulled(situation: Situation, volunteer: str, k: int = 2) -> str | None:
    found = next_task(situation, volunteer, policy(k), OPENED)
    return None if found is None else found.task.work


def given_to(situation: Situation, now: datetime, k: int = 2) -> list[tuple[str, str]]:
    return [(one.task.reviewer, one.task.work) for one in reassign(situation, policy(k), now) if isinstance(one, Give)]


def test_a_volunteer_takes_what_lacks_most_then_what_has_lacked_it_longest() -> None:
    assert pulled(small(), "a") == "B"
    assert pulled(small(("c", "B", A)), "a") == "C"
    works = small().works
    waiting = [replace(work, short_since=OPENED - HOUR) if work.key == "D" else work for work in works]
    assert pulled(replace(small(), works=waiting), "a") == "D"
    assert pulled(small(*FULL), "a") is None


def test_a_latecomer_with_fewer_than_k_gets_one_also_where_nothing_is_lacking() -> None:
    late = replace(small(*FULL), members=frozenset("abcdef"))
    assert pulled(late, "f") == "A"
    assert pulled(replace(small(), works=[WorkToReview("A", frozenset("a"), 0)]), "b") is None, "there is no swap"


def test_a_volunteer_gets_neither_their_own_nor_what_they_had_nor_a_conflict_and_rather_no_mutual_pair() -> None:
    conflicts = frozenset({frozenset("ac")})
    assert pulled(replace(small(("a", "B", TaskState.ENDED)), conflicts=conflicts), "a") == "D"
    assert pulled(small(("b", "A", A), ("b", "D", A)), "a") == "C"
    assert pulled(small(), "somebody else") is None


def test_a_task_that_is_not_begun_in_time_lapses_and_so_does_what_one_who_left_had_begun() -> None:
    situation, at = small(*FULL[1:], ("a", "B", S)), policy(2).start_by(OPENED)
    assert at is not None
    assert reassign(situation, policy(2), at - HOUR) == []
    lapses = [one.task for one in reassign(situation, policy(2), at) if isinstance(one, Lapse)]
    assert [(task.reviewer, task.work) for task in lapses] == [(one, key) for one, key, _state in FULL[1:]]
    left = replace(situation, members=frozenset("bcde"))
    assert [one.task.work for one in reassign(left, policy(2), OPENED) if isinstance(one, Lapse)] == ["C", "B"]


def test_what_lapsed_waits_for_volunteers_then_goes_to_who_has_least_to_do_without_a_mutual_pair() -> None:
    at = policy(2).start_by(OPENED)
    assert at is not None
    begun = [(one, key, X if one in "ac" else S) for one, key, _state in FULL[1:]]
    situation = small(("a", "B", A), *begun)
    first = reassign(situation, policy(2), at)
    assert [type(one) for one in first] == [Lapse, Offer]
    situation = apply(situation, first)
    assert reassign(situation, policy(2), at + 16 * HOUR) == []
    assert given_to(situation, at + 17 * HOUR) == [("c", "B")], "d and e have more to do; b is the author"


def test_who_was_not_seen_is_not_asked_and_nobody_is_asked_for_ever_more() -> None:
    situation = small(*((one, key, TaskState.LAPSED) for one, key, _state in FULL), since=OPENED)
    assert {reviewer for reviewer, _work in given_to(situation, OPENED + DAY)} == set(STAFF)
    here = small(*((one, key, X if one == "a" else TaskState.LAPSED) for one, key, _state in FULL), since=OPENED)
    asked = Counter(reviewer for reviewer, _work in given_to(here, OPENED + DAY))
    assert asked["a"] == 2, "two more than k, and no more"
    assert not {"b", "c", "d", "e"} & asked.keys()


def test_staff_are_asked_for_what_has_no_review_and_not_for_the_second_one() -> None:
    nobody = replace(small(("a", "B", X), since=OPENED), members=frozenset())
    given = given_to(nobody, OPENED + DAY)
    assert sorted(work for _reviewer, work in given) == ["A", "C", "D", "E"]
    assert Counter(reviewer for reviewer, _work in given) == {"ines": 2, "mo": 2}
    without = replace(nobody, staff=())
    assert given_to(without, OPENED + DAY) == []


def test_nobody_is_asked_shortly_before_the_reviews_are_due() -> None:
    assert given_to(small(since=OPENED), DUE - 16 * HOUR) == []
    assert given_to(small(since=OPENED), DUE - 18 * HOUR) != []


def test_who_is_asked_has_least_to_do_of_those_who_may() -> None:
    rng = np.random.default_rng(3)
    for _again in range(30):
        pairs: Iterable[tuple[str, str]] = {
            (str(rng.choice(list("abcde"))), str(rng.choice(list("BCDE")))) for _ in range(8)
        }
        states = [A, S, X, TaskState.LAPSED, TaskState.ENDED]
        tasks = [(one, key, states[rng.integers(5)]) for one, key in sorted(pairs) if one.upper() != key]
        situation = replace(small(*tasks), works=[WorkToReview("A", frozenset("a"), 1, OPENED)])
        situation = replace(situation, works=[*situation.works, *small(k=0).works[1:]])
        load = Counter(one for one, _key, state in tasks if state in (A, S, TaskState.LAPSED))
        done = Counter(one for one, _key, state in tasks if state is X)
        absent = {one for one, _key, state in tasks if state is TaskState.LAPSED and not done[one]}
        asked = [reviewer for reviewer, work in given_to(situation, OPENED + DAY) if work == "A"]
        able = [one for one in "bcde" if one not in absent]
        assert len(asked) == 1
        if able:
            assert load[asked[0]] == min(load[one] for one in able)
        else:
            assert asked[0] in STAFF


def test_a_round_without_works_asks_for_nothing() -> None:
    empty = Situation(works=(), tasks=(), members=frozenset())
    nothing: list[Decision] = []
    assert reassign(empty, policy(3), OPENED) == nothing
    assert at_close(empty) == []
