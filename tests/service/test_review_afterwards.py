"""After the reviews: ratings, replies, appeals and flags, on a running service."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nbcohort.testing import RunningService, wait_until
from nbpeer.cli import commands
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, FULL, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

RATING = {"helpful": 4, "reason": "It says where to look.", "reply": "Thank you.", "will_change": "The units."}
LOW = {**FULL, "scores": {"correct": 0, "clear": 0}, "overall": "bad"}


@pytest.fixture
def room(shared_service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewRoom:
    """The two reviewers of gus and hana have written: one well, one badly. The round is not closed."""
    monkeypatch.chdir(tmp_path)
    room = ReviewRoom(shared_service)
    room.apply_review(replies_due="week 3 wed 23:59")
    room.everybody_hands_in()
    room.open_round()
    good, bad = room.work_of("gus")["tasks"]
    ok(room.put_review(good["reviewer"]["account"], good["id"]))
    ok(room.put_review(bad["reviewer"]["account"], bad["id"], LOW))
    return room


def good_and_bad(room: ReviewRoom) -> tuple[dict[str, Any], dict[str, Any]]:
    tasks = {task["overall"]: task for task in room.work_of("gus")["tasks"]}
    return tasks[FULL["overall"]], tasks["bad"]


def reviews(room: ReviewRoom) -> tuple[str, str]:
    """The ids by which gus and hana know the good one and the bad one."""
    (received,) = room.items("gus", "review/received")
    ids = {review["overall"]: review["id"] for review in received["reviews"]}
    return ids[FULL["overall"]], ids["bad"]


def close(room: ReviewRoom) -> None:
    room.close_round()
    room.wait_for_phase("replying")


def answer(room: ReviewRoom, account: str, review: str, body: dict[str, Any]) -> Any:
    return room.client(account).put(f"{room.root}/review/received/{review}/answer", json=body)


def post(room: ReviewRoom, account: str, path: str, body: dict[str, Any]) -> Any:
    return room.client(account).post(f"{room.root}/review/{path}", json=body)


def put(room: ReviewRoom, account: str, path: str, body: dict[str, Any]) -> Any:
    return room.client(account).put(f"{room.root}/review/{path}", json=body)


def run(room: ReviewRoom, account: str, *arguments: str) -> str:
    environment = {**room.service.environment(account), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
    result = CliRunner().invoke(commands, list(arguments), env=environment)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_authors_say_how_helpful_a_review_was_and_its_reviewer_reads_it_without_names(room: ReviewRoom) -> None:
    good, bad = good_and_bad(room)
    refused(answer(room, "gus", good["id"], RATING), 404, "no such review")  # not shown yet
    close(room)
    helpful, poor = reviews(room)
    assert ok(answer(room, "gus", helpful, RATING))["version"] == 1
    assert ok(answer(room, "gus", helpful, {**RATING, "helpful": 5}))["version"] == 2
    assert ok(answer(room, "hana", helpful, {"reply": "I see it otherwise."}))["version"] == 1
    refused(answer(room, "gus", poor, {"helpful": 1}), 422, "the reviewer learns from it")
    refused(answer(room, "gus", poor, {"reason": "because"}), 422, "how helpful")
    assert answer(room, "gus", poor, {**RATING, "helpful": 6}).status_code == 422
    refused(answer(room, good["reviewer"]["account"], helpful, RATING), 404, "no such review")
    refused(answer(room, "ines", helpful, RATING), 403, "may not")

    reviewer = good["reviewer"]["account"]
    read = room.items(reviewer, f"review/tasks/{good['id']}/answers")
    assert [(one["helpful"], one["reply"]) for one in read] == [(5, "Thank you."), (None, "I see it otherwise.")]
    text = room.get(reviewer, f"tasks/{good['id']}/answers").text
    assert not [name for name in ("gus", "hana", *room.members.values()) if name in text]
    refused(room.get(bad["reviewer"]["account"], f"tasks/{good['id']}/answers"), 404, "no such review task")
    (received,) = room.items("gus", "review/received")
    mine = {review["id"]: review["mine"] for review in received["reviews"]}
    assert mine[helpful]["helpful"] == 5
    assert mine[poor] is None

    room.service.set_clock(CLOSES + timedelta(days=9))
    room.wait_for_phase("closed")
    refused(answer(room, "gus", poor, RATING), 409, "were due")


def test_a_reviewer_reads_what_others_wrote_once_the_own_review_is_in(room: ReviewRoom) -> None:
    good, bad = good_and_bad(room)
    (other,) = room.items(good["reviewer"]["account"], f"review/tasks/{good['id']}/others")
    assert other == {
        "reviewer": bad["pseudonym"],
        "scores": LOW["scores"],
        "comments": LOW["comments"],
        "overall": "bad",
        "inline": [],
        "compared": [],
    }
    task = next(one for one in room.tasks("ada") if one["state"] == "todo")
    refused(room.get("ada", f"tasks/{task['id']}/others"), 409, "Submit your own review first")
    assert "bad" in run(room, good["reviewer"]["account"], "others", good["id"])


@pytest.mark.parametrize(("shown", "sentence"), [("closed", "when reviewing is over"), ("never", "do not see")])
def test_a_round_can_show_what_others_wrote_later_or_never(
    shared_service: RunningService, shown: str, sentence: str
) -> None:
    room = ReviewRoom(shared_service)
    room.apply_review(others_shown=shown)
    room.everybody_hands_in()
    room.open_round()
    task = room.work_of("gus")["tasks"][0]
    reviewer = task["reviewer"]["account"]
    ok(room.put_review(reviewer, task["id"]))
    refused(room.get(reviewer, f"tasks/{task['id']}/others"), 409, sentence)
    room.close_round()
    assert room.get(reviewer, f"tasks/{task['id']}/others").status_code == (200 if shown == "closed" else 409)


def test_an_appeal_is_answered_with_everything_at_hand_and_can_change_the_score(room: ReviewRoom) -> None:
    work = room.work_of("gus")["pseudonym"]
    body = {"assignment": "ps1", "work": work, "text": "The second review did not open the figure."}
    refused(post(room, "gus", "appeals", body), 409, "not shown yet")
    close(room)
    made = ok(post(room, "gus", "appeals", body))
    refused(post(room, "hana", "appeals", body), 409, "waits for its answer")
    refused(post(room, "ada", "appeals", body), 404, "no such work of yours")

    round_id = room.round()["id"]
    (waiting,) = room.items("ines", f"review/rounds/{round_id}/appeals")
    assert waiting["made_by"]["account"] == "gus"
    assert len(waiting["reviewed"]["tasks"]) == 2
    assert waiting["reviewed"]["score"]["percent"] == 50
    refused(room.get("gus", f"rounds/{round_id}/appeals"), 403, "may not")
    decision = {"outcome": "upheld", "answer": "You are right.", "percent": 90}
    for who in ("gus", "mo"):
        refused(put(room, who, f"appeals/{made['id']}", decision), 403, "may not")
    refused(put(room, "ines", f"appeals/{made['id']}", {**decision, "outcome": "rejected"}), 422, "changes no score")
    ok(put(room, "ines", f"appeals/{made['id']}", decision))
    refused(put(room, "ines", f"appeals/{made['id']}", decision), 409, "answered already")
    (received,) = room.items("hana", "review/received")
    assert received["score"]["percent"] == 90
    assert received["appeals"][0]["answer"] == "You are right."
    assert ok(post(room, "hana", "appeals", body))["outcome"] is None, "a new one can be made"


def test_a_flagged_review_that_staff_set_aside_is_neither_shown_nor_counted(room: ReviewRoom) -> None:
    _good, bad = good_and_bad(room)
    close(room)
    helpful, poor = reviews(room)
    flag = {"kind": "abusive", "reason": "It insults me."}
    made = ok(post(room, "gus", f"received/{poor}/flag", flag))
    refused(post(room, "gus", f"received/{poor}/flag", flag), 409, "staff will decide")
    refused(post(room, "ada", f"received/{poor}/flag", flag), 404, "no such review")
    assert room.work_of("gus")["score"]["percent"] == 50, "a flag alone changes nothing"
    (waiting,) = room.items("ines", f"review/rounds/{room.round()['id']}/flags")
    assert waiting["review"]["overall"] == "bad"
    assert waiting["review"]["reviewer"]["account"] == bad["reviewer"]["account"]
    decision = {"decision": "set-aside", "reason": "It does."}
    refused(put(room, "gus", f"flags/{made['id']}", decision), 403, "may not")
    ok(put(room, "ines", f"flags/{made['id']}", decision))
    (received,) = room.items("gus", "review/received")
    assert [review["id"] for review in received["reviews"]] == [helpful]
    assert received["score"]["percent"] == 100
    glance = {one["work"]: one for one in ok(room.get("ines", f"rounds/{room.round()['id']}/glance"))["works"]}
    work = room.work_of("gus")
    assert glance[work["pseudonym"]]["came_in"] == 1, "what is set aside did not come in"
    assert not [task for task in work["tasks"] if task["origin"] == "staff"], "there is another review"
    ok(put(room, "ines", f"flags/{made['id']}", {"decision": "kept", "reason": "On second thoughts."}))
    assert room.work_of("gus")["score"]["percent"] == 50


def test_who_of_staff_reviews_a_work_is_named_when_its_last_review_is_set_aside_after_the_close(
    room: ReviewRoom,
) -> None:
    good, _bad = good_and_bad(room)

    def named() -> list[str]:
        return [one["reviewer"]["account"] for one in room.work_of("gus")["tasks"] if one["origin"] == "staff"]

    close(room)
    _helpful, poor = reviews(room)
    made = ok(post(room, "gus", f"received/{poor}/flag", {"kind": "empty", "reason": "It says nothing."}))
    run(
        room,
        "ines",
        "remove-reviewer",
        "ps1",
        room.work_of("gus")["pseudonym"],
        good["reviewer"]["account"],
        "--reason",
        "a conflict",
    )
    assert named() == []
    ok(put(room, "ines", f"flags/{made['id']}", {"decision": "set-aside", "reason": "It does."}))
    assert named() == ["ines"]


def test_all_of_it_works_from_the_command_line(room: ReviewRoom) -> None:
    good, _bad = good_and_bad(room)
    close(room)
    helpful, poor = reviews(room)
    assert helpful in run(room, "gus", "received", "ps1")
    run(room, "gus", "rate", helpful, "5", "--reason", "To the point.", "--reply", "Thanks!")
    output = run(room, good["reviewer"]["account"], "answers", good["id"])
    assert "Helpful: 5 of 5. To the point." in output
    assert "Thanks!" in output
    run(room, "gus", "flag", poor, "empty", "--reason", "One word.")
    flags = run(room, "ines", "flags", "ps1")
    assert "waits" in flags
    run(room, "ines", "decide-flag", flags.split()[0], "set-aside", "--reason", "Indeed.")
    run(room, "gus", "appeal", "ps1", room.work_of("gus")["pseudonym"], "Please look again.")
    appeals = run(room, "ines", "appeals", "ps1")
    assert "Please look again." in appeals
    run(room, "ines", "answer-appeal", appeals.split()[0], "upheld", "We did.", "--percent", "95")
    wait_until(lambda: "We did." in run(room, "gus", "received", "ps1"), what="the answer")
    assert room.work_of("gus")["score"]["percent"] == 95
