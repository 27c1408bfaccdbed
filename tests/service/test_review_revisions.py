"""What authors change once their reviews are there, and who sees it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from nbcohort.testing import RunningService
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BEFORE = "# Ada Lovelace\nmean = sum(values)"
AFTER = "# Ada Lovelace\nmean = sum(values) / len(values)"


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
