"""The notebooks that we ship do what they are for, each of them, the ones that are added later too.

A learner who does everything right gets every point; who hands in what was released gets none; and a wrong solution,
such as people who misunderstand the matter write, is caught. All of it is run for real, with nbgrader's own steps.
"""

import ast
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearOutput, ClearSolutions, LockCells
from nbgrader.utils import determine_grade, is_grade, is_solution

from nbcohort.grading.run import run_notebook
from nbcohort.sandbox import Limits, SandboxUnavailable

ROOT = Path(__file__).parents[3]
ASSIGNMENTS = sorted((ROOT / "course_template" / "source").glob("*/*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*/*.ipynb"))
ANSWERS = ROOT / "toolkit" / "nbcohort" / "demo" / "answers"
NOTEBOOKS = [*ASSIGNMENTS, *EXERCISES]
WRONG_SOLUTIONS = Path(__file__).parent / "files" / "wrong_solutions"
RELEASE = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ClearHiddenTests)
"""What `nbgrader generate_assignment` does to the cells, in its order."""


class WrongSolution(NamedTuple):
    """A misconception, as the cells that somebody who has it would write."""

    misconception: str
    cells: Mapping[str, str]
    raises: str = "AssertionError"
    """What the tests end with; something else only where Python itself refuses the solution."""


def read(path: Path) -> Any:
    """Return the notebook at `path`."""
    return nbformat.read(path, as_version=4)


def released(path: Path) -> Any:
    """Return the notebook at `path` as learners get it."""
    notebook: Any = read(path)
    resources: dict[str, Any] = {}
    for step in RELEASE:
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def with_cells(path: Path, cells: Mapping[str, str]) -> Any:
    """Return the notebook at `path`, hidden tests included, with these sources in the solution cells, by grade id."""
    notebook, left = read(path), dict(cells)
    for cell in notebook.cells:
        if is_solution(cell) and cell.metadata.nbgrader.grade_id in left:
            cell.source = left.pop(cell.metadata.nbgrader.grade_id)
    assert not left, f"{path.name} has no solution cells {sorted(left)}"
    return notebook


def run(notebook: Any, folder: Path) -> Any:
    """Run all cells of `notebook` in `folder`, whatever they raise; return it with its outputs."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, allow_errors=True, resources=resources).execute()
    return notebook


def graded(notebook: Any, folder: Path) -> Any:
    """Run it as `nbcohort grade` does, where there is a sandbox: that starts in a tenth of the time."""
    try:
        run_notebook(notebook, folder, Limits())
    except SandboxUnavailable:
        return run(notebook, folder)
    return notebook


def autograded(notebook: Any) -> dict[str, Any]:
    """Return the autograded cells by grade id."""
    return {
        cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if is_grade(cell) and not is_solution(cell)
    }


def by_hand(notebook: Any, cell_type: str) -> list[Any]:
    """Return the cells of a type that a person grades."""
    return [cell for cell in notebook.cells if is_grade(cell) and is_solution(cell) and cell.cell_type == cell_type]


def scores(notebook: Any) -> dict[str, float]:
    """Return the points of each autograded cell, as nbgrader reads them off a notebook that was run."""
    return {grade_id: determine_grade(cell)[0] for grade_id, cell in autograded(notebook).items()}


def full_marks(notebook: Any) -> dict[str, float]:
    """Return the points that each autograded cell is worth."""
    return {grade_id: cell.metadata.nbgrader.points for grade_id, cell in autograded(notebook).items()}


def messages(notebook: Any) -> Iterator[str]:
    """Yield what went to stderr, and errors, of a notebook that was run."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"{cell.id}: {output.ename}: {output.evalue}"
            elif output.get("name") == "stderr":
                yield f"{cell.id}: {output.text}"


def wrong_solutions(exercise: str) -> dict[str, WrongSolution]:
    """Return the wrong solutions that are planted for an exercise, by name."""
    files = sorted((WRONG_SOLUTIONS / exercise).glob("*.toml"))
    return {file.stem: WrongSolution(**tomllib.loads(file.read_text(encoding="utf-8"))) for file in files}


def planted() -> Iterator[Any]:
    """Yield each exercise with each of its wrong solutions, as parameters."""
    for path in EXERCISES:
        for name, wrong in wrong_solutions(path.stem).items():
            yield pytest.param(path, wrong, id=f"{path.stem}-{name}")


