"""What the rules leave to do once the works are on the ring: conflicts, works with too few reviews, uneven loads.

Loads are evened by handing tasks from the busy to the idle, many at once while that helps, then along chains in which
each takes a task over from the next. That no such chain is left means that no way of giving the works their reviews is
more even (Harvey, Ladner, Lovász and Tamir, Semi-matchings for bipartite graphs and load balancing, 2006, theorem 3.1);
where mutual pairs are forbidden, it means that no chain leads there, which is nearly always the same.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np

from nbpeer.allocate.independent import independent
from nbpeer.allocate.table import Table
from nbpeer.allocate.wishes import Bools, Ints

STALLED = 12
"""After so many attempts in vain, handing over many at once is left for chains."""
EXPANSIONS = 2000
"""How many reviewers a chain is sought through: all of them, in any cohort but the largest."""


def repair(table: Table, rng: np.random.Generator) -> None:
    """Take away the tasks that a conflict forbids, then give every work as many reviews as it can get, evenly."""
    work, reviewer = table.arcs()
    barred = table.problem.barred.holds(reviewer, work)
    for one, of in zip(reviewer[barred].tolist(), work[barred].tolist(), strict=True):
        table.take(one, of)
    _top_up(table, rng)
    _hand_over_many(table, rng)
    _hand_over_in_chains(table, rng)
    if table.problem.forbid_mutual and len(table.problem.barred):
        _part(table, rng)
        _hand_over_in_chains(table, rng)


def _part(table: Table, rng: np.random.Generator) -> None:
    """Where two works still review each other, give one of the reviews to somebody else, the least busy first."""
    everybody = np.arange(table.problem.m, dtype=np.int32)
    works, reviewers = table.arcs()
    mutual = np.flatnonzero(table.mutual(reviewers, works))
    for i in rng.permutation(mutual).tolist():
        reviewer, work = int(reviewers[i]), int(works[i])
        if not table.mutual(reviewers[i : i + 1], works[i : i + 1])[0]:
            continue
        there = np.full_like(everybody, work)
        able = everybody[table.may(everybody, there) & (table.mutual(everybody, there) == 0)]
        if able.size:
            table.take(reviewer, work)
            table.give(int(able[np.lexsort((rng.random(able.size), table.load[able]))[0]]), work)


def _top_up(table: Table, rng: np.random.Generator) -> None:
    """Where a work has too few reviewers, ask whoever else may review it, the least busy first."""
    problem = table.problem
    everybody = np.arange(problem.m, dtype=np.int32)
    missing = problem.need - (table.reviewers[:-1] < problem.m).sum(axis=1)
    for work in rng.permutation(np.flatnonzero(missing > 0)).tolist():
        for _each in range(int(missing[work])):
            there = np.full_like(everybody, work)
            able = everybody[table.may(everybody, there)]
            mutual = table.mutual(able, np.full_like(able, work)) > 0
            table.give(int(able[np.lexsort((rng.random(able.size), table.load[able], mutual))[0]]), work)


def _hand_over_many(table: Table, rng: np.random.Generator) -> None:
    """Hand over from the busiest to the idlest, the second busiest to the second idlest and so on, many times."""
    problem, vain = table.problem, 0
    while vain < STALLED:
        order = np.lexsort((rng.permutation(problem.m), table.load[:-1]))
        half = problem.m // 2
        idle, busy = order[:half], order[::-1][:half]
        gap = table.load[busy] - table.load[idle] >= 2
        idle, busy = idle[gap], busy[gap]
        if not busy.size:
            return
        work = table.tasks[busy, rng.integers(table.tasks.shape[1], size=busy.size)]
        good = (work < problem.n) & table.may(idle, work)
        if problem.forbid_mutual:
            good &= table.mutual(idle, work) == 0
        busy, idle, work = busy[good], idle[good], work[good]
        kept = independent(problem.n, work[:, None], problem.own[idle][:, None])
        table.hand_over(busy[kept], work[kept], idle[kept])
        vain = 0 if kept.any() else vain + 1


def _hand_over_in_chains(table: Table, rng: np.random.Generator) -> None:
    """Let the idlest take over from others until no two loads differ by more than one, or no chain is left.

    Who can be reached from somebody for whom there is no chain has none later either: chains of the less idle, which
    come later, begin elsewhere and cannot enter there, or the one for whom there was none could have had that task.
    """
    problem = table.problem
    hopeless = np.zeros(problem.m, bool)
    while problem.m:
        load = table.load[:-1]
        waiting = np.flatnonzero((load <= load.max() - 2) & ~hopeless)
        if not waiting.size:
            return
        idlest = waiting[load[waiting] == load[waiting].min()]
        one = int(idlest[rng.integers(idlest.size)])
        seen = _seek_chain(table, one)
        if seen is not None:
            hopeless |= seen & (load >= load[one])


def _seek_chain(table: Table, idle: int) -> Bools | None:
    """Bring `idle` a task by the shortest chain from somebody with two more; else return who can be reached (m,)."""
    problem = table.problem
    seen = np.zeros(problem.m + 1, bool)
    seen[[idle, problem.m]] = True
    giver_of: dict[int, tuple[int, int]] = {}
    queue = deque([idle])
    for _step in range(EXPANSIONS):
        if not queue:
            break
        taker = queue.popleft()
        works, givers = _offers(table, taker, seen)
        for giver, work in zip(givers.tolist(), works.tolist(), strict=True):
            giver_of[giver] = (work, taker)
            if table.load[giver] >= table.load[idle] + 2 and _apply(table, list(_chain(giver_of, giver))):
                return None
        seen[givers] = True
        queue.extend(givers.tolist())
    return seen[:-1]


def _offers(table: Table, taker: int, seen: Bools) -> tuple[Ints, Ints]:
    """Return a task of each reviewer not yet seen that `taker` could take over, as works and reviewers."""
    problem = table.problem
    able = np.ones(problem.n, bool)
    able[problem.barred.works(taker)] = False
    taken = table.tasks[taker]
    able[taken[taken < problem.n]] = False
    able[problem.own[taker]] = False
    if problem.forbid_mutual:
        reviewing_us = problem.own[table.reviewers[problem.own[taker]]]
        able[reviewing_us[reviewing_us < problem.n]] = False
    works = np.flatnonzero(able)
    givers = table.reviewers[works]
    row, slot = np.nonzero(~seen[givers])
    found, index = np.unique(givers[row, slot], return_index=True)
    return works[row[index]], found


def _chain(giver_of: dict[int, tuple[int, int]], giver: int) -> Iterator[tuple[int, int, int]]:
    """Yield the moves (from, work, to) that begin at `giver`."""
    while giver in giver_of:
        work, taker = giver_of[giver]
        yield giver, work, taker
        giver = taker


def _apply(table: Table, moves: list[tuple[int, int, int]]) -> bool:
    """Make the moves, or none where one of them forbids another."""
    problem = table.problem
    for done, (giver, work, taker) in enumerate(moves):
        one, of = np.array([taker]), np.array([work])
        if not table.may(one, of)[0] or (problem.forbid_mutual and table.mutual(one, of)[0]):
            for before, moved, after in reversed(moves[:done]):
                table.take(after, moved)
                table.give(before, moved)
            return False
        table.take(giver, work)
        table.give(taker, work)
    return True
