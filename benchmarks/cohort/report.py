"""The figures: ratios to the peers that were measured in the same run, and which goals they reach."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from .measure import OTTER, PAPERMILL, PAPERMILL_OURS, STOCK, STOCK_START, Bench, ours
from .notebooks import Compared

GOALS = {
    "end_to_end_ratio_24": 10.0,
    "end_to_end_ratio_200": 15.0,
    "papermill_ratio": 5.0,
    "floor_ratio": 1.5,
    "first_result_ms": 20.0,
}
_AT_MOST = ("floor_ratio", "first_result_ms")


@dataclass
class Found:
    """Everything that was measured.

    Args:
        bench: whole processes.
        count: submissions that all graded.
        scaled: numbers of submissions that only we graded.
        workers: with how many at once.
    """

    bench: Bench
    count: int
    scaled: tuple[int, ...]
    workers: int
    compared: Compared = field(default_factory=lambda: Compared([], [], []))
    first_results: list[float] = field(default_factory=list)
    stock_first_results: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    profile: dict[str, Any] | None = None
    cells: list[str] = field(default_factory=list)
    """Names of the code cells, for the profile."""

    def stock_seconds(self, count: int) -> float | None:
        """Return what stock nbgrader takes for `count` submissions, extrapolated if it was not measured."""
        start = self.bench.seconds(STOCK_START, self.count)
        whole = self.bench.seconds(STOCK, self.count)
        if start is None or whole is None or count == self.count:
            return whole
        return start + (whole - start) / self.count * count

    def end_to_end(self, count: int, workers: int) -> float | None:
        """Return how many times faster we are than stock nbgrader."""
        return _ratio(self.stock_seconds(count), self.bench.seconds(ours(workers), count))

    @property
    def tier(self) -> str:
        """Return in which kind of sandbox notebooks ran."""
        return " and ".join(sorted({one.tier for one in self.compared.sandboxed}))

    @property
    def floor(self) -> float | None:
        """Return the median of what bare execution takes."""
        return median(one.seconds for one in self.compared.floors)

    @property
    def sandboxed(self) -> float | None:
        """Return the median of what a notebook takes in our sandbox."""
        return median(one.seconds for one in self.compared.sandboxed)

    @property
    def papermill_ratio(self) -> float | None:
        """Return how many times faster Papermill is with our engine than with its own."""
        return _ratio(
            self.bench.seconds(PAPERMILL, self.count),
            self.bench.seconds(PAPERMILL_OURS, self.count),
        )

    @property
    def figures(self) -> dict[str, float | None]:
        """Return the figures with goals; None for what was not measured."""
        first = median(self.first_results)
        return {
            "end_to_end_ratio_24": self.end_to_end(24, self.workers) if self.count == 24 else None,
            "end_to_end_ratio_200": self.end_to_end(200, self.workers),
            "papermill_ratio": self.papermill_ratio,
            "floor_ratio": _ratio(self.sandboxed, self.floor),
            "first_result_ms": None if first is None else first * 1000,
        }


def median(values: Iterable[float]) -> float | None:
    """Return the median; None of nothing."""
    known = list(values)
    return statistics.median(known) if known else None


def _ratio(theirs: float | None, mine: float | None) -> float | None:
    return None if theirs is None or mine is None else theirs / mine


def reached(name: str, value: float | None) -> bool | None:
    """Return whether a figure reaches its goal; None if it was not measured."""
    if value is None:
        return None
    return value <= GOALS[name] if name in _AT_MOST else value >= GOALS[name]


def as_json(found: Found) -> dict[str, Any]:
    """Return all figures, and the seconds that they were made from."""
    bench = found.bench
    figures = {name: None if value is None else round(value, 3) for name, value in found.figures.items()}
    return {
        **figures,
        "goals": {name: {"goal": goal, "reached": reached(name, found.figures[name])} for name, goal in GOALS.items()},
        "submissions": found.count,
        "workers": found.workers,
        "whole processes": [
            {
                "name": name,
                "submissions": count,
                "seconds": [round(one.seconds, 3) for one in spent],
                "processors' seconds, at least": [round(one.cpu, 3) for one in spent],
            }
            for (name, count), spent in bench.spent.items()
        ],
        "nbgrader, extrapolated": {count: found.stock_seconds(count) for count in found.scaled},
        "seconds of a notebook": {
            "floor": [round(one.seconds, 4) for one in found.compared.floors],
            "sandboxed": [round(one.seconds, 4) for one in found.compared.sandboxed],
            "sandbox": found.tier,
        },
        "seconds to the first result": {
            "sandboxed": [round(one, 4) for one in found.first_results],
            "a usual kernel, without a sandbox": [round(one, 4) for one in found.stock_first_results],
        },
        "profile": found.profile,
        "notes": found.notes,
        "troubles": bench.troubles,
    }


def show(found: Found, console: Console) -> None:
    """Print what was measured, and the goals."""
    bench = found.bench
    table = Table(title="Whole processes")
    for heading in ("", "submissions", "seconds", "per submission", "processors, at least", "nbgrader takes"):
        table.add_column(heading, justify="right" if heading else "left")
    for (name, count), spent in bench.spent.items():
        seconds = bench.seconds(name, count)
        assert seconds
        ratio = _ratio(found.stock_seconds(count), seconds)
        times = "" if ratio is None or not name.startswith("nbcohort") else f"{ratio:.1f} x as long"
        cells = (f"{seconds:.2f}", f"{seconds / count:.3f}", f"{bench.cpu(name, count):.2f}")
        table.add_row(f"{name} (median of {len(spent)})" if len(spent) > 1 else name, str(count), *cells, times)
    for count in found.scaled:
        whole = found.stock_seconds(count)
        if whole is not None:
            table.add_row(f"{STOCK}, extrapolated", str(count), f"{whole:.0f}", f"{whole / count:.3f}", "", "")
    console.print(table)
    _show_goals(found, console)
    for note in found.notes:
        console.print(note, style="yellow", markup=False)


def _show_goals(found: Found, console: Console) -> None:
    usual = median(found.stock_first_results)
    bench, count, mine = found.bench, found.count, ours(found.workers)
    scaled = 200 if 200 in found.scaled else count
    rows = {
        "end_to_end_ratio_24": (
            f"{mine}, {count} submissions",
            f"{STOCK} {_seconds(found.stock_seconds(count))}",
            _seconds(bench.seconds(mine, count)),
        ),
        "end_to_end_ratio_200": (
            f"{mine}, 200 submissions",
            f"{STOCK}, extrapolated {_seconds(found.stock_seconds(200))}",
            _seconds(bench.seconds(mine, scaled) if scaled == 200 else None),
        ),
        "papermill_ratio": (
            f"{PAPERMILL_OURS}, {count} notebooks",
            f"default engine {_seconds(bench.seconds(PAPERMILL, count))}",
            _seconds(bench.seconds(PAPERMILL_OURS, count)),
        ),
        "floor_ratio": (
            f"a notebook, {found.tier}",
            f"bare execution {_milliseconds(found.floor)}",
            _milliseconds(found.sandboxed),
        ),
        "first_result_ms": (
            "first result of a sandboxed kernel",
            f"a usual kernel {_milliseconds(usual)}",
            _milliseconds(median(found.first_results)),
        ),
    }
    table = Table(title="Goals")
    for heading in ("what", "peer, in this run", "ours", "ratio", "goal", ""):
        table.add_column(heading, justify="right" if heading in ("ours", "ratio") else "left")
    for name, (what, peer, seconds) in rows.items():
        value = found.figures[name]
        if name == "first_result_ms":
            goal, ratio = f"at most {GOALS[name]:g} ms", _ratio(usual, median(found.first_results))
        else:
            goal, ratio = f"{'at most' if name in _AT_MOST else 'at least'} {GOALS[name]:g} x", value
        words = {True: "[green]reached[/]", False: "[red]not reached[/]", None: "not measured"}
        table.add_row(
            what, peer, seconds, "-" if ratio is None else f"{ratio:.2f} x", goal, words[reached(name, value)]
        )
    console.print(table)
    for workers in sorted({1, found.workers}):
        ratio_there = found.end_to_end(count, workers)
        if ratio_there is not None:
            console.print(f"{ours(workers)}, {count} submissions: {ratio_there:.2f} x nbgrader's pace.")
    if found.scaled:
        console.print(f"{STOCK} was not run on more than {count} submissions: its time for more is extrapolated.")
    if bench.seconds(OTTER, count):
        console.print("otter and Papermill run notebooks; neither keeps a gradebook.")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"


def show_profile(found: Found, console: Console) -> None:
    """Print where the time above the floor goes: in a notebook, and in the coordinating process."""
    if found.compared.sandboxed:
        _show_notebook(found, console)
    if not found.profile:
        return
    table = Table(title=f"`nbcohort grade`, one worker, {found.count} submissions: the coordinating process's threads")
    for heading in ("at", "seconds", "ms per submission"):
        table.add_column(heading, justify="left" if heading == "at" else "right")
    for name, seconds in found.profile["stages"].items():
        table.add_row(name, f"{seconds:.2f}", f"{seconds / found.count * 1000:.1f}")
    table.add_row("all of it, from start to end", f"{found.profile['seconds']:.2f}", "")
    console.print(table)
    busiest = list(found.profile["busiest"].items())[:12]
    console.print("Busiest: " + ", ".join(f"{name} {took:.2f} s" for name, took in busiest), markup=False)


def _show_notebook(found: Found, console: Console) -> None:
    floors, runs = found.compared.floors, found.compared.sandboxed
    table = Table(title="A notebook, in milliseconds: medians")
    for heading in ("", "bare", "sandboxed", "above"):
        table.add_column(heading, justify="right" if heading else "left")

    def add(name: str, bare: list[float], boxed: list[float]) -> None:
        one, other = statistics.median(bare) * 1000, statistics.median(boxed) * 1000
        table.add_row(name, f"{one:.1f}", f"{other:.1f}", f"{other - one:+.1f}")

    add("until the first cell", [0.0], [one.start for one in runs])
    for number, cell in enumerate(found.cells):
        add(f"cell {cell}", [one.cells[number] for one in floors], [one.cells[number] for one in runs])
    add("from the last cell on", [0.0], [one.end for one in runs])
    add("all of it", [one.seconds for one in floors], [one.seconds for one in runs])
    console.print(table)
