"""A learner's server between the Lab and the real service: what the Lab asks, and what it may see."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nbcohort.ports import free_port
from nbcohort.testing import RunningService
from tests.service.classroom import ok
from tests.service.lab_server import Server, running_server
from tests.service.review_room import FULL, ReviewRoom

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database_url() -> str:
    """A file: what is between the Lab and the service knows no database."""
    return ""


@pytest.fixture(scope="module")
def room(shared_service: RunningService) -> ReviewRoom:
    """A round of reviews under way."""
    room = ReviewRoom(shared_service)
    room.apply_review()
    room.everybody_hands_in()
    room.open_round()
    return room


@pytest.fixture(scope="module")
def ada(room: ReviewRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("ada") / "home", room.service.environment("ada")) as server:
        yield server


@pytest.fixture
def task(room: ReviewRoom) -> str:
    """The first of ada's reviews, below the server's API."""
    return f"cohorts/{room.cohort}/review/tasks/{room.tasks('ada')[0]['id']}"


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    return str(body["detail"])


def test_today_lists_what_is_to_do_by_the_services_clock(ada: Server, room: ReviewRoom) -> None:
    today = ok(ada.get("today"))

    assert today["account"] == "ada"
    assert today["now"].startswith("2026-01-19")
    mine = [task for task in today["tasks"] if task["cohort"] == room.cohort]
    assert len(mine) == 2
    assert all(task["title"].startswith("Review work ") and not task["done"] for task in mine)


def test_before_handing_in_one_is_told_what_the_files_show_or_why_they_are_not_taken(
    ada: Server, room: ReviewRoom
) -> None:
    address = f"cohorts/{room.cohort}/assignments/my%20work%202.1/notices"
    folder = ada.log.parent / room.cohort / "my work 2.1"
    assert ok(ada.get(address)) == {"notices": []}  # it was not fetched
    folder.mkdir(parents=True)
    (folder / "me.mp3").write_bytes(b"ID3\x03\x00\xff\xfe")
    assert ok(ada.get(address)) == {"notices": []}  # nobody reviews it
    (folder / "broken.ipynb").write_text("{")
    (sentence,) = ok(ada.get(address))["notices"]
    assert "“broken.ipynb” is not a valid notebook" in sentence

    (ada.log.parent / "ps1").mkdir()
    (ada.log.parent / "ps1" / "me.mp3").write_bytes(b"ID3\x03\x00\xff\xfe")
    (sentence,) = ok(ada.get(f"cohorts/{room.cohort}/assignments/ps1/notices"))["notices"]
    assert sentence.startswith("me.mp3: reviewers do not get recordings")
    assert ada.get(f"cohorts/{room.cohort}/assignments/../notices").status_code == 404
    assert ada.get(f"cohorts/{room.cohort}/assignments/%2e%2e/notices").status_code == 404
    assert problem(ada.get(f"cohorts/{room.cohort}/review/revisions/my%20work%202.1"), 404)


def test_a_review_has_all_that_its_workspace_needs(ada: Server, task: str) -> None:
    opened = ok(ada.get(task))

    assert [criterion["id"] for criterion in opened["task"]["rubric"]] == ["correct", "clear"]
    assert [file["path"] for file in opened["files"]] == ["ps1.ipynb"]
    assert opened["review"]["version"] == 0
    assert len(opened["others"]) == 2


def test_the_work_is_shown_as_html(ada: Server, task: str) -> None:
    page = ok(ada.get(f"{task}/shown", path="ps1.ipynb"))

    assert [part["kind"] for part in page["parts"]] == ["markdown"]
    assert "My answer is" in page["parts"][0]["html"]


def test_cells_are_called_as_comments_call_them(ada: Server, task: str) -> None:
    (cell,) = ok(ada.get(f"{task}/cells", path="ps1.ipynb"))["cells"]
    at_cell = {"file": "ps1.ipynb", "cell": cell, "quote": "answer", "text": "Why?"}

    assert ok(ada.put(f"{task}/review", {"inline": [at_cell]}))["review"]["inline"] == [at_cell]
    assert ok(ada.put(f"{task}/review", {**FULL, "inline": [at_cell]}))["review"]["submitted"]
    assert ok(ada.get(f"{task}/checks")) == {"result": None}
    assert ok(ada.get(f"{task}/others")) == {"items": []}


def test_a_draft_is_saved_unless_somebody_wrote_in_between(ada: Server, task: str) -> None:
    before = ok(ada.get(task))["review"]["version"]
    draft = {"scores": {"correct": 1}, "overall": "First", "begun_from": before}
    first = ok(ada.put(f"{task}/review", draft))
    late = ok(ada.put(f"{task}/review", {**draft, "overall": "From another window"}))

    assert first["saved"]
    assert not late["saved"]
    assert late["review"]["overall"] == "First"


def test_a_review_is_submitted(ada: Server, task: str, room: ReviewRoom) -> None:
    answer = ok(ada.put(f"{task}/review", FULL))

    assert answer["review"]["submitted"]
    assert {one["state"] for one in room.tasks("ada")} >= {"submitted"}


def test_what_the_service_refuses_comes_as_its_sentence(ada: Server, task: str, room: ReviewRoom) -> None:
    assert "Choose a level" in problem(ada.put(f"{task}/review", {"submit": True}), 422)
    assert "no such review task" in problem(ada.get(f"cohorts/{room.cohort}/review/tasks/nope"), 404)
    assert "no file" in problem(ada.get(f"{task}/shown", path="other.ipynb"), 404)
    assert "is no file of a work" in problem(ada.get(f"{task}/shown", path="../../review"), 422)
    assert problem(ada.put(f"{task}/review", ["no", "object"]), 422)
    assert problem(ada.get(f"{task}/shown", path="ps1.ipynb", start="-1"), 422)


def test_received_reviews_are_empty_until_the_round_closes(ada: Server, room: ReviewRoom) -> None:
    assert ok(ada.get(f"cohorts/{room.cohort}/review/received")) == {"items": []}


def test_nobody_else_is_answered_and_no_other_site_can_write(ada: Server, task: str) -> None:
    ada.http.cookies.clear()
    assert ada.http.get("today").status_code == 403
    ada.http.get(f"{ada.url}lab", params={"token": "secret"})  # a browser's cookie
    assert ada.http.get("today").status_code == 200
    forged = ada.http.put(f"{task}/review", content=json.dumps(FULL), headers={"Content-Type": "text/plain"})
    ada.http.cookies.clear()

    assert forged.status_code == 403
    assert "_xsrf" in problem(forged, 403)


def test_a_server_that_knows_no_service_says_so(tmp_path: Path) -> None:
    with running_server(tmp_path / "home", {}) as server:
        assert "NBCOHORT_URL is not set" in problem(server.get("today"), 400)


def test_a_service_that_is_away_is_named_in_a_sentence(tmp_path: Path) -> None:
    environ = {"NBCOHORT_URL": f"http://127.0.0.1:{free_port()}/services/nbcohort", "JUPYTERHUB_API_TOKEN": "x"}
    with running_server(tmp_path / "home", environ) as server:
        assert "cannot be reached" in problem(server.get("today"), 503)
