"""Tests of a notebook that does something to them: what they rely on is put back, and what is odd is flagged."""

from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from nbcohort.grading.left import Keep
from nbcohort.grading.run import Executed, How, run_notebook
from nbcohort.sandbox import Limits, SandboxUnavailable, probe

pytestmark = pytest.mark.slow


@pytest.fixture(params=["namespaces", "landlock"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in each kind of sandbox."""
    try:
        probe(request.param)
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    monkeypatch.setenv("NBCOHORT_SANDBOX", request.param)
    return tmp_path


def a_test(source: str) -> NotebookNode:
    meta = {"grade": True, "solution": False, "locked": True, "task": False, "points": 1, "schema_version": 3}
    return new_code_cell(source, metadata={"nbgrader": {**meta, "grade_id": "the_test"}})


def run(folder: Path, *cells: str | NotebookNode) -> Executed:
    notebook = new_notebook(cells=[new_code_cell(one) if isinstance(one, str) else one for one in cells])
    return run_notebook(notebook, folder, Limits(), How(mutants=True))


def kinds(done: Executed) -> set[str]:
    assert all(flag.cell in ("the_test", "") for flag in done.flags)
    return {flag.kind for flag in done.flags}


def test_an_honest_notebook_has_no_flags_and_its_tests_leave_no_trace(folder: Path) -> None:
    write = "def f():\n    with open('log', 'a') as file:\n        file.write('x')\n    return 1"
    done = run(folder, write, a_test("assert f() == 1"), "print(open('log').read(), len(In), 'probed' in dir())")

    assert done.flags == ()
    assert done.statuses == ("ok",) * 3
    assert done.notebook.cells[2].outputs[0].text == "x 4 False\n"
    assert done.notebook.cells[2].execution_count == 3


def test_what_is_replaced_is_put_back_and_flagged(folder: Path) -> None:
    done = run(
        folder,
        "import builtins\nbuiltins.sum = lambda numbers: 3\nassert sum([5]) == 3",
        a_test("assert sum([5]) == 3"),
    )

    assert done.statuses == ("ok", "error")
    assert [flag.evidence for flag in done.flags] == [("builtins.sum",)]


def test_a_code_object_that_is_replaced_is_put_back(folder: Path) -> None:
    nothing = "import numpy.testing as t\ndef nothing(*a, **o): pass\nf = t.assert_allclose\n"
    nothing += "while hasattr(f, '__wrapped__'): f = f.__wrapped__\nf.__code__ = nothing.__code__"
    done = run(folder, nothing, a_test("t.assert_allclose([1], [2])"))

    assert done.statuses == ("ok", "error")
    assert "replaced" in kinds(done)


def test_an_answer_that_equals_everything_is_flagged(folder: Path) -> None:
    same = "class Same:\n    def __eq__(self, other): return True\nf = Same"

    assert kinds(run(folder, same, a_test("assert f() == 1"))) == {"equal"}


def test_a_function_that_looks_at_its_caller_is_flagged(folder: Path) -> None:
    looks = "import sys\ndef f():\n    return sys._getframe(1).f_code.co_consts and 1"

    assert "looks" in kinds(run(folder, looks, a_test("assert f() == 1")))


def test_libraries_that_look_at_their_callers_are_no_matter(folder: Path) -> None:
    warns = (
        "import warnings, collections, logging\ndef f():\n    warnings.warn('x')\n    logging.getLogger().info('x')\n"
    )
    done = run(folder, warns + "    return collections.namedtuple('P', 'x')(1).x", a_test("assert f() == 1"))

    assert done.flags == ()


def test_what_a_later_cell_changes_of_a_test_is_put_back(folder: Path) -> None:
    shows = (
        "from IPython.display import display, update_display\ndef f():\n    display('a', display_id='d')\n    return 1"
    )
    done = run(folder, shows, a_test("assert f() == 1"), "update_display('b', display_id='d')")

    assert kinds(done) == {"result"}
    assert done.notebook.cells[1].outputs[0].data["text/plain"] == "'a'"


def test_cells_that_are_no_tests_are_left_alone(folder: Path) -> None:
    done = run(folder, "import builtins\nbuiltins.sum = lambda numbers: 3", "assert sum([5]) == 3")

    assert done.statuses == ("ok", "ok")
    assert done.flags == ()


ONCE = """
class Lazy:
    def __eq__(self, other):
        self.__dict__.setdefault('value', other)
        return self.value == other
f = Lazy
"""


def test_a_test_that_passes_with_something_else_expected_is_flagged(folder: Path) -> None:
    done = run(folder, ONCE, a_test("assert f() == 1\nassert f() == 2"))

    assert [flag.sentence for flag in done.flags] == ["The test passes with something else expected, too."]
    assert done.flags[0].evidence in [("1",), ("2",)]


def test_so_it_is_when_the_kernel_ends_before_the_notebook_does(folder: Path) -> None:
    done = run(folder, ONCE, a_test("assert f() == 1"), "import os\nos._exit(0)")

    assert done.statuses == ("ok", "ok", "died")
    assert kinds(done) == {"equal"}


def test_an_honest_notebook_whose_kernel_ends_is_not_flagged(folder: Path) -> None:
    assert run(folder, "f = lambda: 1", a_test("assert f() == 1"), "import os\nos._exit(0)").flags == ()


def test_what_is_run_again_leaves_and_shows_nothing(folder: Path) -> None:
    write = "def f():\n    open('log', 'a').write('x')\n    print('f')\n    return 1"
    notebook = new_notebook(cells=[new_code_cell(write), a_test("assert f() == 1")])
    done = run_notebook(notebook, folder, Limits(), How(mutants=True), keep=Keep(1 << 20, ()))

    assert done.flags == ()
    assert (folder / "log").read_text() == "x"
    assert [output.text for output in notebook.cells[1].outputs] == ["f\n"]


def test_defaults_of_helpers_are_put_back(folder: Path) -> None:
    tolerant = "import math\nimport numpy.testing as t\nf = t.assert_allclose\n"
    tolerant += "while hasattr(f, '__wrapped__'): f = f.__wrapped__\n"
    tolerant += "f.__defaults__ = (math.inf, math.inf, *f.__defaults__[2:])"
    done = run(folder, tolerant, a_test("t.assert_allclose([1], [2])"))

    assert done.statuses == ("ok", "error")
    assert "replaced" in kinds(done)


def test_builtins_of_the_notebooks_own_are_put_back(folder: Path) -> None:
    done = run(folder, "__builtins__ = {'sum': lambda many: 3}", a_test("assert sum([5]) == 3"))

    assert done.statuses[1] == "error"
    assert [flag.evidence for flag in done.flags] == [("__builtins__",)]


def test_the_last_error_is_the_notebooks_own(folder: Path) -> None:
    done = run(folder, "f = lambda: 1", a_test("assert f() == 1"), "import sys\nprint(hasattr(sys, 'last_value'))")

    assert done.notebook.cells[2].outputs[0].text == "False\n"


@pytest.mark.parametrize("right", ["range(2**62)", "Endless()"])
def test_looking_for_something_else_in_what_is_endless_is_not_tried(right: str, folder: Path) -> None:
    endless = "import itertools\nclass Endless:\n    def __iter__(self): return itertools.count()\nf = lambda: 21"
    done = run(folder, endless, a_test(f"assert f() in {right}"))

    assert (done.statuses, done.flags) == (("ok", "ok"), ())


def test_who_forgets_to_say_what_is_not_equal_is_not_suspected(folder: Path) -> None:
    name = "class Name(str):\n    def __eq__(self, other): return self.lower() == other.lower()\n    __hash__ = None"

    assert run(folder, name, a_test("assert Name('Ada') == 'ADA'")).flags == ()


def set_up(source: str) -> NotebookNode:
    meta = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}
    return new_code_cell(source, metadata={"nbgrader": {**meta, "grade_id": ""}})


REPLACES = """
import builtins, numpy as np
def forbidden(*_arguments):
    raise RuntimeError("not here")
builtins.sum = forbidden
setattr(np.testing, "assert_equal", forbidden)
"""
STAYS = """
import numpy as np
for one in (lambda: sum([1]), lambda: np.testing.assert_equal(1, 1)):
    try:
        one()
    except RuntimeError:
        continue
    raise AssertionError("it was put back")
"""


@pytest.mark.parametrize("before", ["", "x = 1"], ids=["first", "later"])
def test_what_the_instructors_cells_replace_stays_so_and_is_nobodys_fault(folder: Path, before: str) -> None:
    done = run(folder, before, set_up(REPLACES), "y = 1", a_test(STAYS))

    assert done.statuses[1:] == ("ok",) * 3, done.notebook.cells[-1].outputs
    assert done.flags == ()


def test_what_the_notebook_replaces_is_put_back_to_what_the_instructor_has_put_there(folder: Path) -> None:
    nothing = "import builtins\nbuiltins.sum = lambda *_: 0\nbuiltins.max = lambda *_: 9"
    done = run(folder, set_up(REPLACES), nothing, a_test(STAYS + "assert max(0, 1) == 1"))

    assert done.statuses == ("ok",) * 3, done.notebook.cells[-1].outputs
    assert kinds(done) == {"replaced"}
    assert {name for flag in done.flags for name in flag.evidence} == {"builtins.sum", "builtins.max"}


def test_a_later_cell_of_the_instructors_makes_nothing_good_that_it_does_not_name(folder: Path) -> None:
    nothing = "import builtins\nbuiltins.max = lambda *_: 9\nclass A:\n    pass"
    named = "import builtins\na = A()\na.max = 1\nbuiltins.sum = lambda _: 2"
    done = run(folder, nothing, set_up(named), a_test("assert max(0, 1) == 1 and sum([1, 2]) == 2"))

    assert done.statuses == ("ok",) * 3, done.notebook.cells[-1].outputs
    assert {name for flag in done.flags for name in flag.evidence} == {"builtins.max"}


def test_modules_that_may_be_handed_in_are_not_trusted(folder: Path) -> None:
    (folder / "helper.py").write_text("import builtins\nbuiltins.max = lambda *_: 9", "utf-8")
    done = run(folder, set_up("import helper"), "x = 1", a_test("assert max(0, 1) == 1"))

    assert done.statuses == ("ok",) * 3
    assert kinds(done) == {"replaced"}


@pytest.mark.parametrize(
    "answer",
    [
        "import traceback\ndef f():\n    try:\n        1 / 0\n    except ZeroDivisionError:\n"
        "        traceback.print_exc()\n        return len(traceback.format_exc())",
        "get_ipython().ast_node_interactivity = 'all'\ndef f():\n    return 3",
        "_ = 3\ndef f():\n    return _",
        "import weakref\nclass Row:\n    def __init__(self): self.asked = 0\n"
        "    def __gt__(self, other):\n        self.asked += 1\n        return self.asked == 1\n"
        "def f():\n    return Row()",
    ],
    ids=["format_exc", "all", "underscore", "counts"],
)
def test_who_uses_python_as_it_is_meant_is_not_suspected(folder: Path, answer: str) -> None:
    done = run(folder, answer, a_test("f()\nassert f() > 0\nf() is None"), "1\n2")

    assert done.statuses == ("ok",) * 3, done.notebook.cells
    assert done.flags == ()
    results = sum(output.output_type == "execute_result" for output in done.notebook.cells[2].outputs)
    assert results == (2 if "'all'" in answer else 1)


def test_nobody_sees_what_an_object_prints_when_it_is_compared_again(folder: Path) -> None:
    row = "class Row:\n    def __eq__(self, other):\n        print('asked')\n        return other == 4"
    done = run(folder, row, a_test("assert Row() == 4"))

    assert done.statuses == ("ok",) * 2
    assert done.flags == ()
    assert [output.text for output in done.notebook.cells[1].outputs] == ["asked\n"]


@pytest.mark.parametrize(
    ("answer", "changed"),
    [
        ("globals()['limit'] = 0", "limit"),
        ("cases.clear()", "cases"),
        ("cases = []", "cases"),
        ("cases[0] = (True, 1)", "cases"),
        ("rows.append(3)\nlimit = 10\nprint(cases)", None),
    ],
)
def test_what_the_set_up_says_is_still_so_when_a_test_asks(folder: Path, answer: str, changed: str | None) -> None:
    says = set_up("%matplotlib inline\nlimit = 10\ncases = [(1, 1), (2, 4.0)]\nrows = [1, 2]")
    asks = a_test("for x, y in cases:\n    assert x * x == y\nassert limit < 11 and rows")
    done = run(folder, says, answer, asks)

    assert done.statuses == ("ok",) * 3
    assert [flag.evidence for flag in done.flags if flag.kind == "names"] == ([(changed,)] if changed else [])


def test_numbers_are_shown_in_tests_as_the_instructor_has_them_shown(folder: Path) -> None:
    shows = "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda x, p, c: p.text('{}'))"
    done = run(folder, set_up(shows.format("0.25")), shows.format("1.0"), a_test("0.5"))

    assert kinds(done) == {"replaced"}
    assert done.notebook.cells[2].outputs[0].data == {"text/plain": "0.25"}


LOOK_FOR_THE_TEST = """
def found():
    count = 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            where, mode = line.split()[:2]
            first, last = (int(number, 16) for number in where.split("-"))
            if mode.startswith("r") and last < 1 << 47:
                try:
                    memory.seek(first)
                    count += memory.read(last - first).count(b"_".join((b"zebra", b"crossing")))
                except OSError:
                    pass
    return count
print(found())
"""


def test_nothing_of_a_test_is_in_memory_before_it_runs(folder: Path) -> None:
    for _number in range(2):  # the second time, such a test has run before
        done = run(folder, LOOK_FOR_THE_TEST, a_test("assert 'zebra_crossing'"), "print(found())")

        assert done.notebook.cells[0].outputs[0].text == "0\n"
        assert int(done.notebook.cells[2].outputs[0].text) > 0
