# ruff: noqa: E501
import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbcohort.courses.check import check_course
from nbcohort.courses.findings import Finding
from nbcohort.courses.new import NewCourse, make_course, template
from nbcohort.courses.settings import CohortSettings, CourseSettings, Sections
from nbcohort.errors import Conflict, Invalid
from nbcohort.loading import load_plugins, settings_sections

COURSE = """\
id = "ds"
title = "DS"
[skills]
"s" = "A skill."
[assignments.tidy]
title = "Tidy"
release = "week 1 mon 09:00"
due = "week 1 sun 23:59"
skills = ["s"]
[[assignments.tidy.rubric]]
id = "code"
title = "Code"
levels = [{ points = 0, title = "No" }, { points = 1, title = "Yes" }]
"""
COHORT = 'id = "ds1"\ntitle = "DS 1"\nstart = 2026-01-12\ntime_zone = "UTC"\n'


def cell(
    source: str, grade_id: str | None = None, *, points: float | None = None, solution: bool = False, kind: str = "code"
) -> Any:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    if grade_id:
        made.metadata["nbgrader"] = {
            "grade": points is not None, "grade_id": grade_id, "locked": not solution, "schema_version": 3,
            "solution": solution, "task": False, **({} if points is None else {"points": points}),
        }  # fmt: skip
    return made


SOLUTION = cell("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION", "f", solution=True)
TEST = cell("assert f() == 1", "f-test", points=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "source" / "tidy").mkdir(parents=True)
    (tmp_path / "course.toml").write_text(COURSE)
    (tmp_path / "cohort.toml").write_text(COHORT)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    write_notebook(tmp_path, SOLUTION, TEST)
    return tmp_path


