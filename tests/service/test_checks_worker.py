"""What is handed in is checked by itself, in the course room: with a real service, in the real sandbox."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbcohort.checks.results import Result
from nbcohort.checks.worker import TRIES, Worker, next_in_turn
from nbcohort.client import ServiceUnreachable
from nbcohort.ports import free_port
from nbcohort.sandbox import SandboxFailed
from nbcohort.sandbox.process import command_of
from nbcohort.spawner import CONFIGURATION
from nbcohort.testing import wait_until
from tests.service.check_room import CheckRoom, as_json
from tests.service.classroom import START, Classroom, ok
from tests.service.test_submissions_cli import Terminal
from tests.unit.checks.notebooks import learners, notebook, tagged
from tests.unit.grading.course import code

pytestmark = pytest.mark.slow

ONCE = ("checks", "run", "--once")

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is about the room; `test_checks` and the story below are about the service, on each database."""


@pytest.fixture
def desk(room: Classroom, tmp_path: Path) -> CheckRoom:
    return CheckRoom(room, tmp_path)


def work(desk: CheckRoom) -> None:
    """Check all that waits."""
    with desk.worker() as worker:
        while worker.step():
            pass


@on_one_database
def test_the_learner_reads_what_the_checks_of_the_last_attempt_found(desk: CheckRoom, tmp_path: Path) -> None:
    Classroom(desk.room.service, f"{desk.room.cohort}-b")  # ada is in two cohorts; which one, the environment says
    desk.room.service.set_clock(START + timedelta(minutes=10))  # it was put back to before she was in the first
    desk.hand_in("ada", learners("def double(x):\n    return x"))
    second = desk.hand_in("ada", learners("def double(x):\n    return 4"))
    work(desk)

    ada = Terminal(desk.room, "ada", tmp_path)
    said = ada.run("checks")
    assert "ps1, attempt 2 by ada, checked Mon 12 Jan 10:1" in said
    assert "  passed  double_test (2 / 2)" in said
    assert "ps1.ipynb (other-data)" in said
    assert "  passed  Doubles what is in another file" in said
    (found,) = as_json(ada.run("checks", "show", "ps1", "--json"))
    assert (found["submission"], found["attempt"]) == (second, 2)
    assert Result.model_validate(found["result"]).passed
    assert "Nothing was checked yet" in Terminal(desk.room, "ben", tmp_path).run("checks")


@on_one_database
def test_tests_that_a_learner_has_edited_or_deleted_are_as_they_were_released(desk: CheckRoom) -> None:
    edited = learners("def double(x):\n    return 1")
    edited.cells[3].source = "assert True"
    edited.cells[0].metadata.pop("tags")
    edited.cells.insert(0, tagged(code("seed = 0")))  # Papermill would put its own after this one
    first = desk.hand_in("ada", edited)
    without = learners("def double(x):\n    return 1")
    del without.cells[3]
    second = desk.hand_in("ben", without)
    work(desk)

    for submission in (first, second):
        found = desk.results()[submission].findings
        assert [(one.what, one.passed) for one in found if not one.where.check] == [("double_test", False)]
        assert next(one.what for one in found if one.where.check) == "Doubles what is in another file"


@on_one_database
def test_what_cannot_be_checked_gets_a_result_that_says_why(desk: CheckRoom) -> None:
    deep = b'{"cells": [{"source": ' + b"[" * 500 + b"]" * 500 + b"}]}"
    lost = desk.room.hand_in("ada", "ps1", {"mine.txt": b"no notebook"})["id"]
    unreleased = desk.room.hand_in("ada", "late-ok", {"mine.txt": b"no notebook"})["id"]
    broken = desk.hand_in("ben", deep)
    work(desk)

    (missing,) = desk.results()[lost].findings
    assert missing.message == "This notebook is not among what was handed in."
    assert "lists within lists" in (desk.results()[broken].trouble or "")
    assert desk.results()[unreleased].trouble == "There is no notebook in the submission."
    assert not desk.results("ben")[broken].passed


@on_one_database
def test_a_mistake_in_a_check_is_the_instructors_to_read_and_the_rest_is_checked(desk: CheckRoom) -> None:
    (desk.course / "checks" / "ps1" / "wrong.ipynb").write_text("{")
    submission = desk.hand_in("ada", learners())
    work(desk)

    found = desk.results()[submission]
    assert found.trouble == "The further checks of this assignment cannot be run; your instructors can see why."
    assert [one.what for one in found.findings] == ["double_test"]
    assert any("wrong.ipynb is not valid JSON" in sentence for sentence in desk.said)

    (desk.course / "checks" / "ps1" / "wrong.ipynb").unlink()
    with desk.worker() as worker:
        assert worker.check_again("ps1") == 1
    assert desk.results()[submission].passed
    assert [one["version"] for one in desk.room.items("ada", "checks")] == [2]


