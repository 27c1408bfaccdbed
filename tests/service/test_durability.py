"""A receipt means it is safe: the order of what makes it so, failures at every step, `kill -9`, full disks, memory."""

import errno
import hashlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from nbcohort.service.app import build_house, create_app
from nbcohort.service.config import Config
from nbcohort.service.house import House
from nbcohort.store.audit import AuditRow
from nbcohort.store.blobs import LocalStore
from nbcohort.store.disk import Disk
from nbcohort.store.interactions import Interaction
from nbcohort.submissions.receipts import verify
from nbcohort.testing import (
    SERVICE_TOKEN,
    FakeHub,
    PostgresServer,
    RunningService,
    free_port,
    running_service,
    wait_until,
)
from tests.service.classroom import Classroom, ok, sha

DATA = b"x,y\n1,2\n" * 100
FILES = {"data.csv": DATA}


class Steps(Disk):
    """Writes down what is done to the disk and the database in order, and fails at the step number `fail_at`."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.fail_at: int | None = None
        self.error: OSError = OSError(errno.EIO, os.strerror(errno.EIO))

    def take(self, step: str) -> None:
        self.taken.append(step)
        if len(self.taken) == self.fail_at:
            if step == "database commit":
                raise OperationalError("COMMIT", {}, self.error)
            raise self.error

    def create(self, path: Path, mode: int = 0o600) -> int:
        self.take("create")
        return super().create(path, mode)

    def write(self, descriptor: int, data: memoryview) -> int:
        self.take("write")
        return super().write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        self.take("fsync")
        super().fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self.take("rename")
        super().rename(source, target)

    def fsync_folder(self, folder: Path) -> None:
        self.take("fsync of the folder")
        super().fsync_folder(folder)


@dataclass
class Inside:
    """The service within this process, where steps can be watched and made to fail."""

    house: House
    client: httpx.Client
    steps: Steps
    hub: FakeHub

    def request(self, account: str, method: str, path: str, **options: Any) -> httpx.Response:
        token = self.hub.token(account, admin=account == "root")
        headers = {"Authorization": f"token {token}"}
        answer = self.client.request(method, f"/services/nbcohort/api/v1{path}", headers=headers, **options)
        self.steps.taken.append(f"answer {answer.status_code}")
        return answer

    def begin(self) -> dict[str, Any]:
        described = [{"path": "data.csv", "size": len(DATA), "sha256": sha(DATA)}]
        body = {"assignment": "ps1", "files": described}
        begun: dict[str, Any] = self.request("ada", "POST", "/cohorts/ds1/submissions", json=body).json()
        return begun

    def finish(self, begun: Mapping[str, Any]) -> list[httpx.Response]:
        """Put what is needed and commit; stop at the first refusal."""
        path = f"/cohorts/ds1/snapshots/{begun['snapshot']}/blobs/{sha(DATA)}"
        answers = [self.request("ada", "PUT", path, content=DATA)]
        if answers[0].is_success:
            answers.append(self.request("ada", "POST", f"/cohorts/ds1/submissions/{begun['id']}/commit"))
        return answers

    def seen(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.request("ines", "GET", "/cohorts/ds1/submissions").json()["items"]
        return items


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve `app` from a thread of this process."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, 20, "that the service has started")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(params=["sqlite", "postgresql"])
def inside(request: pytest.FixtureRequest, tmp_path: Path, hub: FakeHub) -> Iterator[Inside]:
    url = f"sqlite:///{tmp_path}/data/nbcohort.db"
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.new_database()
    config = Config(
        data=tmp_path / "data",
        database=url,
        blobs=tmp_path / "data" / "blobs",
        hub_api=hub.url,
        hub_token=SERVICE_TOKEN,
        prefix="/services/nbcohort/",
        bind="http://127.0.0.1:0",
        tick_seconds=3600,
    )
    steps = Steps()
    house = build_house(config)
    house = replace(house, blobs=LocalStore(config.blobs, steps))
    with served(create_app(config, house)) as client:
        inside = Inside(house, client, steps, hub)
        assert inside.request("root", "POST", "/cohorts", json={"id": "ds1", "title": "DS"}).is_success
        for account, role in (("ada", "learner"), ("ines", "instructor")):
            body = {"account": account, "role": role}
            assert inside.request("root", "POST", "/cohorts/ds1/members", json=body).is_success
        course = {"id": "ds", "title": "DS", "assignments": [
            {"name": "ps1", "title": "1", "release": "week 1 mon 08:00", "due": "week 500 fri 23:59"}]}  # fmt: skip
        cohort = {"id": "ds1", "title": "DS", "start": "2026-01-12", "time_zone": "UTC"}
        settings = {"course": course, "cohort": cohort}
        assert inside.request("root", "PUT", "/cohorts/ds1/settings", json=settings).is_success
        event.listen(house.database.engine, "commit", lambda connection: steps.take("database commit"))
        yield inside


def test_blob_and_row_are_durable_before_the_receipt_leaves(inside: Inside) -> None:
    begun = inside.begin()
    inside.steps.taken.clear()
    answers = inside.finish(begun)
    assert answers[-1].json()["receipt"]
    assert inside.steps.taken == [
        "create",
        "write",
        "fsync",
        "rename",
        "fsync of the folder",
        "database commit",
        "answer 204",
        "database commit",
        "answer 200",
    ]


def test_audit_and_interaction_are_written_with_the_row_or_not_at_all(inside: Inside) -> None:
    def written() -> tuple[list[str], list[str]]:
        with inside.house.database.read() as session:
            audit = session.scalars(select(AuditRow).where(AuditRow.action.startswith("submission.")))
            kinds = session.scalars(select(Interaction).where(Interaction.kind == "submission.received"))
            return [row.action for row in audit], [row.kind for row in kinds]

    begun = inside.begin()
    inside.steps.taken.clear()
    inside.steps.fail_at = 8
    assert inside.finish(begun)[-1].status_code >= 500
    assert written() == (["submission.begin"], [])
    inside.steps.fail_at = None
    inside.finish(begun)
    inside.finish(begun)
    assert written() == (["submission.begin", "submission.commit"], ["submission.received"])


def test_every_commit_waits_for_the_disk(inside: Inside) -> None:
    with inside.house.database.write() as session:
        if inside.house.database.is_sqlite:
            assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        else:
            assert session.scalar(text("SHOW synchronous_commit")) == "on"  # though the server's default is off


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6, 8])  # 7 is the first answer
def test_a_failure_at_any_step_leaves_nothing_half_done_and_a_retry_works(inside: Inside, step: int) -> None:
    begun = inside.begin()
    inside.steps.taken.clear()
    inside.steps.fail_at = step
    answers = inside.finish(begun)
    failed = inside.steps.taken[step - 1]
    inside.steps.fail_at = None
    assert not failed.startswith("answer")
    assert answers[-1].status_code >= 500, failed
    assert answers[-1].headers["Content-Type"] == "application/problem+json"
    assert answers[-1].json()["detail"]
    assert inside.seen() == []
    again = inside.finish(begun)
    (found,) = inside.seen()
    assert found["receipt"] == again[-1].json()["receipt"]
    assert verify(found["receipt"], _keys(inside)).submission == begun["id"]
    path = f"/cohorts/ds1/submissions/{begun['id']}/files/data.csv"
    assert inside.request("ada", "GET", path).content == DATA
    assert list((inside.house.data / "blobs" / "incoming").iterdir()) == []


@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_blob_store_is_a_sentence_and_nothing_is_lost(inside: Inside, step: int, number: int) -> None:
    begun = inside.begin()
    inside.steps.taken.clear()
    inside.steps.error = OSError(number, os.strerror(number))
    inside.steps.fail_at = step
    (answer,) = inside.finish(begun)
    inside.steps.fail_at = None
    assert answer.status_code == 507
    assert "no room left" in answer.json()["detail"]
    assert inside.seen() == []
    assert inside.finish(begun)[-1].json()["receipt"]


def _keys(inside: Inside) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = inside.request("ada", "GET", "/receipt-keys").json()["keys"]
    return keys


def _traced(service: RunningService, act: Callable[[], None], log: Path) -> list[str]:
    """Return what the service asked of the kernel during `act`: each call where it ended, an answer where it began."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,write,writev"
    tracer = subprocess.Popen(
        [
            strace,
            "-f",
            "-y",
            "-s",
            "48",
            "-e",
            calls,
            "-e",
            "signal=none",
            "-o",
            str(log),
            "-p",
            str(service.process.pid),
        ],
        stderr=subprocess.PIPE,
    )
    assert tracer.stderr is not None
    said = tracer.stderr.readline().decode()
    if "attached" not in said:
        tracer.wait()
        pytest.skip(f"strace may not attach here: {said.strip()}")
    try:
        act()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        tracer.stderr.close()
    return list(_ended(log.read_text("utf-8", "replace").splitlines()))


