"""Do review tasks keep the rules? Counted anew from the finished round, with nothing of the allocator's.

The rules, for n works and k reviews for each: k reviewers for each work, all different, all of them people who handed
in; nobody reviews their own work or that of their partner; tasks are spread as evenly as the numbers allow; and from
n = 2k + 1 on, nobody reviews the work of somebody who reviews theirs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations


@dataclass(frozen=True)
class Swapped:
    """Who reviews what, as an instructor sees it: plain accounts."""

    k: int
    authors: Mapping[str, frozenset[str]]
    """Work -> accounts of those who handed it in."""
    tasks: Sequence[tuple[str, str]]
    """(reviewer's account, work)."""
    pairs: Sequence[frozenset[str]] = field(default=())
    """Accounts of those who were in a pair when submissions were swapped."""


def violations(swapped: Swapped) -> list[str]:
    """Return a sentence for every rule that is broken, none if all are kept."""
    return [*_each_work(swapped), *_each_task(swapped), *_loads(swapped), *_mutual(swapped)]


def _each_work(swapped: Swapped) -> list[str]:
    found = []
    for work in swapped.authors:
        reviewers = [reviewer for reviewer, reviewed in swapped.tasks if reviewed == work]
        if len(set(reviewers)) != len(reviewers):
            found.append(f"{work} is given twice to the same reviewer")
        if len(reviewers) != swapped.k:
            found.append(f"{work} has {len(reviewers)} reviewers instead of {swapped.k}")
    return found


def _each_task(swapped: Swapped) -> list[str]:
    submitters = frozenset().union(*swapped.authors.values())
    found = []
    for reviewer, work in swapped.tasks:
        if work not in swapped.authors:
            found.append(f"{reviewer} reviews {work}, which nobody handed in")
            continue
        authors = swapped.authors[work]
        if reviewer not in submitters:
            found.append(f"{reviewer} reviews {work} without having handed in")
        if reviewer in authors:
            found.append(f"{reviewer} reviews {work}, which is their own")
        if any(reviewer in pair and pair & authors - {reviewer} for pair in swapped.pairs):
            found.append(f"{reviewer} reviews {work}, which is by their partner")
    return found


def _loads(swapped: Swapped) -> list[str]:
    submitters = sorted(frozenset().union(*swapped.authors.values()))
    if not submitters:
        return []
    load = Counter(reviewer for reviewer, _work in swapped.tasks)
    least = len(swapped.authors) * swapped.k // len(submitters)
    most = -(-len(swapped.authors) * swapped.k // len(submitters))
    return [
        f"{account} has {load[account]} tasks; {least} to {most} would be even"
        for account in submitters
        if not least <= load[account] <= most
    ]


def _mutual(swapped: Swapped) -> list[str]:
    if len(swapped.authors) < 2 * swapped.k + 1:
        return []
    edges = {
        (work, reviewed)
        for reviewer, reviewed in swapped.tasks
        for work, authors in swapped.authors.items()
        if reviewer in authors
    }
    return [
        f"the authors of {one} and {other} review each other"
        for one, other in combinations(sorted(swapped.authors), 2)
        if (one, other) in edges and (other, one) in edges
    ]
