"""The start of an allocation: a ring with random offsets, which is exact in every degree."""

import numpy as np

from nbpeer.allocate.problem import Problem
from nbpeer.allocate.table import Table
from nbpeer.allocate.wishes import Ints


def choose_offsets(n: int, k: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Choose min(k, n - 1) distinct offsets in 1..n-1, random, with the fewest mutual pairs that the number allows."""
    one_side = np.arange(1, (n - 1) // 2 + 1)
    chosen = np.where(rng.random(one_side.size) < 0.5, one_side, n - one_side)
    chosen = rng.permutation(chosen)
    half_turn = [n // 2] if n >= 2 and n % 2 == 0 else []
    opposites = rng.permutation(n - chosen)
    preferred = [*chosen.tolist(), *half_turn, *opposites.tolist()]
    return tuple(sorted(preferred[: max(0, min(k, n - 1))]))


def lay(problem: Problem, ring: Ints, offsets: tuple[int, ...], rng: np.random.Generator) -> Table:
    """Give the work at each position p of `ring` (n,) to those at p + o, for each offset o.

    The tasks that fall to a pair are divided among its submitters in turn, beginning with a random one. A work has
    gaps where it could get more reviews than there are offsets: two submitters of one work may both review it.
    """
    n, m, k = problem.n, problem.m, problem.k
    by_work = np.lexsort((rng.permutation(m), problem.own[:m]))
    size = np.bincount(problem.own[:m], minlength=n)[:n]
    first = np.cumsum(size) - size
    reviewers = np.full((n + 1, min(k, m)), m, np.int32)
    for turn, offset in enumerate(offsets):
        giver = np.roll(ring, -offset)
        reviewers[ring, turn] = by_work[first[giver] + turn % size[giver]]
    return Table(problem, reviewers)