each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_assignment = pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
each_exercise = pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)


@pytest.fixture(autouse=True)
def _clean_kernels(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels start without anybody's IPython start-up files."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@each_notebook
def test_the_solution_gets_every_point_and_says_nothing_on_stderr(path: Path) -> None:
    notebook = run(read(path), path.parent)
    assert list(messages(notebook)) == []
    assert scores(notebook) == full_marks(notebook)


@each_notebook
def test_the_released_version_fails_every_test(path: Path) -> None:
    notebook = graded(released(path), path.parent)
    assert set(scores(notebook).values()) == {0}


@pytest.mark.parametrize(("path", "wrong"), list(planted()))
def test_a_wrong_solution_is_caught_and_told_why(path: Path, wrong: WrongSolution) -> None:
    notebook = graded(with_cells(path, wrong.cells), path.parent)
    got, full = scores(notebook), full_marks(notebook)
    lost = {grade_id for grade_id in full if got[grade_id] < full[grade_id]}
    assert lost, wrong.misconception
    for grade_id in lost:
        (error,) = [one for one in autograded(notebook)[grade_id].outputs if one.output_type == "error"]
        assert error.ename == wrong.raises, grade_id
        assert error.evalue


@each_exercise
def test_three_misconceptions_are_planted_for_each_exercise(path: Path) -> None:
    assert len(wrong_solutions(path.stem)) >= 3


def test_no_wrong_solution_is_left_of_an_exercise_that_is_gone() -> None:
    assert {folder.name for folder in WRONG_SOLUTIONS.iterdir()} <= {path.stem for path in EXERCISES}


@each_notebook
def test_what_is_released_holds_no_solution_and_no_hidden_test(path: Path) -> None:
    text = nbformat.writes(released(path))
    for mark in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME"):
        assert mark not in text


@each_notebook
def test_every_test_has_points_and_a_visible_and_a_hidden_part_and_messages(path: Path) -> None:
    visible = autograded(released(path))
    for grade_id, cell in autograded(read(path)).items():
        assert cell.metadata.nbgrader.points > 0
        assert "assert " in visible[grade_id].source
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.Assert) or node.msg, f"{grade_id}: {ast.unparse(node)}"
        assert cell.source != visible[grade_id].source, f"{grade_id} has no hidden tests"


@each_notebook
def test_a_notebook_is_stored_clean(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    notebook = read(path)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert text == nbformat.writes(notebook, indent=1) + "\n"
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.execution_count is None and not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@each_notebook
def test_set_up_comes_first_and_is_locked(path: Path) -> None:
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert first.metadata.nbgrader.locked
    assert first.metadata.nbgrader.grade_id == "setup"


@each_notebook
def test_a_person_reads_something_in_own_words(path: Path) -> None:
    assert by_hand(read(path), "markdown")


@each_assignment
def test_an_assignment_has_twenty_points_texts_and_a_plot(path: Path) -> None:
    notebook = read(path)
    assert sum(cell.metadata.nbgrader.points for cell in notebook.cells if is_grade(cell)) == 20
    assert len(by_hand(notebook, "markdown")) >= 2
    assert len(by_hand(notebook, "code")) == 1


@each_assignment
def test_an_assignment_ships_small_data(path: Path) -> None:
    data = list(path.parent.glob("*.csv"))
    assert data
    assert all(file.stat().st_size < 200_000 and not os.access(file, os.X_OK) for file in data)


def test_the_demos_learners_answer_cells_that_exist_and_have_expected_scores_for_every_test() -> None:
    path = ROOT / "course_template" / "source" / "tidy-tables" / "tidy-tables.ipynb"
    full = full_marks(read(path))
    expected = tomllib.loads((ANSWERS / "expected_scores.toml").read_text(encoding="utf-8"))
    learners = {file.stem: file for file in ANSWERS.glob("*.toml") if file.stem != "expected_scores"}
    assert learners.keys() == expected.keys()
    for name, file in learners.items():
        with_cells(path, tomllib.loads(file.read_text(encoding="utf-8"))["cells"])
        points = expected[name]["scores"]
        assert points.keys() == full.keys()
        assert all(points[grade_id] in (0, full[grade_id]) for grade_id in full)
        assert sum(points.values()) == expected[name]["total"]
