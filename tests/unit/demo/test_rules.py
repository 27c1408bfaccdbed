"""The rules of a swap, counted anew: each is found broken when it is."""

from dataclasses import replace

import numpy as np
import pytest

from nbcohort.demo.rules import Swapped, violations
from nbpeer.allocate import Work, allocate

RING = Swapped(
    k=2,
    authors={work: frozenset({work.lower()}) for work in "ABCDE"},
    tasks=[
        (reviewer.lower(), "ABCDE"[("ABCDE".index(reviewer) + step) % 5]) for reviewer in "ABCDE" for step in (1, 2)
    ],
)


def test_a_ring_with_two_steps_ahead_keeps_all_rules() -> None:
    assert violations(RING) == []


def changed(old: tuple[str, str], new: tuple[str, str]) -> Swapped:
    return replace(RING, tasks=[new if task == old else task for task in RING.tasks])


@pytest.mark.parametrize(
    ("swapped", "sentence"),
    [
        (changed(("a", "B"), ("a", "A")), "a reviews A, which is their own"),
        (changed(("a", "B"), ("z", "B")), "z reviews B without having handed in"),
        (changed(("a", "B"), ("e", "B")), "B is given twice to the same reviewer"),
        (changed(("a", "B"), ("a", "D")), "B has 1 reviewers instead of 2"),
        (changed(("a", "B"), ("c", "B")), "a has 1 tasks; 2 to 2 would be even"),
        (changed(("a", "C"), ("a", "E")), "the authors of A and E review each other"),
        (changed(("a", "B"), ("a", "X")), "a reviews X, which nobody handed in"),
        (replace(RING, pairs=[frozenset({"a", "b"})]), "a reviews B, which is by their partner"),
    ],
)
def test_a_broken_rule_is_named(swapped: Swapped, sentence: str) -> None:
    assert sentence in violations(swapped)


def test_a_pair_counts_as_one_author_when_reviews_are_mutual() -> None:
    authors = {**RING.authors, "A": frozenset({"a", "a2"})}
    tasks = [("a2" if task == ("a", "C") else task[0], task[1]) for task in RING.tasks]
    assert violations(replace(RING, authors=authors, tasks=tasks)) == []
    mutual = [("a2", "E") if task == ("a2", "C") else task for task in tasks]
    assert "the authors of A and E review each other" in violations(replace(RING, authors=authors, tasks=mutual))


@pytest.mark.parametrize("seed", range(20))
def test_what_the_allocator_makes_of_the_demos_cohort_keeps_them(seed: int) -> None:
    works = [Work(one, (one,)) for one in "abcde"] + [Work("pair", ("f", "g"))]
    made = allocate(works, 2, np.random.default_rng(seed), frozenset({frozenset({"f", "g"})}))
    authors = {work.key: frozenset(work.submitters) for work in works}
    assert violations(Swapped(2, authors, made.tasks, [frozenset({"f", "g"})])) == []
