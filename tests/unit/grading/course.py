"""A small course and its learners' notebooks, as cells."""

import atexit
import contextlib
import copy
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

BIN = Path(sys.executable).parent
ASSIGNMENT = "ps1"


def _cell(cell: NotebookNode, **nbgrader: Any) -> NotebookNode:
    if nbgrader:
        kind = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        cell.metadata["nbgrader"] = kind | nbgrader
    return cell


def code(source: str, **nbgrader: Any) -> NotebookNode:
    return _cell(new_code_cell(source), **nbgrader)


def prose(source: str, **nbgrader: Any) -> NotebookNode:
    return _cell(new_markdown_cell(source), **nbgrader)


def test_cell(name: str, source: str, points: float) -> NotebookNode:
    return code(source, grade_id=name, grade=True, locked=True, points=points)


test_cell.__test__ = False  # type: ignore[attr-defined]


def source_notebook() -> NotebookNode:
    """Return the instructor's notebook: two functions, partial credit, a plot and a text graded by hand."""
    notebook = new_notebook(
        cells=[
            prose("# Problem set 1"),
            code("import math\nlimit = 10", grade_id="setup", locked=True),
            code(
                "### BEGIN SOLUTION\ndef double(x):\n    return 2 * x\n### END SOLUTION",
                grade_id="double",
                solution=True,
            ),
            test_cell(
                "double_test",
                "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(-1.5) == -3\n### END HIDDEN TESTS",
                2,
            ),
            code(
                "### BEGIN SOLUTION\ndef root(x):\n    return math.sqrt(x)\n### END SOLUTION",
                grade_id="root",
                solution=True,
            ),
            test_cell("root_test", "assert root(limit * limit) == limit", 3),
            test_cell("parts", "sum([double(1) == 2, root(4) == 2, root(9) == 3]) / 3 * 1.5", 1.5),
            code(
                "### BEGIN SOLUTION\nprint(root(2))\n### END SOLUTION",
                grade_id="by_hand",
                grade=True,
                solution=True,
                points=4,
            ),
            prose(
                "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", grade_id="why", grade=True, solution=True, points=5
            ),
            code("double(21)"),
        ]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


@dataclass(frozen=True)
class Course:
    """A course folder with a gradebook."""

    folder: Path

    @property
    def released(self) -> NotebookNode:
        return nbformat.read(self.folder / "release" / ASSIGNMENT / "ps1.ipynb", as_version=4)

    def hand_in(self, account: str, notebook: NotebookNode | None, files: dict[str, bytes] | None = None) -> Path:
        """Put a submission where `collect` would."""
        folder = self.folder / "submitted" / account / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
        if notebook is not None:
            nbformat.write(notebook, folder / "ps1.ipynb")
        for name, content in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    def answered(self, **answers: str) -> NotebookNode:
        """Return the released notebook with the sources of solution cells by grade id; right ones if not given."""
        right = {
            "double": "def double(x):\n    return 2 * x",
            "root": "def root(x):\n    return math.sqrt(x)",
            "by_hand": "print(root(3))",
            "why": "I think so.",
        }
        notebook = copy.deepcopy(self.released)
        for cell in notebook.cells:
            name = grade_id(cell)
            if name in right | answers:
                cell.source = (right | answers)[name]
        return notebook


def grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


PATIENT = "--Execute.iopub_timeout=20"
"""Stock gives up on honest submissions whose kernel is silent for four seconds, as it is on a busy machine."""

_NBGRADER = f"""
import sys
from nbcohort.grading.early import import_jsonschema
import_jsonschema()
sys.path.append({str(Path(__file__).parents[3])!r})
from nbgrader import api
from tests.new_gradebooks import alembic_version
from tests.stock_kernels import hold_their_ports
hold_their_ports()
api.get_alembic_version = alembic_version
sys.path.pop()
from nbgrader.apps.nbgraderapp import main
main()
"""


def nbgrader(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run stock nbgrader in a course folder; neither it nor a new gradebook takes seconds for nobody to start.

    Its kernels keep their ports.
    """
    path = f"{BIN}:{os.environ['PATH']}"
    command = [sys.executable, "-c", _NBGRADER, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path}
    )


@functools.cache
def generated() -> Path:
    """Return a course folder with a gradebook, made once, to copy from."""
    folder = Path(tempfile.mkdtemp(prefix="nbcohort-course-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "source" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(source_notebook(), folder / "source" / ASSIGNMENT / "ps1.ipynb")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'ds1'\n")
    result = nbgrader("generate_assignment", ASSIGNMENT, folder=folder)
    assert result.returncode == 0, result.stderr
    return folder


def make_course(folder: Path, settings: str = "") -> Course:
    """Return a course in `folder` with a generated assignment, and `settings` added to its nbgrader_config.py."""
    shutil.copytree(generated(), folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Execute.timeout = 6\n{settings}\n")
    return Course(folder)


Scores = dict[str, tuple[float | None, float | None, bool]]


def scores(course: Course) -> dict[str, Scores]:
    """Return what the gradebook says: (automatic score, final score, to be graded by hand) by account and cell."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        found: dict[str, Scores] = {}
        with contextlib.closing(gradebook.db):
            for submission in gradebook.assignment_submissions(ASSIGNMENT):
                cells = {
                    grade.name: (grade.auto_score, grade.score, bool(grade.needs_manual_grade))
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                }
                found[submission.student.id] = cells
    return found
