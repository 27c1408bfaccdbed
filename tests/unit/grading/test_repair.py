"""What learners do to graded cells is repaired from the instructor's version, and told."""

import copy
from typing import Any

import pytest
from nbformat import NotebookNode, validate
from nbformat.v4 import new_notebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum

from nbcohort.grading.master import MasterCell, MasterNotebook
from nbcohort.grading.repair import Repair, note_cell, repair
from tests.unit.grading.course import code, grade_id, prose


def master_cell(
    name: str, source: str = "", kind: str = "code", max_score: float | None = None, **of: Any
) -> MasterCell:
    flags = {"locked": False, "grade": False, "solution": False, "task": False} | of
    cell = MasterCell(name, kind, source, None, max_score=max_score, **flags)
    made = NotebookNode(cell_type=kind, source=source, metadata=cell.as_metadata())
    return MasterCell(**{**vars(cell), "checksum": compute_checksum(made)})


MASTER = MasterNotebook(
    "key",
    "ps1",
    None,
    (
        master_cell("setup", "import math", locked=True),
        master_cell("double", "# your answer", solution=True),
        master_cell("double_test", "assert double(2) == 4", max_score=2, locked=True, grade=True),
        master_cell("why", "YOUR ANSWER HERE", "markdown", 5, grade=True, solution=True),
        master_cell("task", "Draw something.", "markdown", 3, locked=True, task=True),
    ),
)


def handed_in() -> NotebookNode:
    """Return the notebook as an honest learner hands it in."""
    cells = [prose("# Problem set")]
    for one in MASTER.cells:
        cell = (code if one.cell_type == "code" else prose)(one.source)
        cell.metadata = one.as_metadata()
        cells.append(cell)
    cells[2].source = "def double(x): return 2 * x"
    cells[4].source = "Because."
    return new_notebook(cells=[*cells, code("double(21)")])


def names(notebook: NotebookNode) -> list[str]:
    return [grade_id(cell) for cell in notebook.cells]


def at(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def repaired(notebook: NotebookNode) -> dict[str, tuple[str, ...]]:
    """Repair a notebook, which is then valid and has each name once; return the cells by what was done to them."""
    done = repair(notebook, MASTER)
    validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert len({one.sentence for one in done}) == len(done)
    return {one.kind: one.cells for one in done}


def test_an_honest_notebook_stays_as_it_is() -> None:
    notebook = handed_in()
    before = copy.deepcopy(notebook)

    assert repaired(notebook) == {}
    assert notebook == before


def test_of_a_split_answer_the_first_half_is_graded_and_the_second_still_runs() -> None:
    notebook = handed_in()
    second = copy.deepcopy(at(notebook, "double"))
    at(notebook, "double").source, second.source = "factor = 2", "def double(x): return factor * x"
    second.id = "second-half"
    notebook.cells.insert(3, second)

    assert repaired(notebook) == {"several": ("double",)}
    assert names(notebook) == ["", "setup", "double", "", "double_test", "why", "task", ""]
    assert [cell.source for cell in notebook.cells[2:4]] == ["factor = 2", "def double(x): return factor * x"]


def test_of_several_answers_one_of_the_right_type_that_says_something_is_graded() -> None:
    notebook = handed_in()
    untouched, retyped = copy.deepcopy(at(notebook, "why")), code("answer")
    untouched.source, untouched.id = "YOUR ANSWER HERE", "untouched"
    retyped.metadata["nbgrader"] = copy.deepcopy(at(notebook, "why").metadata["nbgrader"])
    notebook.cells[4:4] = [untouched, retyped]

    assert repaired(notebook) == {"several": ("why",)}
    assert at(notebook, "why").source == "Because."


def test_of_several_tests_the_one_after_its_answer_is_graded() -> None:
    notebook = handed_in()
    early = copy.deepcopy(at(notebook, "double_test"))
    early.id = "early"
    notebook.cells.insert(0, early)

    assert repaired(notebook) == {"several": ("double_test",)}
    assert names(notebook) == ["", "", "setup", "double", "double_test", "why", "task", ""]


def test_cells_of_the_wrong_type_are_turned_back() -> None:
    notebook = handed_in()
    test, answer = at(notebook, "double_test"), at(notebook, "why")
    test.cell_type = "markdown"
    del test["outputs"], test["execution_count"]
    answer.update(cell_type="code", outputs=[], execution_count=None)

    assert repaired(notebook) == {"type": ("double_test", "why")}
    assert (test.cell_type, answer.cell_type, answer.source) == ("code", "markdown", "Because.")


def test_deleted_locked_cells_come_before_the_next_that_is_there() -> None:
    notebook = handed_in()
    more = code("def double(x): return 2 * x")
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in ("setup", "double_test", "task")]
    notebook.cells.insert(2, more)

    assert repaired(notebook) == {"put back": ("setup", "double_test", "task")}
    assert names(notebook) == ["", "setup", "double", "", "double_test", "why", "", "task"]
    assert at(notebook, "setup").source == "import math"


