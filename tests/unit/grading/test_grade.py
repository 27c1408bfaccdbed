"""The rules of grading a class: what is graded again, what is kept, what gets a sentence."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from traitlets.config import Config

from nbcohort.errors import NotFound
from nbcohort.grading.complaints import explain, refuse_links
from nbcohort.grading.course_room import ExchangeFailed, last_complaint, open_course, tools_on_path
from nbcohort.grading.grade import Options, Result, choose, grade
from nbcohort.grading.run import KernelFailed, run_notebook
from nbcohort.sandbox import Limits, SandboxUnavailable, probe
from tests.unit.grading.course import ASSIGNMENT, Course, make_course

UNSAFE = Config({"SandboxedExecute": {"unsafe": True}})


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def graded(course: Course, *, force: bool = False) -> dict[str, Result]:
    room = open_course(course.folder, UNSAFE)
    results = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), Options(force=force))
    return {result.account: result for result in results}


@pytest.mark.slow
def test_what_is_graded_is_skipped_until_it_is_handed_in_again_and_manual_grades_stay(course: Course) -> None:
    course.hand_in("ana", course.answered(double="def double(x):\n    return 0"))
    first = graded(course)["ana"]
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        grade_by_hand = gradebook.find_grade("why", "ps1", ASSIGNMENT, "ana")
        grade_by_hand.manual_score = 4
        gradebook.db.commit()
    second = graded(course)["ana"]
    folder = course.hand_in("ana", course.answered())
    (folder / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")
    third = graded(course)["ana"]

    assert (first.outcome, first.score) == ("graded", 4)
    assert (second.outcome, second.score) == ("already graded", 8)
    assert (third.outcome, third.score) == ("graded", 10.5)
    assert (course.folder / "feedback" / "ana" / ASSIGNMENT / "ps1.html").is_file()


@pytest.mark.slow
def test_a_broken_submission_does_not_stop_the_class(course: Course) -> None:
    course.hand_in("ana", None, {"ps1.ipynb": b"{ broken"})
    course.hand_in("ben", course.answered())
    (course.hand_in("cid", course.answered()) / "link").symlink_to("/etc/passwd")

    results = graded(course)

    assert {account: result.outcome for account, result in results.items()} == {
        "ana": "failed",
        "ben": "graded",
        "cid": "failed",
    }
    assert results["ana"].reason == "ps1.ipynb is not valid JSON, so it is no notebook."
    assert results["cid"].reason == "link is a link or a device, not a file."


def test_a_folder_that_is_no_course_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is not a course folder: it has no nbgrader_config"):
        open_course(tmp_path)


@pytest.mark.slow
def test_an_assignment_that_is_not_there_or_not_generated_gets_a_sentence(course: Course) -> None:
    shutil.copytree(course.folder / "source" / ASSIGNMENT, course.folder / "source" / "ps2")
    room = open_course(course.folder)

    assert room.require_generated(ASSIGNMENT) == ("ps1",)
    with pytest.raises(NotFound, match=r"There is no assignment ps3 in .*; there is: ps1, ps2\."):
        room.require_generated("ps3")
    with pytest.raises(NotFound, match="run `nbgrader generate_assignment ps2`"):
        room.require_generated("ps2")


@pytest.mark.slow
def test_an_exchange_that_fails_says_why_in_its_own_words(course: Course) -> None:
    with pytest.raises(ExchangeFailed) as failure:
        open_course(course.folder, Config({"Exchange": {"root": "/nonexistent/exchange"}})).collect(ASSIGNMENT)

    assert "/nonexistent/exchange" in str(failure.value)


def test_only_those_who_handed_in_can_be_chosen() -> None:
    submitted = {"ana": Path("a"), "ben": Path("b")}

    assert choose(submitted, []) == submitted
    assert choose(submitted, ["ben"]) == {"ben": Path("b")}
    with pytest.raises(NotFound, match="zoe has not handed in"):
        choose(submitted, ["zoe"])


def test_a_sandbox_that_does_not_start_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "work").mkdir()
    for number in range(64):  # a byte takes a page of four kilobytes at least
        (tmp_path / "work" / str(number)).write_bytes(b"x")
    notebook = new_notebook(cells=[new_code_cell("1")])

    with pytest.raises(KernelFailed, match="No space left"):
        run_notebook(notebook, tmp_path / "work", Limits(disk=64 << 10))

    assert [path.name for path in tmp_path.iterdir()] == ["work"]
    assert "papermill" not in notebook.metadata


def test_the_last_error_of_a_log_is_the_reason() -> None:
    log = "[INFO] one\n[ERROR] two\n[ERROR] the inbound folder is not there\n"

    assert last_complaint(log, "") == "the inbound folder is not there"
    assert last_complaint("", "Traceback\nnbgrader.ExchangeError: no such course\n") == "no such course"


def test_an_unknown_failure_is_named_by_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "ps1.ipynb").write_text('{"cells": []}')

    assert explain(ValueError("one\ntwo"), tmp_path, ["ps1"]) == "ValueError: one"
    assert explain(None, tmp_path, ["ps1"]) == "nbgrader gives no reason."
    assert refuse_links(tmp_path) is None


def test_alembic_is_found_for_nbgrader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with tools_on_path():
        assert shutil.which("alembic")
    assert os.environ["PATH"] == "/nonexistent"
