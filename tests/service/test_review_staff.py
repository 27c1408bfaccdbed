"""What staff do to a round of peer review: times, reviewers, scores, release, and the glance, on a running service."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nbcohort.testing import RunningService, wait_until
from nbpeer.cli import commands
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, FULL, OPENS, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

DAY = timedelta(days=1)
LOW = {**FULL, "scores": {"correct": 0, "clear": 0}}


@pytest.fixture
def room(shared_service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewRoom:
    monkeypatch.chdir(tmp_path)
    room = ReviewRoom(shared_service)
    room.apply_review(release="staff")
    room.everybody_hands_in()
    room.open_round()
    return room


def staff(room: ReviewRoom, method: str, path: str = "", who: str = "ines", **request: Any) -> Any:
    address = f"{room.root}/review/rounds/{room.round()['id']}{path}"
    return room.client(who).request(method, address, **request)


def run(room: ReviewRoom, account: str, *arguments: str) -> str:
    environment = {**room.service.environment(account), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
    result = CliRunner().invoke(commands, list(arguments), env=environment)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def outsider(room: ReviewRoom, work: dict[str, Any]) -> str:
    """Somebody who handed in alone, and neither wrote nor reviews this work."""
    involved = {author["account"] for author in work["authors"]}
    involved |= {task["reviewer"]["account"] for task in work["tasks"]}
    return next(one for one in ("ada", "ben", "cleo", "dora", "emil", "fay") if one not in involved)


def test_staff_extend_a_round_and_open_a_closed_one_again(room: ReviewRoom) -> None:
    task = room.tasks("ada")[0]["id"]
    later = (CLOSES + 2 * DAY).isoformat()
    moved = ok(staff(room, "PATCH", json={"due_at": later, "reason": "the Hub was down"}))
    assert (moved["due_at"][:10], moved["phase"]) == (later[:10], "reviewing")
    room.service.set_clock(CLOSES + DAY)
    assert ok(room.put_review("ada", task))["version"] == 1, "ticks follow staff, not the settings that stayed the same"

    room.service.set_clock(CLOSES + 3 * DAY)
    room.wait_for_phase("closed")
    refused(room.put_review("ada", task, LOW), 409, "were due at 2026-01-25 23:59")
    again = {"due_at": (CLOSES + 5 * DAY).isoformat(), "reason": "two asked for it"}
    assert ok(staff(room, "PATCH", json=again))["phase"] == "reviewing"
    assert ok(room.put_review("ada", task, LOW))["version"] == 2
    refused(staff(room, "PATCH", json={"due_at": OPENS.isoformat(), "reason": "?"}), 422, "should be in the future")
    refused(staff(room, "PATCH", json={"reason": "?"}), 422, "which time")
    assert staff(room, "PATCH", json={"due_at": "9999-12-31T23:59:59Z", "reason": "?"}).status_code == 422
    assert staff(room, "PATCH", json={"due_at": later, "reason": " "}).status_code == 422


def test_staff_give_and_take_tasks_and_what_was_taken_does_not_count(room: ReviewRoom) -> None:
    work = room.work_of("ada")
    new = outsider(room, work)
    body = {"work": work["pseudonym"], "account": new, "reason": "a third opinion"}
    given = ok(staff(room, "POST", "/tasks", json=body))
    assert given["id"] in {task["id"] for task in room.tasks(new)}
    ok(room.put_review(new, given["id"], LOW))
    refused(staff(room, "POST", "/tasks", json=body), 409, "reviews this work already")
    refused(staff(room, "POST", "/tasks", json={**body, "account": "ada"}), 409, "is an author")
    refused(staff(room, "POST", "/tasks", json={**body, "account": "nobody"}), 404, "not a member")
    refused(staff(room, "POST", "/tasks", json={**body, "work": "????"}), 404, "no work")
    first = work["tasks"][0]
    ok(room.put_review(first["reviewer"]["account"], first["id"]))
    assert room.work_of("ada")["score"]["percent"] == 50

    assert staff(room, "DELETE", f"/tasks/{given['id']}", params={"reason": "not fair"}).status_code == 204
    refused(staff(room, "DELETE", f"/tasks/{given['id']}", params={"reason": "not fair"}), 404, "taken away already")
    refused(room.put_review(new, given["id"]), 404, "no such review task for you")
    after = room.work_of("ada")
    assert after["score"]["percent"] == 100
    states = {task["id"]: (task["state"], task["versions"]) for task in after["tasks"]}
    assert states[given["id"]] == ("removed", 1), "what was written is kept"
    assert ok(staff(room, "POST", "/tasks", json=body))["id"] == given["id"], "and comes back with the task"
    assert room.work_of("ada")["score"]["percent"] == 50


def test_a_mentor_can_help_out_after_the_close_until_scores_are_released(room: ReviewRoom) -> None:
    work = room.work_of("ada")
    first = work["tasks"][0]
    ok(room.put_review(first["reviewer"]["account"], first["id"]))
    room.close_round()
    body = {"work": work["pseudonym"], "account": "mo", "reason": "the other did not come"}
    given = ok(staff(room, "POST", "/tasks", json=body))
    refused(staff(room, "POST", "/tasks", json={**body, "account": outsider(room, work)}), 409, "extend it first")
    assert given["id"] in {task["id"] for task in room.items("mo", "tasks")}
    ok(room.put_review("mo", given["id"], LOW))
    score = room.work_of("ada")["score"]
    assert (score["percent"], score["staff"], score["mean"]) == (0, 0, 100), "what staff give is the score"
    ok(staff(room, "POST", "/release"))
    refused(room.put_review("mo", given["id"]), 409, "can no longer be changed")


def test_staff_override_a_score_and_release_and_authors_read_why(room: ReviewRoom) -> None:
    work = room.work_of("ada")
    path = f"/works/{work['pseudonym']}/override"
    given = work["tasks"][0]
    ok(room.put_review(given["reviewer"]["account"], given["id"], LOW))
    refused(staff(room, "POST", "/release"), 409, "is not over")
    room.close_round()
    assert room.items("ada", "review/received")[0]["score"] is None
    assert ok(staff(room, "PUT", path, json={"percent": 70, "reason": "first"}))["score"]["percent"] == 70
    assert ok(staff(room, "PUT", path, json={"percent": None, "reason": "no"}))["score"]["percent"] == 0
    assert ok(staff(room, "PUT", path, json={"percent": 85.5, "reason": "It was right."}))["score"]["percent"] == 85.5
    for percent in (-1, 101, "80"):
        body = {"percent": percent, "reason": "?"}
        assert staff(room, "PUT", path, json=body).status_code == (200 if percent == "80" else 422)
    ok(staff(room, "PUT", path, json={"percent": 85.5, "reason": "It was right."}))

    released = ok(staff(room, "POST", "/release"))
    assert (released["phase"], ok(staff(room, "POST", "/release"))["released_at"]) == (
        "released",
        released["released_at"],
    )
    score = room.items("ada", "review/received")[0]["score"]
    assert (score["percent"], score["override"]["reason"]) == (85.5, "It was right.")
    assert score["overall"]["percent"] == 0, "what reviewers said stays"
    assert "85.5 %: It was right." in run(room, "ada", "received", "ps1")


def test_the_glance_says_who_waits_for_whom(room: ReviewRoom) -> None:
    room.apply_review(late_until="week 3 fri 23:59", release="staff")
    wait_until(lambda: room.round()["closes_at"] > room.round()["due_at"], what="the new settings")
    work = room.work_of("ada")
    first, second = work["tasks"]
    ok(room.put_review(first["reviewer"]["account"], first["id"]))
    room.service.set_clock(CLOSES + DAY)
    ok(room.put_review(second["reviewer"]["account"], second["id"]))
    other = room.work_of("ben")
    found = ok(staff(room, "GET", "/glance"))
    works = {one["work"]: one for one in found["works"]}
    mine = works[work["pseudonym"]]
    assert (mine["wanted"], mine["came_in"], mine["waits_for"]) == (2, 2, [])
    assert found["works"][-1] == mine, "those that lack most come first"
    awaited = {person["account"] for person in works[other["pseudonym"]]["waits_for"]}
    assert awaited == {
        task["reviewer"]["account"] for task in other["tasks"] if task["id"] not in (first["id"], second["id"])
    }
    members = {one["member"]["account"]: one for one in found["members"]}
    assert {person["account"] for person in members["ben"]["waits_for"]} == awaited
    assert (members[second["reviewer"]["account"]]["done"], members[second["reviewer"]["account"]]["late"]) == (1, 1)
    assert members[first["reviewer"]["account"]]["late"] == 0


def test_staff_do_all_of_it_from_the_command_line(room: ReviewRoom) -> None:
    work = room.work_of("ada")
    name, new = work["pseudonym"], outsider(room, work)
    assert f"{new} reviews {name}" in run(room, "ines", "add-reviewer", "ps1", name, new, "--reason", "ill")
    table = run(room, "ines", "glance", "ps1")
    assert name in table
    assert "no longer reviews" in run(room, "ines", "remove-reviewer", "ps1", name, new, "--reason", "well again")
    assert "reviewing" in run(room, "ines", "change", "ps1", "--due", "2026-01-30 12:00", "--reason", "holiday")
    assert room.round()["due_at"].startswith("2026-01-30T11:00")
    assert "is now 40" in run(room, "ines", "override", "ps1", name, "40", "--reason", "copied")
    room.service.set_clock(CLOSES + 9 * DAY)
    room.wait_for_phase("closed")
    assert "are released" in run(room, "ines", "release", "ps1")
    assert room.items("ada", "review/received")[0]["score"]["percent"] == 40


def test_only_staff_change_a_round_and_mentors_only_look(room: ReviewRoom) -> None:
    name, task = room.work_of("ada")["pseudonym"], room.tasks("ada")[0]["id"]
    due, why = (CLOSES + DAY).isoformat(), {"reason": "why not"}
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", "", {"json": {"due_at": due, **why}}),
        ("POST", "/tasks", {"json": {"work": name, "account": "ben", **why}}),
        ("DELETE", f"/tasks/{task}", {"params": why}),
        ("PUT", f"/works/{name}/override", {"json": {"percent": 100, **why}}),
        ("POST", "/release", {}),
    ]
    for who in ("ada", "mo"):
        for method, path, request in acts:
            refused(staff(room, method, path, who=who, **request), 403, "may not")
    refused(staff(room, "GET", "/glance", who="ada"), 403, "may not")
    ok(staff(room, "GET", "/glance", who="mo"))
