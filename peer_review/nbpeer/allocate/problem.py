"""What is to be allocated, in numbers: works, reviewers and the rules as arrays of indices.

Works are 0..n-1 and reviewers 0..m-1, each in the order of their keys, so that the order in which they are given makes
no difference. Index n is no work and index m is no reviewer: they fill the gaps of tables, and own each other.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbpeer.allocate.tasksets import TaskSet
from nbpeer.allocate.wishes import Ints, Wishes, wish

Conflicts = frozenset[frozenset[str]]
"""Sets of two reviewers who may not review each other's work."""
History = Iterable[tuple[str, str]]
"""(reviewer, author): who had whose work in an earlier round. Whoever is not there any more is no matter."""


@dataclass(frozen=True)
class Work:
    """Something to be reviewed: the key of a submission and the keys of its submitters, who are reviewers too."""

    key: str
    submitters: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """The rules and wishes for n works and m reviewers."""

    works: Sequence[Work]
    people: Sequence[str]
    k: int
    own: Ints
    """(m+1,): the work of which each reviewer is a submitter."""
    barred: TaskSet
    """The tasks that a conflict forbids."""
    had: TaskSet
    """The tasks whose reviewer had an author of the work before."""
    need: Ints
    """(n,): how many reviews each work can get, at most k."""
    wishes: Wishes

    @property
    def n(self) -> int:
        """The number of works."""
        return len(self.works)

    @property
    def m(self) -> int:
        """The number of reviewers."""
        return len(self.people)

    @property
    def forbid_mutual(self) -> bool:
        """Whether there are enough works that nobody has to review whoever reviews them."""
        return self.n >= 2 * self.k + 1


def pose(
    works: Iterable[Work],
    k: int,
    conflicts: Conflicts = frozenset(),
    history: History = (),
    strength: Mapping[str, float] | None = None,
) -> Problem:
    """Put an allocation into numbers.

    Raises ValueError for k < 1, a work twice or without submitters, a submitter of two works, a conflict that is not
    between two, or a strength that is not finite.
    """
    ordered = sorted(works, key=lambda work: work.key)
    _refuse_nonsense(ordered, k, conflicts, strength or {})
    people = sorted(one for work in ordered for one in work.submitters)
    place = {one: i for i, one in enumerate(people)}
    n, m = len(ordered), len(people)
    own = np.full(m + 1, n, np.int32)
    for i, work in enumerate(ordered):
        for one in work.submitters:
            own[place[one]] = i
    both_ways = [(a, b) for a, b in map(tuple, conflicts)] + [(b, a) for a, b in map(tuple, conflicts)]
    barred = _tasks(both_ways, place, own, n)
    submitters = np.bincount(own[:m], minlength=n)[:n]
    return Problem(
        works=ordered,
        people=people,
        k=k,
        own=own,
        barred=barred,
        had=_tasks(history, place, own, n),
        need=np.minimum(k, m - submitters - np.bincount(barred.works(), minlength=n)[:n]),
        wishes=wish(people, own, n, strength or {}),
    )


def _refuse_nonsense(works: Sequence[Work], k: int, conflicts: Conflicts, strength: Mapping[str, float]) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    submitters = [one for work in works for one in work.submitters]
    if len(set(submitters)) < len(submitters) or len({work.key for work in works}) < len(works):
        raise ValueError("a work or a submitter is there twice")
    if not all(work.submitters for work in works):
        raise ValueError("a work has no submitters")
    if any(len(pair) != 2 for pair in conflicts):
        raise ValueError("a conflict is not between two members")
    if not all(math.isfinite(number) for number in strength.values()):
        raise ValueError("a strength is not a finite number; leave out what is unknown")


def _tasks(pairs: Iterable[tuple[str, str]], place: Mapping[str, int], own: Ints, n: int) -> TaskSet:
    """Return the tasks (reviewer, work of the author), without reviewers' own works."""
    listed = list(pairs)
    reviewer = np.array([place.get(one, -1) for one, _author in listed], np.int32)
    author = np.array([place.get(one, -1) for _reviewer, one in listed], np.int32)
    work = own[author]
    good = (reviewer >= 0) & (author >= 0) & (own[reviewer] != work)
    return TaskSet(reviewer[good], work[good], n)