def test_a_deleted_test_does_not_come_before_its_answer_when_cells_were_moved() -> None:
    notebook = handed_in()
    why = at(notebook, "why")
    notebook.cells = [why] + [cell for cell in notebook.cells if grade_id(cell) not in ("why", "double_test")]

    assert repaired(notebook) == {"put back": ("double_test",)}
    assert names(notebook) == ["why", "", "setup", "double", "double_test", "task", ""]


def test_a_deleted_answer_leaves_a_place_for_who_grades_and_undoes_nothing() -> None:
    notebook = handed_in()
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in ("double", "why")]

    assert repaired(notebook) == {"placeholder": ("why",), "no answer": ("double",)}
    assert at(notebook, "why").source == "*The answer why is not in the submission.*"
    assert compute_checksum(at(notebook, "why")) != MASTER.by_name["why"].checksum


def test_a_notebook_without_anything_of_the_instructors_gets_it_all() -> None:
    notebook = new_notebook(cells=[code("def double(x): return 2 * x")])

    assert repaired(notebook) == {
        "put back": ("setup", "double_test", "task"),
        "placeholder": ("why",),
        "no answer": ("double",),
    }
    assert names(notebook) == ["", "setup", "double_test", "why", "task"]


@pytest.mark.parametrize("key", ["points", "grade", "solution", "locked", "task"])
def test_settings_are_always_the_instructors(key: str) -> None:
    notebook = handed_in()
    at(notebook, "double_test").metadata["nbgrader"][key] = 99 if key == "points" else None

    found = repaired(notebook)

    assert at(notebook, "double_test").metadata == MASTER.by_name["double_test"].as_metadata()
    assert found == ({"metadata": ("double_test",)} if key in ("points", "grade") else {})  # None is as good as False


def test_metadata_of_old_schemas_mean_the_same() -> None:
    notebook = handed_in()
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            for key in ("schema_version", "task", "cell_type"):
                if not (key == "task" and cell.metadata["nbgrader"]["task"]):
                    cell.metadata["nbgrader"].pop(key)

    assert repaired(notebook) == {}


def test_an_edited_test_is_told_and_so_is_a_cell_that_is_nobodys() -> None:
    notebook = handed_in()
    at(notebook, "double_test").source = "pass"
    notebook.cells.append(code("1", grade_id="<b>other", grade=True, locked=True, points=50))

    done = repair(notebook, MASTER)

    assert [one.sentence for one in done] == [
        "The cell `double_test` was edited; what counts is the original.",
        "The cell `bother` is none of this assignment's; it is an ordinary cell.",
    ]
    assert names(notebook)[-1] == ""


@pytest.mark.parametrize("meta", [None, [], "x", {}, {"grade_id": None}, {"grade_id": ["setup"]}, {"grade_id": 3}])
def test_damaged_metadata_do_no_harm(meta: object) -> None:
    notebook = handed_in()
    at(notebook, "double_test").metadata["nbgrader"]["points"] = "many"
    at(notebook, "why").metadata["nbgrader"] = {"grade_id": "why", "checksum": 5}
    at(notebook, "double").metadata["nbgrader"] = meta

    assert repaired(notebook) == {"no answer": ("double",), "metadata": ("double_test", "why")}


def test_the_note_for_the_learner_says_each_thing_once() -> None:
    many = [f"cell{number}" for number in range(50)]
    notebook = handed_in()
    notebook.cells += [code("1", grade_id=name, locked=True) for name in many]
    done = (*repair(notebook, MASTER), Repair("file", ("pandas.py",), "A file."))

    note = note_cell(done, ["nbcohort-note-0"])

    assert note["id"] == "nbcohort-note-1"
    assert note["source"].splitlines()[0] == "**Before this was graded:**"
    assert "`cell19`, ... are none of this assignment's" in note["source"]
    assert note["source"].endswith("- A file.")
