"""Results of checks are kept with what was handed in: who may put them, who reads them, what waits."""

from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from nbcohort.admin.place import opened
from nbcohort.checks.actions import checks_of
from nbcohort.checks.forget import forget_words
from nbcohort.checks.results import Finding, Result, Where, result
from nbcohort.store.audit import AuditRow
from nbcohort.store.database import Database
from nbcohort.store.interactions import Interaction
from tests.service.admin_desk import place_of
from tests.service.classroom import Classroom, ok, refused

GOOD = result([Finding(what="double_test", where=Where(notebook="ps1.ipynb", cell=3), passed=True, score=2, points=2)])
BAD = result(
    [
        Finding(
            what="double_test",
            where=Where(notebook="ps1.ipynb", cell=3),
            passed=False,
            message="NameError: my_own_word",
            hint="Look above.",
            score=0,
            points=2,
        )
    ],
    tier="namespaces",
    seconds=1.25,
)


def put(
    room: Classroom, submission: str, found: Result = GOOD, *, client: httpx.Client | None = None
) -> httpx.Response:
    body = {"submission": submission, "result": found.model_dump(mode="json")}
    return (client or room.room).post(f"{room.root}/checks", json=body)


def waiting(room: Classroom) -> list[dict[str, Any]]:
    return list(ok(room.room.get(f"{room.root}/checks/waiting"))["items"])


def database(room: Classroom) -> AbstractContextManager[Database]:
    return opened(place_of(room.service))


def test_a_result_is_read_by_its_submitters_at_once_and_by_staff_and_by_nobody_else(room: Classroom) -> None:
    room.pair("ada", "ben")
    submission = room.hand_in("ada")["id"]
    ok(put(room, submission, BAD))

    for reader in ("ada", "ben", "mo", "ines", f"course-{room.cohort}"):
        (found,) = room.items(reader, "checks")
        assert found["submission"] == submission
        assert (found["assignment"], found["attempt"], found["version"]) == ("ps1", 1, 1)
        assert found["submitters"] == ["ada", "ben"]
        assert Result.model_validate(found["result"]) == BAD
    assert room.items("cleo", "checks") == []
    assert room.items("cleo", "checks", submission=submission) == []
    refused(room.client("cleo").get(f"{room.root}/checks", params={"account": "ada"}), 403, "check.read")


def test_results_are_versions_and_the_newest_counts(room: Classroom) -> None:
    submission = room.hand_in("ada")["id"]
    assert ok(put(room, submission, BAD))["version"] == 1
    assert ok(put(room, submission, GOOD))["version"] == 2

    (found,) = room.items("ada", "checks", assignment="ps1")
    assert (found["version"], found["result"]["passed"]) == (2, True)
    assert room.items("ada", "checks", assignment="later") == []
    with database(room) as data, data.read() as session:
        assert checks_of(session, submission) == GOOD
        assert checks_of(session, "sub_there-is-none") is None


def test_the_same_request_sent_twice_makes_one_version(room: Classroom) -> None:
    submission = room.hand_in("ada")["id"]
    body = {"submission": submission, "result": GOOD.model_dump(mode="json")}
    headers = {"Idempotency-Key": f"check-{submission}"}
    one = ok(room.room.post(f"{room.root}/checks", json=body, headers=headers))
    other = ok(room.room.post(f"{room.root}/checks", json=body, headers=headers))
    assert one == other


@pytest.mark.parametrize("account", ["ada", "mo", "ines", "root"])
def test_only_the_course_room_puts_results(room: Classroom, account: str) -> None:
    submission = room.hand_in("ada")["id"]
    client = room.admin if account == "root" else room.client(account)
    refused(put(room, submission, client=client), 403, "check.put")


def test_what_is_there_is_logged_for_each_submitter_and_audited(room: Classroom) -> None:
    room.pair("ada", "ben")
    submission = room.hand_in("ada")["id"]
    check = ok(put(room, submission, BAD))["id"]

    with database(room) as data, data.read() as session:
        logged = session.scalars(select(Interaction).where(Interaction.kind == "submission.checked")).all()
        ours = [one for one in logged if one.payload["check"] == check]
        (audited,) = session.scalars(select(AuditRow).where(AuditRow.subject == check)).all()
        assert {one.target for one in ours} == {room.members["ada"], room.members["ben"]}
        assert {one.actor for one in ours} == {"course room"}
        assert (audited.action, audited.detail["version"]) == ("check.put", 1)


def test_last_attempts_wait_one_of_each_assignment_until_they_have_a_result(room: Classroom) -> None:
    first = room.hand_in("ada")["id"]
    second = room.hand_in("ben")["id"]
    other = room.hand_in("ben", "late-ok")["id"]
    assert [(one["assignment"], one["submission"]) for one in waiting(room)] == [("late-ok", other), ("ps1", first)]

    newer = room.hand_in("ada")["id"]
    assert waiting(room)[1]["submission"] == second
    ok(put(room, second, BAD))
    assert waiting(room)[1]["submission"] == newer
    ok(put(room, newer))
    ok(put(room, other))
    assert waiting(room) == []


def test_what_waits_is_the_staffs_to_see(room: Classroom) -> None:
    for account in ("ada", "mo"):
        refused(room.client(account).get(f"{room.root}/checks/waiting"), 403, "check.list-waiting")
    ok(room.client("ines").get(f"{room.root}/checks/waiting"))


def test_results_come_in_pages(room: Classroom) -> None:
    submissions = [room.hand_in(account)["id"] for account in ("ada", "ben", "cleo")]
    for submission in submissions:
        ok(put(room, submission))

    found, after = [], None
    while True:
        page = ok(room.room.get(f"{room.root}/checks", params={"limit": 2, **({"after": after} if after else {})}))
        found += [one["submission"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert found == submissions
    refused(room.room.get(f"{room.root}/checks", params={"after": "chk_none"}), 422, "begin again")


def test_another_cohorts_submission_is_not_there(room: Classroom) -> None:
    submission = room.hand_in("ada")["id"]
    other = Classroom(room.service, f"{room.cohort}-other")
    refused(put(other, submission), 404, "no such submission")
    refused(put(room, "sub_none"), 404, "no such submission")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"passed": False}, "passed has to be what"),
        ({"shape": 2}, "shape"),
        ({"seconds": -1}, "seconds"),
        ({"trouble": "x" * 1001}, "trouble"),
        ({"tier": "a\0b"}, "tier"),
        ({"findings": [GOOD.model_dump(mode="json")["findings"][0]] * 201}, "findings"),
        ({"secret": 1}, "secret"),
    ],
)
def test_what_has_another_shape_is_refused(room: Classroom, change: dict[str, Any], sentence: str) -> None:
    submission = room.hand_in("ada")["id"]
    body = {"submission": submission, "result": {**GOOD.model_dump(mode="json"), **change}}
    refused(room.room.post(f"{room.root}/checks", json=body), 422, sentence)


def test_forgetting_a_member_takes_their_words_and_leaves_how_it_went(room: Classroom) -> None:
    submission, others = room.hand_in("ada")["id"], room.hand_in("ben")["id"]
    ok(put(room, submission, BAD))
    ok(put(room, others, BAD))

    with database(room) as data:
        with data.write() as session:
            forget_words(session, room.members["ada"])
        with data.read() as session:
            kept, untouched = checks_of(session, submission), checks_of(session, others)

    assert kept is not None
    assert "my_own_word" not in kept.model_dump_json()
    assert (kept.passed, kept.findings[0].points) == (False, 2)
    assert untouched == BAD
