"""Sources: what an answer does not need, and what it undoes."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from nbcohort.grading.master import MasterCell, MasterNotebook
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.tamper.scan import scan, unasked


def master_cell(name: str, source: str, *, locked: bool = False, solution: bool = False) -> MasterCell:
    return MasterCell(name, "code", source, None, locked, False, solution, False, None)


def master_of(*cells: MasterCell) -> MasterNotebook:
    return MasterNotebook("key", "ps1", None, cells)


MASTER = master_of(
    master_cell("setup", "limit = 10\nrows = load()\nshift = 1", locked=True),
    master_cell("answer", "shift = 2\ndef f():\n    ...", solution=True),
    MasterCell("test", "code", "assert f() < limit", None, True, True, False, False, 1),
)


def answered(source: str, name: str = "answer") -> NotebookNode:
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {"grade_id": name, "solution": True, "grade": False, "locked": False}
    return new_notebook(cells=[new_code_cell(MASTER.cells[0].source), cell])


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return get_ipython().user_ns['_ih'][-1]",
        "def f():\n    return In[-1]",
        "f = lambda: frame.f_back",
        "def f():\n    return getattr(frame, 'f_locals')",
        "%matplotlib inline\nclass F:\n    def g(self):\n        return get_ipython().history_manager",
        "limit = 0",
    ],
)
def test_what_an_answer_does_not_need_is_noted(source: str) -> None:
    assert [flag.cell for flag in scan(answered(source), MASTER)] == ["answer"]


@pytest.mark.parametrize(
    "source",
    [
        "In[-1]\n_ih",
        "rows = rows.dropna()",
        "shift = 5",
        "def f():\n    limit = 3\n    return limit",
        "this is ( no Python",
        "!ls\n%time f()",
    ],
)
def test_what_people_do_is_not(source: str) -> None:
    assert scan(answered(source), MASTER) == ()


def test_a_name_of_a_loop_is_no_way_into_history() -> None:
    loop = "def f(rows):\n    for _i, _ in enumerate(rows):\n        print(_i)"
    assert scan(answered(loop), MASTER) == ()
    assert scan(answered("def f():\n    return eval(_i)"), MASTER)


def test_what_the_instructor_covers_as_well_is_no_flag() -> None:
    master = master_of(
        master_cell("answer", "def sum(many):\n    ...", solution=True),
        master_cell("quiet", "def print(*_more):\n    pass", locked=True),
    )
    covers = Flag("t", "covered", "It covers.", ("len", "print", "sum"))
    other = Flag("t", "replaced", "It replaces.", ("sum",))

    assert unasked([covers, other], master) == (Flag("t", "covered", "It covers.", ("len",)), other)
    assert unasked([Flag("t", "covered", "It covers.", ("sum",))], master) == ()


def test_who_says_again_what_the_set_up_says_changes_nothing() -> None:
    assert scan(answered("limit = 10\ndef f():\n    return limit"), MASTER) == ()
    assert scan(answered("limit = 10.5"), MASTER)
    assert scan(answered("limit = 10\nlimit = 11"), MASTER)


def test_what_the_instructors_answer_changes_may_be_changed() -> None:
    answer = master_cell("answer", "rows.append(1)\ncases[0] = 2\nprint(other)", solution=True)
    flag = Flag("t", "names", "It was changed.", ("cases", "other", "rows"))

    assert unasked([flag], master_of(answer)) == (Flag("t", "names", "It was changed.", ("other",)),)


@pytest.mark.parametrize(
    ("source", "watched"),
    [
        ("size = 1", False),
        ("size = 1\ndef helper(x):\n    return x < size", True),
        ("size = 1\ndef helper(size):\n    return size", False),
        ("size = 1\nhelper = lambda: size", True),
    ],
)
def test_only_constants_that_tests_or_the_set_up_rely_on_are_watched(source: str, watched: bool) -> None:
    master = master_of(master_cell("setup", source, locked=True))

    assert bool(scan(answered("for size in range(3):\n    print(size)"), master)) is watched
