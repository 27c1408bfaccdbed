"""Measuring: the cohort is graded in copies of its course, by one grader after the other, and the scores compared."""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from nbcohort.errors import NbcohortError

from . import graders
from .assignment import QUESTIONS
from .course import BIN, Cohort, Scores, disagreements, scores
from .graders import Command
from .whole import CommandFailed, Spent, run

CHEAP = 120.0
"""What took longer than so many seconds is not measured again."""

STOCK = "nbgrader autograde"
STOCK_START = "nbgrader autograde, nothing to do"
PAPERMILL = "papermill, default engine"
PAPERMILL_OURS = "papermill, engine nbcohort"
OTTER = "otter"

Step = tuple[str, Callable[[], None]]
"""What is measured, in words, and how."""

Key = tuple[str, int]
"""A name of those above, and a number of submissions."""


def ours(workers: int) -> str:
    """Return the name of our way with so many workers."""
    return f"nbcohort grade, {workers} worker{'s' if workers > 1 else ''}"


@dataclass
class Bench:
    """What is measured, so far.

    Args:
        folder: for copies.
        console: is told of each measurement.
        rounds: how often what is cheap is measured.
    """

    folder: Path
    console: Console
    rounds: int
    spent: dict[Key, list[Spent]] = field(default_factory=dict)
    scores: dict[Key, Scores] = field(default_factory=dict)
    """The last ones of each grader that has a gradebook."""
    troubles: list[str] = field(default_factory=list)
    """A sentence for each score that is wrong, and each notebook that was not run as it should be."""
    _ran: dict[str, Any] | None = None
    """What ran, with the first of Papermill's engines."""

    def seconds(self, name: str, count: int) -> float | None:
        """Return the median of what it took; None if it was not measured."""
        return (
            statistics.median(one.seconds for one in self.spent[name, count]) if (name, count) in self.spent else None
        )

    def cpu(self, name: str, count: int) -> float | None:
        """Return the median of the processors' seconds."""
        return statistics.median(one.cpu for one in self.spent[name, count]) if (name, count) in self.spent else None

    def stock(self, cohort: Cohort) -> None:
        """Grade with nbgrader, and once more, when nothing is left to be done: what it takes to start."""
        if self._is_known(STOCK, cohort):
            return
        with self._copy(cohort) as course:
            self._grade(STOCK, cohort, graders.nbgrader(), course)
            self._measure(STOCK_START, cohort, graders.nbgrader(), course)

    def ours(self, cohort: Cohort, workers: int) -> None:
        """Grade with `nbcohort grade`, unless that was done often enough."""
        if self._is_known(ours(workers), cohort):
            return
        with self._copy(cohort) as course:
            self._grade(ours(workers), cohort, graders.nbcohort(course, workers), course)

    def papermill(self, cohort: Cohort, engine: str) -> None:
        """Run all notebooks with Papermill, unless that was done often enough."""
        name = PAPERMILL if engine == "default" else PAPERMILL_OURS
        if self._is_known(name, cohort):
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            notebooks, ran = cohort.copy_runnable(Path(folder, "notebooks")), Path(folder, "ran.json")
            self._measure(name, cohort, graders.papermill(engine, notebooks, ran), self.folder)
            found = json.loads(ran.read_text("utf-8"))
        self._ran = self._ran or found
        if found != self._ran:
            self.troubles.append("Papermill's two engines did not run the same cells with the same errors.")

    def otter(self, cohort: Cohort, python: Path) -> None:
        """Grade with otter; a test's points are all or nothing."""
        points = self.folder / "points.json"
        command = graders.otter(python, cohort, self.folder / "otter", points)
        self._measure(OTTER, cohort, command, self.folder)
        found = {
            account: {f"{name}_test": score for name, score in graded.items()}
            for account, graded in json.loads(points.read_text("utf-8")).items()
        }
        full = {f"{question.name}_test": question.points for question in QUESTIONS}
        right: Scores = {
            account: {cell: points if graded[cell] == points else 0.0 for cell, points in full.items()}
            for account, graded in cohort.expected.items()
        }
        self.troubles += disagreements(OTTER, found, "right are", right)

    def compare_with_stock(self, count: int) -> None:
        """Note where our scores of the first `count` submissions are not those of stock nbgrader."""
        for (name, number), found in self.scores.items():
            if number == count and name != STOCK and (STOCK, count) in self.scores:
                self.troubles += disagreements(name, found, STOCK, self.scores[STOCK, count])

    @contextmanager
    def _copy(self, cohort: Cohort) -> Iterator[Path]:
        """Copy the course for a while."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield cohort.copy_course(Path(folder, "course"))

    def _grade(self, name: str, cohort: Cohort, command: Command, course: Path) -> None:
        self._measure(name, cohort, command, course)
        found = scores(course)
        self.scores[name, len(cohort.submissions)] = found
        self.troubles += disagreements(name, found, "right are", cohort.expected)

    def _is_known(self, name: str, cohort: Cohort) -> bool:
        """Return whether it was measured often enough for what it takes."""
        spent = self.spent.get((name, len(cohort.submissions)), [])
        return len(spent) >= self.rounds or any(one.seconds > CHEAP for one in spent)

    def _measure(self, name: str, cohort: Cohort, command: Command, folder: Path) -> None:
        count = len(cohort.submissions)
        spent = run(command, folder, self.folder / "log")
        self.spent.setdefault((name, count), []).append(spent)
        self.console.print(
            f"{name}, {count} submissions: {spent.seconds:.1f} s, of the processors at least {spent.cpu:.1f} s"
        )

    def attempt(self, what: str, do: Callable[[], None]) -> None:
        """Measure something; if that fails, note why, and keep what was measured before."""
        try:
            with self.console.status(what):
                do()
        except (CommandFailed, NbcohortError, RuntimeError) as why:
            self.troubles.append(f"{what}: {why}")


def profile(cohort: Cohort, folder: Path) -> dict[str, Any]:
    """Return what `sampled.py` reports of grading with one worker."""
    course, report = cohort.copy_course(folder / "profiled"), folder / "sampled.json"
    sampled: Command = [BIN / "python", Path(__file__).with_name("sampled.py"), report]
    run(graders.nbcohort(course, 1, sampled), course, folder / "log")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def in_turns(dear: list[Step], cheap: list[Step], rounds: int) -> list[Step]:
    """Return an order: what is dear once, between rounds of what is cheap; so both see the machine equally busy."""
    order = []
    for number in range(max(rounds, len(dear))):
        order += cheap if number < rounds else []
        order += dear[number : number + 1]
    return order
