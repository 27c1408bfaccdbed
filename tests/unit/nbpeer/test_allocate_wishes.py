"""What is wished for beyond the rules, the certificate's numbers, and rules that conflicts and history press on.

The oracle is scipy's: a mixed-integer program that knows the rules and nothing of the allocator.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from nbpeer.allocate import Allocation, Conflicts, Weights, Work, allocate, certify
from nbpeer.allocate.problem import pose
from nbpeer.allocate.ring import choose_offsets, lay
from nbpeer.allocate.rules import repair
from nbpeer.allocate.spectrum import krylov, second_singular_value
from nbpeer.allocate.swaps import clear_conflicts, improve
from nbpeer.allocate.table import Table
from nbpeer.allocate.tally import tally

SIZES = st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=1, max_size=60)
K = st.integers(1, 6)
SEED = st.integers(0, 2**32)
DENSITY = st.sampled_from([0.0, 0.02, 0.2, 0.6])


def works_of(sizes: Sequence[int]) -> list[Work]:
    return [Work(f"work{i:03}", tuple(f"m{i:03}{letter}" for letter in "abc"[:size])) for i, size in enumerate(sizes)]


def people_of(works: list[Work]) -> list[str]:
    return [one for work in works for one in work.submitters]


def some_pairs(people: list[str], density: float, seed: int) -> list[tuple[str, str]]:
    rng = np.random.default_rng(seed)
    count = int(density * len(people) ** 2 / 2)
    return [(people[a], people[b]) for a, b in rng.integers(len(people), size=(count, 2)) if a != b]


def some_conflicts(people: list[str], density: float, seed: int) -> Conflicts:
    return frozenset(frozenset(pair) for pair in some_pairs(people, density, seed))


def able(works: list[Work], conflicts: Conflicts) -> list[tuple[str, str]]:
    """Return every task that no rule but that on mutual pairs forbids."""
    return [
        (one, work.key)
        for one in people_of(works)
        for work in works
        if one not in work.submitters and not any(frozenset((one, other)) in conflicts for other in work.submitters)
    ]


def most_even(works: list[Work], k: int, conflicts: Conflicts) -> tuple[int, int]:
    """Return the smallest difference of loads where works get all the reviews that they can, and its largest load."""
    tasks, people = able(works, conflicts), people_of(works)
    rows = lil_array((len(works) + 2 * len(people), len(tasks) + 2))
    most, least = len(tasks), len(tasks) + 1
    low, high = np.full(rows.shape[0], -np.inf), np.full(rows.shape[0], np.inf)
    for row, work in enumerate(works):
        low[row] = high[row] = min(k, sum(key == work.key for _one, key in tasks))
        for column, (_one, key) in enumerate(tasks):
            if key == work.key:
                rows[row, column] = 1
    for row, person in enumerate(people, len(works)):
        for column, (one, _key) in enumerate(tasks):
            if one == person:
                rows[row, column] = rows[row + len(people), column] = 1
        rows[row, most] = rows[row + len(people), least] = -1
        high[row], low[row + len(people)] = 0, 0
    cost = np.zeros(len(tasks) + 2)
    cost[most], cost[least] = 1, -1
    upper = np.append(np.ones(len(tasks)), [np.inf, np.inf])
    found = milp(
        cost, constraints=LinearConstraint(rows.tocsr(), low, high), integrality=1 + 0 * cost, bounds=Bounds(0, upper)
    )
    return round(found.fun), round(found.x[most])


@settings(max_examples=50)
@given(SIZES, K, SEED, DENSITY, DENSITY)
def test_every_work_gets_all_the_reviews_that_conflicts_allow_and_no_rule_is_broken(
    sizes: list[int], k: int, seed: int, conflicting: float, known: float
) -> None:
    works = works_of(sizes)
    people = people_of(works)
    conflicts = some_conflicts(people, conflicting, seed)
    history = some_pairs(people, known, seed + 1)
    made = allocate(works, k, np.random.default_rng(seed), conflicts, history=history)
    allowed = able(works, conflicts)
    assert set(made.tasks) <= set(allowed)
    assert len(set(made.tasks)) == len(made.tasks)
    possible, got = Counter(key for _one, key in allowed), Counter(key for _one, key in made.tasks)
    assert all(got[work.key] == min(k, possible[work.key]) for work in works)
    short = {key: got[key] for key in possible.keys() | {work.key for work in works} if got[key] < k}
    assert dict(made.certificate.works_short) == short
    if len(works) >= 2 * k + 1 and not conflicts:
        assert made.certificate.mutual_pairs == 0
    if set(sizes) == {1} and not conflicts:
        assert len(set(Counter(one for one, _key in made.tasks).values())) <= 1


@settings(max_examples=25)
@given(st.lists(st.sampled_from([1, 1, 1, 2]), min_size=2, max_size=8), st.integers(3, 6), SEED, DENSITY)
def test_where_mutual_pairs_are_allowed_no_way_is_more_even(
    sizes: list[int], k: int, seed: int, conflicting: float
) -> None:
    works = works_of(sizes)[: 2 * k]
    conflicts = some_conflicts(people_of(works), conflicting, seed)
    loads = allocate(works, k, np.random.default_rng(seed), conflicts).certificate.tasks_per_reviewer
    assert loads[1] - loads[0] == most_even(works, k, conflicts)[0]


@settings(max_examples=25)
@given(SIZES, K, SEED, DENSITY, DENSITY)
def test_exchanges_never_cost_more_nor_add_a_mutual_pair_nor_change_a_load(
    sizes: list[int], k: int, seed: int, conflicting: float, known: float
) -> None:
    works = works_of(sizes)
    people = people_of(works)
    rng = np.random.default_rng(seed)
    strength = {one: float(rng.integers(10)) for one in people if rng.random() < 0.8}
    weights = Weights(*rng.integers(10, size=5).tolist())
    problem = pose(works, k, some_conflicts(people, conflicting, seed), some_pairs(people, known, seed), strength)
    table = lay(problem, rng.permutation(problem.n), choose_offsets(problem.n, k, rng), rng)
    clear_conflicts(table, rng)
    repair(table, rng)
    pairs, cost = mutual_pairs(table), tally(table).cost(weights)
    load, reviews = table.load.copy(), (table.reviewers < problem.m).sum(axis=1)
    improve(table, weights, rng)
    assert mutual_pairs(table) <= pairs
    if mutual_pairs(table) == pairs:
        assert tally(table).cost(weights) <= cost
    assert (table.load == load).all()
    assert ((table.reviewers < problem.m).sum(axis=1) == reviews).all()
    for reviewer in range(problem.m):  # the two tables say the same
        mine = sorted(task for task in table.tasks[reviewer].tolist() if task < problem.n)
        assert mine == np.flatnonzero((table.reviewers[:-1] == reviewer).any(axis=1)).tolist()


def mutual_pairs(table: Table) -> int:
    """Count pairs of tasks; where two have handed in a work together, a task may be in two of them."""
    work, reviewer = table.arcs()
    return int(table.mutual(reviewer, work).sum()) // 2


def cohort(n: int, seed: int) -> tuple[list[Work], Conflicts, list[tuple[str, str]], dict[str, float]]:
    """Return works with pairs, conflicts, two rounds of history, and strengths of nine in ten."""
    rng = np.random.default_rng(seed)
    works = works_of(rng.choice([1, 1, 1, 1, 2], n).tolist())
    people = people_of(works)
    conflicts = some_conflicts(people, 2 / n, seed)
    history = [
        (one, author)
        for past in range(2)
        for one, key in allocate(works, 4, np.random.default_rng(past), conflicts).tasks
        for work in works
        if work.key == key
        for author in work.submitters
    ]
    return works, conflicts, history, {one: float(rng.normal()) for one in people if rng.random() < 0.9}


def test_two_hundred_with_pairs_conflicts_and_history_get_what_they_wish() -> None:
    works, conflicts, history, strength = cohort(180, 1)
    made = allocate(works, 4, np.random.default_rng(3), conflicts, history=history, strength=strength)
    author = {one: work.key for work in works for one in work.submitters}
    had = {(one, author[other]) for one, other in history}
    assert not had & set(made.tasks)
    assert made.certificate.repeats == 0
    assert made.certificate.without_strong == 0
    assert made.certificate.overlaps == 0
    assert made.certificate.mutual_pairs == 0
    assert (made.certificate.without_stronger or 0) + (made.certificate.without_near or 0) <= 25


def test_what_weighs_nothing_is_not_wished_for() -> None:
    works, conflicts, history, strength = cohort(60, 2)

    def made(weights: Weights) -> Allocation:
        return allocate(
            works, 4, np.random.default_rng(3), conflicts, history=history, strength=strength, weights=weights
        )

    assert made(Weights(repeat=0, strong=0, stronger=0, near=0, overlap=0)).certificate.repeats > 0
    assert made(Weights()).certificate.repeats == 0


def test_members_who_are_not_there_any_more_are_no_matter() -> None:
    works = works_of([1] * 9)
    gone = frozenset({frozenset({"gone", "m000a"})})
    plain = allocate(works, 2, np.random.default_rng(1))
    assert allocate(works, 2, np.random.default_rng(1), gone, history=[("gone", "m001a"), ("m001a", "gone")]) == plain


def test_the_order_of_what_is_given_makes_no_difference() -> None:
    works, conflicts, history, strength = cohort(40, 5)

    def made(turn: int) -> Allocation:
        return allocate(
            works[::turn],
            3,
            np.random.default_rng(8),
            frozenset(sorted(conflicts, key=sorted)[::turn]),
            history=history[::turn],
            strength=dict(list(strength.items())[::turn]),
        )

    assert made(1) == made(-1)


def test_a_certificate_counts_an_allocation_by_hand() -> None:
    works = works_of([1, 1, 1, 1])
    a, b, c, d = (f"m00{i}a" for i in range(4))
    tasks = [(a, "work001"), (b, "work000"), (c, "work000"), (d, "work000"), (c, "work001"), (a, "work002")]
    found = certify(works, 2, tasks, history=[(a, b), (c, d)], strength={a: 1.0, b: 2.0, c: 3.0, d: 4.0})
    assert found.reviews_per_work == (0, 3)
    assert found.works_short == (("work002", 1), ("work003", 0))
    assert found.tasks_per_reviewer == (1, 2)
    assert found.even_tasks == (1, 2)
    assert found.mutual_pairs == 2  # a and b; a and c
    assert found.repeats == 1
    assert found.without_strong == 2  # of work 2 and 3: c and d are strong
    assert found.overlaps == 0
    assert found.without_stronger == 1  # of a and b, for whom there is one that is not next to them
    assert certify(works, 2, tasks).without_strong is None


def test_a_certificate_is_json() -> None:
    works, conflicts, history, strength = cohort(20, 5)
    made = allocate(works, 3, np.random.default_rng(8), conflicts, history=history, strength=strength)
    written = json.loads(json.dumps(asdict(made.certificate)))
    assert written["reviews_per_work"] == list(made.certificate.reviews_per_work)


@pytest.mark.parametrize("n", [2, 5, 40, 301])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_second_singular_value_is_numpys(n: int, k: int) -> None:
    work, reviewer = np.repeat(np.arange(n), k), (np.repeat(np.arange(n), k) + np.tile(np.arange(k) ** 2, n)) % n
    matrix = np.zeros((n, n))
    matrix[work, reviewer] = 1
    work, reviewer = np.nonzero(matrix)
    exact = np.linalg.svd(matrix, compute_uv=False)[1]
    assert second_singular_value(work, reviewer, n, n) == pytest.approx(exact, rel=0.01, abs=1e-6)


@pytest.mark.parametrize(("n", "m", "k"), [(700, 700, 5), (600, 800, 3), (500, 500, 1), (400, 400, 40)])
def test_without_the_matrix_it_is_the_same_to_a_percent(n: int, m: int, k: int) -> None:
    rng = np.random.default_rng(n)
    code = np.unique(np.concatenate([np.arange(n) * m + rng.permutation(m)[:n] for _each in range(k)]))
    matrix = np.zeros((n, m))
    matrix[code // m, code % m] = 1
    exact = np.linalg.svd(matrix, compute_uv=False)[1]
    assert krylov(code // m, code % m, n, m) == pytest.approx(exact, rel=0.01)


def test_two_halves_that_never_meet_have_a_second_value_of_k() -> None:
    made = [allocate(works_of([1] * 400), 4, np.random.default_rng(half)) for half in (1, 2)]
    index = {one.key: i for i, one in enumerate(works_of([1] * 400))}
    work = np.array([index[key] + 400 * half for half in (0, 1) for _one, key in made[half].tasks])
    reviewer = np.array([int(one[1:4]) + 400 * half for half in (0, 1) for one, _key in made[half].tasks])
    assert second_singular_value(work, reviewer, 800, 800) == pytest.approx(4, rel=1e-6)
    assert made[0].certificate.second_singular_value < 0.95


def test_bad_weights_strengths_and_conflicts_are_refused_with_a_sentence() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="weight near"):
        Weights(near=-1)
    with pytest.raises(ValueError, match="weight strong"):
        Weights(strong=float("nan"))
    with pytest.raises(ValueError, match="strength"):
        allocate(works_of([1, 1]), 1, rng, strength={"m000a": float("nan")})
    with pytest.raises(ValueError, match="conflict"):
        allocate(works_of([1, 1]), 1, rng, frozenset({frozenset({"m000a"})}))
