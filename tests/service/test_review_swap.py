"""The swap on a running service: what it knows of earlier rounds, of conflicts, and what it says of itself."""

from datetime import datetime
from typing import Any

import pytest

from nbcohort.testing import RunningService, wait_until
from tests.service.classroom import ok, refused
from tests.service.review_room import OPENS, RUBRIC, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WARM_UP = {"k": 2, "opens": "week 1 wed 09:00", "due": "week 1 thu 12:00"}
EVERYBODY = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus")


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review()
    return room


def two_rounds(room: ReviewRoom) -> None:
    """Two assignments, both handed in; the first is reviewed by all, and what ada wrote is best."""
    assignments = [
        {
            "name": name,
            "title": name,
            "release": "week 1 mon 08:00",
            "due": due,
            "rubric": RUBRIC,
            "activities": activity,
        }
        for name, due, activity in (
            ("ps0", "week 1 tue 12:00", {"review": WARM_UP}),
            ("ps1", "week 1 fri 23:59", {"review": {"k": 2, "opens": "week 2 mon 09:00", "due": "week 2 fri 23:59"}}),
        )
    ]
    course = {"id": "ds", "title": "Data science", "assignments": assignments}
    cohort = {"id": room.cohort, "title": "DS 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"}
    ok(room.admin.put(f"{room.root}/settings", json={"course": course, "cohort": cohort}))
    for assignment in ("ps0", "ps1"):
        for account in EVERYBODY:
            room.hand_in(account, assignment)
    room.service.set_clock(datetime.fromisoformat("2026-01-14T10:00:00+00:00"))
    wait_until(lambda: bool(room.tasks("ada")), what="the first swap")
    first = whole(room, "ps0")
    for work in first["works"]:
        level = 1 if work["authors"][0]["account"] == "ada" else 0
        for task in work["tasks"]:
            review = {"scores": {"correct": level, "clear": level}, "comments": {}, "overall": "So.", "submit": True}
            ok(room.put_review(task["reviewer"]["account"], task["id"], review))
    room.service.set_clock(OPENS)
    wait_until(lambda: len(room.tasks("ada")) == 4, what="the second swap")


def whole(room: ReviewRoom, assignment: str) -> dict[str, Any]:
    found = next(one["id"] for one in room.items("ines", "review/rounds") if one["assignment"] == assignment)
    answer = ok(room.get("ines", f"rounds/{found}"))
    assert isinstance(answer, dict)
    return answer


def reviewed_by(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (task["reviewer"]["account"], work["authors"][0]["account"])
        for work in found["works"]
        for task in work["tasks"]
    }


def test_nobody_gets_again_whom_they_had_and_strengths_come_from_earlier_scores(room: ReviewRoom) -> None:
    two_rounds(room)
    first, second = whole(room, "ps0"), whole(room, "ps1")
    assert reviewed_by(first) & reviewed_by(second) == set()
    assert second["certificate"]["repeats"] == 0
    assert first["certificate"]["without_strong"] is None
    assert second["certificate"]["without_strong"] is not None
    words = " ".join(second["in_words"])
    for sentence in (
        "7 submissions, 7 reviewers, 2 reviews each",
        "Each submission gets 2 reviews; each reviewer has 2 tasks.",
        "No two submissions' authors review each other.",
        "Nobody reviews somebody whom they had in an earlier round.",
        "Submissions without a strong reviewer:",
        "Second singular value of the swap over k:",
        f"Seed {second['seed']}:",
    ):
        assert sentence in words
    assert "Nothing is known yet of how well members do" in " ".join(first["in_words"])


def declare(room: ReviewRoom, who: str, other: str, account: str | None = None) -> Any:
    body = {"other": other, "account": account, "reason": "We share a flat."}
    return room.client(who).post(f"{room.root}/review/conflicts", json=body)


def test_who_declared_a_conflict_is_given_neither_the_others_work_nor_told_of_it(room: ReviewRoom) -> None:
    for account in ("ada", "ben", "cleo", "dora"):
        room.hand_in(account)
    made = ok(declare(room, "ada", "ben"))
    ok(declare(room, "ines", "dora", "cleo"))
    refused(declare(room, "ada", "ben"), 409, "declared already")
    refused(declare(room, "ada", "ada"), 422, "between two")
    refused(declare(room, "ada", "dora", "cleo"), 403, "may not")
    refused(declare(room, "ada", "nobody-here"), 404, "not a member")
    assert [one["id"] for one in room.items("ada", "review/conflicts")] == [made["id"]]
    assert room.items("ben", "review/conflicts") == []
    assert len(room.items("mo", "review/conflicts")) == 2
    room.open_round()
    given = reviewed_by(room.round())
    assert not given & {("ada", "ben"), ("ben", "ada"), ("cleo", "dora"), ("dora", "cleo")}
    assert {("ada", "cleo"), ("ada", "dora")} <= given
    assert any("Some members review each other" in sentence for sentence in room.round()["unavoidable"])
    refused(room.client("ben").delete(f"{room.root}/review/conflicts/{made['id']}"), 404, "no such conflict")
    assert room.client("ada").delete(f"{room.root}/review/conflicts/{made['id']}").status_code == 204
    assert room.items("ada", "review/conflicts") == []


def test_a_members_declaration_takes_no_task_away_since_that_would_name_an_author_and_that_of_staff_does(
    room: ReviewRoom,
) -> None:
    room.everybody_hands_in()
    room.open_round()
    reviewer, author = next((one, other) for one, other in sorted(reviewed_by(room.round())) if one != "hana")
    before = room.tasks(reviewer)
    mine = ok(declare(room, reviewer, author))
    assert mine["touches"] == []
    assert room.tasks(reviewer) == before
    touched = next(one for one in room.items("ines", "review/conflicts") if one["id"] == mine["id"])["touches"]
    assert [one["reviewer"]["account"] for one in touched] == [reviewer]
    ok(declare(room, "ines", author, reviewer))
    assert {task["id"] for task in before} - {task["id"] for task in room.tasks(reviewer)} == {touched[0]["task"]}
    round_id = room.round()["id"]
    body = {"work": touched[0]["work"], "account": reviewer, "reason": "Again."}
    refused(room.client("ines").post(f"{room.root}/review/rounds/{round_id}/tasks", json=body), 409, "conflict")


def test_a_member_can_declare_a_few_conflicts_alone(room: ReviewRoom) -> None:
    for other in ("ben", "cleo", "dora", "emil", "fay"):
        ok(declare(room, "ada", other))
    refused(declare(room, "ada", "gus"), 409, "ask your instructors")
    ok(declare(room, "ines", "gus", "ada"))
