"""Ways to points that a learner did not earn."""

from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from nbcohort.grading.executor import SandboxedExecute
from tests.unit.grading.course import test_cell

DISPLAYS_A_RESULT = "def double(x):\n    get_ipython().displayhook(2.0)"
DISPLAYS_A_RESULT_AND_DIES = f"""
import os, time
{DISPLAYS_A_RESULT}
    time.sleep(0.5)
    os._exit(0)
"""


def points(folder: Path, *cells: NotebookNode) -> float | None:
    """Return the points of the last cell, of 2, after the notebook has run."""
    notebook = new_notebook(cells=list(cells))
    SandboxedExecute(unsafe=True).preprocess(notebook, {"metadata": {"path": str(folder)}})
    score: float | None = determine_grade(notebook.cells[-1])[0]
    return score


@pytest.mark.parametrize("tags", [["skip-execution"], ["raises-exception"]])
def test_a_tag_does_not_keep_a_test_from_running(tmp_path: Path, tags: list[str]) -> None:
    test = test_cell("double_test", "assert False", 2)
    test.metadata["tags"] = tags

    assert points(tmp_path, test) == 0


@pytest.mark.parametrize("answer", [DISPLAYS_A_RESULT, DISPLAYS_A_RESULT_AND_DIES])
def test_a_result_that_an_answer_displays_before_the_test_fails_earns_nothing(tmp_path: Path, answer: str) -> None:
    assert points(tmp_path, new_code_cell(answer), test_cell("double_test", "assert double(2) == 4", 2)) == 0


def test_a_test_that_ends_with_a_number_gives_that_many_points(tmp_path: Path) -> None:
    assert points(tmp_path, test_cell("parts", "3 / 2", 2)) == 1.5
