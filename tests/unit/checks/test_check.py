"""A learner checks a notebook before handing it in."""

import json
from pathlib import Path

import pytest
import typer
from nbformat import NotebookNode
from typer.testing import CliRunner

from nbcohort.checks.cli import commands
from nbcohort.checks.runner import Settings
from nbcohort.checks.submission import check_notebooks, notebooks_at
from nbcohort.errors import Invalid, NotFound
from nbcohort.grading.run import How
from nbcohort.sandbox import probe as find_tier
from tests.unit.checks.notebooks import notebook, write
from tests.unit.grading.course import code, test_cell

SETTINGS = Settings()


def work(double: str) -> NotebookNode:
    return notebook(
        code("start = open('start.txt').read()"),
        code(double, grade_id="double", solution=True),
        test_cell("double_test", "assert double(2) == 4", 2),
        test_cell("words_test", "assert double('a') == 'aa', 'double the letters'", 1),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "start.txt").write_text("1")
    return tmp_path


@pytest.mark.slow
def test_a_right_notebook_passes_and_its_file_stays_as_it_was(folder: Path) -> None:
    path = write(folder, work("def double(x):\n    open('new.txt', 'w').close()\n    return 2 * x"))
    before = path.read_bytes()

    checked = check_notebooks([path], SETTINGS)

    assert checked.passed
    assert checked.tier == find_tier().name
    assert [(finding.what, finding.score, finding.points) for finding in checked.findings] == [
        ("double_test", 2, 2),
        ("words_test", 1, 1),
    ]
    assert path.read_bytes() == before
    assert not (folder / "new.txt").exists()


@pytest.mark.slow
def test_a_failing_test_says_what_it_asserts_and_where_to_look(folder: Path) -> None:
    checked = check_notebooks([write(folder, work("def double(x):\n    return 'aa' if x == 'b' else 3"))], SETTINGS)

    first, second = checked.findings
    assert not checked.passed
    assert (first.what, first.passed, first.message) == ("double_test", False, "assert double(2) == 4")
    assert (first.where.notebook, first.where.cell, first.where.check) == ("ps1.ipynb", 3, None)
    assert first.hint == "What the cell double computes is not what the test expects."
    assert second.message == "AssertionError: double the letters"


@pytest.mark.slow
def test_what_stops_the_notebook_is_named_before_the_tests(folder: Path) -> None:
    (folder / "start.txt").unlink()
    path = write(folder, work("raise NotImplementedError()"))

    checked = check_notebooks([path], Settings(how=How(timeout=20)))

    assert [(finding.where.cell, finding.what) for finding in checked.findings] == [
        (1, "cell 1"),
        (2, "cell 2"),
        (3, "double_test"),
        (4, "words_test"),
    ]
    assert (checked.findings[0].message or "").startswith("FileNotFoundError")
    assert checked.findings[1].hint == "There is no solution yet in the cell double."
    assert (checked.findings[2].hint or "").startswith("It is not defined when the notebook runs from the top")


@pytest.mark.slow
def test_a_warning_costs_nothing_and_a_part_of_the_points_is_no_pass(folder: Path) -> None:
    made = notebook(
        test_cell("warns", "import warnings\nwarnings.warn('old')", 1),
        test_cell("part", "0.5", 2),
        test_cell("nonsense", "7", 2),
    )

    checked = check_notebooks([write(folder, made)], SETTINGS)

    assert [(one.what, one.passed, one.score) for one in checked.findings] == [
        ("warns", True, 1),
        ("part", False, 0.5),
        ("nonsense", False, 0),
    ]
    assert checked.findings[1].message == "It gave a part of the points, or a result that is none."


@pytest.mark.slow
def test_what_an_error_says_is_kept_without_what_no_database_takes(folder: Path) -> None:
    made = notebook(code(r"raise ValueError('nul \x00, half \ud800, turned \u202e, ' + 5000 * 'long ')"))

    (finding,) = check_notebooks([write(folder, made)], SETTINGS).findings

    assert finding.message is not None
    assert finding.message.startswith("ValueError: nul , half ")
    assert "\u202e" not in finding.message
    assert len(finding.message) == 1000


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
        check_notebooks([broken], SETTINGS)
    with pytest.raises(Invalid, match="no notebook"):
        check_notebooks([other], SETTINGS)


@pytest.mark.slow
def test_without_a_sandbox_the_command_says_that_it_runs_as_oneself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder, work("def double(x):\n    return x"))
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
    printed = json.loads(as_json.stdout)
    assert (printed["tier"], printed["passed"], printed["shape"]) == ("none", False, 1)
    assert printed["findings"][0]["where"] == {"notebook": "ps1.ipynb", "check": None, "cell": 3}
