"""A clock that is put back by an hour: attempts keep their order, nobody gains time, and nothing waits for the hour."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from nbcohort.submissions.receipts import verify
from nbcohort.testing import RunningService, running_fake_hub, running_service, wait_until
from tests.faults.truth import truth_of
from tests.service.classroom import COURSE, DUE, Classroom, ok, refused
from tests.service.review_room import CLOSES, OPENS, REVIEW, RUBRIC

HOUR = timedelta(hours=1)
FILES = {"ps1.ipynb": b"{}"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("clock")
    with (
        running_fake_hub() as hub,
        running_service(folder, hub, tick_seconds=1, within=(), **shared_database) as service,
    ):
        yield service


@pytest.fixture
def room(service: RunningService) -> Classroom:
    room = Classroom(service, f"clock{next(_numbers)}")
    first, *others = COURSE["assignments"]
    room.apply(assignments=[{**first, "rubric": RUBRIC, "activities": {"review": REVIEW}}, *others])
    return room


def test_a_hand_in_goes_on_and_attempts_keep_their_order(room: Classroom) -> None:
    ada = room.client("ada")
    now = DUE - timedelta(hours=5)
    room.service.set_clock(now)
    first = room.hand_in("ada")
    begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
    room.service.set_clock(now - HOUR)
    room.put_needed(ada, begun, FILES)
    second = ok(room.commit(ada, "submissions", begun["id"]))
    third = room.hand_in("ada", files={"ps1.ipynb": b"[]"})
    assert [one["attempt"] for one in (first, second, third)] == [1, 2, 3]
    assert second["handed_in_at"] == begun["created_at"]
    receipts = [verify(one["receipt"], room.keys()) for one in (first, second, third)]
    assert [one.attempt for one in receipts] == [1, 2, 3]
    assert receipts[1].committed_at >= receipts[1].created_at
    assert [one["id"] for one in room.items("ines", "submissions", latest=True)] == [third["id"]]
    truth_of(room.service)


def test_nobody_is_early_by_more_than_the_clock_says(room: Classroom) -> None:
    ada = room.client("ada")
    room.service.set_clock(DUE + timedelta(minutes=30))
    late = room.begin(ada, "submissions", FILES, assignment="ps1")
    refused(late, 403, "was due")
    room.service.set_clock(DUE - timedelta(minutes=30))
    begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
    room.put_needed(ada, begun, FILES)
    room.service.set_clock(DUE + timedelta(minutes=30))  # the clock is right again
    refused(room.commit(ada, "submissions", begun["id"]), 403, "was due")
    assert room.items("ada", "submissions") == []


def test_a_retry_after_the_clock_was_put_back_gets_the_same_receipt(room: Classroom) -> None:
    ada = room.client("ada")
    room.service.set_clock(DUE - timedelta(hours=5))
    begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
    room.put_needed(ada, begun, FILES)
    commit = f"{room.root}/submissions/{begun['id']}/commit"
    headers = {"Idempotency-Key": f"commit-{begun['id']}"}
    done = ok(ada.post(commit, headers=headers))
    room.service.set_clock(DUE - timedelta(hours=6))
    assert ok(ada.post(commit, headers=headers)) == done
    assert ok(room.commit(ada, "submissions", begun["id"])) == done


def test_a_round_that_is_open_stays_open_and_closes_after_a_restart(room: Classroom) -> None:
    for account in ("ada", "ben", "cleo"):
        room.service.set_clock(DUE - HOUR)
        room.hand_in(account)
    room.service.set_clock(OPENS + timedelta(minutes=5))
    wait_until(lambda: rounds(room) == [(True, False)], 60, "that the round opens")
    before = rounds_whole(room)
    room.service.set_clock(OPENS - timedelta(minutes=55))
    room.service.stop()
    room.service.start()  # another process, that holds no lease
    room.service.set_clock(OPENS + timedelta(minutes=6))
    assert rounds_whole(room) == before
    room.service.set_clock(CLOSES + timedelta(minutes=5))
    wait_until(lambda: rounds(room) == [(True, True)], 60, "that the round closes")
    room.service.set_clock(CLOSES - timedelta(minutes=55))
    closed = rounds_whole(room)
    wait_for_ticks(room, 3)
    assert rounds_whole(room) == closed


def wait_for_ticks(room: Classroom, count: int) -> None:
    """Wait for ticks that began after this: each asks the Hub once for the groups of a cohort whose roster is there."""
    hub = room.service.hub
    answer, asked = hub.answer, []
    watched = f"ticks{next(_numbers)}"

    def counted(method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        if (method, path) == ("GET", f"groups/nbgrader-{watched}"):
            asked.append(path)
        return answer(method, path, token, body)

    hub.answer = counted  # type: ignore[method-assign]
    try:
        ok(room.admin.post("/cohorts", json={"id": watched, "title": "Watched"}))
        cohort = {"id": watched, "title": "Watched", "start": "2026-01-12", "time_zone": "UTC", "roster": "hub"}
        ok(room.admin.put(f"/cohorts/{watched}/settings", json={"course": COURSE, "cohort": cohort}))
        wait_until(lambda: len(asked) > count, 60, "ticks")  # the first may have been asked within an older one
    finally:
        hub.answer = answer  # type: ignore[method-assign]


def rounds(room: Classroom) -> list[tuple[bool, bool]]:
    """Return for each round of the cohort whether it was opened and whether it was closed."""
    return [(row["opened_at"] is not None, row["closed_at"] is not None) for row in rounds_whole(room)]


def rounds_whole(room: Classroom) -> list[dict[str, Any]]:
    service = room.service
    engine = create_engine(service.environ.get("NBCOHORT_DATABASE") or f"sqlite:///{service.data}/nbcohort.db")
    query = text("SELECT public_id, opened_at, closed_at, seed FROM review_round WHERE cohort = :cohort")
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(query, {"cohort": room.cohort}).mappings()]
    finally:
        engine.dispose()
