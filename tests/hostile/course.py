"""The course with numpy and pandas: its tests use those libraries' helpers, and builtins."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from tests.unit.grading.course import ASSIGNMENT, Course, code, nbgrader, prose, test_cell

FRAME = 'pd.DataFrame({"name": ["a", "b"], "sum": [3, 7]})'
RIGHT_TABLES = {
    "halves": "def halves(xs):\n    return np.asarray(xs) / 2",
    "table": f"def table():\n    return {FRAME}",
}


def tables_notebook() -> NotebookNode:
    """Return the instructor's notebook: an array, a table, and tests that use numpy, pandas and builtins."""
    notebook = new_notebook(
        cells=[
            prose("# Arrays and tables"),
            code("import numpy as np\nimport pandas as pd", grade_id="setup", locked=True),
            code(
                "### BEGIN SOLUTION\ndef halves(xs):\n    return np.asarray(xs) / 2\n### END SOLUTION",
                grade_id="halves",
                solution=True,
            ),
            test_cell(
                "close_test",
                "from numpy.testing import assert_allclose\nassert_allclose(halves([1, 2]), [0.5, 1])\n"
                "np.testing.assert_array_equal(halves([4, 6]), [2, 3])",
                2,
            ),
            code(
                f"### BEGIN SOLUTION\ndef table():\n    return {FRAME}\n### END SOLUTION",
                grade_id="table",
                solution=True,
            ),
            test_cell("frame_test", f"pd.testing.assert_frame_equal(table(), {FRAME})", 2),
            test_cell(
                "plain_test",
                "assert isinstance(table(), pd.DataFrame) and len(table()) == 2\n"
                "assert all(abs(a - b) < 1e-9 for a, b in zip(halves([1, 3]), [0.5, 1.5]))\n"
                "assert (halves([8]) == np.array([4.0])).all() and sum(table()['sum']) == 10",
                1,
            ),
        ]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


@functools.cache
def _generated() -> Path:
    """Return a course folder with a gradebook, made once, to copy from."""
    folder = Path(tempfile.mkdtemp(prefix="nbcohort-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "source" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(tables_notebook(), folder / "source" / ASSIGNMENT / "ps1.ipynb")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'ds1'\n")
    result = nbgrader("generate_assignment", ASSIGNMENT, folder=folder)
    assert result.returncode == 0, result.stderr
    return folder


def make_tables(folder: Path, settings: str = "") -> Course:
    """Return the course in `folder`, with `settings` added to its nbgrader_config.py."""
    shutil.copytree(_generated(), folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(settings)
    return Course(folder)
