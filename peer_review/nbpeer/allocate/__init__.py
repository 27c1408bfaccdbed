"""Who reviews whom: the allocation of a round.

What it guarantees, for n works handed in by m reviewers (a pair's work is one, its submitters are two reviewers):

- every work gets k reviews by different people, or by everybody else where there are fewer than k of them;
- nobody reviews a work of which they are a submitter, nor one of somebody with whom they have a conflict;
- where n >= 2k + 1, nobody reviews a work of somebody who reviews theirs (a mutual pair invites favours);
  below that some mutual pairs are unavoidable, and there are as few as the number of works allows, unless a conflict or
  an even load needs one more;
- tasks are spread evenly: with single submitters everybody has k; with pairs there are more reviewers than works, so
  that some have fewer than k, and no two differ by more than one wherever the rules above leave room.

What it wishes, by `Weights`: that nobody has again whom they had in an earlier round; that each work has a strong
reviewer; that each reviewer sees a stronger work and one by a near-peer; that two works share at most one reviewer.

How: the works are put on a ring in random order and the work at position p is reviewed from the positions p + o, for k
random distinct offsets o (`ring`). An offset o and its opposite n - o are never both taken while there is another
choice, since together they make mutual pairs, nor is the half turn 2o = n, which is its own opposite. Then reviewers
exchange works where there is a conflict, and hand tasks on from the busiest to the least busy (`rules`); then they
exchange works for the sake of the wishes (`swaps`). A ring, because it is exact in every degree and takes linear time;
all of it in arrays (`problem`, `table`), and replayed from its seed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from nbpeer.allocate.certificate import SHORTFALLS, Certificate, certify, certify_posed
from nbpeer.allocate.problem import Conflicts, History, Problem, Work, pose
from nbpeer.allocate.ring import choose_offsets, lay
from nbpeer.allocate.rules import repair
from nbpeer.allocate.swaps import clear_conflicts, improve
from nbpeer.allocate.table import Table
from nbpeer.allocate.wishes import Ints, Weights

__all__ = [
    "SHORTFALLS",
    "Allocation",
    "Certificate",
    "Conflicts",
    "History",
    "Weights",
    "Work",
    "allocate",
    "certify",
    "choose_offsets",
]


ATTEMPTS = 30
"""How many other rings are tried where conflicts leave a mutual pair or an uneven load, in cohorts up to `SMALL`."""
SMALL = 200
RESTARTS = 12
"""How often all is begun anew in cohorts up to `FEW` where somebody has again whom they had: few exchanges are free."""
FEW = 30


@dataclass(frozen=True)
class Allocation:
    """The outcome: tasks as (reviewer, work), sorted; the ring and offsets it began with; its certificate."""

    tasks: tuple[tuple[str, str], ...]
    ring: tuple[str, ...]
    offsets: tuple[int, ...]
    certificate: Certificate


def allocate(
    works: Iterable[Work],
    k: int,
    rng: np.random.Generator,
    conflicts: Conflicts = frozenset(),
    *,
    history: History = (),
    strength: Mapping[str, float] | None = None,
    weights: Weights | None = None,
) -> Allocation:
    """Allocate each of `works` to k reviewers among all submitters; the order of `works` makes no difference.

    `history` has (reviewer, author) of all earlier rounds; `strength` a number for each member of whom one is known,
    such as the mean of earlier scores; `weights` say what a wish is worth. With the same seed, all is the same again.

    Raises ValueError for k < 1, a work twice or without submitters, a submitter of two works, a conflict that is not
    between two, or a strength that is not finite.
    """
    problem = pose(works, k, conflicts, history, strength)
    table, ring, offsets = _begin(problem, rng)
    for _again in range(ATTEMPTS if problem.forbid_mutual and problem.n <= SMALL else 0):
        if _misses(table) <= (0, 1):
            break
        another = _begin(problem, rng)
        if _misses(another[0]) < _misses(table):
            table, ring, offsets = another
    weights = weights or Weights()
    improve(table, weights, rng)
    for _again in range(RESTARTS if problem.n <= FEW and weights.repeat else 0):
        if not _repeats(table):
            break
        another = _begin(problem, rng)
        improve(another[0], weights, rng)
        if (*_misses(another[0]), _repeats(another[0])) < (*_misses(table), _repeats(table)):
            table, ring, offsets = another
    work, reviewer = table.arcs()
    order = np.lexsort((work, reviewer))
    people, keys = problem.people, [work.key for work in problem.works]
    reviewers, reviewed = map(people.__getitem__, reviewer[order].tolist()), map(keys.__getitem__, work[order].tolist())
    tasks = tuple(zip(reviewers, reviewed, strict=True))
    return Allocation(tasks, tuple(keys[i] for i in ring.tolist()), offsets, certify_posed(problem, tasks))


def _begin(problem: Problem, rng: np.random.Generator) -> tuple[Table, Ints, tuple[int, ...]]:
    """Return an allocation that keeps the rules as far as it can, its ring and its offsets."""
    ring = rng.permutation(problem.n)
    offsets = choose_offsets(problem.n, problem.k, rng)
    table = lay(problem, ring, offsets, rng)
    clear_conflicts(table, rng)
    repair(table, rng)
    return table, ring, offsets


def _repeats(table: Table) -> int:
    """Return how many reviewers have an author whom they had."""
    work, reviewer = table.arcs()
    return int(table.problem.had.holds(reviewer, work).sum())


def _misses(table: Table) -> tuple[int, int]:
    """Return how far a table is from the rules where conflicts are in the way: mutual reviews, and uneven loads."""
    work, reviewer = table.arcs()
    load = table.load[:-1]
    return int(table.mutual(reviewer, work).sum()), int(load.max() - load.min())
