"""A learner checks a notebook before handing it in."""

import json
from pathlib import Path

import nbformat
import pytest
import typer
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from typer.testing import CliRunner

from nbcohort.errors import Invalid, NotFound
from nbcohort.grading.check import check, notebooks_at
from nbcohort.grading.cli import commands
from nbcohort.grading.run import How
from nbcohort.sandbox import Limits
from nbcohort.sandbox import probe as find_tier
from tests.unit.grading.course import code, test_cell


def notebook(double: str) -> NotebookNode:
    made = new_notebook(
        cells=[
            code("start = open('start.txt').read()"),
            code(double, grade_id="double", solution=True),
            test_cell("double_test", "assert double(2) == 4", 2),
            test_cell("words_test", "assert double('a') == 'aa', 'double the letters'", 1),
        ]
    )
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "start.txt").write_text("1")
    return tmp_path


def write(folder: Path, double: str) -> Path:
    path = folder / "ps1.ipynb"
    nbformat.write(notebook(double), path)
    return path


@pytest.mark.slow
def test_a_right_notebook_passes_and_its_file_stays_as_it_was(folder: Path) -> None:
    path = write(folder, "def double(x):\n    open('new.txt', 'w').close()\n    return 2 * x")
    before = path.read_bytes()

    checked = check(path, Limits())

    assert checked.passed
    assert [(finding.name, finding.score, finding.points) for finding in checked.findings] == [
        ("double_test", 2, 2),
        ("words_test", 1, 1),
    ]
    assert path.read_bytes() == before
    assert not (folder / "new.txt").exists()


@pytest.mark.slow
def test_a_failing_test_says_what_it_asserts_and_where_to_look(folder: Path) -> None:
    checked = check(write(folder, "def double(x):\n    return 'aa' if x == 'b' else 3"), Limits())

    first, second = checked.findings
    assert not checked.passed
    assert (first.name, first.passed, first.message) == ("double_test", False, "assert double(2) == 4")
    assert first.hint == "What the cell double computes is not what the test expects."
    assert second.message == "AssertionError: double the letters"


@pytest.mark.slow
def test_what_stops_the_notebook_is_named_before_the_tests(folder: Path) -> None:
    (folder / "start.txt").unlink()
    path = write(folder, "raise NotImplementedError()")

    checked = check(path, Limits(), How(timeout=20))

    assert [(finding.cell, finding.name) for finding in checked.findings] == [
        (1, ""),
        (2, ""),
        (3, "double_test"),
        (4, "words_test"),
    ]
    assert (checked.findings[0].message or "").startswith("FileNotFoundError")
    assert checked.findings[1].hint == "There is no solution yet in the cell double."
    assert (checked.findings[2].hint or "").startswith("It is not defined when the notebook runs from the top")


def test_what_is_no_notebook_gets_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    broken.write_text('{"cells": [')
    other = tmp_path / "other.ipynb"
    other.write_text('{"a": 1}')

    with pytest.raises(NotFound, match="There is no notebook"):
        notebooks_at(tmp_path / "missing.ipynb")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="There is no notebook in"):
        notebooks_at(tmp_path / "empty")
    with pytest.raises(Invalid, match="is not valid JSON"):
        check(broken, Limits())
    with pytest.raises(Invalid, match="is JSON, but no notebook"):
        check(other, Limits())


@pytest.mark.slow
def test_without_a_sandbox_the_command_says_that_it_runs_as_oneself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder, "def double(x):\n    return x")
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("NBCOHORT_SANDBOX", "namespaces")
    find_tier.cache_clear()
    app = typer.Typer()
    commands(app)

    result = CliRunner().invoke(app, ["check", str(path)])
    as_json = CliRunner().invoke(app, ["check", str(path), "--json"])
    find_tier.cache_clear()

    assert result.exit_code == 1
    assert "There is no sandbox here: your notebook runs as yourself." in result.stderr
    assert "FAILED  double_test (0 / 2)" in result.stdout
    assert json.loads(as_json.stdout)[0]["tier"] == "none"
