"""What authors change once their reviews are there, and who sees it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbcohort.testing import RunningService
from tests.service import exchange_desks
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, ReviewRoom
from tests.service.test_review_cli import done

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BEFORE = "# Ada Lovelace\nmean = sum(values)"
AFTER = "# Ada Lovelace\nmean = sum(values) / len(values)"


UNTIL: dict[str, Any] = {"revisions_until": "week 3 wed 23:59"}


def code(source: str) -> bytes:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def over(shared_service: RunningService) -> ReviewRoom:
    """Ada, ben and the pair of gus and hana have handed in, hand-in has closed, and their reviews are there."""
    room = ReviewRoom(shared_service)
    room.release(files={"ps1.ipynb": code("")})
    room.apply_review(k=1, **UNTIL)
    room.pair("gus", "hana")
    for account in ("ada", "ben", "gus"):
        room.hand_in(account, files={"ps1.ipynb": code(BEFORE)})
    room.open_round()
    for task in (task for work in room.round()["works"] for task in work["tasks"]):
        ok(room.put_review(task["reviewer"]["account"], task["id"]))
    refused(begin(room, "ada"), 403, "late hand-ins are not taken")  # the reviews are not there yet
    room.close_round()
    return room


def begin(room: ReviewRoom, account: str, **body: Any) -> Any:
    return room.begin(room.client(account), "submissions", {"ps1.ipynb": code(AFTER)}, assignment="ps1", **body)


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review(k=1)
    room.admin.post(f"{room.root}/members", json={"account": "al", "name": "Ada Lovelace"})
    for account in ("al", "ben", "cleo"):
        room.hand_in(account, files={"ps1.ipynb": code(BEFORE), "notes.md": b"As before.\n"})
    due = (CLOSES + timedelta(days=30)).isoformat()
    extension = {"assignment": "ps1", "due_at": due, "reason": "revision"}
    al = next(one["id"] for one in room.items("ines", "members") if one["account"] == "al")
    ok(room.admin.post(f"{room.root}/extensions", json={**extension, "member": al}))
    room.open_round()
    return room


def test_a_revision_is_shown_beside_the_first_to_author_reviewer_and_staff_and_changes_no_score(
    room: ReviewRoom,
) -> None:
    work = room.work_of("al")
    (task,) = work["tasks"]
    reviewer = task["reviewer"]["account"]
    for one in (task for other in room.round()["works"] for task in other["tasks"]):
        ok(room.put_review(one["reviewer"]["account"], one["id"]))
    staff = f"rounds/{room.round()['id']}/works/{work['pseudonym']}/revision"
    refused(room.get(reviewer, f"tasks/{task['id']}/revision"), 404, "no revision")
    room.hand_in("al", files={"ps1.ipynb": code("x = 1")})
    refused(room.get("ines", staff), 404, "no revision")
    room.close_round()
    score = room.work_of("al")["score"]
    refused(room.get("ines", staff), 404, "no revision")
    room.hand_in("al", files={"ps1.ipynb": code(AFTER), "more.py": b"pass\n"})

    mine, theirs, whole = (
        ok(room.get("al", "revisions/ps1")),
        ok(room.get(reviewer, f"tasks/{task['id']}/revision")),
        ok(room.get("ines", staff)),
    )
    for found in (mine, theirs, whole):
        assert {file["path"]: file["change"] for file in found["files"]} == {
            "ps1.ipynb": "changed",
            "notes.md": "removed",
            "more.py": "added",
        }
        (cell,) = next(file for file in found["files"] if file["path"] == "ps1.ipynb")["cells"]
        signs = [(line["sign"], line["text"]) for line in cell["lines"][1:]]
        assert signs == [("-", BEFORE.splitlines()[1]), ("+", AFTER.splitlines()[1])]
        assert "<ins>" in found["html"]
    assert "Lovelace" in json.dumps(mine)
    assert "Lovelace" in json.dumps(whole)
    assert "Lovelace" not in json.dumps(theirs)
    assert "[name]" in json.dumps(theirs)
    assert room.work_of("al")["score"] == score
    other = next(one for one in ("ben", "cleo") if one != reviewer)
    refused(room.get(other, f"tasks/{task['id']}/revision"), 404, "no such review task")
    refused(room.get(other, "revisions/ps1"), 404, "no revision")
    refused(room.get(other, staff), 403, "may not")


def test_after_hand_in_has_closed_a_revision_is_taken_and_not_graded(over: ReviewRoom, tmp_path: Path) -> None:
    first = over.items("ines", "submissions", latest="true")
    begun = ok(begin(over, "ada"))
    assert (begun["attempt"], begun["revision"]) == (2, True)
    assert ok(over.get("ada", "received"))["items"][0]["revisions_until"] == "2026-01-28T22:59:00Z"

    assert "You can hand in a revision until Wed 28 Jan" in " ".join(done(over, "ada", "received", "ps1").split())
    assert "hand in a revision" not in done(over, "ines", "received", "ps1", "--account", "ada")

    desks = exchange_desks.Classroom(over.service, over.cohort, tmp_path, over.admin, over.members)
    ada, course_room = desks.desk("ada"), desks.desk(f"course-{over.cohort}")
    exchange_desks.write_notebook(ada.home / "ps1" / "ps1.ipynb", AFTER)
    outcome = ada.nbgrader("submit", "ps1")
    assert outcome.code == 0, outcome.log
    assert "this is a revision" in outcome.log
    attempts = [(one["attempt"], one["revision"]) for one in over.items("ada", "submissions")]
    assert attempts == [(1, False), (2, True)]
    assert over.items("ines", "submissions", latest="true") == first
    assert course_room.nbgrader("collect", "ps1").code == 0
    assert (
        BEFORE
        in json.loads((course_room.home / "submitted" / "ada" / "ps1" / "ps1.ipynb").read_text())["cells"][0]["source"]
    )
    changed = ok(over.get("ada", "revisions/ps1"))["files"]
    assert [(file["path"], file["change"]) for file in changed] == [("ps1.ipynb", "changed")]

    over.service.set_clock(CLOSES + timedelta(days=6))
    assert ok(over.get("ada", "received"))["items"][0]["revisions_until"] is None
    refused(begin(over, "ada"), 403, "late hand-ins are not taken")


def test_only_those_whose_work_was_reviewed_revise_it(over: ReviewRoom) -> None:
    refused(begin(over, "cleo"), 403, "late hand-ins are not taken")
    assert ok(begin(over, "hana"))["submitters"] == ["gus", "hana"]
    over.pair("ada", "cleo")
    refused(begin(over, "ada"), 403, "late hand-ins are not taken")
    assert ok(begin(over, "ada", alone=True))["revision"]


def test_where_authors_wait_for_the_release_revisions_wait_too(shared_service: RunningService) -> None:
    room = ReviewRoom(shared_service)
    room.apply_review(k=1, reviews_shown="released", release="week 2 sun 12:00", **UNTIL)
    for account in ("ada", "ben"):
        room.hand_in(account, files={"ps1.ipynb": code(BEFORE)})
    room.open_round()
    room.close_round()
    refused(begin(room, "ada"), 403, "late hand-ins are not taken")
    room.service.set_clock(CLOSES + timedelta(days=2))
    room.wait_for_phase("released")
    assert ok(begin(room, "ada"))["revision"]
