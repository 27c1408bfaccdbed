"""Comments at cells of the work that is reviewed, on a running service."""

import json
from typing import Any

import pytest

from nbcohort.testing import RunningService
from tests.service.classroom import ok, refused
from tests.service.review_room import FULL, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CELLS = [
    {"cell_type": "markdown", "id": f"mine-{i}", "metadata": {}, "source": source}
    for i, source in enumerate(["# Penguins", "The mean is 4.2 kg.", "I am Dora Kowalczyk."])
]
NOTEBOOK = json.dumps({"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    """emil reviews dora's notebook of three cells."""
    room = ReviewRoom(shared_service)
    room.apply_review(k=1)
    room.hand_in("dora", files={"ps1.ipynb": NOTEBOOK, "data.csv": b"mass\n4.2\n"})
    room.hand_in("emil")
    room.open_round()
    return room


def comments(room: ReviewRoom) -> tuple[str, list[dict[str, Any]]]:
    """The task, and comments at its second cell and at a file."""
    (task,) = room.tasks("emil")
    copy = json.loads(room.get("emil", f"tasks/{task['id']}/files/ps1.ipynb").content)
    at_cell = {"file": "ps1.ipynb", "cell": copy["cells"][1]["id"], "quote": "4.2 kg", "text": "Of which species?"}
    at_file = {"file": "data.csv", "cell": None, "quote": "", "text": "Say where it is from."}
    return task["id"], [at_cell, at_file]


def test_a_comment_at_a_cell_reaches_the_author_at_the_own_cell(room: ReviewRoom) -> None:
    task, inline = comments(room)
    saved = ok(room.put_review("emil", task, {**FULL, "inline": inline}))
    assert saved["inline"] == inline
    assert ok(room.put_review("emil", task, {**FULL, "inline": inline}))["version"] == 1, "the same is no new version"
    assert "mine-" not in json.dumps(saved)
    room.close_round()
    (received,) = room.items("dora", "review/received")
    assert received["reviews"][0]["inline"] == [
        {"path": "ps1.ipynb", "index": 1, "quote": "4.2 kg", "text": "Of which species?"},
        {"path": "data.csv", "index": None, "quote": "", "text": "Say where it is from."},
    ]
    assert room.work_of("dora")["tasks"][0]["inline"] == inline


def test_comments_at_cells_belong_to_a_version_and_stay_where_they_are_not_sent(room: ReviewRoom) -> None:
    task, inline = comments(room)
    draft = {"inline": [{**inline[0], "text": ""}]}
    assert ok(room.put_review("emil", task, draft))["inline"][0]["text"] == "", "a draft can wait for its words"
    assert ok(room.put_review("emil", task, {"inline": inline}))["inline"] == inline
    assert ok(room.put_review("emil", task, FULL))["inline"] == inline, "as the command line sends it"
    cleared = ok(room.put_review("emil", task, {**FULL, "inline": []}))
    assert (cleared["inline"], cleared["version"]) == ([], 4)


def test_what_is_not_there_is_refused_with_a_sentence(room: ReviewRoom) -> None:
    task, inline = comments(room)
    at_cell = inline[0]
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"file": "other.ipynb"}, 'no file "other.ipynb"'),
        ({"cell": "mine-1"}, 'no cell "mine-1"'),
        ({"file": "data.csv"}, "no cell"),
        ({"text": " "}, "has no text"),
    ]
    for change, sentence in refusals:
        refused(room.put_review("emil", task, {**FULL, "inline": [{**at_cell, **change}]}), 422, sentence)
    assert room.put_review("emil", task, {**FULL, "inline": [{**at_cell, "index": 0}]}).status_code == 422
    assert room.put_review("emil", task, {**FULL, "inline": [at_cell] * 301}).status_code == 422
