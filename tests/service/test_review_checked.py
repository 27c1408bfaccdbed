"""What the checks found in a work, as its reviewer reads it."""

import json

import pytest

from nbcohort.checks.results import Finding, Where, result
from nbcohort.testing import RunningService
from tests.service.classroom import ok, refused
from tests.service.review_room import ReviewRoom, notebook

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NAMED = "Dora Kowalczyk.ipynb"
FOUND = result(
    [
        Finding(
            what="mean_test by Dora Kowalczyk",
            where=Where(notebook=NAMED, cell=3),
            passed=False,
            message="FileNotFoundError: /home/dora/penguins.csv",
            hint="Ask dora@example.org.",
            score=0,
            points=2,
        ),
        Finding(what="Another seed", where=Where(notebook=NAMED, check="seed", cell=1), passed=True),
    ],
    tier="namespaces",
    seconds=1.25,
)


@pytest.fixture(scope="module")
def database_url() -> str:
    """A file: results are read as everywhere."""
    return ""


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    """emil reviews the work of dora, whose notebook is called like her."""
    room = ReviewRoom(shared_service)
    room.apply_review(k=1)
    room.hand_in("dora", files={NAMED: notebook("The mean."), "ps1.ipynb": notebook("The other.")})
    room.hand_in("emil")
    room.open_round()
    return room


def test_a_reviewer_reads_what_the_checks_found_and_not_whose_work_it_is(room: ReviewRoom) -> None:
    (task,) = room.tasks("emil")
    assert ok(room.get("emil", f"tasks/{task['id']}/checks")) == {"result": None}
    submission = room.work_of("dora")["submission"]
    body = {"submission": submission, "result": FOUND.model_dump(mode="json")}
    ok(room.room.post(f"{room.root}/checks", json=body))

    answer = ok(room.get("emil", f"tasks/{task['id']}/checks"))
    failed, passed = answer["result"]["findings"]
    files = [file["path"] for file in room.items("emil", f"review/tasks/{task['id']}/files")]
    assert failed["notebook"] in files
    assert (failed["passed"], failed["cell"], passed["check"]) == (False, 3, "seed")
    assert "penguins.csv" in failed["message"]
    text = json.dumps(answer).lower()
    assert not any(trace in text for trace in ("dora", "kowalczyk", submission, "1.25", "namespaces"))
    refused(room.get("ada", f"tasks/{task['id']}/checks"), 404, "no such review task")
