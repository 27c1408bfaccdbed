"""A full disk, of the blobs or of the database: refused with a sentence, nothing half kept, read all the same."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from nbcohort.client import ServiceRefused
from nbcohort.submissions.receipts import verify
from nbcohort.submissions.snapshots import OPEN_UPLOADS
from nbcohort.testing import FakeHub, RunningService, running_postgres, running_service
from tests.faults.people import People, people_of, problem_of, written
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.truth import truth_of
from tests.service.classroom import ok

ONCE = (0.1,)
MANY = {f"{'notes/' * 10}{number:03}.txt": b"the same" for number in range(190)}
"""One blob, and more rows than any database has room for in what it has taken of the disk already."""
CLUSTER_MB = 150
"""A new PostgreSQL takes 40."""


@dataclass
class OnASmallDisk:
    """Learners of a service, and the small disk that something of it lies on."""

    disk: SmallDisk
    people: People
    its_own: bool
    """Whether it is a disk that the service itself writes to, and so sees that it is full."""

    @property
    def service(self) -> RunningService:
        return self.people.room.service

    def expect_health(self, full: str) -> None:
        status = ok(httpx.get(f"{self.service.url}health", timeout=60))["status"]
        assert status == (full if self.its_own else "ok")


@contextmanager
def on_a_small_disk(folder: Path, hub: FakeHub, database: dict[str, str], what: str) -> Iterator[OnASmallDisk]:
    """A service on either database whose blobs or whose database lie on a disk of a few megabytes."""
    with ExitStack() as stack:
        its_own = what == "blobs" or not database
        disk = stack.enter_context(small_disk(folder / "small", 8 if its_own else CLUSTER_MB))
        within = disk.within if its_own else []
        if what == "blobs":
            environ = {**database, "NBCOHORT_BLOBS": str(disk.folder / "blobs")}
        elif its_own:
            environ = {"NBCOHORT_DATABASE": f"sqlite:///{disk.folder}/nbcohort.db"}
        else:
            cluster = disk.folder / "cluster"
            postgres = stack.enter_context(running_postgres(cluster=cluster, within=disk.within_not_as_root))
            environ = {"NBCOHORT_DATABASE": postgres.new_database()}
        service = stack.enter_context(
            running_service(folder / "service", hub, tick_seconds=1, within=within, **environ)
        )
        yield OnASmallDisk(disk, stack.enter_context(people_of(service, 1, pauses=ONCE)), its_own)


@pytest.mark.parametrize("what", ["blobs", "database"])
def test_while_the_disk_is_full_hand_ins_are_refused_and_all_else_goes_on(
    tmp_path: Path, hub: FakeHub, database: dict[str, str], what: str
) -> None:
    with on_a_small_disk(tmp_path, hub, database, what) as small:
        disk, people = small.disk, small.people
        files = written(tmp_path / "home", {"ps1.ipynb": b"{}", "data.bin": os.urandom(300_000)})
        before = people.hand_in("p00", files)
        small.expect_health("ok")
        disk.fill()
        again = written(tmp_path / "home", {"ps1.ipynb": b"[]", "data.bin": os.urandom(300_000), **MANY})
        for _ in range(3):
            with pytest.raises(ServiceRefused, match=r"room left|disk is full") as refusal:
                people.hand_in("p00", again)
            assert refusal.value.status == 507
        small.expect_health("disk full")
        assert [one["id"] for one in people.seen_by("p00")] == [before["id"]]
        assert people.clients["p00"].get(f"{people.submissions}/{before['id']}") == before
        path = f"{people.submissions}/{before['id']}/files/data.bin"
        assert len(people.clients["p00"].read(path)) == 300_000
        assert ok(people.room.client("ines").get("/me"))["account"] == "ines"
        if what == "blobs":
            assert list((disk.outside / "blobs" / "incoming").iterdir()) == []
        disk.make_room()
        small.expect_health("ok")
        done = people.hand_in("p00", again)
        assert done["attempt"] == 2
        assert verify(done["receipt"], people.room.keys()).submission == done["id"]
        assert [one["attempt"] for one in people.seen_by("p00")] == [1, 2]


def test_a_hand_in_that_the_database_has_no_room_for_is_finished_later_and_was_on_time(
    tmp_path: Path, hub: FakeHub, database: dict[str, str]
) -> None:
    with on_a_small_disk(tmp_path, hub, database, "database") as small:
        room = small.people.room
        ada = room.client("ada")
        files = {"ps1.ipynb": b"1" * 5000}
        count = OPEN_UPLOADS if database else 1  # PostgreSQL may have room for some in what it took before
        begun = [ok(room.begin(ada, "submissions", files, assignment="ps1")) for _ in range(count)]
        room.put_needed(ada, begun[0], files)
        small.disk.fill()
        answers = [room.commit(ada, "submissions", one["id"]) for one in begun]
        kept = [answer.json()["id"] for answer in answers if answer.is_success]
        refused = [one for one, answer in zip(begun, answers, strict=True) if not answer.is_success]
        assert refused
        for answer in answers:
            assert answer.is_success or problem_of(answer)["status"] == 507
        assert [one["id"] for one in room.items("ada", "submissions", limit=500)] == kept
        small.disk.make_room()
        for one in refused:
            done = ok(room.commit(ada, "submissions", one["id"]))
            assert ok(room.commit(ada, "submissions", one["id"])) == done
            assert done["handed_in_at"] == one["created_at"]
            kept.append(done["id"])
        assert [one["id"] for one in room.items("ada", "submissions", limit=500)] == kept
        if database:  # the file is where only the service sees it
            truth_of(room.service)


@pytest.mark.parametrize("what", ["blobs", "database"])
def test_a_service_killed_on_a_full_disk_comes_back_and_is_read(
    tmp_path: Path, hub: FakeHub, database: dict[str, str], what: str
) -> None:
    with on_a_small_disk(tmp_path, hub, database, what) as small:
        files = written(tmp_path / "home", {"ps1.ipynb": b"{}"})
        before = small.people.hand_in("p00", files)
        small.disk.fill()
        small.service.stop(signal.SIGKILL)
        small.service.start()
        small.expect_health("disk full")
        assert small.people.seen_by("p00") == [before]
        small.disk.make_room()
        assert small.people.hand_in("p00", files)["attempt"] == 2
