"""After grading, grading by hand, handing in again and grading again, the gradebook is as stock nbgrader's, row by row.

An assignment of two notebooks, with a task; submissions that come late, lack a notebook or a time, or bring files.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets.config import Config

from nbcohort.grading.course_room import open_course
from nbcohort.grading.grade import Options, Result, grade
from tests.unit.grading.course import ASSIGNMENT, PATIENT, Course, code, generated, grade_id, nbgrader, prose, test_cell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SETTINGS = """
c.Execute.timeout = 10
c.LateSubmissionPlugin.penalty_method = "zero"
c.Autograde.exclude_overwriting = {"ps1": ["theirs.txt"]}
c.CourseDirectory.student_id_exclude = "excluded"
"""
Rows = dict[str, Any]


def second_notebook() -> NotebookNode:
    notebook = nbformat.v4.new_notebook(
        cells=[
            code("### BEGIN SOLUTION\nhalf = 1\n### END SOLUTION", grade_id="half", solution=True),
            test_cell("half_test", "half", 2),
            test_cell("files_test", "assert open('ours.txt').read() + open('theirs.txt').read() == 'ab'", 1),
            prose("Draw something.", grade_id="drawing", task=True, locked=True, points=7),
            code("### BEGIN SOLUTION\n1\n### END SOLUTION", grade_id="free", grade=True, solution=True, points=2),
        ]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def make(folder: Path) -> Course:
    shutil.copytree(generated(), folder)
    course = Course(folder)
    source = folder / "source" / ASSIGNMENT
    nbformat.write(second_notebook(), source / "extra.ipynb")
    (source / "ours.txt").write_text("a")
    (source / "theirs.txt").write_text("?")
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(SETTINGS)
    made = nbgrader("generate_assignment", ASSIGNMENT, "--force", folder=folder)
    assert made.returncode == 0, made.stderr
    with gradebook_of(course) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=datetime(2026, 3, 2))  # noqa: DTZ001 - UTC
    return course


def gradebook_of(course: Course) -> Gradebook:
    return Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1")


def extra(course: Course, **answers: str) -> NotebookNode:
    notebook = nbformat.read(course.folder / "release" / ASSIGNMENT / "extra.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    return notebook


def hand_in(
    course: Course, account: str, second: NotebookNode | None, when: str | None = "2026-03-01 12:00:00", **answers: str
) -> None:
    folder = course.folder / "submitted" / account / ASSIGNMENT
    shutil.rmtree(folder, ignore_errors=True)
    files = {"ours.txt": b"forged", "theirs.txt": b"b", "sub/notes.txt": b"x", "feedback/x.html": b"ignored"}
    course.hand_in(account, course.answered(**answers), files)
    if second is not None:
        nbformat.write(second, folder / "extra.ipynb")
    if when is None:
        (folder / "timestamp.txt").unlink()
    else:
        (folder / "timestamp.txt").write_text(f"{when} UTC")


def first_round(course: Course) -> None:
    hand_in(course, "ana", extra(course, half="half = 1.5", free="2"))
    hand_in(course, "ben", extra(course), root="root = abs")
    hand_in(course, "cid", None)
    hand_in(course, "dan", extra(course, half="half = 2", drawing="Drawn.", free="raise ValueError()"), None)
    hand_in(
        course, "eva", extra(course, half="half = 'words'", free="3"), "2026-03-03 12:00:00", why="YOUR ANSWER HERE"
    )
    hand_in(course, "fay", extra(course, half="half = 1"), "2026-03-03 12:00:00")
    hand_in(course, "excluded", extra(course))


def by_hand(course: Course) -> None:
    """Grade by hand, as formgrader does, and give an extension."""
    with gradebook_of(course) as gradebook:
        for account, notebook, cell, score, more in (
            ("ana", "ps1", "why", 4, None),
            ("ana", "ps1", "double_test", 1, 0.5),
            ("ben", "ps1", "root_test", None, 0.25),
            ("ben", "extra", "drawing", 6, None),
            ("eva", "extra", "half_test", 0, 1),
        ):
            row = gradebook.find_grade(cell, notebook, ASSIGNMENT, account)
            row.manual_score, row.extra_credit, row.needs_manual_grade = score, more, False
        for account, notebook, cell in (("ana", "ps1", "why"), ("ben", "extra", "drawing"), ("eva", "ps1", "why")):
            gradebook.find_comment(cell, notebook, ASSIGNMENT, account).manual_comment = f"Well, {account}."
        gradebook.find_submission(ASSIGNMENT, "fay").extension = timedelta(days=3)
        gradebook.db.commit()


def second_round(course: Course) -> None:
    """Let some hand in again: later, earlier, without a notebook, without a time."""
    hand_in(course, "ana", extra(course, half="half = 1"), "2026-03-01 13:00:00", why="No longer.")
    hand_in(course, "ben", None, "2026-03-03 13:00:00")
    hand_in(course, "cid", extra(course), "2026-03-01 11:00:00")
    hand_in(course, "dan", extra(course, half="half = 0"), "2026-03-01 13:00:00")
    hand_in(course, "eva", extra(course, half="half = 2"), None)
    hand_in(course, "fay", extra(course, half="half = 1.75"), "2026-03-04 12:00:00")


def rows(course: Course) -> Rows:
    """Return all that the gradebook says of submissions."""
    found: Rows = {}
    with gradebook_of(course) as gradebook:
        for submission in gradebook.assignment_submissions(ASSIGNMENT):
            account = submission.student.id
            found[account] = (submission.timestamp, submission.score, submission.needs_manual_grade)
            for notebook in submission.notebooks:
                at = f"{account}/{notebook.name}"
                found[at] = (notebook.score, notebook.late_submission_penalty, notebook.flagged, notebook.failed_tests)
                for one in notebook.grades:
                    values = (one.auto_score, one.manual_score, one.extra_credit, one.score, one.needs_manual_grade)
                    found[f"{at}/{one.name}"] = values
                for one in notebook.comments:
                    found[f"{at}/{one.name}/comment"] = (one.auto_comment, one.manual_comment)
    return found


def files(course: Course) -> dict[str, tuple[int, bytes]]:
    """Return the graded files, with their modes, but for the notebooks' outputs."""
    top = course.folder / "autograded"
    return {
        str(path.relative_to(top)): (path.stat().st_mode, b"" if path.suffix == ".ipynb" else path.read_bytes())
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }


