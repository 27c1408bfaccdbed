"""Exchanges: two reviewers swap one work each. Everybody keeps as many tasks, every work as many reviews.

In each step a few exchanges are drawn, each is weighed as if it were alone, and of those that do no harm some are made
that do not touch each other, so that together they do what each would do. An exchange does no harm if it adds no
conflict and no mutual pair, and removes one or costs no more by the weights. What costs the same is made, too: it leads
out of dead ends, and mixes the ring, on which errors of neighbours would add up (its second singular value is near k).
"""

from dataclasses import dataclass, fields

import numpy as np

from nbpeer.allocate.independent import independent
from nbpeer.allocate.table import Table
from nbpeer.allocate.tally import tally
from nbpeer.allocate.wishes import Bools, Floats, Ints, Weights

MIXING = 1
"""How often each task is drawn for mixing, on average."""
FEWEST = 64
"""Exchanges drawn in a step, at the least; in a large cohort, one for every eight works."""
STEPS = 600
DRAWS = 1_000_000
"""At the most, over all steps: bounds the time of the largest cohorts."""
PATIENCE = 60
"""After so many steps without a gain, the rest is left as it is."""
REFRESH = 10
"""Every so many steps the troubled tasks are looked for anew."""
WORK = 500_000_000
"""Comparisons for the overlap of works' reviewers, at the most: bounds the time where k is large."""
COMPARISONS = 4_000_000
"""At once, for the overlap of works' reviewers: bounds memory."""


@dataclass(frozen=True)
class _Draw:
    """Exchanges: `reviewer` has `work` and gets `theirs`; `other` has `theirs` and gets `work`."""

    reviewer: Ints
    work: Ints
    other: Ints
    theirs: Ints

    def __getitem__(self, chosen: Bools | Ints | slice) -> "_Draw":
        return _Draw(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.work)


def clear_conflicts(table: Table, rng: np.random.Generator) -> None:
    """Exchange tasks that a conflict forbids for others, adding no mutual pair; those for which it cannot be stay."""
    problem = table.problem
    if not len(problem.barred):
        return
    for _step in range(PATIENCE):
        work, reviewer = table.arcs()
        barred = np.flatnonzero(problem.barred.holds(reviewer, work))
        if not barred.size:
            return
        one, two = rng.permutation(np.repeat(barred, 4)), rng.integers(work.size, size=barred.size * 4)
        draw = _possible(table, _Draw(reviewer[one], work[one], reviewer[two], work[two]))
        _make(table, draw[_mutual_change(table, draw) <= 0])


