"""Nobody gets stuck: tasks that lapse, volunteers, latecomers, and staff, on a running service."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from nbcohort.testing import RunningService, wait_until
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, FULL, OPENS, ReviewRoom, notebook

HALF = OPENS + (CLOSES - OPENS) / 2 + timedelta(minutes=1)
"""Tasks that nobody has started have lapsed; volunteers can have them."""
LATER = HALF + (CLOSES - OPENS) / 8
"""Somebody was asked."""


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review()
    return room


@pytest.fixture
def open_room(room: ReviewRoom) -> ReviewRoom:
    room.everybody_hands_in()
    room.open_round()
    return room


def all_tasks(room: ReviewRoom) -> dict[str, dict[str, Any]]:
    return {task["id"]: {**task, "work": work["pseudonym"]} for work in room.round()["works"] for task in work["tasks"]}


def everybody_but(room: ReviewRoom, *absent: str) -> None:
    """All others submit what they have to do."""
    for task in all_tasks(room).values():
        if task["reviewer"]["account"] not in absent and task["state"] == "todo":
            ok(room.put_review(task["reviewer"]["account"], task["id"]))


def of(room: ReviewRoom, account: str) -> list[dict[str, Any]]:
    return [task for task in all_tasks(room).values() if task["reviewer"]["account"] == account]


def lapse(room: ReviewRoom, account: str) -> None:
    room.service.set_clock(HALF)
    wait_until(lambda: all(task["lapsed_at"] for task in of(room, account)), what="the lapse")


def pass_on(room: ReviewRoom) -> None:
    room.service.set_clock(LATER)
    wait_until(lambda: any(task["origin"] == "passed-on" for task in all_tasks(room).values()), what="passing on")


def take(room: ReviewRoom, account: str) -> Any:
    return room.client(account).post(f"{room.root}/review/next", json={"assignment": "ps1"})


def test_what_nobody_started_goes_to_who_has_least_to_do_and_every_work_is_reviewed(open_room: ReviewRoom) -> None:
    everybody_but(open_room, "ada")
    lapse(open_room, "ada")
    lost = {task["work"] for task in of(open_room, "ada")}
    pass_on(open_room)
    given = [task for task in all_tasks(open_room).values() if task["origin"] == "passed-on"]
    assert {task["work"] for task in given} == lost
    assert "ada" not in {task["reviewer"]["account"] for task in given}
    for task in given:
        ok(open_room.put_review(task["reviewer"]["account"], task["id"]))
    assert [task["state"] for task in of(open_room, "ada")] == ["lapsed"] * 2
    assert open_room.tasks("ada") == []
    before, public_id = all_tasks(open_room), open_room.round()["id"]
    open_room.close_round()
    assert all_tasks(open_room) == before, "nothing more is given when nothing is missing"
    assert all(work["score"]["count"] == 2 for work in open_room.round()["works"])
    results = {one["member"]["account"]: one for one in open_room.items("ines", f"review/rounds/{public_id}/results")}
    assert (results["ada"]["tasks"], results["ada"]["done"], results["ada"]["quality"]) == (2, 0, 0)
    helped = given[0]["reviewer"]["account"]
    assert results[helped]["done"] == results[helped]["tasks"] >= 2


def test_who_was_overdue_can_still_do_it_and_who_was_asked_instead_need_not(open_room: ReviewRoom) -> None:
    everybody_but(open_room, "ada")
    lapse(open_room, "ada")
    pass_on(open_room)
    mine = open_room.tasks("ada")
    assert len(mine) == 2
    for task in mine:
        ok(open_room.put_review("ada", task["id"]))
    freed = [task for task in all_tasks(open_room).values() if task["origin"] == "passed-on"]
    assert [task["state"] for task in freed] == ["removed"] * 2
    assert all(work["score"]["count"] == 2 for work in open_room.round()["works"])


def test_a_started_task_does_not_lapse(open_room: ReviewRoom) -> None:
    everybody_but(open_room, "ada", "ben")
    for task in open_room.tasks("ada"):
        begun = ok(open_room.client("ada").post(f"{open_room.root}/review/tasks/{task['id']}/start"))
        assert begun["start_by"] is None
    lapse(open_room, "ben")
    assert [task["lapsed_at"] for task in of(open_room, "ada")] == [None, None]


def test_a_volunteer_takes_what_is_needed_most_and_one_at_a_time(open_room: ReviewRoom) -> None:
    everybody_but(open_room, "ada")
    refused(take(open_room, "ben"), 409, "Nothing needs a review")
    lapse(open_room, "ada")
    lost = {task["work"] for task in of(open_room, "ada")}
    able = next(
        one
        for one in ("ben", "cleo", "dora", "emil", "fay")
        if lost & {work["pseudonym"] for work in open_room.round()["works"] if may_review(work, one)}
    )
    taken = ok(take(open_room, able))
    assert taken["pseudonym"] in lost
    assert taken["authors"] is None
    refused(take(open_room, able), 409, f"Finish the review of {taken['pseudonym']} first")
    ok(open_room.put_review(able, taken["id"]))
    states = {task["work"]: task["state"] for task in of(open_room, "ada")}
    assert states[taken["pseudonym"]] == "lapsed"
    refused(take(open_room, "ivo"), 409, "Only who handed in")
    refused(take(open_room, "ines"), 403, "may not")
    refused(open_room.client("ben").post(f"{open_room.root}/review/next", json={"assignment": "ps9"}), 404, "ps9")


def may_review(work: dict[str, Any], account: str) -> bool:
    involved = [author["account"] for author in work["authors"]]
    return account not in involved + [task["reviewer"]["account"] for task in work["tasks"]]


def test_who_hands_in_after_the_swap_is_reviewed_and_reviews(room: ReviewRoom) -> None:
    for account in ("ada", "ben", "cleo", "dora"):
        room.hand_in(account)
    extension = {"assignment": "ps1", "member": room.members["fay"], "due_at": CLOSES.isoformat(), "reason": "ill"}
    ok(room.admin.post(f"{room.root}/extensions", json=extension))
    room.open_round()
    room.hand_in("fay", files={"ps1.ipynb": notebook("late, but here")})
    assert {task["pseudonym"] for task in room.tasks("fay")} == set()
    first = ok(take(room, "fay"))
    ok(room.put_review("fay", first["id"]))
    second = ok(take(room, "fay"))
    assert second["pseudonym"] != first["pseudonym"]
    ok(room.put_review("fay", second["id"]))

    mine = room.work_of("fay")
    assert (mine["score"]["wanted"], mine["tasks"]) == (2, [])
    task = ok(take(room, "ada"))
    assert task["pseudonym"] == mine["pseudonym"], "that one has no review at all"
    assert b"late, but here" in room.get("ada", f"tasks/{task['id']}/files/ps1.ipynb").content
    everybody_but(room, "ben")
    lapse(room, "ben")  # the tick that sees this also sees that the late work lacks a review
    room.service.set_clock(LATER)
    wait_until(lambda: len(room.work_of("fay")["tasks"]) == 2, what="asking for the second review")


def test_who_was_alone_at_the_opening_is_reviewed_by_who_comes_late(room: ReviewRoom) -> None:
    room.hand_in("ada")
    extension = {"assignment": "ps1", "member": room.members["fay"], "due_at": CLOSES.isoformat(), "reason": "ill"}
    ok(room.admin.post(f"{room.root}/extensions", json=extension))
    room.open_round()
    assert room.work_of("ada")["score"]["wanted"] == 0
    room.hand_in("fay")
    for reviewer, author in (("fay", "ada"), ("ada", "fay")):
        task = ok(take(room, reviewer))
        assert task["pseudonym"] == room.work_of(author)["pseudonym"]
        ok(room.put_review(reviewer, task["id"]))
        assert room.work_of(author)["score"]["percent"] == 100


def test_what_a_member_who_leaves_has_not_submitted_is_free_at_once(open_room: ReviewRoom) -> None:
    submitted, begun = (task["id"] for task in open_room.tasks("ada"))
    ok(open_room.put_review("ada", submitted))
    ok(open_room.put_review("ada", begun, {"overall": "half a thought"}))
    ends_at = (OPENS + timedelta(minutes=1)).isoformat()
    ok(open_room.admin.patch(f"{open_room.root}/members/{open_room.members['ada']}", json={"ends_at": ends_at}))
    open_room.service.set_clock(OPENS + timedelta(hours=1))
    wait_until(lambda: bool(all_tasks(open_room)[begun]["lapsed_at"]), what="the lapse")
    assert all_tasks(open_room)[submitted]["lapsed_at"] is None
    assert not any(task["lapsed_at"] for task in of(open_room, "ben"))


def test_what_has_no_review_at_the_close_is_a_task_of_a_named_member_of_staff(open_room: ReviewRoom) -> None:
    task = open_room.work_of("ada")["tasks"][0]
    ok(open_room.put_review(task["reviewer"]["account"], task["id"]))
    open_room.close_round()
    works = open_room.round()["works"]
    named = {
        work["pseudonym"]: [task["reviewer"]["account"] for task in work["tasks"] if task["origin"] == "staff"]
        for work in works
    }
    assert named.pop(open_room.work_of("ada")["pseudonym"]) == []
    assert all(len(staff) == 1 and staff[0] in ("ines", "mo") for staff in named.values())
    assert {staff[0] for staff in named.values()} == {"ines", "mo"}, "the work is shared"
    open_room.service.stop()
    open_room.service.start()
    assert open_room.round()["works"] == works, "nobody is named twice"
    mine = open_room.tasks("mo")[0]
    ok(open_room.put_review("mo", mine["id"]))
    scores = {work["pseudonym"]: work["score"] for work in open_room.round()["works"]}
    assert scores[mine["pseudonym"]]["percent"] == 100
    author = next(work["authors"][0]["account"] for work in works if work["pseudonym"] == mine["pseudonym"])
    (received,) = open_room.items(author, "review/received")
    assert received["reviews"][0]["overall"] == FULL["overall"]


def test_with_self_review_authors_review_their_own_work_and_it_counts_for_nothing(room: ReviewRoom) -> None:
    room.apply_review(self_review=True, k=1)
    for account in ("ada", "ben", "cleo"):
        room.hand_in(account)
    room.open_round()
    tasks = room.tasks("ada")
    assert sorted(task["own_work"] for task in tasks) == [False, True]
    own = next(task for task in tasks if task["own_work"])
    ok(room.put_review("ada", own["id"]))
    assert room.work_of("ada")["score"]["count"] == 0
    room.close_round()
    assert room.work_of("ada")["score"]["overall"] is None
    started = datetime.fromisoformat(room.round()["opened_at"])
    assert started >= OPENS
