"""All reviews of a course as arrays: one row for each review, nothing for a pair of submission and reviewer without."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Review:
    """One reviewer's score of one submission, on whatever scale the course uses.

    A calibration is a review, too: of a sample, in a round of its own, with the instructor's score of it as `staff`.
    """

    submission: str
    reviewer: str
    score: float
    round: str = ""
    """The name of the round. A submission belongs to one: the same key in another round is another submission."""


@dataclass(frozen=True)
class Reviews:
    """N reviews of n submissions in A rounds by m reviewers. Made by `collect`, whatever the order of its input."""

    keys: tuple[tuple[str, str], ...]
    """(n) round and submission, sorted."""
    reviewers: tuple[str, ...]
    """(m), sorted."""
    rounds: tuple[str, ...]
    """(A), sorted."""
    submission: Ints = field(repr=False)
    """(N) which submission each review is of, as an index of `keys`; ascending."""
    reviewer: Ints = field(repr=False)
    """(N) who wrote it, as an index of `reviewers`."""
    score: Floats = field(repr=False)
    """(N)"""
    round: Ints = field(repr=False)
    """(n) the round of each submission, as an index of `rounds`."""
    staff: Floats = field(repr=False)
    """(n) what staff gave each submission; NaN where they did not."""

    def per_submission(self, values: Floats | None = None) -> Floats:
        """Return (n) the sums of (N) `values` over each submission's reviews, or the number of these."""
        return np.bincount(self.submission, values, len(self.keys)).astype(np.float64)

    def per_reviewer(self, values: Floats | None = None) -> Floats:
        """Return (m) the sums of (N) `values` over each reviewer's reviews, or the number of these."""
        return np.bincount(self.reviewer, values, len(self.reviewers)).astype(np.float64)

    def in_round(self, values: Floats) -> Floats:
        """Return (A) the sums of (n) `values` over each round's submissions."""
        return np.bincount(self.round, values, len(self.rounds)).astype(np.float64)


def collect(reviews: Iterable[Review], staff: Mapping[tuple[str, str], float] | None = None) -> Reviews:
    """Return `reviews` as arrays, with the scores that `staff` gave, by round and submission.

    A submission may have staff's score and no review. Raises ValueError, with a sentence, for a score that is no
    number, and for two reviews of one submission by the same reviewer.
    """
    rows = sorted(reviews, key=lambda one: (one.round, one.submission, one.reviewer))
    staff = {} if staff is None else staff
    for before, after in pairwise(rows):
        if (before.round, before.submission, before.reviewer) == (after.round, after.submission, after.reviewer):
            raise ValueError(
                f'"{after.reviewer}" reviewed "{after.submission}" twice: only one of the reviews can count.'
            )
    for one in rows:
        if not math.isfinite(one.score):
            raise ValueError(f'The score that "{one.reviewer}" gave "{one.submission}" is not a number.')
    for (_round, submission), value in staff.items():
        if not math.isfinite(value):
            raise ValueError(f'The score that staff gave "{submission}" is not a number.')
    keys = sorted({(one.round, one.submission) for one in rows} | set(staff))
    reviewers, rounds = sorted({one.reviewer for one in rows}), sorted({name for name, _submission in keys})
    place = {key: index for index, key in enumerate(keys)}
    who, when = (
        {name: index for index, name in enumerate(reviewers)},
        {name: index for index, name in enumerate(rounds)},
    )
    return Reviews(
        keys=tuple(keys),
        reviewers=tuple(reviewers),
        rounds=tuple(rounds),
        submission=np.array([place[one.round, one.submission] for one in rows], np.intp),
        reviewer=np.array([who[one.reviewer] for one in rows], np.intp),
        score=np.array([one.score for one in rows], np.float64),
        round=np.array([when[name] for name, _submission in keys], np.intp),
        staff=np.array([staff.get(key, math.nan) for key in keys], np.float64),
    )
