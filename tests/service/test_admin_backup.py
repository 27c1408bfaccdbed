"""A backup taken while people hand in, put back elsewhere: on either database, and from one to the other."""

from pathlib import Path
from typing import Any

import pytest

from nbcohort.admin.place import installed_migrations, opened
from nbcohort.admin.snapshot import frozen, write_snapshot
from nbcohort.service.clock import set_demo_clock
from nbcohort.submissions.receipts import verify
from nbcohort.testing import FakeHub, PostgresServer, RunningService, running_service
from tests.service.admin_desk import (
    Crowd,
    done,
    dump,
    dump_file,
    dump_within,
    holds,
    in_shell,
    new_database,
    place_of,
    quiet,
    refused,
)
from tests.service.classroom import ok
from tests.service.review_room import FULL, OPENS, ReviewRoom

KINDS = ("sqlite", "postgres")
CROWD = ("ada", "ben", "cleo", "dora", "emil", "fay")


class BusyRoom(ReviewRoom):
    """Besides `ps1`, which is reviewed in week 2, there is `busy`, for handing in again and again."""

    def __init__(self, service: RunningService) -> None:
        super().__init__(service)
        self.apply_review()
        self.everybody_hands_in()
        settings = ok(self.admin.get(f"{self.root}/settings"))
        busy = {"name": "busy", "title": "Busy", "release": "week 1 mon 08:00", "due": "week 4 fri 23:59"}
        settings["course"]["assignments"].append(busy)
        ok(self.admin.put(f"{self.root}/settings", json={key: settings[key] for key in ("course", "cohort")}))
        self.release("busy")
        self.open_round()

    def elsewhere(self, service: RunningService) -> "BusyRoom":
        """The same cohort on another service."""
        same = BusyRoom.__new__(BusyRoom)
        same._clients = {}
        same.service, same.cohort, same.members = service, self.cohort, self.members
        same.admin = service.as_account("root", admin=True)
        return same


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_taken_while_people_hand_in_is_that_instant_whole_and_can_be_put_into_either_database(
    kind: str, tmp_path: Path, hub: FakeHub, postgres: PostgresServer
) -> None:
    vault = tmp_path / "vault"
    with running_service(tmp_path / "old", hub, NBCOHORT_DATABASE=new_database(kind, postgres)) as service:
        room = BusyRoom(service)
        crowd = Crowd(room, CROWD, "busy")
        with crowd.at_work():
            crowd.wait_for(6)
            before = list(crowd.handed)
            in_shell(service.environ, "backup", vault)
            crowd.wait_for(6)
            _see_one_instant(service, crowd, tmp_path / "snapshot.sqlite")
        assert crowd.troubles == []
        (state,) = (vault / "states").iterdir()
        assert len(dump_file(state / "database.sqlite")["submission"]) < len(
            dump(place_of(service).database)["submission"]
        )
        assert "is whole" in done(service.environ, "verify")
        assert "is whole" in done(service.environ, "verify", vault)
        sentence = "Another nbcohort service runs" if kind == "sqlite" else "other connections"
        refused(service.environ, sentence, "restore", vault, "--replace")
        known = {one.id: one for one in crowd.handed}
    for target in KINDS:
        _put_back_and_go_on(target, tmp_path / target, hub, postgres, vault, room, before, known)


def _see_one_instant(service: RunningService, crowd: Crowd, file: Path) -> None:
    """A snapshot is every row of every table at one instant, while others go on writing."""
    place = place_of(service)
    with opened(place) as database, frozen(database) as connection:
        instant = dump_within(connection)
        crowd.wait_for(3)
        write_snapshot(connection, file, installed_migrations(), quiet)
    assert dump_file(file) == instant
    assert len(dump(place.database)["submission"]) > len(instant["submission"])
    assert all(instant[table] for table in ("person", "submission", "review_task", "interaction"))


def _put_back_and_go_on(
    kind: str,
    folder: Path,
    hub: FakeHub,
    postgres: PostgresServer,
    vault: Path,
    room: BusyRoom,
    before: list[Any],
    known: dict[str, Any],
) -> None:
    database = new_database(kind, postgres)
    where = {"NBCOHORT_DATA": str(folder / "data"), "NBCOHORT_DATABASE": database}
    done(where, "restore", vault)
    url = database or f"sqlite:///{folder}/data/nbcohort.db"
    (state,) = (vault / "states").iterdir()
    restored, taken = dump(url), dump_file(state / "database.sqlite")
    (one_more,) = set(restored.pop("audit")) - set(taken.pop("audit"))
    assert '"admin.restore"' in one_more
    assert restored == taken
    assert "is whole" in done(where, "verify")
    set_demo_clock(folder / "data" / "clock.json", OPENS)
    with running_service(folder, hub, NBCOHORT_DATABASE=database) as service:
        same = room.elsewhere(service)
        there = same.items("ines", "submissions", assignment="busy", limit=500)
        assert {one.id for one in before} <= {one["id"] for one in there} <= known.keys()
        keys = same.keys()
        for one in there:
            assert verify(one["receipt"], keys).submission == one["id"]
            holds(same, known[one["id"]])
        attempts = [known[one["id"]].attempt for one in there if known[one["id"]].account == "ada"]
        assert sorted(attempts) == list(range(1, len(attempts) + 1))
        assert same.hand_in("ada", "busy", alone=True)["attempt"] == len(attempts) + 1
        for reviewer in ("ada", "ben"):
            for task in same.tasks(reviewer):
                ok(same.put_review(reviewer, task["id"], FULL))
        same.close_round()
