"""Who reviews whom in cohorts of up to a hundred thousand: how long it takes, and whether the rules are kept.

Each cohort is measured plain (everybody hands in alone), and with all that makes it hard: one work in eleven is a
pair's, there are as many conflicts as a fiftieth of the members, two earlier rounds, and strengths of nine in ten.
The rules are counted from the tasks with code of this file alone, and so are the wishes.

Beside it, in the same run, a naive peer: for each work in random order, those k of the least busy who may review it,
ties at random. It knows own work and conflicts, and nothing of mutual pairs or wishes. It takes time by the square of
the members, so that it is measured up to `NAIVE`, and the ratio is taken at the largest cohort that both had.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from nbpeer.allocate import Conflicts, Work, allocate

SIZES, QUICK = (200, 2_000, 100_000), (50, 200)
NAIVE = 2_000
HEADINGS = {
    "seconds": "s",
    "CPU seconds": "CPU s",
    "violations": "rules broken",
    "repeats": "had before",
    "without_strong": "no strong",
    "without_stronger": "no stronger",
    "without_near": "no near",
    "overlaps": "overlap",
    "second_singular_value": "s2/k",
}
GOALS = {100_000: 10.0, 200: 1.0}
"""Members -> seconds to stay under."""
TASKS = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cohort:
    """Who handed in what, and what is known of them."""

    works: Sequence[Work]
    conflicts: Conflicts = frozenset()
    history: TASKS = ()
    strength: dict[str, float] | None = None


def plain(members: int) -> Cohort:
    """Return a cohort in which everybody hands in alone."""
    return Cohort([Work(f"work{i:06}", (f"member{i:06}",)) for i in range(members)])


def hard(members: int, k: int) -> Cohort:
    """Return a cohort with pairs, conflicts, history and strengths."""
    rng = np.random.default_rng(members)
    people = [f"member{i:06}" for i in range(members)]
    works: list[Work] = []
    at = 0
    while at < members:
        size = 2 if rng.random() < 1 / 11 and at + 1 < members else 1
        works.append(Work(f"work{len(works):06}", tuple(people[at : at + size])))
        at += size

    def pairs(count: int) -> list[tuple[str, str]]:
        return [(people[a], people[b]) for a, b in rng.integers(members, size=(count, 2)).tolist() if a != b]

    strengths = zip(people, rng.normal(size=members).tolist(), strict=True)
    return Cohort(
        works,
        frozenset(frozenset(pair) for pair in pairs(members // 50)),
        pairs(2 * k * members),
        {one: value for one, value in strengths if rng.random() < 0.9},
    )


def violations(cohort: Cohort, k: int, tasks: TASKS) -> int:
    """Count broken rules: own work, conflicts, twice the same, not k reviews, mutual pairs, loads that are not even."""
    author = {one: work.key for work in cohort.works for one in work.submitters}
    submitters = {work.key: work.submitters for work in cohort.works}
    reviews, loads = Counter(key for _one, key in tasks), Counter(one for one, _key in tasks)
    arcs = {(author[one], key) for one, key in tasks}
    least = len(tasks) // len(author)
    most = -(-len(tasks) // len(author))
    return sum(
        (
            len(tasks) - len(set(tasks)),
            sum(author[one] == key for one, key in tasks),
            sum(frozenset((one, other)) in cohort.conflicts for one, key in tasks for other in submitters[key]),
            sum(abs(reviews[work.key] - min(k, len(author) - len(work.submitters))) for work in cohort.works),
            sum((b, a) in arcs for a, b in arcs if a < b) if len(cohort.works) >= 2 * k + 1 else 0,
            sum(not least <= loads[one] <= most for one in author),
        )
    )


def repeats(cohort: Cohort, tasks: TASKS) -> int:
    """Count tasks whose reviewer had an author of the work before."""
    had = set(cohort.history)
    submitters = {work.key: work.submitters for work in cohort.works}
    return sum(any((one, other) in had for other in submitters[key]) for one, key in tasks)


def naive(cohort: Cohort, k: int, seed: int) -> TASKS:
    """Allocate greedily; works that are the last may be left with fewer reviews or with busy reviewers."""
    rng = np.random.default_rng(seed)
    people = [one for work in cohort.works for one in work.submitters]
    barred = defaultdict(set)
    for one, other in map(tuple, cohort.conflicts):
        barred[one].add(other)
        barred[other].add(one)
    load = dict.fromkeys(people, 0)
    tasks = []
    for i in rng.permutation(len(cohort.works)).tolist():
        work = cohort.works[i]
        no = set(work.submitters).union(*(barred[one] for one in work.submitters))
        tie = rng.random(len(people)).tolist()
        able = sorted((load[one], t, one) for one, t in zip(people, tie, strict=True) if one not in no)
        for _load, _tie, one in able[:k]:
            load[one] += 1
            tasks.append((one, work.key))
    return tasks


def measure(cohort: Cohort, k: int, made: Callable[[], TASKS]) -> dict[str, Any]:
    """Time one way to allocate and count what it breaks."""
    begun, worked = time.perf_counter(), time.process_time()
    tasks = made()
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    return {
        "seconds": round(seconds, 3),
        "CPU seconds": round(worked, 3),
        "violations": violations(cohort, k, tasks),
        "repeats": repeats(cohort, tasks),
    }


def measure_size(members: int, k: int) -> dict[str, dict[str, Any]]:
    """Measure one size, plain and hard."""
    found = {}
    for name, cohort in (("plain", plain(members)), ("hard", hard(members, k))):
        certificates = []

        def ours(cohort: Cohort = cohort, certificates: list[Any] = certificates) -> TASKS:
            allocation = allocate(
                cohort.works,
                k,
                np.random.default_rng(1),
                cohort.conflicts,
                history=cohort.history,
                strength=cohort.strength,
            )
            certificates.append(allocation.certificate)
            return allocation.tasks

        one = measure(cohort, k, ours)
        made = certificates[0]
        wishes = ("without_strong", "without_stronger", "without_near", "overlaps", "second_singular_value")
        found[f"{members:,} {name}"] = one | {wish: getattr(made, wish) for wish in wishes}
        if members <= NAIVE:
            found[f"{members:,} {name}, naive"] = measure(cohort, k, lambda cohort=cohort: naive(cohort, k, 1))
    return found


def ratios(measured: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return how many times faster than the naive peer each cohort was allocated, where it was tried."""
    return {
        name: round(measured[f"{name}, naive"]["seconds"] / one["seconds"], 2)
        for name, one in measured.items()
        if f"{name}, naive" in measured
    }


