"""The phases of a round, as settings and clock make them, on a running service."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from nbcohort.testing import RunningService, wait_until
from tests.service.classroom import ok, refused
from tests.service.review_room import CLOSES, FULL, OPENS, ReviewRoom

DAY = timedelta(days=1)
ALL_PHASES: dict[str, Any] = {
    "calibrates": "week 1 sat 09:00",
    "late_until": "week 2 sun 23:59",
    "replies_due": "week 3 wed 23:59",
    "release": "week 3 fri 12:00",
}
LATE_CLOSES = datetime.fromisoformat("2026-01-25T22:59:00+00:00")


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    return ReviewRoom(shared_service)


def begin(room: ReviewRoom) -> None:
    room.everybody_hands_in()
    room.open_round()
    given = room.work_of("ada")["tasks"][0]
    ok(room.put_review(given["reviewer"]["account"], given["id"]))


def test_a_round_goes_through_all_its_phases_and_shows_each_thing_in_its_time(room: ReviewRoom) -> None:
    room.apply_review(**ALL_PHASES)
    room.everybody_hands_in()
    room.service.set_clock(OPENS - DAY)
    room.wait_for_phase("calibrating")
    room.open_round()
    first, second = room.work_of("ada")["tasks"]
    ok(room.put_review(first["reviewer"]["account"], first["id"]))

    room.service.set_clock(CLOSES + DAY)
    room.wait_for_phase("reviewing")
    ok(room.put_review(second["reviewer"]["account"], second["id"]))
    refused(room.get("ada", "received", assignment="ps1"), 409, "shown after 2026-01-25 23:59")

    room.service.set_clock(LATE_CLOSES + DAY)
    room.wait_for_phase("replying")
    wait_until(lambda: room.round()["closed_at"] is not None, what="closing")
    refused(room.put_review(first["reviewer"]["account"], first["id"]), 409, "were due at 2026-01-25 23:59")
    (one,) = room.items("ada", "review/received", assignment="ps1")
    assert len(one["reviews"]) == 2
    assert one["score"] is None, "scores wait for the release"
    assert ok(room.get("ines", "received", account="ada"))["items"][0]["score"]["overall"]["percent"] == 100

    room.service.set_clock(LATE_CLOSES + 4 * DAY)
    room.wait_for_phase("closed")
    room.service.set_clock(LATE_CLOSES + 6 * DAY)
    room.wait_for_phase("released")
    wait_until(lambda: room.round()["released_at"] is not None, what="the release")
    (one,) = room.items("ada", "review/received", assignment="ps1")
    assert one["score"]["overall"]["percent"] == 100


def test_reviews_can_wait_for_the_release_too(room: ReviewRoom) -> None:
    room.apply_review(release="week 3 fri 12:00", reviews_shown="released")
    begin(room)
    room.close_round()
    refused(room.get("ada", "received", assignment="ps1"), 409, "when they are released")
    assert room.items("ada", "review/received") == []
    room.service.set_clock(CLOSES + 8 * DAY)
    room.wait_for_phase("released")
    (one,) = room.items("ada", "review/received")
    assert one["reviews"][0]["overall"] == FULL["overall"]
    assert one["score"]["overall"]["percent"] == 100


def test_a_release_that_settings_move_while_it_is_awaited_is_moved(room: ReviewRoom) -> None:
    room.apply_review(release="week 9 fri 12:00", self_review=False)
    begin(room)
    room.close_round()
    room.wait_for_phase("closed")
    notes = room.apply_review(release="week 3 mon 12:00", review_weight=0.5)["notes"]
    assert notes == []
    wait_until(lambda: room.round()["release_at"].startswith("2026-01-26"), what="the new release")
    assert room.round()["rules"]["review_weight"] == 0
    room.service.set_clock(CLOSES + 5 * DAY)
    room.wait_for_phase("released")
