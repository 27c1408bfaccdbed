"""What is wished for beyond the rules: who is strong, which works are stronger than whom, and what a wish is worth.

Strengths are any numbers that grow with how well somebody works, as scores do. Only their order is used, as a rank:
the share of those known that are below, ties counting half. Of whom nothing is known, nothing is wished.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.signedinteger[Any]]
"""Indices are kept in 32 bits, as half the memory is read twice as fast; codes of tasks take 64."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STRONG_SHARE = 1 / 3
"""A reviewer is strong if fewer than this share of those whose strength is known are stronger."""
NEAR_SHARE = 1 / 8
"""Works within this distance in rank (0-1), or one place where there are few, are near-peers'; above are stronger."""


@dataclass(frozen=True)
class Weights:
    """What each wish that is not met costs, at least 0. Rules are no wishes: no weight makes them broken."""

    repeat: float = 8.0
    """For each task whose reviewer had an author of the work in an earlier round."""
    strong: float = 4.0
    """For each work without a strong reviewer."""
    stronger: float = 2.0
    """For each reviewer without a work that is stronger than their own."""
    near: float = 2.0
    """For each reviewer without a work by a near-peer."""
    overlap: float = 1.0
    """For each two reviewers and two works of which both review both."""

    def __post_init__(self) -> None:
        for field in fields(self):
            weight = getattr(self, field.name)
            if not (math.isfinite(weight) and weight >= 0):
                raise ValueError(f"the weight {field.name} must be a number of at least 0, not {weight}")


@dataclass(frozen=True)
class Wishes:
    """What strengths say of n works and m reviewers; index n is no work and index m no reviewer."""

    strong: Bools
    """(m+1,)"""
    reviewer_rank: Floats
    """(m+1,): rank among all of known strength, 0-1; NaN where unknown."""
    work_rank: Floats
    """(n+1,): the same for the mean of the submitters."""
    near: float
    """How far apart in rank near-peers are at the most."""
    needs_strong: Bools
    """(n+1,): works that could have a strong reviewer, conflicts aside."""
    needs_stronger: Bools
    """(m+1,): reviewers for whom there is a stronger work, conflicts aside."""
    needs_near: Bools
    """(m+1,): reviewers for whom there is another work by a near-peer, conflicts aside."""

    @property
    def any(self) -> bool:
        """Whether anything is known of anybody."""
        return bool(self.strong.any())

    def is_stronger(self, reviewer: Ints, work: Ints) -> Bools:
        """Say of each task whether the work is stronger than the reviewer; False where either is unknown."""
        found: Bools = self.work_rank[work] > self.reviewer_rank[reviewer] + self.near
        return found

    def is_near(self, reviewer: Ints, work: Ints) -> Bools:
        """Say of each task whether the work is by a near-peer; False where either is unknown."""
        found: Bools = np.abs(self.work_rank[work] - self.reviewer_rank[reviewer]) <= self.near
        return found


def wish(people: Sequence[str], own: Ints, n: int, strength: Mapping[str, float]) -> Wishes:
    """Return what `strength` says of `people`, of whom each is a submitter of the work in `own` (m+1,)."""
    value = np.array([strength.get(one, math.nan) for one in people] + [math.nan])
    is_known = ~np.isnan(value)
    known = np.sort(value[is_known])
    count = np.bincount(own[is_known], minlength=n + 1)
    total = np.bincount(own[is_known], weights=value[is_known], minlength=n + 1)
    mean = np.divide(total, count, out=np.full(n + 1, math.nan), where=count > 0)
    reviewer_rank, work_rank = _ranks(value, known), _ranks(mean, known)
    near = max(NEAR_SHARE, 1 / max(known.size, 1)) + 1e-9
    stronger_ones = known.size - np.searchsorted(known, value, "right")
    strong = is_known & (stronger_ones < STRONG_SHARE * known.size)
    ranks = np.sort(work_rank[~np.isnan(work_rank)])
    low, high = np.searchsorted(ranks, reviewer_rank - near), np.searchsorted(ranks, reviewer_rank + near, "right")
    return Wishes(
        strong=strong,
        reviewer_rank=reviewer_rank,
        work_rank=work_rank,
        near=near,
        needs_strong=(np.arange(n + 1) < n) & (np.bincount(own[strong], minlength=n + 1) < strong.sum()),
        needs_stronger=is_known & (high < ranks.size),
        needs_near=is_known & (high - low > (np.abs(work_rank[own] - reviewer_rank) <= near)),
    )


def _ranks(values: Floats, known: Floats) -> Floats:
    """Return the share of `known` (sorted) that is below each value, ties counting half; NaN stays NaN."""
    middle = (np.searchsorted(known, values) + np.searchsorted(known, values, "right")) / (2 * max(known.size, 1))
    return np.where(np.isnan(values), math.nan, middle)