def write_notebook(folder: Path, *cells: Any, name: str = "tidy", **metadata: Any) -> None:
    metadata = metadata or {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    (folder / "source" / "tidy" / f"{name}.ipynb").write_text(json.dumps(notebook))


def change(folder: Path, right: str, wrong: str, file: str = "course.toml") -> None:
    text = (folder / file).read_text()
    assert right in text
    (folder / file).write_text(text.replace(right, wrong, 1))


def found(folder: Path, **options: Any) -> list[tuple[str, str, str]]:
    return [(one.severity, one.where, one.sentence) for one in check_course(folder, Sections(), **options)]


def in_process(notebook: Any, folder: Path) -> Any:
    """Run each cell in this process: enough for notebooks that we wrote ourselves."""
    space: dict[str, Any] = {}
    for one in notebook.cells:
        if one.cell_type == "code":
            try:
                exec(one.source, space)  # noqa: S102
            except Exception as problem:  # noqa: BLE001
                one.outputs = [
                    nbformat.v4.new_output("error", ename=type(problem).__name__, evalue=str(problem), traceback=[])
                ]
    return notebook


def test_nothing_is_found_in_a_folder_that_is_right(folder: Path) -> None:
    assert found(folder, run=in_process) == []


def test_broken_settings_are_findings_with_their_line(folder: Path) -> None:
    change(folder, '"week 1 sun 23:59"', '"wek"')
    change(folder, "UTC", "Mars", file="cohort.toml")
    assert found(folder) == [
        ("error", "course.toml:8", 'assignments.tidy.due: expected a time such as "week 2 fri 23:59", found "wek"'),
        ("error", "cohort.toml:4", 'time_zone: expected a time zone such as "Europe/Berlin", found "Mars"'),
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ('"week 1 sun 23:59"', '"week 1 mon 08:00"', ("error", "course.toml: assignments.tidy.due", "it is due (week 1 mon 08:00) before it is released (week 1 mon 09:00)")),
        ("[[assign", '[assignments.tidy.late]\npolicy = "accept"\nuntil = "week 1 sat 12:00"\n[[assign', ("error", "course.toml: assignments.tidy.late.until", "late hand-in ends (week 1 sat 12:00) before it begins, at the due time (week 1 sun 23:59)")),
        ('[{ points = 0, title = "No" }, { points = 1, title = "Yes" }]', "[]", ("error", "course.toml: assignments.tidy.rubric.code", "this criterion has no levels; give at least two, each with points and a title")),
        (', { points = 1, title = "Yes" }', "", ("error", "course.toml: assignments.tidy.rubric.code", "this criterion has one level only, so nothing can be decided; give at least two")),
        ("points = 1", "points = 0", ("error", "course.toml: assignments.tidy.rubric.code", "two levels are worth 0 points; each level needs points of its own")),
        ('title = "Yes" }', 'title = "Yes" }, { points = 0.5, title = "Half" }', ("error", "course.toml: assignments.tidy.rubric.code", "the levels' points neither rise nor fall: 0, 1, 0.5; put them in order")),
        ('"s" = "A skill."', '"s" = "A skill."\n"t" = "B"', ("warning", "course.toml: skills", 'nobody trains the skill "t"')),
        ('skills = ["s"]', 'skills = ["s", "pandsa"]', ("error", "course.toml: assignments.tidy.skills", 'the skill "pandsa" is not declared under [skills]')),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_together_are_found(folder: Path, right: str, wrong: str, finding: Any) -> None:
    change(folder, right, wrong)
    assert found(folder) == [finding]


def test_a_cohort_that_does_not_fit_its_course_is_found(folder: Path) -> None:
    (folder / "cohort.toml").write_text(
        COHORT + 'course = "other"\n[assignments.tidi]\n[assignments.tidy]\ndue = "2026-01-11 10:00"\n'
    )
    assert found(folder) == [
        ("error", "cohort.toml: course", 'this is a cohort of the course "other", and course.toml is the course "ds"'),
        ("error", "cohort.toml: assignments.tidi", 'the course has no such assignment (did you mean "tidy"?)'),
        ("error", "cohort.toml: assignments.tidy.due", "it is due (2026-01-11 10:00) before it is released (2026-01-12 09:00)"),
    ]  # fmt: skip


def test_folders_and_assignments_that_do_not_match_are_found(folder: Path) -> None:
    (folder / "source" / "tidy").rename(folder / "source" / "tidi")
    (folder / "source" / "stray.ipynb").write_text("{}")
    assert found(folder) == [
        ("error", "source/tidy", 'the folder of this assignment is missing (did you mean "tidi"?)'),
        ("warning", "source/tidi", 'course.toml has no such assignment (did you mean "tidy"?)'),
        ("warning", "source/stray.ipynb", "this notebook is in no assignment; put it into a folder of its own"),
    ]


def test_an_assignment_without_a_notebook_is_found(folder: Path) -> None:
    (folder / "source" / "tidy" / "tidy.ipynb").unlink()
    assert found(folder) == [("error", "source/tidy", "this assignment has no notebook")]


def test_a_gradebook_of_another_cohort_is_found(folder: Path) -> None:
    with sqlite3.connect(folder / "gradebook.db") as connection:
        connection.execute("CREATE TABLE assignment (name TEXT, course_id TEXT)")
        connection.execute("INSERT INTO assignment VALUES ('tidy', 'ds0')")
    connection.close()
    assert found(folder) == [
        (
            "error",
            "gradebook.db",
            'it holds grades of the cohort "ds0", and cohort.toml is "ds1"; make a folder for each',
        )
    ]


@pytest.mark.parametrize(
    ("cells", "finding"),
    [
        ((SOLUTION, TEST, cell("assert f() == 1", "f-test", points=2)), ("error", 'two cells have the grade id "f-test"; each needs its own')),
        ((SOLUTION, TEST, cell("text", "m", points=1, kind="markdown")), ("error", "nbgrader refuses it: Markdown grade cell 'm' is not marked as a solution cell")),
        ((SOLUTION, cell("#| isolated = true\n#| values = {x = 'f('}", "f-test", points=1)), ("error", "the test f-test: What `values` says of x is no expression: f(")),
        ((SOLUTION,), ("warning", "no cell of this notebook gives points")),
        ((SOLUTION, TEST, cell("open('/home/ada/x.csv')")), ("warning", 'the path "/home/ada/x.csv" exists on one machine only; use a relative one')),
        ((SOLUTION, TEST, cell("pd.read_csv('river.cvs')")), ("warning", 'it reads "river.cvs", which is not in the assignment\'s folder (did you mean "river.csv"?)')),
        ((SOLUTION, TEST, cell("open('out.txt', 'w')\nopen('out.txt')")), None),
        ((SOLUTION, TEST, cell("%matplotlib inline\npd.read_csv('river.csv')")), None),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_notebook_is_found(folder: Path, cells: Any, finding: Any) -> None:
    (folder / "source" / "tidy" / "river.csv").touch()
    write_notebook(folder, *cells)
    expected = [] if finding is None else [(finding[0], "source/tidy/tidy.ipynb", finding[1])]
    assert found(folder) == expected


def test_a_graded_cell_without_points_is_found(folder: Path) -> None:
    test = cell("assert f() == 1", "f-test", points=1)
    del test.metadata.nbgrader["points"]
    write_notebook(folder, SOLUTION, test, TEST.copy() | {"metadata": {}})
    assert ("error", "source/tidy/tidy.ipynb", 'the graded cell "f-test" has no points') in found(folder)


def test_notebooks_without_kernel_or_that_are_no_notebooks_are_found(folder: Path) -> None:
    write_notebook(folder, SOLUTION, TEST, other=1)
    write_notebook(folder, SOLUTION, TEST, name="odd", kernelspec={"name": "julia-9", "display_name": "Julia"})
    (folder / "source" / "tidy" / "zz.ipynb").write_text('{"cells": [\n<<<<<<< HEAD\n')
    assert found(folder) == [
        ("warning", "source/tidy/odd.ipynb", 'its kernel "julia-9" is not installed here'),
        ("error", "source/tidy/tidy.ipynb", "no kernel is named in its metadata, so it cannot be run; choose one in JupyterLab and save"),
        ("error", "source/tidy/zz.ipynb", "this notebook is not valid JSON (line 2: Expecting value); was it edited by hand, or left in conflict?"),
    ]  # fmt: skip


def test_a_test_that_the_released_version_passes_is_found(folder: Path) -> None:
    write_notebook(folder, SOLUTION, TEST, cell("assert callable(f)", "lax", points=3))
    assert found(folder, run=in_process) == [
        (
            "error",
            "source/tidy/tidy.ipynb",
            'the released version, without any work, gets 3 of 3 points in the test "lax"',
        )
    ]


def test_hidden_tests_count_when_the_released_version_is_run(folder: Path) -> None:
    hidden = cell("assert callable(f)\n### BEGIN HIDDEN TESTS\nassert f() == 1\n### END HIDDEN TESTS", "t", points=3)
    write_notebook(folder, SOLUTION, hidden)
    assert found(folder, run=in_process) == []


def test_a_solution_that_fails_its_own_test_is_found(folder: Path) -> None:
    write_notebook(folder, SOLUTION, cell("assert f() == 2, 'Two.'", "f-test", points=2))
    assert found(folder, run=in_process) == [
        (
            "error",
            "source/tidy/tidy.ipynb",
            'the solution gets 0 of 2 points in the test "f-test": AssertionError: Two.',
        )
    ]


def test_a_solution_without_its_end_is_found(folder: Path) -> None:
    write_notebook(folder, cell("### BEGIN SOLUTION\nf = lambda: 1", "f", solution=True), TEST)
    assert found(folder, run=in_process) == [
        ("error", "source/tidy/tidy.ipynb", "its solutions cannot be cleared: no end solution statement found")
    ]


def test_what_plugins_find_is_added(folder: Path) -> None:

    def hook(course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
        return [Finding("warning", course.id, cohort.id if cohort else "")]

    assert found(folder, hooks=[hook]) == [("warning", "ds", "ds1")]


def plan(**given: Any) -> NewCourse:
    asked = {"title": None, "cohort": None, "start": None, "time_zone": None}
    return NewCourse.planned(date(2026, 1, 7), **{**asked, **given})


def test_a_new_course_folder_is_complete_and_has_nothing_to_find(tmp_path: Path) -> None:
    make_course(tmp_path / "course", template(), plan(title='Öko "I"', cohort="oeko-1", time_zone="Europe/Berlin"))
    plugins = load_plugins()

    assert check_course(tmp_path / "course", settings_sections(plugins), hooks=[plugins.findings]) == []
    assert (tmp_path / "course" / ".gitignore").is_file()
    cohort = (tmp_path / "course" / "cohort.toml").read_text()
    assert 'id = "oeko-1"\n' in cohort
    assert 'title = "Öko \\"I\\", 2026-01"\n' in cohort
    assert "start = 2026-01-12  " in cohort
    assert 'course = "oko-i"\n' in cohort


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(Conflict, match="is not empty; name a new folder"):
        make_course(tmp_path, template(), plan())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(Conflict, match="is a file"):
        make_course(tmp_path / "mine.txt", template(), plan())


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [("time_zone", "Mars", "--time-zone: expected a time zone"), ("cohort", "A b", "--id: expected 1 to 41"), ("title", " ", "--title: expected some text")],
)  # fmt: skip
def test_options_that_cannot_be_are_named(option: str, value: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        plan(**{option: value})


def test_the_template_is_found_in_a_checkout() -> None:
    assert (Path(template()) / "nbgrader_config.py").is_file()
