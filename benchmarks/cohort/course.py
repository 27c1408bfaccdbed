"""A real nbgrader course with the cohort's submissions, and what its gradebook says after grading."""

import copy
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import nbformat

from .assignment import NAME, Submission, filled, source_notebook, submission

BIN = Path(sys.executable).parent

Scores = dict[str, dict[str, float | None]]
"""Automatic scores by account and cell; None for what a person has to grade."""

_CONFIG = """c = get_config()
c.CourseDirectory.course_id = "bench"
"""

_GRADES = """
SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
"""


def environment() -> dict[str, str]:
    """Return our environment with this Python's programs on PATH: nbgrader starts `alembic` by name."""
    return os.environ | {"PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}"}


@dataclass(frozen=True)
class Cohort:
    """A course folder that nobody grades in, to copy from, and the notebooks as a grader runs them, all in `folder`."""

    folder: Path
    submissions: tuple[Submission, ...]

    @property
    def _course(self) -> Path:
        return self.folder / "course"

    @property
    def runnable(self) -> list[Path]:
        """Return the notebooks as they are after nbgrader put the hidden tests in, each in a folder of its own."""
        return [self.folder / "runnable" / one.account / f"{NAME}.ipynb" for one in self.submissions]

    @property
    def instructors(self) -> Path:
        """Return the instructor's own notebook, whose answers are all right."""
        return self._course / "source" / NAME / f"{NAME}.ipynb"

    @property
    def expected(self) -> Scores:
        """Return the scores that the submissions should get."""
        return {one.account: one.scores for one in self.submissions}

    def first(self, count: int) -> "Cohort":
        """Return the cohort of the first `count` submissions."""
        return Cohort(self.folder, self.submissions[:count])

    def copy_course(self, target: Path) -> Path:
        """Copy the course with the submissions to `target`, and return that."""
        shutil.copytree(self._course, target, ignore=shutil.ignore_patterns("submitted"))
        for one in self.submissions:
            shutil.copytree(self._course / "submitted" / one.account, target / "submitted" / one.account)
        return target

    def copy_runnable(self, target: Path) -> Path:
        """Copy the notebooks that a grader runs to `target`, and return that."""
        for path in self.runnable:
            shutil.copytree(path.parent, target / path.parent.name)
        return target


def make_cohort(folder: Path, count: int, seed: int) -> Cohort:
    """Make a course in `folder`, let nbgrader generate the assignment, and hand in `count` submissions."""
    course = folder / "course"
    (course / "source" / NAME).mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(_CONFIG, "utf-8")
    source = source_notebook()
    nbformat.write(source, course / "source" / NAME / f"{NAME}.ipynb")
    command = [str(BIN / "nbgrader"), "generate_assignment", NAME, "--create", "--force"]
    done = subprocess.run(command, cwd=course, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"nbgrader generate_assignment failed:\n{done.stderr[-3000:]}")
    released = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    cohort = Cohort(folder, tuple(submission(number, seed) for number in range(count)))
    for one, runnable in zip(cohort.submissions, cohort.runnable, strict=True):
        handed_in = course / "submitted" / one.account / NAME
        handed_in.mkdir(parents=True)
        nbformat.write(filled(copy.deepcopy(released), one.sources), handed_in / f"{NAME}.ipynb")
        (handed_in / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC", "utf-8")
        runnable.parent.mkdir(parents=True)
        nbformat.write(filled(copy.deepcopy(source), one.sources), runnable)
    return cohort


def scores(course: Path) -> Scores:
    """Return what the gradebook in a course folder says."""
    found: Scores = {}
    with closing(sqlite3.connect(f"file:{course}/gradebook.db?mode=ro", uri=True)) as gradebook:
        for account, cell, score in gradebook.execute(_GRADES):
            found.setdefault(account, {})[cell] = score
    return found


def disagreements(name: str, found: Scores, other: str, wanted: Scores) -> list[str]:
    """Return a sentence for each cell whose score is not the same in both."""
    cells = {(account, cell) for one in (found, wanted) for account, graded in one.items() for cell in graded}
    missing = "none"
    return [
        f"{account}, {cell}: {name} gave {mine}, {other} {theirs}"
        for account, cell in sorted(cells)
        if (mine := found.get(account, {}).get(cell, missing)) != (theirs := wanted.get(account, {}).get(cell, missing))
    ]
