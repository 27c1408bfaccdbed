"""What is not as wished in a table, all of it counted: the cost of an allocation, and the tasks to which it is due."""

from dataclasses import dataclass

import numpy as np

from nbpeer.allocate.table import Table
from nbpeer.allocate.wishes import Bools, Ints, Weights


@dataclass(frozen=True)
class Tally:
    """For each task, in the order of `Table.arcs`, what is wrong with it; for works and reviewers, what they lack."""

    work: Ints
    reviewer: Ints
    mutual: Bools
    repeat: Bools
    lacks_strong: Bools
    """(n+1,)"""
    lacks_stronger: Bools
    """(m+1,)"""
    lacks_near: Bools
    """(m+1,)"""
    overlaps: int
    """Pairs of reviewers and works such that both review both."""
    overlapping: Bools
    """(n+1,): works that share two or more reviewers with another."""

    def cost(self, weights: Weights) -> float:
        """Return the sum of what wishes cost that are not met."""
        return (
            weights.repeat * int(self.repeat.sum())
            + weights.strong * int(self.lacks_strong.sum())
            + weights.stronger * int(self.lacks_stronger.sum())
            + weights.near * int(self.lacks_near.sum())
            + weights.overlap * self.overlaps
        )

    def troubled(self, weights: Weights) -> Bools:
        """Say of each task whether something would be better without it, or with another in its place."""
        found = self.mutual.copy()
        if weights.repeat:
            found |= self.repeat
        if weights.strong:
            found |= self.lacks_strong[self.work]
        if weights.stronger:
            found |= self.lacks_stronger[self.reviewer]
        if weights.near:
            found |= self.lacks_near[self.reviewer]
        if weights.overlap:
            found |= self.overlapping[self.work]
        return found


def tally(table: Table) -> Tally:
    """Count what is not as wished in a table."""
    problem, wishes = table.problem, table.problem.wishes
    n, m = problem.n, problem.m
    work, reviewer = table.arcs()
    strong = np.bincount(work[wishes.strong[reviewer]], minlength=n + 1)
    stronger = np.bincount(reviewer[wishes.is_stronger(reviewer, work)], minlength=m + 1)
    near = np.bincount(reviewer[wishes.is_near(reviewer, work)], minlength=m + 1)
    first, second, shared = shared_reviewers(work, reviewer, n)
    overlapping = np.zeros(n + 1, bool)
    overlapping[first] = overlapping[second] = True
    return Tally(
        work=work,
        reviewer=reviewer,
        mutual=table.mutual(reviewer, work) > 0,
        repeat=problem.had.holds(reviewer, work),
        lacks_strong=wishes.needs_strong & (strong == 0),
        lacks_stronger=wishes.needs_stronger & (stronger == 0),
        lacks_near=wishes.needs_near & (near == 0),
        overlaps=int((shared * (shared - 1) // 2).sum()),
        overlapping=overlapping,
    )


def shared_reviewers(work: Ints, reviewer: Ints, n: int) -> tuple[Ints, Ints, Ints]:
    """Return each two works that share two reviewers or more, and how many they share."""
    order = np.argsort(reviewer, kind="stable")
    work, reviewer = work[order].astype(np.int64), reviewer[order]
    codes = [np.empty(0, np.int64)]
    for step in range(1, int(np.bincount(reviewer).max(initial=1))):
        same = reviewer[:-step] == reviewer[step:]
        one, two = work[:-step][same], work[step:][same]
        codes.append(np.minimum(one, two) * n + np.maximum(one, two))
    ordered = np.sort(np.concatenate(codes))
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    code, times = np.unique(ordered[again], return_counts=True)
    return code // max(n, 1), code % max(n, 1), times + 1
