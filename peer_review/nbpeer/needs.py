"""Who reviews next what still lacks reviews: volunteers take what is needed most, others are asked by load. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

EXTRA = 2
"""Nobody is asked for more than this many reviews above the k of the round; who volunteers may do more."""


@dataclass(frozen=True)
class Need:
    """A work that can be reviewed.

    Args:
        work: its key; ties are broken by it.
        wanted: how many reviews it is to get.
        promised: how many have come in, or are expected of somebody who is not overdue.
        barred: who may not review it: authors, their partners, and who reviews it already.
        authors: whose work it is.
    """

    work: str
    wanted: int
    promised: int
    barred: frozenset[str]
    authors: frozenset[str]

    @property
    def missing(self) -> int:
        """How many reviews nobody has promised."""
        return self.wanted - self.promised


@dataclass(frozen=True)
class Load:
    """What a reviewer has done, has to do, and did not begin in time; `reviewed_by` are those who review their work."""

    member: str
    to_do: int
    done: int
    lapsed: int
    reviewed_by: frozenset[str] = frozenset()

    @property
    def absent(self) -> bool:
        """Whether nothing was seen of this reviewer, though it was time."""
        return self.lapsed > 0 and self.done == 0


def next_need(member: Load, needs: Sequence[Need], k: int) -> str | None:
    """Return the work that a volunteer reviews next: what is needed most, and rather none that makes a mutual pair.

    Who has fewer than k reviews, as latecomers have, gets one also where nothing is missing: the one with fewest.
    """
    may_do_spare = member.to_do + member.done < k
    open_to = [
        need
        for need in needs
        if member.member not in need.barred and (need.missing > 0 or (may_do_spare and need.wanted > 0))
    ]
    if not open_to:
        return None
    return min(open_to, key=lambda need: (-need.missing, _mutual(member, need), need.promised, need.work)).work


def least_loaded(need: Need, reviewers: Collection[Load], k: int) -> str | None:
    """Return who is asked for a review that is missing: who has least to do, or None if there is nobody to ask.

    Nobody is asked who let a task lapse and did none, nor for more than k + `EXTRA`.
    """
    possible = [
        one
        for one in reviewers
        if one.member not in need.barred and not one.absent and one.to_do + one.done < k + EXTRA
    ]
    if not possible:
        return None
    chosen = min(possible, key=lambda one: (one.to_do + one.lapsed, _mutual(one, need), one.done, one.member))
    return chosen.member


def _mutual(reviewer: Load, need: Need) -> bool:
    return bool(reviewer.reviewed_by & need.authors)