def grade_with_ours(course: Course) -> list[Result]:
    config = Config({"SandboxedExecute": {"unsafe": True, "preload": []}, "SaveScores": {"stderr_fails_tests": True}})
    room = open_course(course.folder, config)
    return list(grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), Options(feedback=False)))


def play(course: Course, grade_all: Any) -> Iterator[tuple[Rows, dict[str, tuple[int, bytes]]]]:
    first_round(course)
    grade_all(course)
    yield rows(course), files(course)
    by_hand(course)
    second_round(course)
    grade_all(course)
    yield rows(course), files(course)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], list[Any]]:
    ours = make(tmp_path_factory.mktemp("both") / "ours")
    stock = Course(ours.folder.parent / "stock")
    shutil.copytree(ours.folder, stock.folder)
    with ThreadPoolExecutor(1) as beside:
        played = beside.submit(
            lambda: list(play(stock, lambda course: nbgrader("autograde", ASSIGNMENT, PATIENT, folder=course.folder)))
        )
        return played.result(), list(play(ours, grade_with_ours))


@pytest.mark.parametrize("after", [0, 1])
def test_every_row_is_as_in_stocks_gradebook(after: int, both: tuple[list[Any], list[Any]]) -> None:
    stock, ours = both[0][after][0], both[1][after][0]

    assert {name: ours[name] for name in stock} == stock
    assert len(ours) == len(stock) > 60


@pytest.mark.parametrize("after", [0, 1])
def test_the_graded_files_and_their_modes_are_as_stocks(after: int, both: tuple[list[Any], list[Any]]) -> None:
    stock, ours = both[0][after][1], both[1][after][1]

    assert ours == stock
    assert stock["ana/ps1/ours.txt"] == (0o100444, b"a")


def test_stocks_rows_are_not_trivially_equal(both: tuple[list[Any], list[Any]]) -> None:
    (before, _), (after, _) = both[0]

    assert before["cid/extra/half_test"] == (0, None, None, 0, False)
    assert before["eva/ps1"][1] == before["eva/ps1"][0] > 0
    assert before["fay/extra"][1] > 0
    assert after["fay/extra"][1] is None
    assert before["dan"][0] is None
    assert after["ana/ps1/why"] == (None, 4, None, 4, True)
    assert after["ana/ps1/double_test"] == (2, 1, 0.5, 1.5, True)
    assert after["ben/ps1"][1] == after["ben/ps1"][0]
    assert after["eva"] == before["eva"][:1] + after["eva"][1:]
    assert "excluded" not in before