def show(found: dict[str, Any], console: Console) -> None:
    """Print the figures as a table, and the ratios."""
    headings = list(max(found["measured"].values(), key=len))
    table = Table(title=f"Allocation with k = {found['k']}", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("members", no_wrap=True)
    for heading in headings:
        table.add_column(HEADINGS[heading], justify="right")
    for name, one in found["measured"].items():
        table.add_row(name, *("" if one.get(heading) is None else f"{one[heading]:,}" for heading in headings))
    console.print(table)
    for name, ratio in found["times faster than the naive peer"].items():
        console.print(f"{name}: x{ratio} as fast as the naive peer")
    for name, met in found["goals met"].items():
        console.print(f"{name}: {'reached' if met else 'not reached'}")


def main() -> int:
    """Measure, print, and say by the exit code whether a rule was broken. Speed fails nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--k", type=int, default=5, help="reviews for each work (default 5)")
    parser.add_argument("--quick", action="store_true", help="small cohorts only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    if arguments.k < 1:
        parser.error("--k should be at least 1")
    measured: dict[str, dict[str, Any]] = {}
    for members in QUICK if arguments.quick else SIZES:
        measured |= measure_size(members, arguments.k)
    ours = {name: one for name, one in measured.items() if not name.endswith("naive")}
    found: dict[str, Any] = {
        "k": arguments.k,
        "cores": os.cpu_count(),
        "measured": measured,
        "times faster than the naive peer": ratios(measured),
        "goals met": {
            f"{name} under {seconds:g} s": one["seconds"] < seconds
            for members, seconds in GOALS.items()
            for name, one in ours.items()
            if name.startswith(f"{members:,} ")
        },
    }
    if not arguments.quick:
        found["seconds_100k"] = measured["100,000 plain"]["seconds"]
        found["violations_100k"] = measured["100,000 plain"]["violations"]
        found["seconds_100k_hard"] = measured["100,000 hard"]["seconds"]
        found["violations_100k_hard"] = measured["100,000 hard"]["violations"]
    console = Console()
    show(found, console)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2), "utf-8")
    broken = [name for name, one in ours.items() if one["violations"]]
    if broken:
        console.print(f"Rules were broken: {', '.join(broken)}.", style="bold red")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
