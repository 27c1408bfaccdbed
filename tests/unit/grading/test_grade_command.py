"""`nbcohort grade`, as it is called."""

import json
from pathlib import Path

import pytest
import typer
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from nbcohort.errors import Invalid
from nbcohort.grading.cli import commands
from tests.unit.grading.course import ASSIGNMENT, Course, make_course

pytestmark = pytest.mark.slow

app = typer.Typer()
app.callback()(lambda: None)  # an only command would not be called by its name
commands(app)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = make_course(tmp_path / "course", "c.SandboxedExecute.preload = []")
    lost = course.answered()
    lost.cells = [cell for cell in lost.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "double_test"]
    course.hand_in("ana", lost)
    course.hand_in("ben", course.answered(by_hand="1"))
    return course


def arguments(course: Course, *options: str) -> list[str]:
    return ["grade", ASSIGNMENT, "--course", str(course.folder), "--no-collect", "--no-release", "--unsafe", *options]


def test_the_table_says_who_was_graded_repaired_or_not_and_why(course: Course) -> None:
    course.hand_in("cid", None, {"ps1.ipynb": b"{"})

    result = CliRunner().invoke(app, arguments(course))

    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "account outcome score by hand repaired odd",
        "ana graded 6.5 / 15.5 to do see the notebook",
        "ben graded 6.5 / 15.5 to do",
        "cid failed",
        "cid was not graded: ps1.ipynb is not valid JSON, so it is no notebook.",
        "Feedback is written, not released.",
    ]
    page = (course.folder / "feedback" / "ana" / ASSIGNMENT / "ps1.html").read_text()
    assert "Before this was graded:" in page
    assert "was deleted; it is put back." in page
    assert "Before this was graded:" not in (course.folder / "feedback" / "ben" / ASSIGNMENT / "ps1.html").read_text()


def test_the_report_has_repairs_and_without_feedback_there_is_none(course: Course) -> None:
    result = CliRunner().invoke(app, arguments(course, "--json", "--no-feedback", "--workers", "1"))

    report = json.loads(result.stdout)
    assert (result.exit_code, report["assignment"], report["sandbox"]) == (0, ASSIGNMENT, "none")
    assert [one["account"] for one in report["submissions"]] == ["ana", "ben"]
    assert report["submissions"][0]["repairs"] == [
        {
            "notebook": "ps1",
            "kind": "put back",
            "cells": ["double_test"],
            "sentence": "The cell `double_test` was deleted; it is put back.",
        }
    ]
    assert not (course.folder / "feedback").exists()


def test_a_second_run_finds_it_graded_and_only_those_asked_for_are_graded(course: Course) -> None:
    runner = CliRunner()
    first = runner.invoke(app, arguments(course, "--json", "--only", "ben"))
    second = runner.invoke(app, arguments(course, "--json"))

    outcomes = [
        {one["account"]: one["outcome"] for one in json.loads(result.stdout)["submissions"]}
        for result in (first, second)
    ]
    assert outcomes == [{"ben": "graded"}, {"ana": "graded", "ben": "already graded"}]


def test_an_executor_that_is_none_gets_a_sentence(course: Course) -> None:
    result = CliRunner().invoke(app, arguments(course, "--executor", "spark://here"))

    assert isinstance(result.exception, Invalid)
    assert "dask://host:port" in str(result.exception)


def test_a_test_with_a_wrong_head_is_named_before_anyone_is_graded(course: Course) -> None:
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        cell = gradebook.find_source_cell("double_test", "ps1", ASSIGNMENT)
        cell.source = f"#| isolated = true\n#| value = ['x']\n{cell.source}"
        gradebook.db.commit()

    result = CliRunner().invoke(app, arguments(course))

    assert isinstance(result.exception, Invalid)
    assert str(result.exception) == "ps1.ipynb, double_test: An isolated test has no setting value."
    assert not (course.folder / "autograded").exists()
