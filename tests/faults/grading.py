"""A class that is graded by a program that can be killed, on either database; its notebooks tell when they run."""

import json
import os
import random
import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, text

from nbcohort.sandbox.process import command_of, descendants, parent
from tests.hostile.program import nbcohort, start
from tests.unit.grading.course import ASSIGNMENT, Course, code, make_course, nbgrader, test_cell

PATIENCE = 240
"""Seconds after which something will not happen any more."""


def dice() -> random.Random:
    """Return random numbers, others in each run unless NBCOHORT_FAULTS_SEED says which."""
    seed = int(os.environ.get("NBCOHORT_FAULTS_SEED") or secrets.randbelow(1_000_000))
    print(f"NBCOHORT_FAULTS_SEED={seed}")  # noqa: T201  # shown when the test fails
    return random.Random(seed)  # noqa: S311


def right(number: int) -> float:
    """Return the score that submission `number` deserves."""
    return 2.0 if number % 3 else 0.5


@dataclass
class Class:
    """`count` small submissions; each appends its account to `marks` when it has run."""

    course: Course
    count: int
    marks: Path
    url: str
    programs: "list[subprocess.Popen[str]]" = field(default_factory=list)

    @property
    def accounts(self) -> list[str]:
        return [f"learner{number:03}" for number in range(self.count)]

    def runs(self) -> Counter[str]:
        """Return how often each submission has run to its end."""
        return Counter(self.marks.read_text().split() if self.marks.exists() else [])

    def settled(self) -> set[str]:
        """Return the accounts whose submissions are graded, or only have to be recorded."""
        found = self.course.folder.glob(f"autograded/*/.{ASSIGNMENT}.nbcohort-ready")
        placed = self.course.folder.glob(f"autograded/*/{ASSIGNMENT}")
        return {path.parent.name for path in (*found, *placed)}

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """Start to grade."""
        command = [
            "grade",
            ASSIGNMENT,
            "--course",
            str(self.course.folder),
            "--no-collect",
            "--no-feedback",
            "--unsafe",
        ]
        program = start(nbcohort(*command, "--json", "--workers", "3", *options))
        self.programs.append(program)
        return program

    def finish(self, *options: str) -> dict[str, dict[str, Any]]:
        """Grade to the end; return the report by account."""
        return self.report_of(self.start(*options))

    def report_of(self, program: "subprocess.Popen[str]") -> dict[str, dict[str, Any]]:
        printed, complained = program.communicate(timeout=PATIENCE)
        assert printed, complained
        return {one["account"]: one for one in json.loads(printed)["submissions"]}

    def wait_for(self, happened: Callable[[], bool], program: "subprocess.Popen[str]") -> bool:
        """Wait until something has happened; return whether the program still runs."""
        deadline = time.monotonic() + PATIENCE
        while not happened() and program.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return program.poll() is None

    def hold(self, account: str) -> Path:
        """Let an account's notebook wait, so that grading does not end before; return the file that ends the wait."""
        go = self.marks.with_name("go")
        path = self.course.folder / "submitted" / account / ASSIGNMENT / "ps1.ipynb"
        notebook = nbformat.read(path, as_version=4)
        waits = f"import os, time\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)"
        notebook.cells.insert(0, code(waits))
        nbformat.write(notebook, path)
        return go

    def kill_zygote(self, program: "subprocess.Popen[str]") -> None:
        """Kill the process that the notebooks of a program are forked from, as soon as there is one."""

        def is_zygote(pid: int) -> bool:
            return parent(pid) == program.pid and b"inside.zygote" in command_of(pid)

        assert self.wait_for(lambda: any(map(is_zygote, descendants(program.pid))), program)
        for pid in filter(is_zygote, descendants(program.pid)):
            os.kill(pid, signal.SIGKILL)

    def end_connections(self) -> int:
        """End all connections to the gradebook, on PostgreSQL; return how many there were."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        query += " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        try:
            with engine.connect() as connection:
                return len(connection.execute(text(query)).all())
        finally:
            engine.dispose()

    def end(self) -> None:
        """End the programs that still run."""
        for program in self.programs:
            if program.poll() is None:
                program.send_signal(signal.SIGKILL)
            program.communicate()

    def assert_all_right(self) -> None:
        """Check the gradebook and the files: everyone has the score they deserve, and nothing else lies about."""
        with Gradebook(self.url, "ds1") as gradebook:
            scores = {one.student.id: one.score for one in gradebook.assignment_submissions(ASSIGNMENT)}
            automatic = {
                one.student.id: {grade.name: grade.auto_score for book in one.notebooks for grade in book.grades}
                for one in gradebook.assignment_submissions(ASSIGNMENT)
            }
        assert scores == {account: right(number) for number, account in enumerate(self.accounts)}
        assert all(found == {"test": right(int(account[-3:]))} for account, found in automatic.items())
        there = [path for account in self.accounts for path in (self.course.folder / "autograded" / account).iterdir()]
        assert [path.name for path in there] == [ASSIGNMENT] * self.count
        assert all((path / "ps1.ipynb").stat().st_size for path in there)


def make_class(folder: Path, count: int, url: str | None = None) -> Class:
    """Return a class that has handed in; `url`: of an empty database, if not SQLite."""
    cells = [code("answer = 0", grade_id="answer", solution=True), test_cell("test", "answer", 2)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    settings = "c.SandboxedExecute.preload = []\n"
    settings += f"c.CourseDirectory.db_url = {url!r}\n" if url else ""
    course = make_course(folder / "course", settings)
    nbformat.write(notebook, course.folder / "source" / ASSIGNMENT / "ps1.ipynb")
    made = nbgrader("generate_assignment", ASSIGNMENT, "--force", folder=course.folder)
    assert made.returncode == 0, made.stderr
    found = Class(course, count, folder / "marks", url or f"sqlite:///{course.folder}/gradebook.db")
    released = course.released
    released.cells.append(code(""))
    for number, account in enumerate(found.accounts):
        released.cells[0].source = f"answer = {right(number)}  # {account}"
        released.cells[-1].source = f"open({str(found.marks)!r}, 'a').write('{account}\\n');"
        (course.hand_in(account, None) / "ps1.ipynb").write_text(json.dumps(released), "utf-8")
    return found
