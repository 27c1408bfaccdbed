"""Who reviews whom: the allocation of a round.

What it guarantees, for n works handed in by m reviewers (a pair's work is one, its submitters are two reviewers):

- every work gets k reviews by different people, or by everybody else where there are fewer than k of them;
- nobody reviews a work of which they are a submitter, nor one of somebody with whom they have a conflict;
- where n >= 2k + 1, nobody reviews a work of somebody who reviews theirs (a mutual pair invites favours);
  below that some mutual pairs are unavoidable, and there are as few as the number of works allows, unless a conflict or
  an even load needs one more;
- tasks are spread evenly: with single submitters everybody has k; with pairs there are more reviewers than works, so
  that some have fewer than k, and no two differ by more than one wherever the rules above leave room.

How: the works are put on a ring in random order and the work at position p is reviewed from the positions p + o, for k
random distinct offsets o. An offset o and its opposite n - o are never both taken while there is another choice, since
together they make mutual pairs, nor is the half turn 2o = n, which is its own opposite. The k tasks that fall to a pair
are divided among its submitters. Two reviewers then exchange tasks where one of them has a conflict, and tasks are
handed on from the busiest to the least busy, along chains where need be. A ring, because it is exact in every degree,
takes linear time and is replayed from its seed.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Work:
    """Something to be reviewed: the key of a submission and the keys of its submitters, who are reviewers too."""

    key: str
    submitters: tuple[str, ...]


@dataclass(frozen=True)
class Certificate:
    """What an allocation keeps of its promises, counted from its outcome and not from how it was made."""

    works: int
    reviewers: int
    k: int
    """Reviews for each work, as asked for."""
    reviews_per_work: tuple[int, int]
    """Fewest and most reviews that a work gets."""
    tasks_per_reviewer: tuple[int, int]
    """Fewest and most tasks that a reviewer has."""
    own_work: int
    """Tasks in which somebody reviews their own work: always 0."""
    conflicts: int
    """Tasks in which somebody reviews the work of somebody with whom they have a conflict: always 0."""
    mutual_pairs: int
    """Pairs of works whose submitters review each other."""
    unavoidable: tuple[str, ...]
    """Codes of what could not be kept (see `SHORTFALLS`)."""


SHORTFALLS = ("nobody-else", "too-few-reviewers", "mutual-pairs", "fewer-tasks-than-k", "uneven-tasks")
"""Everything that `Certificate.unavoidable` may name.

- `nobody-else`: one work, or none: there is nothing to swap;
- `too-few-reviewers`: some works have fewer than k people who did not write them and have no conflict;
- `mutual-pairs`: fewer than 2k + 1 works, or conflicts that leave no other way;
- `fewer-tasks-than-k`: pairs make more reviewers than works, so that some have fewer than k tasks;
- `uneven-tasks`: the loads of two reviewers differ by two or more.
"""


@dataclass(frozen=True)
class Allocation:
    """The outcome: tasks as (reviewer, work), sorted; the ring and offsets that made it; its certificate."""

    tasks: tuple[tuple[str, str], ...]
    ring: tuple[str, ...]
    offsets: tuple[int, ...]
    certificate: Certificate


Conflicts = frozenset[frozenset[str]]
"""Sets of two reviewers who may not review each other's work."""


def allocate(works: Iterable[Work], k: int, rng: np.random.Generator, conflicts: Conflicts = frozenset()) -> Allocation:
    """Allocate each of `works` to k reviewers among all submitters; the order of `works` makes no difference.

    Raises ValueError for k < 1, a work twice or without submitters, or a submitter of two works.
    """
    ordered = sorted(works, key=lambda work: work.key)
    _refuse_nonsense(ordered, k)
    n = len(ordered)
    ring = [ordered[i] for i in rng.permutation(n)]
    offsets = choose_offsets(n, k, rng)
    swap = _Swap(ring, conflicts, forbid_mutual=n >= 2 * k + 1)
    for position, work in enumerate(ring):
        groups = [ring[(position + offset) % n] for offset in offsets]
        for group in groups:
            swap.give(_least_loaded(swap, group.submitters, rng), work.key)
    if conflicts:
        _clear_conflicts(swap, rng)
    if conflicts or any(len(work.submitters) > 1 for work in ring):
        _top_up(swap, k, rng)
        _even_out(swap, rng)
    tasks = tuple(sorted((reviewer, key) for key, reviewers in swap.reviewers.items() for reviewer in reviewers))
    return Allocation(tasks, tuple(work.key for work in ring), offsets, certify(ordered, k, tasks, conflicts))


