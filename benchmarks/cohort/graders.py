"""What grades or runs the whole cohort, each a command: nbgrader, Papermill with either engine, otter, and ours."""

import functools
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import platformdirs

from .assignment import NAME, QUESTIONS, grade_id, test_source
from .course import BIN, Cohort, environment
from .whole import CommandFailed

HERE = Path(__file__).parent
OTTER = "otter-grader==7.0.0"

Command = list[str | Path]


def nbgrader() -> Command:
    """Return stock nbgrader's way, to be run in a course folder: one submission after the other, no feedback."""
    return [BIN / "nbgrader", "autograde", NAME]


@functools.cache
def grade_options() -> frozenset[str]:
    """Return which options `nbcohort grade` has, as its help tells."""
    plain = environment() | {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.run([BIN / "nbcohort", "grade", "--help"], env=plain, capture_output=True, text=True, check=True)
    return frozenset(word for word in done.stdout.split() if word.startswith("--"))


def nbcohort(course: Path, workers: int, before: Command | None = None) -> Command:
    """Return our way, autograding alone as far as `nbcohort grade` can; `before`: what to run it with."""
    command: Command = [*(before or []), BIN / "nbcohort", "grade", NAME, "--course", course]
    command += ["--no-collect", "--no-release", "--json"]
    if "--no-feedback" in grade_options():
        command.append("--no-feedback")
    if "--workers" in grade_options():
        command += ["--workers", str(workers)]
    return command


def has_engine() -> bool:
    """Return whether Papermill finds our engine."""
    return bool(entry_points(group="papermill.engine", name="nbcohort"))


def papermill(engine: str, notebooks: Path, ran: Path) -> Command:
    """Return how Papermill runs all notebooks, one after the other in one process; `ran`: see `run_papermill.py`."""
    return [sys.executable, HERE / "run_papermill.py", engine, notebooks, ran]


def otter_environment(*, install: bool) -> Path:
    """Return the Python that has otter, installed into a cache folder if it is not there and `install` says so.

    It sees the packages of this environment, so that both use the same ones. Raises `CommandFailed` with why not.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = platformdirs.user_cache_path("nbcohort-bench") / f"{OTTER.replace('==', '-')}-python{version}"
    python, finished = folder / "bin" / "python", folder / "finished"
    beside = folder / "lib" / f"python{version}" / "site-packages" / "beside.pth"
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    if not finished.exists():
        if not install:
            raise CommandFailed(f"{OTTER} is not installed; without --quick it would be.")
        shutil.rmtree(folder, ignore_errors=True)
        _run("-m", "venv", "--without-pip", folder, python=sys.executable)
        beside.write_text(ours, "utf-8")
        _run("-m", "pip", "--disable-pip-version-check", "--quiet", "install", OTTER, python=python)
        finished.touch()
    beside.write_text(ours, "utf-8")  # it may have been installed from another environment, which has gone
    return python


def _run(*arguments: str | Path, python: str | Path) -> None:
    """Let a Python do what otter's environment takes; raises `CommandFailed`."""
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise CommandFailed(f"{OTTER} could not be installed: {lines[-1]}")


_OTTER_TEST = """OK_FORMAT = False
from otter.test_files import test_case
name = {name!r}
points = {points}

@test_case()
def test_all(env):
    exec({source!r}, env)
"""


def otter(python: Path, cohort: Cohort, folder: Path, points: Path) -> Command:
    """Make otter's form of the cohort in `folder`: the same cells, with `grader.check(...)` in the tests' places."""
    configuration = folder / "autograder.zip"
    (folder / "submitted").mkdir(parents=True)
    with zipfile.ZipFile(configuration, "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python", "print_summary": False}))
        for question in QUESTIONS:
            source = test_source(question)
            *statements, last = source.splitlines()
            if not last.startswith("#"):  # partial credit, which otter gives by test case: here all or nothing
                source = "\n".join([*statements, f"assert {last} == {question.points}"])
            text = _OTTER_TEST.format(name=question.name, points=question.points, source=source)
            archive.writestr(f"tests/{question.name}.py", text)
    tests = {f"{question.name}_test": question.name for question in QUESTIONS}
    for path in cohort.runnable:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            name = grade_id(cell)
            if name == "imports":
                cell.source += "\nimport otter\ngrader = otter.Notebook()"
            elif name in tests:
                cell.source = f'grader.check("{tests[name]}")'
            cell.metadata.clear()
        target = folder / "submitted" / path.parent.name
        target.mkdir()
        nbformat.write(notebook, target / path.name)
    return [python, HERE / "run_otter.py", configuration, folder / "submitted", points]


def cores() -> int:
    """Return how many processors there are for us."""
    return len(os.sched_getaffinity(0))
