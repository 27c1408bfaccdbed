"""What learners see of a test with a hidden part: outputs are those of a real kernel."""

import copy
import re

import pytest
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output

from nbcohort.grading.feedback.hidden_tests import Delimiters, hide, split
from nbcohort.grading.run import run_notebook
from nbcohort.sandbox import Limits
from tests.unit.grading.course import code, grade_id, test_cell

SECRET = re.compile(r"6021|secret_helper|expected_of_all|-1\.5")
"""What stands in hidden parts only."""

SOLUTION = """
def double(x):
    if x == 13:
        raise ValueError("thirteen")
    print("called with", x)
    return 2 * x if x >= 0 else 0
"""
HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
TESTS = {
    "passes": "assert double(1) == 2\n" + HIDDEN.format("print('6021 is right')\nassert double(3010.5) == 6021"),
    "fails_hidden": "assert double(1) == 2\n" + HIDDEN.format("assert double(-1.5) == -3, 'expected 6021'") + "\nx = 1",
    "fails_within": HIDDEN.format("y = 6021\ndouble(13)"),
    "fails_visible": "assert double(1) == 3, 'one'\n" + HIDDEN.format("assert double(3010.5) == 6021"),
    "fails_later": HIDDEN.format("print('6021')\nz = 6021") + "\nassert double(1) == 3, 'two'",
    "fails_in_loop": "for n in range(2):\n    assert double(n) == 0, 'three'\n    "
    + "### BEGIN HIDDEN TESTS\n    print(6021)\n    ### END HIDDEN TESTS",
    "in_parts": "double(1) / 2\n" + HIDDEN.format("6021 / 6021 / 2"),
    "helper": HIDDEN.format("def secret_helper(n):\n    assert n == 6021, f'{n} is not 6021'")
    + "\nassert double(1) == 2",
    "no_python": HIDDEN.format("assert double(6021) == ("),
    "all_visible": "assert double(1) == 3, 'four'",
}
OF_LEARNERS = {
    "calls_helper": "globals()['secret_' + 'helper'](5)",
    "prints_history": "print(In)",
    "shows_history": "from IPython.display import HTML\nHTML('<pre>' + In[2].replace('<', '&lt;') + '</pre>')",
    "quotes_a_line": "raise ValueError(In[3])",
    "honest": "print('double of one:', double(1))\nx = 1",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """Run all of it, once."""
    cells = [code(SOLUTION, grade_id="double", solution=True)]
    cells += [test_cell(name, source, 1) for name, source in TESTS.items()]
    cells += [code(source, grade_id=name, solution=True) for name, source in OF_LEARNERS.items()]
    notebook = new_notebook(cells=cells)
    run_notebook(notebook, tmp_path_factory.mktemp("empty"), Limits())
    return notebook


@pytest.fixture
def cells(graded: NotebookNode) -> dict[str, NotebookNode]:
    """Return the cells as feedback shows them, by name."""
    notebook = copy.deepcopy(graded)
    hide(notebook, {"double": SOLUTION, **TESTS}, Delimiters())
    return {grade_id(cell): cell for cell in notebook.cells}


def text_of(cell: NotebookNode) -> str:
    """Return all text in a cell's outputs."""
    parts = []
    for output in cell.outputs:
        parts += [output.get(name, "") for name in ("text", "ename", "evalue")]
        parts += [*output.get("traceback", []), *map(str, output.get("data", {}).values())]
    return str(strip_ansi("\n".join(parts)))


def test_the_notebook_told_hidden_tests_before(graded: NotebookNode) -> None:
    telling = {grade_id(cell) for cell in graded.cells if SECRET.search(text_of(cell))}

    assert telling == {*TESTS, *OF_LEARNERS} - {"all_visible", "in_parts", "helper", "no_python", "honest"}


def test_no_cell_tells_hidden_tests(cells: dict[str, NotebookNode]) -> None:
    for name, cell in cells.items():
        assert not SECRET.search(cell.source), name
        assert not SECRET.search(text_of(cell)), name


def test_the_visible_part_of_a_test_stays_with_a_sentence_in_the_place_of_the_rest(
    cells: dict[str, NotebookNode],
) -> None:
    assert cells["passes"].source == "assert double(1) == 2\n### Hidden tests: they are not shown here."
    assert cells["fails_in_loop"].source.endswith("'three'\n    ### Hidden tests: they are not shown here.")
    assert cells["all_visible"].source == TESTS["all_visible"]


@pytest.mark.parametrize("name", ["fails_hidden", "fails_within", "no_python"])
def test_a_test_that_fails_in_its_hidden_part_says_only_that(name: str, cells: dict[str, NotebookNode]) -> None:
    assert [output.traceback for output in cells[name].outputs] == [["Hidden tests failed."]]


def test_a_test_that_fails_before_its_hidden_part_shows_all_but_the_lines_around(
    cells: dict[str, NotebookNode],
) -> None:
    printed, error = cells["fails_visible"].outputs

    assert printed.text == "called with 1\n"
    shown = str(strip_ansi("\n".join(error.traceback)))
    assert "----> 1 assert double(1) == 3, 'one'" in shown
    assert shown.endswith("AssertionError: one")


@pytest.mark.parametrize(("name", "message"), [("fails_later", "two"), ("fails_in_loop", "three")])
def test_what_is_printed_after_hidden_tests_began_is_not_shown(
    name: str, message: str, cells: dict[str, NotebookNode]
) -> None:
    note, error = cells[name].outputs

    assert "hidden tests" in note.text
    assert error.evalue == message
    assert f"double({'1' if name == 'fails_later' else 'n'})" in strip_ansi("\n".join(error.traceback))


@pytest.mark.parametrize("name", ["passes", "in_parts", "helper"])
def test_a_test_that_passes_shows_nothing_of_its_hidden_part(name: str, cells: dict[str, NotebookNode]) -> None:
    assert [output.output_type for output in cells[name].outputs] == ["stream"]
    assert "hidden tests" in cells[name].outputs[0].text


@pytest.mark.parametrize("name", ["prints_history", "shows_history", "quotes_a_line"])
def test_outputs_of_learners_cells_quote_no_hidden_line(name: str, cells: dict[str, NotebookNode]) -> None:
    assert text_of(cells[name]).strip() == "[This output quotes hidden tests, so it is not shown.]"


def test_a_failure_in_a_hidden_helper_says_only_that(cells: dict[str, NotebookNode]) -> None:
    assert [output.traceback for output in cells["calls_helper"].outputs] == [["Hidden tests failed."]]


def test_cells_without_hidden_tests_keep_their_outputs(graded: NotebookNode, cells: dict[str, NotebookNode]) -> None:
    before = {grade_id(cell): cell for cell in graded.cells}

    assert cells["honest"] == before["honest"]
    assert cells["all_visible"] == before["all_visible"]
    assert "'four'" in text_of(cells["all_visible"])


@pytest.mark.parametrize("name", ["CellTimeoutError", "DeadKernelError", "NotRunError", "AssertionError"])
def test_an_error_that_does_not_say_where_it_was_shows_nothing_it_says(name: str) -> None:
    cell = test_cell("test", TESTS["passes"], 1)
    cell.outputs = [new_output("error", ename=name, evalue="6021", traceback=[f"{name}: 6021"])]
    notebook = new_notebook(cells=[cell])

    hide(notebook, {}, Delimiters())

    assert not SECRET.search(text_of(cell))
    assert len(cell.outputs) == 1


def test_the_master_tells_what_is_hidden_where_the_cell_does_not() -> None:
    cell = code("print(double.__doc__)", grade_id="double", solution=True)
    cell.outputs = [new_output("stream", text="assert  double(3010.5)==6021\n")]
    other = copy.deepcopy(cell)
    notebook = new_notebook(cells=[cell])

    hide(notebook, {"passes": TESTS["passes"]}, Delimiters())
    hide(new_notebook(cells=[other]), {}, Delimiters())

    assert not SECRET.search(text_of(cell))
    assert SECRET.search(text_of(other))


def test_lines_that_are_shown_elsewhere_or_are_short_are_no_secret() -> None:
    hidden = test_cell("test", HIDDEN.format("import numpy as np\nx = 1"), 1)
    mine = code("import numpy as np", grade_id="mine", solution=True)
    mine.outputs = [new_output("stream", text="import numpy as np\nx = 1")]

    hide(new_notebook(cells=[hidden, mine]), {}, Delimiters())

    assert mine.outputs[0].text == "import numpy as np\nx = 1"


@pytest.mark.parametrize(
    ("source", "released", "hidden"),
    [
        ("a\n# BEGIN HIDDEN TESTS\nb\n\n# END HIDDEN TESTS\nc", "a\n# {}\nc", {3: "b", 4: ""}),
        ("/* BEGIN HIDDEN TESTS */\nb", "/* {} */", {2: "b"}),
        (
            "# BEGIN HIDDEN TESTS\n# BEGIN HIDDEN TESTS\nb\n# END HIDDEN TESTS",
            "# {}",
            {2: "# BEGIN HIDDEN TESTS", 3: "b"},
        ),
        ("# END HIDDEN TESTS\na", "a", {}),
        ("a", "a", {}),
    ],
    ids=["one", "no end", "two begins", "no begin", "none"],
)
def test_a_source_is_taken_apart_as_nbgrader_does_it(source: str, released: str, hidden: dict[int, str]) -> None:
    parts = split(source, Delimiters())

    assert parts.released == released.format("Hidden tests: they are not shown here.")
    assert parts.hidden == hidden
