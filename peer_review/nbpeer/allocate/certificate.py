"""The certificate of an allocation: what it keeps of its promises, counted from its outcome alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbpeer.allocate.problem import Conflicts, History, Problem, Work, pose
from nbpeer.allocate.spectrum import second_singular_value
from nbpeer.allocate.tally import shared_reviewers
from nbpeer.allocate.tasksets import distinct
from nbpeer.allocate.wishes import Bools, Ints


@dataclass(frozen=True)
class Certificate:
    """What an allocation keeps of its promises, and the least or most that the numbers would allow. Fits into JSON."""

    works: int
    reviewers: int
    k: int
    """Reviews for each work, as asked for."""
    reviews_per_work: tuple[int, int]
    """Fewest and most reviews that a work gets."""
    tasks_per_reviewer: tuple[int, int]
    """Fewest and most tasks that a reviewer has."""
    even_tasks: tuple[int, int]
    """The same if as many tasks were spread evenly."""
    works_short: tuple[tuple[str, int], ...]
    """Works that fewer than k people may review, and by how many they are reviewed; of many, the first 100."""
    own_work: int
    """Tasks in which somebody reviews their own work: always 0."""
    conflicts: int
    """Tasks in which somebody reviews the work of somebody with whom they have a conflict: always 0."""
    mutual_pairs: int
    """Pairs of works whose submitters review each other."""
    fewest_mutual_pairs: int
    """How many there must be, because so many tasks do not fit between so few works otherwise."""
    repeats: int
    """Tasks whose reviewer had an author of the work in an earlier round."""
    without_strong: int | None
    """Works without a strong reviewer that could have one; None where no strength is known, as for the next two."""
    without_stronger: int | None
    """Reviewers who have no stronger work than their own, though there is one."""
    without_near: int | None
    """Reviewers who have no work by a near-peer, though there is one."""
    overlaps: int
    """Pairs of works that share two reviewers or more."""
    second_singular_value: float
    """Of the assignment matrix, over k: the lower, the better the cohort is mixed. See `spectrum`."""
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


def certify(
    works: Iterable[Work],
    k: int,
    tasks: Sequence[tuple[str, str]],
    conflicts: Conflicts = frozenset(),
    history: History = (),
    strength: Mapping[str, float] | None = None,
) -> Certificate:
    """Count what `tasks` (reviewer, work) keep of the promises. Raises ValueError as `pose` does."""
    return certify_posed(pose(works, k, conflicts, history, strength), tasks)


def certify_posed(problem: Problem, tasks: Sequence[tuple[str, str]]) -> Certificate:
    """Count what `tasks` keep of the promises of a problem."""
    n, m, k = problem.n, problem.m, problem.k
    reviewer, work = _indices(problem, tasks)
    reviews, loads = np.bincount(work, minlength=n), np.bincount(reviewer, minlength=m)
    mutual, least = _mutual_pairs(problem, reviewer, work)
    shortfalls = {
        "nobody-else": n < 2,
        "too-few-reviewers": n > 1 and int(reviews.min()) < k,
        "mutual-pairs": mutual > 0,
        "fewer-tasks-than-k": n > 1 and int(loads.min()) < k and m > n,
        "uneven-tasks": n > 0 and int(loads.max() - loads.min()) > 1,
    }
    short = np.flatnonzero(reviews < k)[:100].tolist()
    return Certificate(
        works=n,
        reviewers=m,
        k=k,
        reviews_per_work=_extremes(reviews),
        tasks_per_reviewer=_extremes(loads),
        even_tasks=(work.size // max(m, 1), -(-work.size // max(m, 1))),
        works_short=tuple((problem.works[i].key, int(reviews[i])) for i in short),
        own_work=int((problem.own[reviewer] == work).sum()),
        conflicts=int(problem.barred.holds(reviewer, work).sum()),
        mutual_pairs=mutual,
        fewest_mutual_pairs=least,
        repeats=int(problem.had.holds(reviewer, work).sum()),
        **_strengths(problem, reviewer, work),
        overlaps=shared_reviewers(work, reviewer, n)[0].size,
        second_singular_value=round(second_singular_value(work, reviewer, n, m) / k, 4),
        unavoidable=tuple(name for name in SHORTFALLS if shortfalls[name]),
    )


def _indices(problem: Problem, tasks: Sequence[tuple[str, str]]) -> tuple[Ints, Ints]:
    person = {key: i for i, key in enumerate(problem.people)}
    place = {work.key: i for i, work in enumerate(problem.works)}
    reviewer = np.array([person[one] for one, _key in tasks], np.int32)
    return reviewer, np.array([place[key] for _one, key in tasks], np.int32)


def _extremes(counts: Ints) -> tuple[int, int]:
    return (int(counts.min()), int(counts.max())) if counts.size else (0, 0)


def _mutual_pairs(problem: Problem, reviewer: Ints, work: Ints) -> tuple[int, int]:
    """Return how many pairs of works review each other, and the fewest for so many different arcs between works."""
    n = problem.n
    arcs = distinct(problem.own[reviewer].astype(np.int64) * n + work)
    back = arcs % max(n, 1) * n + arcs // max(n, 1)
    both = np.sort(np.concatenate([arcs, back]))
    mutual = int((both[1:] == both[:-1]).sum())
    return mutual // 2, max(0, arcs.size - n * (n - 1) // 2)


def _strengths(problem: Problem, reviewer: Ints, work: Ints) -> dict[str, int | None]:
    wishes = problem.wishes
    if not wishes.any:
        return dict.fromkeys(("without_strong", "without_stronger", "without_near"))

    def lacking(needs: Bools, served: Ints) -> int:
        return int((needs & (np.bincount(served, minlength=needs.size) == 0)).sum())

    return {
        "without_strong": lacking(wishes.needs_strong, work[wishes.strong[reviewer]]),
        "without_stronger": lacking(wishes.needs_stronger, reviewer[wishes.is_stronger(reviewer, work)]),
        "without_near": lacking(wishes.needs_near, reviewer[wishes.is_near(reviewer, work)]),
    }