def _ended(lines: list[str]) -> Iterator[str]:
    begun: dict[str, str] = {}
    for line in lines:
        pid, _space, call = line.partition(" ")
        call = call.strip()
        if "HTTP/1.1 " in call:
            yield call
        elif call.endswith("<unfinished ...>"):
            begun[pid] = call
        elif "resumed>" in call:
            yield begun.pop(pid, "") + call
        else:
            yield call


@pytest.mark.slow
def test_the_kernel_is_asked_in_this_order(tmp_path: Path, hub: FakeHub) -> None:
    with running_service(tmp_path, hub, tick_seconds=3600) as service:
        room = Classroom(service)
        room.apply()
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.keys()  # makes the signing key

        def act() -> None:
            assert room.put(ada, begun["snapshot"], DATA).status_code == 204
            ok(room.commit(ada, "submissions", begun["id"]))

        calls = _traced(service, act, tmp_path / "strace.log")
    blobs = re.escape(str(service.data / "blobs"))
    steps = {
        "fsync": rf"(fsync|fdatasync)\(\d+<{blobs}/incoming/[0-9a-f]+>",
        "rename": rf"rename\w*\(.*incoming/[0-9a-f]+.*{sha(DATA)}",
        "fsync of the folder": rf"fsync\(\d+<{blobs}/{sha(DATA)[:2]}>",
        "database commit": r"(fsync|fdatasync)\(\d+<.*nbcohort\.db-wal>",
        "answer 204": r"HTTP/1\.1 204",
        "answer 200": r"HTTP/1\.1 200",
    }
    taken = [step for call in calls for step, pattern in steps.items() if re.search(pattern, call)]
    assert [step for step, _again in itertools.groupby(taken)] == [
        "fsync",
        "rename",
        "fsync of the folder",
        "database commit",
        "answer 204",
        "database commit",
        "answer 200",
    ]


