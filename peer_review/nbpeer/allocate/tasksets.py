"""Sets of tasks that are asked for many at once, such as those that conflicts forbid, or that somebody had before."""

import numpy as np

from nbpeer.allocate.wishes import Bools, Ints

FEW = 2_000
"""Up to so many tasks, they are searched through at once."""


class TaskSet:
    """A set of tasks (reviewer, work), the works being 0..n.

    A large one has a filter in front: a task that hashes to where none of the set does is not in it, which spares
    nearly all searches (Bloom 1970, with one hash).
    """

    def __init__(self, reviewer: Ints, work: Ints, n: int) -> None:
        self.n = n
        self.codes = distinct(self._code(reviewer, work))
        self.shift = np.uint64(64 - max(10, (16 * self.codes.size).bit_length()))
        self.filter = np.zeros(1 << (64 - int(self.shift)), bool)
        self.filter[self._hash(self.codes)] = True

    def __len__(self) -> int:
        return self.codes.size

    def holds(self, reviewer: Ints, work: Ints) -> Bools:
        """Say of each task whether it is in the set."""
        code = self._code(reviewer, work)
        if len(self) <= FEW:
            return self._search(code)
        found = self.filter[self._hash(code)]
        found[found] = self._search(code[found])
        return found

    def works(self, reviewer: int | None = None) -> Ints:
        """Return the works of the tasks of one reviewer, or of all."""
        codes = self.codes
        if reviewer is not None:
            low, high = np.searchsorted(codes, [reviewer * (self.n + 1), (reviewer + 1) * (self.n + 1)])
            codes = codes[low:high]
        return codes % (self.n + 1)

    def _code(self, reviewer: Ints, work: Ints) -> Ints:
        return reviewer.astype(np.int64) * (self.n + 1) + work

    def _hash(self, code: Ints) -> Ints:
        """Return the upper bits of the product with 2^64 over the golden ratio (Knuth, volume 3, 6.4)."""
        return ((code.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> self.shift).astype(np.int64)

    def _search(self, code: Ints) -> Bools:
        if not len(self):
            return np.zeros(code.shape, bool)
        found: Bools = self.codes[np.minimum(np.searchsorted(self.codes, code), len(self) - 1)] == code
        return found


def distinct(values: Ints) -> Ints:
    """Return the different values, sorted. Faster than `numpy.unique` for many."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if ordered.size else ordered
