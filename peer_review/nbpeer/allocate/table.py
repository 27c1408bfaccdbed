"""An allocation in the making: who reviews what, as two tables that are changed together.

Both have gaps: a work with fewer reviewers has "no reviewer" (m) in its row, a reviewer with fewer tasks "no work" (n).
The last row of each belongs to nobody and is all gaps, so that what is looked up through a gap finds gaps.
"""

import numpy as np

from nbpeer.allocate.problem import Problem
from nbpeer.allocate.wishes import Bools, Ints


class Table:
    """`reviewers` (n+1, at most k): who reviews each work; `tasks` (m+1, most tasks): the works of each reviewer."""

    def __init__(self, problem: Problem, reviewers: Ints) -> None:
        self.problem = problem
        self.reviewers = reviewers
        self.load: Ints = np.bincount(reviewers[:-1].ravel(), minlength=problem.m + 1)
        self.load[problem.m] = 0
        work, reviewer = self.arcs()
        order = np.argsort(reviewer, kind="stable")
        first = np.cumsum(self.load) - self.load
        slot = np.arange(order.size) - first[reviewer[order]]
        self.tasks: Ints = np.full((problem.m + 1, int(self.load.max(initial=0))), problem.n, np.int32)
        self.tasks[reviewer[order], slot] = work[order]

    def arcs(self) -> tuple[Ints, Ints]:
        """Return work and reviewer of every task, in the order of works."""
        work, slot = np.nonzero(self.reviewers[:-1] < self.problem.m)
        return work.astype(np.int32), self.reviewers[work, slot]

    def give(self, reviewer: int, work: int) -> None:
        """Give a task; the work must have a gap."""
        self._put(self.reviewers, work, self.problem.m, reviewer)
        if self.load[reviewer] == self.tasks.shape[1]:
            self.tasks = np.pad(self.tasks, ((0, 0), (0, 1)), constant_values=self.problem.n)
        self._put(self.tasks, reviewer, self.problem.n, work)
        self.load[reviewer] += 1

    def take(self, reviewer: int, work: int) -> None:
        """Take a task away."""
        self._put(self.reviewers, work, reviewer, self.problem.m)
        self._put(self.tasks, reviewer, work, self.problem.n)
        self.load[reviewer] -= 1

    @staticmethod
    def _put(table: Ints, row: int, before: int, after: int) -> None:
        table[row, np.flatnonzero(table[row] == before)[0]] = after

    def exchange(self, reviewer: Ints, work: Ints, other: Ints, theirs: Ints) -> None:
        """Exchange the works of each two reviewers; all reviewers, and all works, must be different."""
        replace(self.reviewers, work, reviewer, other)
        replace(self.reviewers, theirs, other, reviewer)
        replace(self.tasks, reviewer, work, theirs)
        replace(self.tasks, other, theirs, work)

    def hand_over(self, reviewer: Ints, work: Ints, to: Ints) -> None:
        """Hand a task of each of `reviewer` to one of `to`; all reviewers, and all works, must be different."""
        if to.size and self.load[to].max() == self.tasks.shape[1]:
            self.tasks = np.pad(self.tasks, ((0, 0), (0, 1)), constant_values=self.problem.n)
        replace(self.reviewers, work, reviewer, to)
        replace(self.tasks, reviewer, work, np.full_like(work, self.problem.n))
        replace(self.tasks, to, np.full_like(work, self.problem.n), work)
        self.load[reviewer] -= 1
        self.load[to] += 1

    def has(self, reviewer: Ints, work: Ints) -> Bools:
        """Say of each task whether it is one."""
        found: Bools = (self.reviewers[work] == reviewer[:, None]).any(axis=1)
        return found

    def mutual(self, reviewer: Ints, work: Ints) -> Ints:
        """Return for each task, given or not, how many submitters of the work review the reviewer's."""
        own = self.problem.own
        found: Ints = (own[self.reviewers[own[reviewer]]] == work[:, None]).sum(axis=1)
        return found

    def may(self, reviewer: Ints, work: Ints) -> Bools:
        """Say of each task whether it could be given: it is not yet, nor the reviewer's own, nor in conflict."""
        problem = self.problem
        free: Bools = (problem.own[reviewer] != work) & ~self.has(reviewer, work)
        return free & ~problem.barred.holds(reviewer, work)


def replace(table: Ints, row: Ints, before: Ints, after: Ints) -> None:
    """Put `after` in the place of the first `before` in each row."""
    table[row, (table[row] == before[:, None]).argmax(axis=1)] = after
