"""Calibration: samples that staff have scored, on a running service."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nbcohort.testing import RunningService
from nbpeer.cli import commands
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, OPENS, ReviewRoom, notebook

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BY_STAFF = {
    "scores": {"correct": 1, "clear": 1},
    "comments": {"correct": "The mean is of the wrong column."},
    "overall": "Readable, and wrong in one place.",
}
MINE = {"scores": {"correct": 2, "clear": 1}, "comments": {}, "overall": "Fine."}


@pytest.fixture
def room(shared_service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewRoom:
    monkeypatch.chdir(tmp_path)
    room = ReviewRoom(shared_service)
    room.apply_review(calibrates="week 1 sat 12:00")
    return room


def add(room: ReviewRoom, who: str = "ines", **change: Any) -> Any:
    if "submission" not in change:
        change["submission"] = room.hand_in("ines", files={"ps1.ipynb": notebook("A sample by Dora Kowalczyk.")})["id"]
    return room.client(who).post(f"{room.root}/review/samples", json={"assignment": "ps1", **BY_STAFF, **change})


def calibrate(room: ReviewRoom) -> None:
    room.service.set_clock(OPENS - timedelta(days=1))
    room.wait_for_phase("calibrating")


def score(room: ReviewRoom, account: str, sample: str, body: dict[str, Any] = MINE) -> Any:
    return room.client(account).put(f"{room.root}/review/samples/{sample}/score", json=body)


def test_a_reviewer_scores_a_sample_and_sees_criterion_by_criterion_how_staff_did(room: ReviewRoom) -> None:
    sample = ok(add(room))["id"]
    assert room.items("ada", "review/samples", assignment="ps1") == [], "not before its time"
    refused(score(room, "ada", sample), 404, "no such sample for you")
    room.everybody_hands_in()
    calibrate(room)
    (listed,) = room.items("ada", "review/samples", assignment="ps1")
    assert (listed["id"], listed["scored"]) == (sample, False)
    assert "wrong" not in room.get("ada", f"samples/{sample}").text
    (today,) = room.items("ada", "tasks")
    assert (today["id"], today["done"]) == (sample, False)
    copy = room.get("ada", f"samples/{sample}/files/ps1.ipynb").content
    assert b"A sample by" in copy
    assert b"Dora" not in copy
    refused(room.get("ada", f"samples/{sample}/score"), 409, "Score the sample first")
    refused(score(room, "ada", sample, {**MINE, "scores": {"clear": 1}}), 422, "Choose a level for correct")

    compared = ok(score(room, "ada", sample))
    assert compared["agreement"] == 62.5, "half a criterion of weight 3 of 4 is away"
    assert compared["criteria"][0] == {
        "id": "correct",
        "title": "Correctness",
        "mine": 2,
        "staff": 1,
        "reason": "The mean is of the wrong column.",
    }
    assert compared["overall"] == BY_STAFF["overall"]
    refused(score(room, "ada", sample), 409, "have scored this sample")
    assert ok(room.get("ada", f"samples/{sample}/score")) == compared
    assert room.items("ada", "tasks")[0]["done"]

    room.open_round()
    assert ok(score(room, "ben", sample, BY_STAFF))["agreement"] == 100
    found = room.items("ines", f"review/rounds/{room.round()['id']}/results")
    assert {one["member"]["account"]: one["calibration"] for one in found if one["calibration"]} == {
        "ada": 25,  # 37.5 of the 50 percentage points at which nothing is left
        "ben": 100,
    }
    authors = {author["account"] for work in room.round()["works"] for author in work["authors"]}
    assert "ines" not in authors, "a sample is not swapped"
    room.service.set_clock(CLOSES + timedelta(days=1))
    refused(score(room, "cleo", sample), 404, "no such sample for you")


def test_what_can_be_no_sample_is_refused(room: ReviewRoom) -> None:
    refused(add(room, submission=room.hand_in("ada")["id"]), 409, "A learner handed this in")
    refused(add(room, submission="sub_none"), 404, "no such submission")
    refused(add(room, assignment="ps9"), 404, 'no peer review of "ps9"')
    refused(add(room, scores={"correct": 1}), 422, "Choose a level for clear")
    for who in ("ada", "mo"):
        refused(add(room, who=who), 403, "may not")
    samples = [ok(add(room))["id"] for _number in range(3)]
    refused(add(room), 409, "3 samples already")
    assert room.client("ines").delete(f"{room.root}/review/samples/{samples[0]}").status_code == 204
    refused(room.client("ada").delete(f"{room.root}/review/samples/{samples[1]}"), 403, "may not")
    assert [one["id"] for one in room.items("mo", "review/samples", assignment="ps1")] == samples[1:]
    room.apply_review()
    refused(add(room), 409, "set calibrates first")


def test_it_works_from_the_command_line(room: ReviewRoom) -> None:
    def run(account: str, *arguments: str) -> str:
        environment = {**room.service.environment(account), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
        result = CliRunner().invoke(commands, list(arguments), env=environment)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    submission = room.hand_in("ines", files={"ps1.ipynb": notebook("A sample.")})["id"]
    Path("staff.toml").write_text(
        'overall = "So so."\n[criteria.correct]\nlevel = 1\ncomment = "Because."\n[criteria.clear]\nlevel = 1\n',
        "utf-8",
    )
    sample = run("ines", "sample-add", "ps1", submission, "staff.toml").split()[1]
    calibrate(room)
    assert f"{sample} " in run("ada", "samples", "ps1")
    run("ada", "sample-form", sample, "mine.toml")
    (kept,) = Path().glob("sample-*/ps1.ipynb")
    assert b"A sample." in kept.read_bytes()
    text = Path("mine.toml").read_text("utf-8")
    assert f"nbcohort review sample-score {sample} mine.toml" in text
    filled = text.replace('level = "?"', "level = 1").replace('overall = """\n"""', 'overall = "Fine."')
    Path("mine.toml").write_text(filled, "utf-8")
    output = run("ada", "sample-score", sample, "mine.toml")
    assert "agree with staff to 100 %" in output
    assert "Correctness: you 1, staff 1. Because." in output
    assert "scored" in run("ada", "samples", "ps1")
