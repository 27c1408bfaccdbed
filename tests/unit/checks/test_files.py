"""What `nbcohort check-course` finds in `checks/`."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from nbcohort.checks.plugin import check_files
from nbcohort.courses.new import template

SOURCE = "source/chance-or-change/chance-or-change.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    shutil.copytree(template(), folder)
    return folder


def found(course: Path) -> list[tuple[str, str, str]]:
    return [(one.severity, one.where, one.sentence) for one in check_files(course)]


def change_parameters(course: Path, **metadata: object) -> None:
    notebook = nbformat.read(course / SOURCE, as_version=4)
    (cell,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.metadata.update(metadata)
    nbformat.write(notebook, course / SOURCE)


def test_in_the_template_nothing_is_wrong(course: Path) -> None:
    assert found(course) == []


def test_a_course_without_checks_is_fine(course: Path) -> None:
    shutil.rmtree(course / "checks")

    assert found(course) == []


def test_a_check_that_nothing_runs_is_found(course: Path) -> None:
    shutil.move(course / "checks/chance-or-change", course / "checks/chance-and-change")
    nbformat.write(new_notebook(), course / "checks/loose.ipynb")

    assert found(course) == [
        (
            "warning",
            "checks/chance-and-change",
            "there is no assignment source/chance-and-change, so nothing is checked",
        ),
        ("warning", "checks/loose.ipynb", "this check is for no assignment; put it into a folder of its own"),
    ]


def test_a_check_that_cannot_be_read_is_found(course: Path) -> None:
    (course / "checks/chance-or-change/another.ipynb").write_text("{")

    assert found(course) == [
        ("error", "checks/chance-or-change", "another.ipynb is not valid JSON, so it is no notebook.")
    ]


def test_parameters_that_can_be_set_nowhere_are_found(course: Path) -> None:
    change_parameters(course, tags=[])

    sentence = "no cell has the tag `parameters`, so checks/chance-or-change/another-autumn.ipynb cannot set any"
    assert found(course) == [("error", SOURCE, sentence)]


def test_parameters_that_learners_can_change_are_found(course: Path) -> None:
    change_parameters(course, nbgrader={})

    ((severity, where, sentence),) = found(course)
    assert (severity, where) == ("warning", SOURCE)
    assert sentence.startswith("its cell tagged `parameters` is not read-only")


def test_an_assignment_that_cannot_be_read_is_not_reported_twice(course: Path) -> None:
    (course / SOURCE).write_text("{")

    assert found(course) == []