def test_assignments_take_turns() -> None:
    waiting = [{"assignment": name, "submission": f"sub_{name}"} for name in ("b", "a", "c")]
    turns, last = [], ""
    for _turn in range(5):
        last = next_in_turn(waiting, last)["assignment"]
        turns.append(last)
    assert turns == ["a", "b", "c", "a", "b"]


@on_one_database
def test_a_crowd_in_one_assignment_does_not_keep_another_waiting(desk: CheckRoom) -> None:
    crowd = [desk.room.hand_in(account, "ps1", {"a.txt": b"x"})["id"] for account in ("ada", "ben", "cleo")]
    other = desk.room.hand_in("cleo", "late-ok", {"a.txt": b"x"})["id"]
    with desk.worker() as worker:
        for _turn in range(3):
            assert worker.step()
    assert set(desk.results()) == {other, *crowd[:2]}


@on_one_database
def test_what_is_being_checked_when_the_service_goes_away_is_not_lost(
    desk: CheckRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = desk.hand_in("ada", learners())
    found_in = Worker._found_in

    def and_then_it_stops(self: Worker, about: Any) -> Result:
        found = found_in(self, about)
        desk.room.service.stop()
        return found

    with monkeypatch.context() as patch, desk.worker() as worker:
        patch.setattr(Worker, "_found_in", and_then_it_stops)
        with pytest.raises(ServiceUnreachable):
            worker.step()
    desk.room.service.start()

    work(desk)

    assert desk.results()[submission].passed


@on_one_database
def test_a_check_that_ends_the_checker_again_and_again_is_given_up(desk: CheckRoom) -> None:
    submission = desk.hand_in("ada", learners())
    desk.state.mkdir(parents=True)
    (desk.state / submission).write_text(str(TRIES))  # as many were killed
    work(desk)

    assert desk.results()[submission].trouble == f"The check of it broke off {TRIES} times."
    assert not (desk.state / submission).exists()


@on_one_database
def test_a_sandbox_that_does_not_start_is_nobodys_result(desk: CheckRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_anything: object, **_more: object) -> None:
        raise SandboxFailed("no room for a sandbox")

    desk.hand_in("ada", learners())
    monkeypatch.setattr("nbcohort.checks.runner.papermill_engines.execute_notebook_with_engine", fails)
    with desk.worker() as worker, pytest.raises(SandboxFailed):
        worker.step()
    assert desk.results() == {}


@contextmanager
def course_room_server(desk: CheckRoom, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The server of the course room, with the configuration that it has on a Hub."""
    parts = [str(CONFIGURATION / part) for part in ("course_room", "everyone")]
    options = [f"--ServerApp.root_dir={desk.course}", f"--ServerApp.port={free_port()}", "--ServerApp.allow_root=True"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser", *options],
            env={**desk.environment, "JUPYTER_CONFIG_PATH": os.pathsep.join(parts)},
            cwd=desk.course,
            stdout=output,
            stderr=output,
        )
        try:
            yield server
        finally:
            server.kill()
            server.wait()


def children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that ends just now
            found += map(int, path.read_text("ascii").split())
    return found


def checkers(server: "subprocess.Popen[bytes]") -> list[int]:
    return [one for one in children(server.pid) if b"nbcohort.checks" in command_of(one)]


def test_from_hand_in_to_findings_while_the_course_rooms_server_runs_and_its_checker_is_killed(
    desk: CheckRoom, tmp_path: Path
) -> None:
    slow = notebook(*learners().cells, code("import time\nif seed == 1: time.sleep(1)"))
    with course_room_server(desk, tmp_path / "server.log") as server:
        submission = desk.hand_in("ada", slow)
        note = desk.state / submission
        wait_until(note.exists, 240, "the beginning of the check")
        (checker,) = checkers(server)
        os.kill(checker, signal.SIGKILL)
        wait_until(lambda: bool(checkers(server)) and checkers(server) != [checker], 240, "another checker")
        wait_until(lambda: submission in desk.results("ada"), 240, "the result")
        (checker,) = checkers(server)
    assert desk.results("ada")[submission].passed
    said = Terminal(desk.room, "ada", tmp_path).run("checks", "show", "ps1")
    assert "  passed  Draws from the seed it is given" in said
    wait_until(lambda: not command_of(checker), 30, "the checker's end, after its server's")


@on_one_database
def test_the_command_of_a_learner_is_refused_in_a_sentence(desk: CheckRoom, tmp_path: Path) -> None:
    assert "check.list-waiting" in Terminal(desk.room, "ada", tmp_path).fail(*ONCE)
    assert ok(desk.room.room.get(f"{desk.room.root}/checks"))["items"] == []
