"""A round in which reviewers say which of two works is better, on a running service."""

from typing import Any

import pytest
from typer.testing import CliRunner

from nbcohort.testing import RunningService
from nbpeer.cli import commands
from tests.service.classroom import ok, refused
from tests.service.review_room import ReviewRoom

OVERALL = "Works; next, name the units, since a reader cannot guess them."
WHY = "It says what it counts."


def review(comparisons: dict[str, Any] | None = None, *, submit: bool = True) -> dict[str, Any]:
    said = {} if comparisons is None else {"comparisons": comparisons}
    return {"overall": OVERALL, "submit": submit, **said}


def said(room: ReviewRoom, account: str, task: str) -> Any:
    return ok(room.get(account, f"tasks/{task}/review"))["comparisons"]


def sentence(answer: Any) -> str:
    return str(refused(answer, 422, "")["detail"])


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    """Four learners hand in, and are to compare two works each; the assignment has a rubric for other rounds."""
    room = ReviewRoom(shared_service)
    room.apply_review(form="comparisons", k=2)
    for account in ("ada", "ben", "cleo", "dora"):
        room.hand_in(account)
    room.open_round()
    return room


def test_the_second_review_says_which_work_is_better_and_the_first_one_mirrors_it(room: ReviewRoom) -> None:
    (round_,) = room.items("ada", "review/rounds")
    one, other = room.tasks("ada")
    assert round_["form"] == one["form"] == room.round()["form"] == "comparisons"
    assert one["rubric"] == []
    first, second = one["id"], other["id"]
    assert one["compared_with"] == [{"task": second, "pseudonym": other["pseudonym"], "submitted": False}]
    ok(room.put_review("ada", first, review()))

    assert "better before you submit" in sentence(room.put_review("ada", second, review()))
    assert one["pseudonym"] in sentence(room.put_review("ada", second, review({first: {"better": None}})))
    assert "Say why" in sentence(room.put_review("ada", second, review({first: {"better": True, "why": " "}})))
    assert "overall comment" in sentence(room.put_review("ada", second, {"submit": True}))
    draft = ok(room.put_review("ada", second, review({first: {"better": None, "why": "Hm."}}, submit=False)))
    assert draft["comparisons"] == {first: {"better": None, "why": "Hm."}}
    saved = ok(room.put_review("ada", second, review({first: {"better": True, "why": WHY}})))

    assert saved["comparisons"] == said(room, "ada", second) == {first: {"better": True, "why": WHY}}
    assert said(room, "ada", first) == {second: {"better": False, "why": WHY}}
    again = ok(room.put_review("ada", second, review()))
    assert again["version"] == saved["version"]
    assert ok(room.put_review("ada", first, review()))["version"] == 1, "what the other review says is asked of nobody"
    ok(room.put_review("ada", first, review({second: {"better": True, "why": "I looked again."}})))
    assert said(room, "ada", second) == {first: {"better": False, "why": "I looked again."}}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_works_of_ones_own_tasks_are_compared(room: ReviewRoom) -> None:
    task, other = (one["id"] for one in room.tasks("ada"))
    foreign = room.tasks("ben")[0]["id"]
    sentences = {
        name: sentence(room.put_review("ada", task, review({name: {"better": True, "why": WHY}}, submit=False)))
        for name in (foreign, "tsk-nothing", task)
    }
    assert len({text.replace(name, "…") for name, text in sentences.items()}) == 1, "nobody learns what is there"
    assert "works are compared" in sentence(room.put_review("ada", task, {**review(), "scores": {"clear": 1}}))
    assert ok(room.put_review("ada", task, review({other: {"better": True, "why": WHY}}, submit=False)))["version"] == 1


def test_other_reviewers_read_why_where_the_other_work_is_none_they_know(room: ReviewRoom) -> None:
    """Hana compares all four works: ada's, the two that ada reviews, and the one that ada does not know."""
    mine = {task["pseudonym"]: task["id"] for task in room.tasks("ada")}
    own = room.work_of("ada")["pseudonym"]
    (unknown,) = {work["pseudonym"] for work in room.round()["works"]} - {own, *mine}
    everything_is_compared(room, "hana", best_first=[*mine, unknown, own])
    first, second = mine.values()
    refused(room.get("ada", f"tasks/{first}/others"), 409, "Submit your own review first")
    ok(room.put_review("ada", first, review()))
    ok(room.put_review("ada", second, review({first: {"better": False, "why": WHY}})))

    for pseudonym, task in mine.items():
        (other,) = room.items("ada", f"review/tasks/{task}/others")
        why = f"{pseudonym} before {unknown}"
        assert other["compared"] == [{"better": True, "why": why}]
        environment = {**room.service.environment("ada"), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
        told = CliRunner().invoke(commands, ["others", task], env=environment).output
        assert told.count("another work") == told.count(f"Found better than another work: {why}") == 1
    room.close_round()
    (received,) = room.items("ada", "review/received")
    read = [one["why"] for one in received["reviews"][0]["compared"]]
    assert read == sorted(f"{one} before {own}" for one in (*mine, unknown)), "none of which ada read there"


def everything_is_compared(room: ReviewRoom, account: str, best_first: list[str]) -> None:
    """Let staff give `account` all works, who reviews them, the best one first."""
    path = f"{room.root}/review/rounds/{room.round()['id']}/tasks"
    better: dict[str, str] = {}
    for work in best_first:
        given = {"work": work, "account": account, "reason": "One more."}
        task = ok(room.client("ines").post(path, json=given))["id"]
        comparisons = {one: {"better": False, "why": f"{name} before {work}"} for name, one in better.items()}
        ok(room.put_review(account, task, review(comparisons)))
        better[work] = task
