"""Scores by the model, on a running service: their interval and reasons, staff's anchors, triage, the gradebook."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from nbcohort.testing import RunningService, wait_until
from nbpeer.cli import commands
from nbpeer.models import Round, ScoresMade
from tests.service.classroom import ok, refused
from tests.service.review_room import FULL, ReviewRoom

# On PostgreSQL, fuzzing sees each operation succeed; what happens by itself there, in leases and rounds, has tests.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NINE = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus", "hana", "ivo")
LEVELS = [{"points": points, "title": str(points)} for points in range(11)]
RUBRIC = [{"id": "all", "title": "All in all", "levels": LEVELS}]
STRICT = "ben"


def form(level: int) -> dict[str, Any]:
    return {**FULL, "scores": {"all": level}, "comments": {}}


def level_for(author: str, reviewer: str) -> int:
    """Works deserve 4 to 9 of 10; ben gives 4 less than that, and all are off by one here and there."""
    deserved = 4 + 5 * NINE.index(author) // 8
    wobble = (NINE.index(author) * 5 + NINE.index(reviewer) * 3) % 3 - 1
    return min(max(deserved + wobble - 4 * (reviewer == STRICT), 0), 10)


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    """A round of nine in which everybody reviews five, all done but one: 44 reviews."""
    room = ReviewRoom(shared_service)
    room.apply_review(rubric=RUBRIC, k=5, review_weight=1, submission_weight=3, replies_due="week 3 fri 23:59")
    for account in NINE:
        room.hand_in(account)
    room.open_round()
    tasks = [(work, task) for work in room.round()["works"] for task in work["tasks"]]
    for work, task in tasks[:-1]:
        author, reviewer = work["authors"][0]["account"], task["reviewer"]["account"]
        ok(room.put_review(reviewer, task["id"], form(level_for(author, reviewer))))
    room.close_round()
    return room


def run(room: ReviewRoom, account: str, *arguments: str) -> str:
    environment = {**room.service.environment(account), "NBCOHORT_COHORT": room.cohort, "COLUMNS": "200"}
    result = CliRunner().invoke(commands, list(arguments), env=environment)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def score_of(room: ReviewRoom, account: str) -> dict[str, Any]:
    found: dict[str, Any] = room.items(account, "review/received")[0]["score"]
    return found


def override(room: ReviewRoom, account: str, percent: float, **more: Any) -> None:
    work = room.work_of(account)["pseudonym"]
    path = f"{room.root}/review/rounds/{room.round()['id']}/works/{work}/override"
    ok(room.client("ines").put(path, json={"percent": percent, "reason": "I looked at it.", **more}))


def test_a_score_has_an_interval_and_reasons_and_staffs_scores_are_anchors(room: ReviewRoom) -> None:
    score = score_of(room, "cleo")
    whole = score["overall"]
    assert score["method"] == "bayes"
    assert whole["low"] < whole["percent"] < whole["high"]
    assert score["reasons"][0] == f"The mean of {score['count']} reviews is {score['mean']:.1f} %."
    assert f"Together that is {round(whole['percent'], 1):.1f} %." in score["reasons"]
    assert score["criteria"]["all"]["reason"].startswith(f"{score['count']} reviews: ")
    assert score_of(room, "cleo") == score
    text = run(room, "cleo", "received", "ps1")
    assert score["reasons"][0] in text
    assert score["criteria"]["all"]["reason"] in text

    reviewers = room.items("ines", f"review/rounds/{room.round()['id']}/reviewers")
    known = {one["reviewer"]["account"]: one for one in reviewers}
    assert known[STRICT]["bias"] == min(one["bias"] for one in known.values())
    assert known[STRICT]["bias"] < -10
    assert STRICT in run(room, "ines", "reviewers", "ps1")

    override(room, "ada", 0, on_quality=False)
    assert score_of(room, "ada")["percent"] == 0
    assert score_of(room, "cleo") == score, "a penalty tells nothing of reviewers"
    override(room, "ada", 95)
    assert score_of(room, "ada")["percent"] == 95
    assert score_of(room, "cleo")["overall"] != whole, "who reviewed it is better known now"


def test_staff_are_told_what_to_look_at_and_what_they_give_is_the_score(room: ReviewRoom) -> None:
    public_id = room.round()["id"]
    looks = room.items("ines", f"review/rounds/{public_id}/triage", budget=3)
    assert [one["rank"] for one in looks] == [1, 2, 3]
    first = looks[0]
    assert first["uncertainty"] > 0
    author = first["authors"][0]["account"]
    text = run(room, "ines", "triage", "ps1", "--budget", "3")
    assert first["work"] in text
    assert "add-reviewer" in text

    run(room, "ines", "add-reviewer", "ps1", first["work"], "ines", "--reason", "spot-check")
    assert "ines" in str(room.items("ines", f"review/rounds/{public_id}/triage", budget=1)[0]["asked"])
    (task,) = room.tasks("ines")
    ok(room.put_review("ines", task["id"], form(7)))
    score = score_of(room, author)
    assert (score["percent"], score["staff"], score["overall"]["low"]) == (70, 70, None)
    assert score["reasons"][0] == "Staff gave 70.0 %, and that is the score."
    (received,) = room.items(author, "review/received")
    assert [one["by_staff"] for one in received["reviews"]].count(True) == 1
    assert first["work"] not in {
        one["work"] for one in room.items("ines", f"review/rounds/{public_id}/triage?budget=9")
    }
    refused(room.get("ada", f"rounds/{public_id}/triage"), 403, "may not")
    refused(room.get("ada", f"rounds/{public_id}/reviewers"), 403, "may not")
    assert room.get("ines", f"rounds/{public_id}/triage", budget=0).status_code == 422


def test_reviewers_see_the_formula_with_their_numbers_when_nobody_rates_any_more(room: ReviewRoom) -> None:
    refused(room.get("ada", "mine", assignment="ps1"), 409, "when reviewing and replying are over")
    assert room.items("ada", "review/mine") == []
    (received,) = room.items("cleo", "review/received")
    rated = received["reviews"][0]
    rating = {"helpful": 3, "reason": "so so"}
    ok(room.client("cleo").put(f"{room.root}/review/received/{rated['id']}/answer", json=rating))
    reviewer = next(
        task["reviewer"]["account"] for task in room.work_of("cleo")["tasks"] if task["pseudonym"] == rated["reviewer"]
    )
    room.service.set_clock(datetime.fromisoformat(room.round()["replies_due_at"]) + timedelta(minutes=1))
    room.wait_for_phase("closed")
    (mine,) = room.items(reviewer, "review/mine")
    parts = {part["name"]: part for part in mine["parts"]}
    assert parts["helpfulness"]["percent"] == 50
    assert "ratings" not in parts["helpfulness"]["sentence"], "how many rated is not told where they are few"
    assert parts["calibration"]["percent"] is None
    quality = mine["done"] / mine["tasks"] * (parts["agreement"]["percent"] + 50) / 2
    assert mine["quality"] == pytest.approx(quality, abs=0.01)
    assert mine["percent"] == pytest.approx((3 * mine["submission"] + mine["quality"]) / 4, abs=0.01)
    text = run(room, reviewer, "mine", "ps1")
    assert mine["sentences"][0] in text
    assert "75% × " in text
    refused(room.get(reviewer, "mine", assignment="ps2"), 404, "no part")
    assert not [name for name in (*NINE, *room.members.values()) if name in room.get(reviewer, "mine").text]


def put_ungraded_task(folder: Path, account: str) -> str:
    """Let the gradebook have ps1 with a task "peers" of 4 points, which `account` handed in; return the grade's id."""
    from nbgrader.api import Assignment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook, TaskCell

    engine = create_engine(f"sqlite:///{folder}/gradebook.db")
    with Session(engine) as session, session.begin():
        ps1 = Assignment(name="ps1")
        notebook = Notebook(name="ps1", assignment=ps1)
        task = TaskCell(name="peers", notebook=notebook, max_score=4, cell_type="markdown")
        session.add_all([ps1, notebook, task])
        session.flush()
        submission = SubmittedAssignment(assignment_id=ps1.id, student_id=account)
        session.add(submission)
        session.flush()
        written = SubmittedNotebook(notebook_id=notebook.id, assignment_id=submission.id)
        session.add(written)
        session.flush()
        grade = Grade(cell_id=task.id, notebook_id=written.id)
        session.add(grade)
        session.flush()
        public = str(grade.id)
    engine.dispose()
    return public


