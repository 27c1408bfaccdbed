"""Scores are those of stock `nbgrader autograde`, cell by cell.

Equal means: the same automatic score, final score and "to be graded by hand" of every cell in the gradebook, with
`stderr_fails_tests` as in stock. Where stock gives no grade at all (it gives up on a submission whose kernel dies or
cannot be interrupted, and on the whole class at a duplicated cell), and where ours is better (deleted cells), it is
written here what ours gives.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook
from traitlets.config import Config

from nbcohort.grading.course_room import open_course
from nbcohort.grading.grade import Result, grade
from nbcohort.sandbox import SandboxUnavailable, probe
from tests.unit.grading.course import ASSIGNMENT, PATIENT, Course, Scores, code, grade_id, make_course, nbgrader, scores

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

STUBBORN = """
def root(x):
    while x == 100:
        try:
            while True:
                pass
        except KeyboardInterrupt:
            pass
    return x ** 0.5
"""


def _without(course: Course, *names: str) -> nbformat.NotebookNode:
    notebook = course.answered()
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in names]
    return notebook


def _edited(course: Course, name: str, source: str) -> nbformat.NotebookNode:
    notebook = course.answered(double="def double(x):\n    return 3 * x")
    next(cell for cell in notebook.cells if grade_id(cell) == name).source = source
    return notebook


def _worth_more(course: Course) -> nbformat.NotebookNode:
    notebook = course.answered()
    next(cell for cell in notebook.cells if grade_id(cell) == "double_test").metadata["nbgrader"]["points"] = 100
    return notebook


def _duplicated(course: Course) -> nbformat.NotebookNode:
    notebook = course.answered()
    cell = next(cell for cell in notebook.cells if grade_id(cell) == "double_test")
    notebook.cells.append(code(cell.source, **cell.metadata["nbgrader"]))
    return notebook


def _foreign(course: Course) -> nbformat.NotebookNode:
    notebook = course.answered(double="from helper import double", root="root = eval(open('folder/root.txt').read())")
    notebook.cells.insert(1, code("raise KeyError('a cell of my own')"))
    return notebook


def hand_in_everything(course: Course) -> None:
    course.hand_in("right", course.answered())
    course.hand_in("wrong", course.answered(double="def double(x):\n    return x * x", root="root = abs"))
    course.hand_in("unanswered", course.released)
    course.hand_in(
        "stderr", course.answered(double="import sys\ndef double(x):\n    sys.stderr.write('!')\n    return x + x")
    )
    course.hand_in(
        "warning", course.answered(root="import warnings\ndef root(x):\n    warnings.warn('slow')\n    return x ** 0.5")
    )
    course.hand_in("partial", course.answered(root="def root(x):\n    return 2"))
    course.hand_in("timeout", course.answered(root="def root(x):\n    while x == 100: pass\n    return x ** 0.5"))
    course.hand_in("syntax", course.answered(double="def double(x)\n    return 2 * x"))
    course.hand_in("raises", course.answered(double="raise RuntimeError('boom')", by_hand="1 / 0"))
    course.hand_in("dead", course.answered(root="import os\nos._exit(3)"))
    course.hand_in("stubborn", course.answered(root=STUBBORN))
    course.hand_in("deleted", _without(course, "double_test", "why"))
    course.hand_in("edited", _edited(course, "double_test", "pass"))
    course.hand_in("setup", _edited(course, "setup", "import math\nlimit = 'no number'"))
    course.hand_in("points", _worth_more(course))
    course.hand_in("duplicate", _duplicated(course))
    course.hand_in("manual", course.answered(by_hand="42", why="A long answer.\n\nWith $x^2$."))
    course.hand_in(
        "files",
        _foreign(course),
        {
            "helper.py": b"def double(x): return x * 2",
            "folder/root.txt": b"lambda x: x ** 0.5",
            "photo.png": b"\x89PNG",
        },
    )
    course.hand_in("empty", new_notebook())
    course.hand_in("missing", None, {"other.ipynb": nbformat.writes(new_notebook()).encode()})
    course.hand_in(
        "chatty",
        course.answered(
            double="def double(x):\n    print('x' * 99, flush=True)\n    return 2 * x\nfor i in range(1500): double(i)"
        ),
    )


REPAIRED = {"deleted", "empty"}
STOCK_GIVES_UP = {"dead", "stubborn", "duplicate", "missing"}


def grade_with_stock(course: Course) -> None:
    """Run stock nbgrader over the class, without the submission that stops it, and then over that one."""
    aside = course.folder.parent / "aside"
    shutil.move(course.folder / "submitted" / "duplicate", aside)
    nbgrader("autograde", ASSIGNMENT, PATIENT, folder=course.folder)
    shutil.move(aside, course.folder / "submitted" / "duplicate")
    nbgrader("autograde", ASSIGNMENT, "--student=duplicate", PATIENT, folder=course.folder)


@pytest.fixture(scope="module")
def class_graded_twice(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Scores], dict[str, Scores], list[Result]]:
    """Return the gradebook of stock nbgrader, ours, and our report, over the same submissions."""
    ours = make_course(tmp_path_factory.mktemp("class") / "ours")
    hand_in_everything(ours)
    stock = Course(ours.folder.parent / "stock")
    shutil.copytree(ours.folder, stock.folder)

    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(grade_with_stock, stock)
        config = {"SandboxedExecute": {"unsafe": _no_sandbox()}, "SaveScores": {"stderr_fails_tests": True}}
        room = open_course(ours.folder, Config(config))
        results = list(grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT)))
        done.result()
    return scores(stock), scores(ours), results


def _no_sandbox() -> bool:
    try:
        probe()
    except SandboxUnavailable:
        return True
    return False


def test_every_cell_of_every_submission_that_stock_grades_has_the_same_score(
    class_graded_twice: tuple[dict[str, Scores], dict[str, Scores], list[Result]],
) -> None:
    stock, ours, _results = class_graded_twice
    graded_by_stock = set(stock) - STOCK_GIVES_UP - REPAIRED

    assert len(graded_by_stock) >= 14
    assert {account: ours[account] for account in graded_by_stock} == {
        account: stock[account] for account in graded_by_stock
    }


def test_stock_scores_are_not_trivially_equal(
    class_graded_twice: tuple[dict[str, Scores], dict[str, Scores], list[Result]],
) -> None:
    stock, _ours, _results = class_graded_twice

    assert {cell: stock["right"][cell][0] for cell in ("double_test", "root_test", "parts")} == {
        "double_test": 2,
        "root_test": 3,
        "parts": 1.5,
    }
    assert stock["partial"]["parts"][0] == 1
    assert [stock[account]["double_test"][0] for account in ("wrong", "stderr", "syntax", "edited")] == [0, 0, 0, 0]
    assert [stock[account]["root_test"][0] for account in ("warning", "timeout", "setup")] == [0, 0, 3]
    assert stock["manual"]["why"] == (None, 0, True)
    assert stock["points"]["double_test"][0] == 2


def test_where_stock_gives_up_it_gives_no_automatic_score(
    class_graded_twice: tuple[dict[str, Scores], dict[str, Scores], list[Result]],
) -> None:
    stock, _ours, _results = class_graded_twice

    for account in STOCK_GIVES_UP & set(stock):
        assert all(automatic is None for automatic, _score, _by_hand in stock[account].values()), account


@pytest.mark.parametrize("account", ["dead", "stubborn"])
def test_a_kernel_that_is_lost_costs_what_comes_after_and_nothing_before(
    account: str, class_graded_twice: tuple[dict[str, Scores], dict[str, Scores], list[Result]]
) -> None:
    _stock, ours, results = class_graded_twice

    automatic = {cell: score for cell, (score, _final, _by_hand) in ours[account].items()}
    assert automatic == {"double_test": 2, "root_test": 0, "parts": 0, "by_hand": None, "why": None}
    assert next(result for result in results if result.account == account).outcome == "graded"


def test_what_cannot_be_graded_is_named_with_a_sentence_and_the_rest_is_graded(
    class_graded_twice: tuple[dict[str, Scores], dict[str, Scores], list[Result]],
) -> None:
    _stock, ours, results = class_graded_twice

    assert {result.account: result.reason for result in results if result.outcome == "failed"} == {
        "missing": "ps1.ipynb is missing; the submission has other.ipynb.",
    }
    assert "missing" not in ours
    assert len(results) == 21


def test_deleted_and_duplicated_cells_are_repaired_and_named(
    class_graded_twice: tuple[dict[str, Scores], dict[str, Scores], list[Result]],
) -> None:
    stock, ours, results = class_graded_twice
    repairs = {result.account: [one["sentence"] for one in result.repairs] for result in results}

    assert stock["deleted"]["double_test"] == (None, 0, True)
    assert ours["deleted"] == ours["right"] | {"why": (None, 0, True)}
    assert repairs["deleted"] == [
        "The cell `double_test` was deleted; it is put back.",
        "The answer `why` was deleted; an empty cell is in its place, for whoever grades.",
    ]
    assert ours["duplicate"] == ours["right"]
    assert repairs["duplicate"] == [
        "There is more than one cell with the name `double_test`; one of them is graded, the others are kept."
    ]
    assert {cell: score for cell, (score, _final, _by_hand) in ours["empty"].items()} == {
        "double_test": 0,
        "root_test": 0,
        "parts": 0,
        "by_hand": None,
        "why": None,
    }
    assert repairs["right"] == []


def test_the_sandbox_is_recorded_and_papermill_leaves_no_trace(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course")
    course.hand_in("ana", course.answered())
    room = open_course(course.folder)

    (result,) = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT))

    graded = nbformat.read(course.folder / "autograded" / "ana" / ASSIGNMENT / "ps1.ipynb", as_version=4)
    assert (result.outcome, result.score, result.max_score, result.needs_manual_grade) == ("graded", 6.5, 15.5, True)
    assert graded.metadata["nbcohort"].keys() == {"sandbox", "run"}
    assert graded.metadata["nbcohort"]["sandbox"] == probe().name
    assert "papermill" not in graded.metadata
    assert not any("papermill" in cell.metadata for cell in graded.cells)
