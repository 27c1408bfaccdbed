"""`nbcohort admin` beside a running service that people hand in to: rotating its key, pruning, forgetting."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from nbcohort.admin import prune as pruning
from nbcohort.submissions.receipts import verify
from nbcohort.testing import FakeHub, PostgresServer, running_service, wait_until
from tests.service.admin_desk import Crowd, Handed, done, holds, new_database, place_of, quiet
from tests.service.classroom import START, Classroom, ok

PEOPLE = ("ada", "ben", "cleo")


class Careless(Crowd):
    """They hand in the same few files, which come and go, and begin what they never finish; a refusal is no trouble."""

    def hand_in(self, client: httpx.Client, account: str, number: int) -> None:
        with suppress(httpx.TransportError):  # the service may hang up on those it refuses
            self.begin_two_and_finish_one(client, account, number)

    def begin_two_and_finish_one(self, client: httpx.Client, account: str, number: int) -> None:
        room = self.room
        stray = f"{number}".encode()
        given_up = ok(room.begin(client, "submissions", {"x": stray}, assignment=self.assignment))
        room.put(client, given_up["snapshot"], stray)
        files = {"same.txt": f"{number % 3}".encode(), "own.txt": f"{account} {number % 2}".encode()}
        begun = ok(room.begin(client, "submissions", files, assignment=self.assignment))
        for data in files.values():
            room.put(client, begun["snapshot"], data)
        committed = room.commit(client, "submissions", begun["id"])
        if committed.is_success:
            said = committed.json()
            self.handed.append(Handed(account, said["id"], said["attempt"], said["receipt"], files))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_whatever_is_pruned_while_people_hand_in_no_submission_loses_a_file(
    kind: str, tmp_path: Path, hub: FakeHub, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "GRACE_SECONDS", -3600.0)  # nothing is spared for being young
    with running_service(tmp_path / "service", hub, NBCOHORT_DATABASE=new_database(kind, postgres)) as service:
        room = Classroom(service)
        room.apply()
        room.release()
        crowd = Careless(room, PEOPLE, "ps1")
        pruned: list[pruning.Pruned] = []

        def prune() -> bool:
            now = timedelta(0)
            pruned.append(pruning.prune(place_of(service), uploads=now, answers=now, report=quiet))
            return len(crowd.handed) >= 12 and sum(one.blobs for one in pruned) >= 5

        with crowd.at_work():
            wait_until(lambda: prune() or bool(crowd.troubles), 90, "enough hand-ins and removed files")
        assert crowd.troubles == []
        assert sum(one.uploads for one in pruned) > 0
        assert "is whole" in done(service.environ, "verify")
        for one in crowd.handed:
            holds(room, one)


def test_a_running_service_signs_with_the_new_key_at_once_and_shows_a_forgotten_person_by_no_name(
    tmp_path: Path, hub: FakeHub
) -> None:
    with running_service(tmp_path / "service", hub) as service:
        room = Classroom(service)
        room.apply()
        old = room.hand_in("cleo")
        (old_key,) = room.keys()
        done(service.environ, "rotate-key")
        new = room.hand_in("ada")
        keys = room.keys()
        assert len(keys) == 2
        assert verify(new["receipt"], [key for key in keys if key != old_key]).submission == new["id"]
        assert verify(old["receipt"], room.keys()).submission == old["id"]
        ok(room.admin.patch(f"{room.root}/members/{room.members['cleo']}", json={"ends_at": START.isoformat()}))
        wait_until(lambda: "cleo" not in hub.groups["nbgrader-ds1"], 60, "that the Hub knows that cleo left")
        done(service.environ, "forget", "cleo", "--yes")
        (hers,) = [one for one in room.items("ines", "submissions") if one["id"] == old["id"]]
        assert "cleo" not in str(hers)
        assert verify(hers["receipt"], room.keys()).submission == old["id"]
        assert "is whole" in done(service.environ, "verify")