def choose_offsets(n: int, k: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Choose min(k, n - 1) distinct offsets in 1..n-1, random, with the fewest mutual pairs that the number allows."""
    one_side = np.arange(1, (n - 1) // 2 + 1)
    chosen = np.where(rng.random(one_side.size) < 0.5, one_side, n - one_side)
    chosen = rng.permutation(chosen)
    half_turn = [n // 2] if n >= 2 and n % 2 == 0 else []
    opposites = rng.permutation(n - chosen)
    preferred = [*chosen.tolist(), *half_turn, *opposites.tolist()]
    return tuple(sorted(preferred[: max(0, min(k, n - 1))]))


def certify(
    works: Sequence[Work], k: int, tasks: Sequence[tuple[str, str]], conflicts: Conflicts = frozenset()
) -> Certificate:
    """Count what `tasks` keep of the promises; shares nothing with the construction."""
    work_of = {submitter: work.key for work in works for submitter in work.submitters}
    submitters = {work.key: set(work.submitters) for work in works}
    reviews = Counter(key for _, key in tasks)
    loads = Counter(reviewer for reviewer, _ in tasks)
    arcs = {(work_of[reviewer], key) for reviewer, key in tasks}
    mutual = sum((b, a) in arcs for a, b in arcs if a < b)
    per_work = [reviews[work.key] for work in works]
    per_reviewer = [loads[reviewer] for reviewer in work_of]
    shortfalls = {
        "nobody-else": len(works) < 2,
        "too-few-reviewers": len(works) > 1 and min(per_work) < k,
        "mutual-pairs": mutual > 0,
        "fewer-tasks-than-k": len(works) > 1 and min(per_reviewer) < k and len(work_of) > len(works),
        "uneven-tasks": bool(per_reviewer) and max(per_reviewer) - min(per_reviewer) > 1,
    }
    return Certificate(
        works=len(works),
        reviewers=len(work_of),
        k=k,
        reviews_per_work=(min(per_work, default=0), max(per_work, default=0)),
        tasks_per_reviewer=(min(per_reviewer, default=0), max(per_reviewer, default=0)),
        own_work=sum(reviewer in submitters[key] for reviewer, key in tasks),
        conflicts=sum(frozenset((reviewer, one)) in conflicts for reviewer, key in tasks for one in submitters[key]),
        mutual_pairs=mutual,
        unavoidable=tuple(name for name in SHORTFALLS if shortfalls[name]),
    )


class _Swap:
    """An allocation in the making, which knows whether a task may be given to somebody."""

    def __init__(self, ring: Sequence[Work], conflicts: Conflicts, *, forbid_mutual: bool) -> None:
        self.conflicts = conflicts
        self.work_of: Mapping[str, str] = {one: work.key for work in ring for one in work.submitters}
        self.submitters: Mapping[str, tuple[str, ...]] = {work.key: work.submitters for work in ring}
        self.reviewers: dict[str, set[str]] = {work.key: set() for work in ring}
        self.tasks: dict[str, set[str]] = {one: set() for one in self.work_of}
        self.arcs: Counter[tuple[str, str]] = Counter()
        self.forbid_mutual = forbid_mutual

    def give(self, reviewer: str, key: str) -> None:
        self.reviewers[key].add(reviewer)
        self.tasks[reviewer].add(key)
        self.arcs[self.work_of[reviewer], key] += 1

    def take(self, reviewer: str, key: str) -> None:
        self.reviewers[key].remove(reviewer)
        self.tasks[reviewer].remove(key)
        self.arcs[self.work_of[reviewer], key] -= 1

    def may(self, reviewer: str, key: str) -> bool:
        own = self.work_of[reviewer]
        if own == key or reviewer in self.reviewers[key] or self.conflict(reviewer, key):
            return False
        return not (self.forbid_mutual and self.arcs[key, own])

    def conflict(self, reviewer: str, key: str) -> bool:
        return any(frozenset((reviewer, one)) in self.conflicts for one in self.submitters[key])

    def move(self, reviewer: str, key: str, to: str) -> bool:
        """Hand a task on, if the other one may have it."""
        if not self.may(to, key):
            return False
        self.take(reviewer, key)
        self.give(to, key)
        return True

    def load(self, reviewer: str) -> int:
        return len(self.tasks[reviewer])


def _refuse_nonsense(works: Sequence[Work], k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    submitters = [one for work in works for one in work.submitters]
    if len(set(submitters)) < len(submitters) or len({work.key for work in works}) < len(works):
        raise ValueError("a work or a submitter is there twice")
    if not all(work.submitters for work in works):
        raise ValueError("a work has no submitters")


def _least_loaded(swap: _Swap, reviewers: Sequence[str], rng: np.random.Generator) -> str:
    least = min(swap.load(one) for one in reviewers)
    candidates = sorted(one for one in reviewers if swap.load(one) == least)
    return candidates[0] if len(candidates) == 1 else candidates[int(rng.integers(len(candidates)))]


def _clear_conflicts(swap: _Swap, rng: np.random.Generator) -> None:
    """Rid every reviewer of the tasks with a conflict: exchange, else hand over, at the worst with a mutual pair."""
    tasks = sorted((one, key) for key, reviewers in swap.reviewers.items() for one in reviewers)
    for one, key in [(one, key) for one, key in tasks if swap.conflict(one, key)]:
        if one not in swap.reviewers[key]:  # exchanged away for another conflict
            continue
        if _exchange(swap, one, key, rng) or _hand_over(swap, one, key, rng):
            continue
        forbid_mutual, swap.forbid_mutual = swap.forbid_mutual, False
        if not (_exchange(swap, one, key, rng) or _hand_over(swap, one, key, rng)):
            swap.take(one, key)
        swap.forbid_mutual = forbid_mutual


def _exchange(swap: _Swap, one: str, key: str, rng: np.random.Generator) -> bool:
    others = sorted((other, theirs) for other, tasks in swap.tasks.items() for theirs in tasks)
    for i in rng.permutation(len(others)):
        other, theirs = others[i]
        if swap.move(one, key, other):
            if swap.move(other, theirs, one):
                return True
            swap.take(other, key)
            swap.give(one, key)
    return False


def _hand_over(swap: _Swap, one: str, key: str, rng: np.random.Generator) -> bool:
    candidates = [other for other in swap.tasks if swap.may(other, key)]
    return bool(candidates) and swap.move(one, key, _least_loaded(swap, candidates, rng))


def _top_up(swap: _Swap, k: int, rng: np.random.Generator) -> None:
    """Where a work has fewer than k reviewers, ask whoever else may review it, the least busy first."""
    for key in swap.reviewers:
        while len(swap.reviewers[key]) < k:
            candidates = [one for one in swap.tasks if swap.may(one, key)]
            if not candidates:
                break
            swap.give(_least_loaded(swap, candidates, rng), key)


def _even_out(swap: _Swap, rng: np.random.Generator) -> None:
    """Hand tasks on from the busy to the idle until no two loads differ by more than one, or it is stuck."""
    people = sorted(swap.tasks)
    people = [people[i] for i in rng.permutation(len(people))]
    while max(map(swap.load, people)) - min(map(swap.load, people)) > 1:
        busiest_first = sorted(people, key=swap.load, reverse=True)
        if not any(_hand_on(swap, giver, people) for giver in busiest_first):
            return


def _hand_on(swap: _Swap, giver: str, people: Sequence[str]) -> bool:
    """Take one task off `giver` by the shortest chain, each giving one task to the next, to somebody with two fewer."""
    given_by: dict[str, tuple[str, str]] = {}
    queue = deque([giver])
    while queue:
        one = queue.popleft()
        for key in sorted(swap.tasks[one]):
            for other in people:
                if other == giver or other in given_by or not swap.may(other, key):
                    continue
                given_by[other] = (one, key)
                queue.append(other)
                if swap.load(other) <= swap.load(giver) - 2 and _apply(swap, _chain(given_by, other)):
                    return True
    return False


def _chain(given_by: Mapping[str, tuple[str, str]], last: str) -> list[tuple[str, str, str]]:
    """Return the moves (from, work, to) that end at `last`, first move last."""
    moves = []
    while last in given_by:
        one, key = given_by[last]
        moves.append((one, key, last))
        last = one
    return moves


def _apply(swap: _Swap, moves: Sequence[tuple[str, str, str]]) -> bool:
    """Make the moves, or none where one of them forbids another."""
    done: list[tuple[str, str, str]] = []
    for one, key, other in moves:
        if not swap.move(one, key, other):
            for before, moved, after in reversed(done):
                swap.take(after, moved)
                swap.give(before, moved)
            return False
        done.append((one, key, other))
    return True
