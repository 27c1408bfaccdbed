"""The course template's checks: they pass for its own solution, and for nobody who gets around the parameters."""

from pathlib import Path

import nbformat
import pytest

from nbcohort.checks.results import Result
from nbcohort.checks.runner import Settings
from nbcohort.checks.submission import Checks, check_notebooks

pytestmark = pytest.mark.slow

TEMPLATE = Path(__file__).parents[3] / "course_template"
NAME = "chance-or-change"
SOURCE = TEMPLATE / "source" / NAME / f"{NAME}.ipynb"


def checked(path: Path) -> Result:
    return check_notebooks([path], Settings(), Checks.read(TEMPLATE / "checks" / NAME, [path.name]))


def test_the_templates_solution_passes_its_checks() -> None:
    result = checked(SOURCE)
    assert result.passed, result
    assert [one.what for one in result.findings if one.where.check] == [
        "Where there is no effect, none is found",
        "The seed decides what is drawn",
    ]


def test_an_answer_that_was_typed_in_passes_every_test_but_not_the_check(tmp_path: Path) -> None:
    notebook = nbformat.read(SOURCE, as_version=4)
    (answer,) = [cell for cell in notebook.cells if cell.id == "p-value"]
    answer.source = answer.source.replace("return float(", "return 0.02 if len(differences) == 2000 else float(")
    path = tmp_path / SOURCE.name
    nbformat.write(notebook, path)
    (tmp_path / "reminders.csv").write_bytes((SOURCE.parent / "reminders.csv").read_bytes())

    result = checked(path)

    failed = [(one.where.check, one.message) for one in result.findings if not one.passed]
    assert failed == [("another-autumn", "The p-value is small although the labels were shuffled.")]


@pytest.mark.parametrize("path", sorted(TEMPLATE.glob("checks/*/*.ipynb")), ids=lambda path: path.stem)
def test_a_check_is_stored_clean_and_belongs_to_an_assignment(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.read_text("utf-8") == nbformat.writes(notebook, indent=1) + "\n"
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if "outputs" in cell)
    assert (TEMPLATE / "source" / path.parent.name).is_dir()
