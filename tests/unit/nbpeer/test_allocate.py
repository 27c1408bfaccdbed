"""The rules are checked here by counting, with code that shares nothing with the allocator's."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbpeer.allocate import Allocation, Work, allocate, choose_offsets

GROUP_SIZES = st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=1, max_size=60)
K = st.integers(1, 6)
SEED = st.integers(0, 2**32)


def works_of(sizes: list[int]) -> list[Work]:
    return [
        Work(f"work{i:02}", tuple(f"member{i:02}{letter}" for letter in "abc"[:size])) for i, size in enumerate(sizes)
    ]


def swapped(works: list[Work], k: int, seed: int) -> Allocation:
    return allocate(works, k, np.random.default_rng(seed))


def review_each_other(works: list[Work], tasks: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    author = {submitter: work.key for work in works for submitter in work.submitters}
    reviewed = {(author[reviewer], key) for reviewer, key in tasks}
    return [(a, b) for a, b in reviewed if a < b and (b, a) in reviewed]


@settings(max_examples=80)
@given(GROUP_SIZES, K, SEED)
def test_every_work_gets_k_different_reviewers_or_everybody_else(sizes: list[int], k: int, seed: int) -> None:
    works = works_of(sizes)
    tasks = swapped(works, k, seed).tasks
    assert len(set(tasks)) == len(tasks)
    reviews = Counter(key for _, key in tasks)
    for work in works:
        assert reviews[work.key] == min(k, sum(sizes) - len(work.submitters))


@settings(max_examples=80)
@given(GROUP_SIZES, K, SEED)
def test_nobody_reviews_their_own_or_their_pairs_work(sizes: list[int], k: int, seed: int) -> None:
    works = works_of(sizes)
    own = {(submitter, work.key) for work in works for submitter in work.submitters}
    assert not own & set(swapped(works, k, seed).tasks)


@settings(max_examples=80)
@given(GROUP_SIZES, K, SEED)
def test_nobody_reviews_who_reviews_them_where_there_are_enough_works(sizes: list[int], k: int, seed: int) -> None:
    works = works_of(sizes)
    allocation = swapped(works, k, seed)
    mutual = review_each_other(works, allocation.tasks)
    assert allocation.certificate.mutual_pairs == len(mutual)
    if len(works) >= 2 * k + 1:
        assert not mutual


@settings(max_examples=80)
@given(GROUP_SIZES, K, SEED)
def test_tasks_are_spread_evenly(sizes: list[int], k: int, seed: int) -> None:
    works = works_of(sizes)
    loads = Counter({submitter: 0 for work in works for submitter in work.submitters})
    tasks = swapped(works, k, seed).tasks
    loads.update(reviewer for reviewer, _ in tasks)
    if len(works) > k:
        assert max(loads.values()) - min(loads.values()) <= 1
    assert max(loads.values()) <= k


@settings(deadline=None)
@given(st.integers(2, 60), K, SEED)
def test_single_submitters_have_k_tasks_each_and_the_fewest_mutual_pairs(n: int, k: int, seed: int) -> None:
    works = works_of([1] * n)
    allocation = swapped(works, k, seed)
    each = min(k, n - 1)
    assert set(Counter(reviewer for reviewer, _ in allocation.tasks).values()) == {each}
    assert len(review_each_other(works, allocation.tasks)) == max(0, n * each - n * (n - 1) // 2)


@given(st.integers(0, 60), K, SEED)
def test_offsets_never_hold_opposites_where_there_is_another_choice(n: int, k: int, seed: int) -> None:
    offsets = choose_offsets(n, k, np.random.default_rng(seed))
    assert len(set(offsets)) == len(offsets) == max(0, min(k, n - 1))
    assert all(0 < offset < n for offset in offsets)
    if n >= 2 * k + 1:
        assert not any(n - offset in offsets for offset in offsets)


@settings(deadline=None)
@given(GROUP_SIZES, K, SEED, st.randoms(use_true_random=False))
def test_an_allocation_is_replayed_from_its_seed_whatever_the_order_of_works(
    sizes: list[int], k: int, seed: int, random: Random
) -> None:
    works = works_of(sizes)
    shuffled = works.copy()
    random.shuffle(shuffled)
    assert swapped(works, k, seed) == swapped(shuffled, k, seed)


def test_another_seed_makes_another_allocation() -> None:
    works = works_of([1] * 20)
    assert swapped(works, 3, 1).tasks != swapped(works, 3, 2).tasks


@pytest.mark.parametrize("works", [[], works_of([1]), works_of([3])])
def test_with_nobody_else_there_is_nothing_to_swap_and_the_certificate_says_so(works: list[Work]) -> None:
    allocation = swapped(works, 3, 1)
    assert allocation.tasks == ()
    assert allocation.certificate.unavoidable == ("nobody-else",)


def test_two_review_each_other_and_the_certificate_says_why() -> None:
    allocation = swapped(works_of([1, 1]), 3, 1)
    assert allocation.tasks == (("member00a", "work01"), ("member01a", "work00"))
    assert allocation.certificate.unavoidable == ("too-few-reviewers", "mutual-pairs")
    assert allocation.certificate.reviews_per_work == (1, 1)


def test_three_with_one_review_each_make_a_ring() -> None:
    allocation = swapped(works_of([1, 1, 1]), 1, 5)
    assert allocation.certificate.mutual_pairs == 0
    assert allocation.certificate.unavoidable == ()


def test_two_pairs_can_give_each_other_two_reviews() -> None:
    allocation = swapped(works_of([2, 2]), 2, 1)
    assert allocation.certificate.reviews_per_work == (2, 2)
    assert allocation.certificate.tasks_per_reviewer == (1, 1)


def test_with_pairs_there_are_fewer_tasks_than_k_for_some_and_the_certificate_says_so() -> None:
    allocation = swapped(works_of([1] * 8 + [2]), 3, 1)
    assert allocation.certificate.reviews_per_work == (3, 3)
    assert allocation.certificate.tasks_per_reviewer == (2, 3)
    assert allocation.certificate.unavoidable == ("fewer-tasks-than-k",)


@pytest.mark.parametrize(
    ("works", "k"),
    [
        (works_of([1, 1]), 0),
        ([Work("a", ("x",)), Work("a", ("y",))], 1),
        ([Work("a", ("x",)), Work("b", ("x",))], 1),
        ([Work("a", ())], 1),
    ],
)
def test_nonsense_is_refused(works: list[Work], k: int) -> None:
    with pytest.raises(ValueError):
        swapped(works, k, 1)


@settings(max_examples=80)
@given(GROUP_SIZES, K, SEED, st.integers(0, 20))
def test_nobody_reviews_the_work_of_somebody_with_whom_they_have_a_conflict(
    sizes: list[int], k: int, seed: int, count: int
) -> None:
    works = works_of(sizes)
    authors = {work.key: work.submitters for work in works}
    people = [submitter for work in works for submitter in work.submitters]
    half = len(people) // 2
    pairs = list(zip(people[:half], people[half:], strict=False))[:count]
    conflicts = frozenset(frozenset(pair) for pair in pairs)

    allocation = allocate(works, k, np.random.default_rng(seed), conflicts)

    assert not [task for task in allocation.tasks if any({task[0], one} in conflicts for one in authors[task[1]])]
    assert allocation.certificate.conflicts == 0
    if len(works) > 2 * k + 4:
        assert allocation.certificate.reviews_per_work == (k, k)
        assert allocation.certificate.mutual_pairs == 0
        low, high = allocation.certificate.tasks_per_reviewer
        assert high - low <= 1


def test_a_conflict_among_three_leaves_a_mutual_pair_rather_than_a_work_without_review() -> None:
    conflicts = frozenset({frozenset({"member00a", "member01a"})})
    allocation = allocate(works_of([1, 1, 1]), 1, np.random.default_rng(1), conflicts)
    assert allocation.certificate.reviews_per_work == (1, 1)
    assert "mutual-pairs" in allocation.certificate.unavoidable