def _memory(pid: int, key: str) -> int:
    """Return VmRSS or VmHWM of a process in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(key)


@pytest.mark.slow
def test_a_200_mb_submission_does_not_sit_in_memory(tmp_path: Path, hub: FakeHub) -> None:
    piece = os.urandom(1 << 20)
    count = 200
    hashed = hashlib.sha256()
    for _ in range(count):
        hashed.update(piece)
    size = count * len(piece)

    def body() -> Iterator[bytes]:
        for _ in range(count):
            yield piece

    with running_service(tmp_path, hub) as service:
        room = Classroom(service)
        room.apply(limits={"max_total_mb": 300, "max_file_mb": 300})
        room.hand_in("ben")
        ada = room.client("ada")
        files = [{"path": "big.bin", "size": size, "sha256": hashed.hexdigest()}]
        begun = ok(ada.post(f"{room.root}/submissions", json={"assignment": "ps1", "files": files}))
        pid = service.process.pid
        before = _memory(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak starts anew
        path = f"{room.root}/snapshots/{begun['snapshot']}/blobs/{hashed.hexdigest()}"
        headers = {"Content-Length": str(size)}
        assert ada.put(path, content=body(), headers=headers).status_code == 204
        done = ok(room.commit(ada, "submissions", begun["id"]))
        again = hashlib.sha256()
        with ada.stream("GET", f"{room.root}/submissions/{done['id']}/files/big.bin") as answer:
            for part in answer.iter_bytes():
                again.update(part)
        assert again.digest() == hashed.digest()
        assert _memory(pid, "VmHWM") - before < 40 * 1024**2
