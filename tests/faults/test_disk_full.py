"""A full disk, of the blobs or of the database: refused with a sentence, nothing half kept, read all the same."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from nbcohort.client import ServiceRefused
from nbcohort.submissions.receipts import verify
from nbcohort.testing import FakeHub, RunningService, running_service
from tests.faults.people import People, people_of, problem_of, written
from tests.faults.small_disk import SmallDisk, small_disk
from tests.service.classroom import ok

ONCE = (0.1,)


@contextmanager
def on_a_small_disk(folder: Path, hub: FakeHub, what: str) -> Iterator[tuple[SmallDisk, People]]:
    """A service whose blobs or whose database lie on a disk of 8 MB."""
    with small_disk(folder / "small", 8) as disk:
        places = {
            "blobs": {"NBCOHORT_BLOBS": str(disk.folder / "blobs")},
            "database": {"NBCOHORT_DATABASE": f"sqlite:///{disk.folder}/nbcohort.db"},
        }
        with (
            running_service(folder / "service", hub, tick_seconds=0.2, within=disk.within, **places[what]) as service,
            people_of(service, 1, pauses=ONCE) as people,
        ):
            yield disk, people


def health(service: RunningService) -> str:
    return str(ok(httpx.get(f"{service.url}health"))["status"])


@pytest.mark.parametrize("what", ["blobs", "database"])
def test_while_the_disk_is_full_hand_ins_are_refused_and_all_else_goes_on(
    tmp_path: Path, hub: FakeHub, what: str
) -> None:
    with on_a_small_disk(tmp_path, hub, what) as (disk, people):
        service = people.room.service
        files = written(tmp_path / "home", {"ps1.ipynb": b"{}", "data.bin": os.urandom(300_000)})
        before = people.hand_in("p00", files)
        assert health(service) == "ok"
        disk.fill()
        again = written(tmp_path / "home", {"ps1.ipynb": b"[]", "data.bin": os.urandom(300_000)})
        for _ in range(3):
            with pytest.raises(ServiceRefused, match=r"room left|disk is full") as refusal:
                people.hand_in("p00", again)
            assert refusal.value.status == 507
        assert health(service) == "disk full"
        assert [one["id"] for one in people.seen_by("p00")] == [before["id"]]
        assert people.clients["p00"].get(f"{people.submissions}/{before['id']}") == before
        path = f"{people.submissions}/{before['id']}/files/data.bin"
        assert len(people.clients["p00"].read(path)) == 300_000
        assert ok(people.room.client("ines").get("/me"))["account"] == "ines"
        if what == "blobs":
            assert list((disk.outside / "blobs" / "incoming").iterdir()) == []
        disk.make_room()
        assert health(service) == "ok"
        done = people.hand_in("p00", again)
        assert done["attempt"] == 2
        assert verify(done["receipt"], people.room.keys()).submission == done["id"]
        assert [one["attempt"] for one in people.seen_by("p00")] == [1, 2]


def test_a_hand_in_that_the_database_has_no_room_for_is_finished_later_and_was_on_time(
    tmp_path: Path, hub: FakeHub
) -> None:
    with on_a_small_disk(tmp_path, hub, "database") as (disk, people):
        room = people.room
        ada = room.client("ada")
        files = {"ps1.ipynb": b"1" * 5000}
        begun = ok(room.begin(ada, "submissions", files, assignment="ps1"))
        room.put_needed(ada, begun, files)
        disk.fill()
        refused = room.commit(ada, "submissions", begun["id"])
        assert refused.status_code == 507
        problem_of(refused)
        assert room.items("ada", "submissions") == []
        disk.make_room()
        done = ok(room.commit(ada, "submissions", begun["id"]))
        assert ok(room.commit(ada, "submissions", begun["id"])) == done
        assert done["handed_in_at"] == begun["created_at"]
        assert [one["id"] for one in room.items("ada", "submissions")] == [done["id"]]


@pytest.mark.parametrize("what", ["blobs", "database"])
def test_a_service_killed_on_a_full_disk_comes_back_and_is_read(tmp_path: Path, hub: FakeHub, what: str) -> None:
    with on_a_small_disk(tmp_path, hub, what) as (disk, people):
        service = people.room.service
        files = written(tmp_path / "home", {"ps1.ipynb": b"{}"})
        before = people.hand_in("p00", files)
        disk.fill()
        service.stop(signal.SIGKILL)
        service.start()
        assert health(service) == "disk full"
        assert people.seen_by("p00") == [before]
        disk.make_room()
        assert people.hand_in("p00", files)["attempt"] == 2
