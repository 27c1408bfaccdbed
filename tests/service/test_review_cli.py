"""`nbcohort review ...` against a running service."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nbcohort.testing import RunningService
from nbpeer.cli import commands
from tests.service.review_room import ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def room(shared_service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewRoom:
    monkeypatch.chdir(tmp_path)
    room = ReviewRoom(shared_service)
    room.apply_review()
    room.everybody_hands_in()
    room.open_round()
    return room


def run(room: ReviewRoom, account: str, *arguments: str) -> Result:
    environment = {**room.service.environment(account), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
    return CliRunner().invoke(commands, list(arguments), env=environment)


def done(room: ReviewRoom, account: str, *arguments: str) -> str:
    result = run(room, account, *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_a_reviewer_fetches_fills_in_and_submits_and_the_author_reads(room: ReviewRoom) -> None:
    given = room.work_of("ada")["tasks"][0]
    reviewer, task = given["reviewer"]["account"], given["id"]
    assert task in done(room, reviewer, "tasks")

    assert "Files of the work: 1" in done(room, reviewer, "fetch", task, "peer")
    form = Path("peer/review.toml")
    assert b"My answer is" in Path("peer/work/ps1.ipynb").read_bytes()
    text = form.read_text("utf-8")
    assert "# Correctness" in text
    assert "1 = Partly (counts 1): Some of it holds." in text
    assert "already" in str(run(room, reviewer, "fetch", task, "peer").exception)

    assert "Choose a level for correct, clear" in str(run(room, reviewer, "submit", task, str(form)).exception)
    assert "draft, version 1" in done(room, reviewer, "submit", task, str(form), "--draft")
    filled = text.replace('level = "?"', "level = 1").replace(
        'overall = """\n"""', 'overall = """\nGood "work"; say what is in C:\\\\data.\n"""'
    )
    form.write_text(filled, "utf-8")
    assert "Submitted, version 2" in done(room, reviewer, "submit", task, str(form))

    done(room, reviewer, "fetch", task, "again")
    assert Path("again/review.toml").read_text("utf-8").count("level = 1") == 2

    room.close_round()
    output = done(room, "ada", "received", "ps1")
    assert "Cleaning" in output
    assert "rests on 1 of 2 reviews" in output
    assert 'Good "work"; say what is in C:\\data.' in output
    assert "Correctness: Partly" in output


def test_everybody_sees_the_rounds_and_staff_who_reviews_whom(room: ReviewRoom) -> None:
    assert "reviewing" in done(room, "ada", "rounds")
    output = done(room, "ines", "rounds", "ps1")
    assert "gus, hana" in output or "hana, gus" in output
    assert "fewer tasks" in output
    assert "may not" in str(run(room, "ada", "rounds", "ps1").exception)


def test_who_has_nothing_to_review_is_told_so(room: ReviewRoom) -> None:
    assert "no reviews to write" in done(room, "ivo", "tasks")
    assert "no such review task" in str(run(room, "ivo", "fetch", "tsk_none").exception)
