"""What cannot be made anonymous is said to the author before handing in, and holds nothing up."""

import json
import shutil
import threading
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from nbcohort.testing import RunningService
from tests.service import exchange_desks
from tests.service.classroom import ok, refused
from tests.service.review_room import ReviewRoom
from tests.service.test_submissions_cli import Terminal


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return file.getvalue()


ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PICTURE = {"output_type": "display_data", "data": {"image/png": b64encode(png()).decode()}, "metadata": {}}
NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "id": "one",
                "metadata": {},
                "execution_count": 1,
                "source": "kowalczyk_mean = 3",
                "outputs": [PICTURE],
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
).encode()
FILES = {"ps1.ipynb": NOTEBOOK, "me.mp3": b"ID3\x03\x00\xff\xfe\x00\x01"}
SAID = {"ps1.ipynb": ["picture", "identifier"], "me.mp3": ["sound"]}


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review()
    return room


@pytest.fixture
def dora(room: ReviewRoom, tmp_path: Path) -> Terminal:
    (tmp_path / "ps1").mkdir()
    for path, data in FILES.items():
        (tmp_path / "ps1" / path).write_bytes(data)
    return Terminal(room, "dora", tmp_path)


@ONCE
def test_submit_says_what_reviewers_would_see_of_the_author_and_hands_in(dora: Terminal) -> None:
    said = " ".join(dora.run("submit", "ps1").split())
    assert "attempt 1 handed in" in said
    assert "me.mp3: reviewers do not get recordings" in said
    assert "ps1.ipynb: a variable or function in it is called like you" in said
    assert "ps1.ipynb: reviewers see this picture as it is" in said


@ONCE
def test_nbgrader_submit_says_it_as_well(room: ReviewRoom, dora: Terminal, tmp_path: Path) -> None:
    desks = exchange_desks.Classroom(room.service, room.cohort, tmp_path, room.admin, room.members)
    desks.released("ps1", ps1="answer = 0")
    shutil.copytree(tmp_path / "ps1", desks.desk("dora").home / "ps1")
    outcome = desks.desk("dora").nbgrader("submit", "ps1")
    assert outcome.code == 0, outcome.log
    assert "Receipt: attempt 1" in outcome.log
    assert "me.mp3: reviewers do not get recordings" in outcome.log
    assert "ps1.ipynb: a variable or function in it is called like you" in outcome.log


@ONCE
def test_where_reviewers_know_the_author_or_there_is_no_review_nothing_is_said(
    room: ReviewRoom, dora: Terminal
) -> None:
    room.apply_review(anonymity="open")
    assert "ps1.ipynb:" not in dora.run("submit", "ps1")
    submission = room.items("dora", "submissions")[0]["id"]
    assert room.items("dora", f"review/submissions/{submission}/notices") == []
    assert ok(room.get("dora", "authors/ps9"))["anonymous"] is False


def test_the_service_says_it_of_what_was_handed_in_to_its_authors_only(room: ReviewRoom) -> None:
    done = room.hand_in("dora", files=FILES)
    found = room.items("dora", f"review/submissions/{done['id']}/notices")
    assert {path: [one["notice"] for one in found if one["path"] == path] for path in SAID} == SAID
    assert "reviewers do not get recordings" in next(one["sentence"] for one in found if one["path"] == "me.mp3")
    for other in ("ben", "ines"):
        refused(room.get(other, f"submissions/{done['id']}/notices"), 404, "no such submission")
    assert ok(room.get("dora", "authors/ps1")) == {
        "assignment": "ps1",
        "anonymous": True,
        "account": "dora",
        "name": "Dora Kowalczyk",
    }


def test_a_plugin_that_fails_or_dawdles_holds_no_hand_in_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from nbcohort.submissions import notices

    done = threading.Event()

    class Slow:
        def each(self, hook: str, read: object, **arguments: object) -> None:
            assert hook == "handin_notices"
            done.wait()

    monkeypatch.setattr(notices, "AFTERWARDS", 0.05)
    monkeypatch.setattr(notices, "load_plugins", Slow)
    monkeypatch.setenv("NBCOHORT_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("NBCOHORT_TOKEN", "none")
    asked = notices.Notices("ds1", "ps1", {})
    assert asked.so_far() == asked.rest() == []
    assert asked._asking.is_alive(), "it was not waited for"
    done.set()
    asked._asking.join()