def improve(table: Table, weights: Weights, rng: np.random.Generator) -> None:
    """Exchange tasks to have fewer mutual pairs, then a lower cost; neither is ever higher afterwards."""
    n, tasks = table.problem.n, int(table.load.sum())
    if n < 3 or not tasks:
        return
    each = table.tasks.shape[1] * table.reviewers.shape[1] ** 2
    draws = min(DRAWS, max(WORK // each, 1))
    size = min(max(FEWEST, n // 8), draws)
    vain = 0
    found = tally(table)
    troubled = np.flatnonzero(found.troubled(weights))
    for step in range(min(STEPS, draws // size)):
        mixes = step * size < MIXING * tasks
        if step and step % REFRESH == 0 and troubled.size:
            found = tally(table)
            troubled = np.flatnonzero(found.troubled(weights))
        if not mixes and (vain >= PATIENCE or not troubled.size):
            return
        if (mixes and step % 2) or not troubled.size:
            work, reviewer = _any_tasks(table, size, rng)
        else:
            one = rng.choice(troubled, size)
            work, reviewer = found.work[one], found.reviewer[one]
        theirs, other = _any_tasks(table, size, rng)
        there = table.has(reviewer, work) & (reviewer < table.problem.m) & (other < table.problem.m)
        draw = _possible(table, _Draw(reviewer, work, other, theirs)[there])
        vain = 0 if _step(table, draw, weights) else vain + 1


def _any_tasks(table: Table, size: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return works and reviewers of random tasks, with gaps among them."""
    work = rng.integers(table.problem.n, size=size, dtype=np.int32)
    return work, table.reviewers[work, rng.integers(table.reviewers.shape[1], size=size)]


def _step(table: Table, draw: _Draw, weights: Weights) -> bool:
    """Make what does no harm, and return whether anything was gained."""
    mutual = _mutual_change(table, draw)
    draw, mutual = draw[mutual <= 0], mutual[mutual <= 0]
    cost = _cost_change(table, draw, weights)
    good = (mutual < 0) | (cost <= 0)
    draw, gains = draw[good], ((mutual < 0) | (cost < 0))[good]
    first = np.argsort(~gains, kind="stable")
    draw, gains = draw[first], gains[first]
    return bool(gains[_make(table, draw)].any())


def _possible(table: Table, draw: _Draw) -> _Draw:
    """Leave out what the rules forbid, but for mutual pairs."""
    draw = draw[(draw.reviewer != draw.other) & (draw.work != draw.theirs)]
    return draw[table.may(draw.other, draw.work) & table.may(draw.reviewer, draw.theirs)]


def _make(table: Table, draw: _Draw) -> Bools:
    """Make those exchanges that do not touch each other, earlier ones first; return which."""
    n, m, own = table.problem.n, table.problem.m, table.problem.own
    works = np.stack([draw.work, draw.theirs], axis=1)
    people = np.stack([draw.reviewer, draw.other], axis=1)
    # what each weighed beside the four rows that it changes: rows for mutual pairs, and rows for overlaps
    reads = np.concatenate([own[people], table.tasks[draw.reviewer], table.tasks[draw.other]], axis=1)
    kept = independent(
        n + m + 2, np.concatenate([works, n + 1 + people], axis=1), np.where(reads == n, n + m + 2, reads)
    )
    made = draw[kept]
    table.exchange(made.reviewer, made.work, made.other, made.theirs)
    return kept


def _mutual_change(table: Table, draw: _Draw) -> Ints:
    """Return how many mutual reviews more there would be. The four tasks involved are never mutual to each other."""
    before = table.mutual(draw.reviewer, draw.work) + table.mutual(draw.other, draw.theirs)
    change: Ints = table.mutual(draw.other, draw.work) + table.mutual(draw.reviewer, draw.theirs) - before
    return change


def _cost_change(table: Table, draw: _Draw, weights: Weights) -> Floats:
    """Return how much more each exchange would cost."""
    change = np.zeros(len(draw))
    problem = table.problem
    if len(problem.had) and weights.repeat:
        before = problem.had.holds(draw.reviewer, draw.work) + 0 + problem.had.holds(draw.other, draw.theirs)
        after = problem.had.holds(draw.other, draw.work) + 0 + problem.had.holds(draw.reviewer, draw.theirs)
        change += weights.repeat * (after - before)
    if problem.wishes.any:
        change += _strength_change(table, draw, weights)
    if weights.overlap:
        change += weights.overlap * _overlap_change(table, draw)
    return change


def _strength_change(table: Table, draw: _Draw, weights: Weights) -> Floats:
    wishes = table.problem.wishes
    change = np.zeros(len(draw))
    for reviewer, work, other, theirs in (
        (draw.reviewer, draw.work, draw.other, draw.theirs),
        (draw.other, draw.theirs, draw.reviewer, draw.work),
    ):
        lost, got = wishes.strong[reviewer] + 0, wishes.strong[other] + 0
        have = wishes.strong[table.reviewers[work]].sum(axis=1)
        change += weights.strong * wishes.needs_strong[work] * ((have - lost + got == 0) + 0 - (have == 0))
        every, tasks = reviewer[:, None], table.tasks[reviewer]
        for weight, needs, suits in (
            (weights.stronger, wishes.needs_stronger, wishes.is_stronger),
            (weights.near, wishes.needs_near, wishes.is_near),
        ):
            have = suits(every, tasks).sum(axis=1)
            then = have - suits(reviewer, work) + suits(reviewer, theirs)
            change += weight * needs[reviewer] * ((then == 0) + 0 - (have == 0))
    return change


def _overlap_change(table: Table, draw: _Draw) -> Ints:
    """Return how many more pairs of reviewers and works there would be such that both review both."""
    each = table.tasks.shape[1] * table.reviewers.shape[1] ** 2
    part = max(1, COMPARISONS // max(each, 1))
    parts = [_overlap_of_part(table, draw[start : start + part]) for start in range(0, len(draw), part)]
    return np.concatenate([*parts, np.empty(0, np.int64)])


def _overlap_of_part(table: Table, draw: _Draw) -> Ints:
    n, m = table.problem.n, table.problem.m

    def others(row: Ints, member: Ints, gap: int) -> Ints:
        """Return rows without one of their members."""
        return np.where(row == member[:, None], gap, row)

    # Reviewers of either work but the one who leaves, and reviewers of the works that each reviewer keeps. No reviewer
    # is m on one side and m + 1 on the other, for gaps are not shared.
    here = others(table.reviewers[draw.work], draw.reviewer, m)
    there = others(table.reviewers[draw.theirs], draw.other, m)
    with_one = table.reviewers[others(table.tasks[draw.reviewer], draw.work, n)].reshape(len(draw), -1)
    with_other = table.reviewers[others(table.tasks[draw.other], draw.theirs, n)].reshape(len(draw), -1)

    def common(kept: Ints, beside: Ints) -> Ints:
        beside = np.where(beside == m, m + 1, beside)
        found: Ints = (kept[:, :, None] == beside[:, None, :]).sum(axis=(1, 2))
        return found

    return common(with_other, here) + common(with_one, there) - common(with_one, here) - common(with_other, there)
