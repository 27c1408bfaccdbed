"""What a reviewer gets holds nothing that can be joined to the author: identities are planted, then searched for."""

import json
import re
from typing import Any

import httpx
import pytest

from nbcohort.testing import RunningService
from nbcohort.tls import verify_for
from tests.service.classroom import ok, sha
from tests.service.review_room import FULL, ReviewRoom, notebook

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

AUTHOR = "emil"
TRACES = (
    "emil",
    "ångström",
    "angstrom",
    "emil ångström",
    "papermill",
    "2026-01-12",
    "2026-01-15",
    "/home/e",
    "secret-env",
)


def planted() -> dict[str, bytes]:
    """A submission with its author's traces in every place that a notebook and a folder have."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "emil-1", "metadata": {"by": "emil"}, "source": "# Emil Ångström, 2nd try"},
        {
            "cell_type": "code",
            "id": "emil-2",
            "metadata": {"execution": {"iopub.execute_input": "2026-01-15T10:00:00Z"}},
            "execution_count": 1,
            "source": "# emil.angstrom@uni.example\nopen('/home/emil/x.csv')  # Ångström\nprint('by Emil')",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": "by Emil\n"},
                {
                    "output_type": "error",
                    "ename": "FileNotFoundError",
                    "evalue": "/home/emil/x.csv",
                    "traceback": ["File \x1b[0;32m/home/emil/course/ps1.ipynb\x1b[0m"],
                },
            ],
        },
    ]
    whole = {
        "cells": cells,
        "metadata": {
            "authors": [{"name": "Emil Ångström"}],
            "kernelspec": {"name": "secret-env", "display_name": "Emil's", "language": "python"},
            "papermill": {"output_path": "/home/emil/ps1.ipynb"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return {
        "ps1.ipynb": json.dumps(whole, ensure_ascii=False).encode(),
        "emil_notes.txt": "Ångström, Emil".encode(),
        ".git/config": b"[user]\nname = Emil",
        "model.pkl": b"\x80\x04emil\0",
    }


class Watched(httpx.BaseTransport):
    """Keeps every answer that comes through."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport(verify=verify_for("http:"))
        self.seen: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        body = answer.read()
        self.seen.append("\n".join([str(request.url), str(dict(answer.headers)), body.decode("utf-8", "replace")]))
        answer.close()
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review()
    for account in ("ada", "ben", "cleo"):
        room.hand_in(account, files={"ps1.ipynb": notebook("An answer.")})
    return room


def test_nothing_that_a_reviewer_gets_can_be_joined_to_the_author(room: ReviewRoom) -> None:
    files = planted()
    handed_in = room.hand_in(AUTHOR, files=files)
    room.open_round()
    work = room.work_of(AUTHOR)
    for given in work["tasks"]:
        reviewer, task = given["reviewer"]["account"], given["id"]
        watched = Watched()
        with httpx.Client(
            base_url=f"{room.service.url}api/v1{room.root}",
            headers={"Authorization": f"token {room.service.hub.token(reviewer)}"},
            transport=watched,
            timeout=60,
        ) as client:
            for path in ("rounds", "tasks", f"tasks/{task}", f"tasks/{task}/review", "received"):
                ok(client.get(f"review/{path}"))
            ok(client.get("tasks"))
            listed = {file["path"]: file for file in ok(client.get(f"review/tasks/{task}/files"))["items"]}
            assert set(listed) == {"[name]_notes.txt", "model.pkl", "ps1.ipynb"}
            assert "may name its author" in listed["model.pkl"]["withheld"]
            for path in ("ps1.ipynb", "[name]_notes.txt"):
                answer = client.get(f"review/tasks/{task}/files/{path}")
                assert answer.status_code == 200
                assert len(answer.content) == listed[path]["size"]
            for path in ("model.pkl", ".git/config", "emil_notes.txt"):
                assert client.get(f"review/tasks/{task}/files/{path}").status_code == 404
            ok(client.put(f"review/tasks/{task}/review", json=FULL))
            client.put(f"review/tasks/{task}/review", json={"scores": {"x": 1}})
        asked = re.compile(r"emil_notes\.txt")  # the test's own question, in the URL and in the refusal
        seen = asked.sub("", "\n".join(watched.seen)).lower()
        ids = [handed_in["id"], handed_in["manifest_sha256"], room.members[AUTHOR], *map(sha, files.values())]
        found = [trace for trace in (*TRACES, *ids) if trace.lower() in seen]
        assert not found


def test_pseudonyms_hold_throughout_a_round(room: ReviewRoom) -> None:
    room.open_round()
    before = {task["id"]: task["pseudonym"] for task in room.tasks("ada")}
    ids = [room.get("ada", f"tasks/{task}/files/ps1.ipynb").content for task in before]
    assert len(set(before.values())) == len(before) == 2
    assert {task["id"]: task["pseudonym"] for task in room.tasks("ada")} == before
    assert ids == [room.get("ada", f"tasks/{task}/files/ps1.ipynb").content for task in before]


def test_an_author_gets_no_trace_of_the_reviewers(room: ReviewRoom) -> None:
    room.open_round()
    for given in room.work_of("ada")["tasks"]:
        ok(room.put_review(given["reviewer"]["account"], given["id"]))
    reviewers = {task["reviewer"]["account"] for task in room.work_of("ada")["tasks"]}
    room.close_round()
    answer = room.get("ada", "received", assignment="ps1").text
    assert len(json.loads(answer)["items"][0]["reviews"]) == 2
    for account in reviewers:
        assert account not in answer
        assert room.members[account] not in answer
    assert "tsk_" not in answer
    assert "2026-01" not in answer


def test_a_peers_file_is_never_shown_by_the_browser(room: ReviewRoom) -> None:
    room.open_round()
    task = room.tasks("ada")[0]["id"]
    answer = room.get("ada", f"tasks/{task}/files/ps1.ipynb")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
