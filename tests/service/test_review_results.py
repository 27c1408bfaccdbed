"""What a round comes to for each member, on a running service."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nbcohort.testing import RunningService
from nbpeer.cli import commands
from tests.service.classroom import ok, refused
from tests.service.review_room import FULL, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review(submission_weight=3, review_weight=1, tolerance=100)
    for account in ("ada", "ben", "cleo", "dora", "emil"):
        room.hand_in(account)
    room.open_round()
    return room


def test_results_weigh_the_submission_and_the_own_reviews_and_can_be_had_as_csv(
    room: ReviewRoom, tmp_path: Path
) -> None:
    first, second = room.work_of("ada")["tasks"]
    ok(room.put_review(first["reviewer"]["account"], first["id"]))
    low = {**FULL, "scores": {"correct": 1, "clear": 0}}  # 37.5 %
    ok(room.put_review(second["reviewer"]["account"], second["id"], low))
    for task in room.tasks("ada"):
        ok(room.put_review("ada", task["id"]))
    room.close_round()
    rating = {"helpful": 4, "reason": "clear"}
    (received,) = room.items("ada", "review/received")
    review = next(one["id"] for one in received["reviews"] if one["scores"] == FULL["scores"])
    ok(room.client("ada").put(f"{room.root}/review/received/{review}/answer", json=rating))

    public_id = room.round()["id"]
    found = {one["member"]["account"]: one for one in room.items("ines", f"review/rounds/{public_id}/results")}
    assert set(found) == {"ada", "ben", "cleo", "dora", "emil"}, "staff help out, and get no result"
    ada = found["ada"]
    assert (ada["tasks"], ada["done"], ada["quality"]) == (2, 2, 100)
    assert (ada["submission"], ada["percent"]) == (68.75, round((3 * 68.75 + 100) / 4, 2))
    reviewer = found[first["reviewer"]["account"]]
    assert (reviewer["agreement"], reviewer["helpfulness"], reviewer["done"]) == (37.5, 75, 1)
    assert reviewer["quality"] == round(0.5 * (37.5 + 75) / 2, 2)
    refused(room.get("ada", f"rounds/{public_id}/results"), 403, "may not")

    target = tmp_path / "results.csv"
    environment = {**room.service.environment("ines"), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
    done = CliRunner().invoke(commands, ["results", "ps1", "--csv", str(target)], env=environment)
    assert done.exit_code == 0, done.output
    with target.open(encoding="utf-8", newline="") as file:
        rows = {row["account"]: row for row in csv.DictReader(file)}
    assert float(rows["ada"]["percent"]) == ada["percent"]
    assert "ada" in CliRunner().invoke(commands, ["results", "ps1"], env=environment).output