def points_of(folder: Path, grade: str) -> float:
    from nbgrader.api import Grade

    engine = create_engine(f"sqlite:///{folder}/gradebook.db")
    with Session(engine) as session:
        points = float(session.get_one(Grade, grade).manual_score)
    engine.dispose()
    return points


def test_results_become_a_column_of_the_gradebook_or_the_grade_of_a_cell_and_follow_an_appeal(
    room: ReviewRoom, tmp_path: Path
) -> None:
    from nbgrader.api import Gradebook

    def column() -> dict[str, float]:
        with Gradebook(f"sqlite:///{tmp_path}/gradebook.db", room.cohort) as gradebook:
            found = {one.student.id: one.score for one in gradebook.assignment_submissions("ps1-review")}
            gradebook.db.close()
        return found

    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.course_id = {room.cohort!r}\n")
    write = ("gradebook", "ps1", "--course", str(tmp_path))
    assert "9 new, 0 changed, 0 as they were" in run(room, "ines", *write)
    results = {
        one["member"]["account"]: one["percent"]
        for one in room.items("ines", f"review/rounds/{room.round()['id']}/results")
    }
    assert column() == pytest.approx(results)
    assert "0 new, 0 changed, 9 as they were" in run(room, "ines", *write)
    override(room, "ada", 95, on_quality=False)
    assert "0 new, 1 changed, 8 as they were" in run(room, "ines", *write)
    assert column()["ada"] != results["ada"]
    grade = put_ungraded_task(tmp_path, "ada")
    said = run(room, "ines", *write, "--cell", "peers")
    assert "ps1, cell peers of 4 points: 1 changed, 0 as they were" in said
    assert "Not autograded yet, so without this grade: ben" in said
    assert points_of(tmp_path, grade) == pytest.approx(column()["ada"] / 100 * 4, abs=1e-3)


def test_scores_are_kept_and_a_tick_makes_them_anew_when_staff_have_reviewed(room: ReviewRoom) -> None:
    database = room.service.environ["NBCOHORT_DATABASE"] or f"sqlite:///{room.service.data}/nbcohort.db"
    engine = create_engine(database)

    def kept() -> list[int]:
        mine = select(ScoresMade.version).join(Round).where(Round.cohort == room.cohort).order_by(ScoresMade.version)
        with Session(engine) as session:
            return list(session.scalars(mine))

    assert kept() == [1], "of the close"
    for account in NINE:
        score_of(room, account)
    assert kept() == [1], "reading makes none"
    run(room, "ines", "add-reviewer", "ps1", room.work_of("ada")["pseudonym"], "ines", "--reason", "spot-check")
    ok(room.put_review("ines", room.tasks("ines")[0]["id"], form(7)))
    assert score_of(room, "ada")["percent"] == 70, "at once"
    wait_until(lambda: len(kept()) > 1, 30, "the next tick")
    engine.dispose()
