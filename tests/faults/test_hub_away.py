"""A Hub that is down, hangs or talks nonsense: identities last ten seconds, then everybody is told, and it heals."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from nbcohort.client import PATIENT
from nbcohort.service.identity import ASK_SECONDS, CACHE_SECONDS
from nbcohort.submissions.receipts import verify
from nbcohort.testing import FakeHub, running_fake_hub, running_service, wait_until
from tests.faults.people import people_of, problem_of, written
from tests.faults.truth import truth_of
from tests.service.classroom import DUE, Classroom, ok

FILES = {"ps1.ipynb": b"{}"}
MINUTE = 60.0
SLACK = 5.0
"""Seconds for the machine's other work."""


@contextmanager
def a_cohort(folder: Path, hub: FakeHub, database: dict[str, str]) -> Iterator[Classroom]:
    with running_service(folder / "service", hub, tick_seconds=1, within=(), **database) as service:
        room = Classroom(service)
        room.apply()
        yield room


def until_refused(client: httpx.Client, path: str) -> httpx.Response:
    """Return the first refusal."""
    started = time.monotonic()
    while time.monotonic() - started < 4 * CACHE_SECONDS:
        answer = client.get(path)
        if not answer.is_success:
            return answer
        time.sleep(0.2)
    raise AssertionError("the service goes on as if nothing were")


@contextmanager
def answering_503(hub: FakeHub) -> Iterator[None]:
    hub.down = True
    try:
        yield
    finally:
        hub.down = False


@pytest.mark.parametrize("away", [answering_503, FakeHub.stopped], ids=["503", "nobody listens"])
def test_what_is_known_lasts_ten_seconds_and_a_hand_in_goes_on_when_the_hub_is_back(
    tmp_path: Path, hub: FakeHub, database: dict[str, str], away: Callable[[FakeHub], AbstractContextManager[None]]
) -> None:
    with a_cohort(tmp_path, hub, database) as room:
        room.service.set_clock(DUE - timedelta(seconds=30))
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        known = time.monotonic()
        with away(hub):
            gone = time.monotonic()
            room.put_needed(ada, begun, FILES)
            answer = until_refused(ada, "/me")
            refused = time.monotonic()
            assert refused - known >= CACHE_SECONDS / 2
            assert refused - gone < CACHE_SECONDS + SLACK
            assert answer.status_code == 503
            assert "JupyterHub" in problem_of(answer)["detail"]
            assert answer.headers["Retry-After"]
            assert room.client("ben").get("/me").status_code == 503  # is not taken for somebody unknown
            assert httpx.get(f"{room.service.url}health", timeout=60).status_code == 200
            assert room.commit(ada, "submissions", begun["id"]).status_code == 503
        room.service.set_clock(DUE + timedelta(seconds=60))
        time.sleep(2.5)
        done = ok(room.commit(ada, "submissions", begun["id"]))
        assert done["handed_in_at"] == begun["created_at"]
        assert not done["late"]


@pytest.mark.slow
def test_who_hands_in_while_the_hub_is_away_for_a_minute_waits_and_loses_nothing(tmp_path: Path, hub: FakeHub) -> None:
    with (
        running_service(tmp_path / "service", hub) as service,
        people_of(service, 6, pauses=(*PATIENT, *PATIENT)) as people,
        ThreadPoolExecutor(6) as pool,
    ):
        done: list[tuple[float, dict[str, Any]]] = []
        stop = threading.Event()

        def hand_in_until_told(account: str) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                files = written(tmp_path / account, {"ps1.ipynb": f"{account} {number}".encode(), "same.csv": b"1,2"})
                one = people.hand_in(account, files)
                done.append((time.monotonic(), one))

        accounts = [f"p0{number}" for number in range(6)]
        workers = [pool.submit(hand_in_until_told, account) for account in accounts]
        try:
            wait_until(lambda: len(done) >= 12, 60, "hand-ins")
            with hub.stopped():
                gone = time.monotonic()
                while time.monotonic() - gone < MINUTE:
                    asked = time.monotonic()
                    assert httpx.get(f"{service.url}health", timeout=30).status_code == 200
                    assert time.monotonic() - asked < SLACK
                    time.sleep(0.5)
                back = time.monotonic()
            assert not [at for at, _one in done if gone + CACHE_SECONDS + SLACK < at < back]

            def since() -> set[str]:
                return {account for at, one in done if at > back for account in one["submitters"]}

            wait_until(lambda: since() == set(accounts) or any(one.done() for one in workers), 60, "all hand-ins")
        finally:
            stop.set()
        for worker in workers:
            worker.result()
        assert truth_of(service).receipts == {one["id"]: one["receipt"] for _at, one in done}
        keys = people.room.keys()
        for _at, one in done:
            assert verify(one["receipt"], keys).submission == one["id"]
        log = (service.data.parent / "service.log").read_text("utf-8")
        assert "unexpected error" not in log


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "<html>Welcome to nginx!</html>"),
        (200, "[]"),
        (200, '{"kind": "user", "name": "ada", "scopes": 7}'),
        (404, "not here"),
        (302, "/hub/login"),
        (429, "slow down"),
    ],
)
def test_nonsense_from_the_hub_makes_nobody_unknown(nonsense: Classroom, status: int, text: str) -> None:
    hub = nonsense.service.hub
    hub.nonsense = (status, text)
    try:
        account = f"new{status}{len(text)}"
        answer = nonsense.client(account).get("/me")
        assert answer.status_code == 503
        assert "JupyterHub is not well" in problem_of(answer)["detail"]
    finally:
        hub.nonsense = None


@pytest.fixture(scope="module")
def nonsense(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Classroom]:
    """A cohort for the questions that the Hub answers with nonsense."""
    folder = tmp_path_factory.mktemp("nonsense")
    with running_fake_hub() as hub, a_cohort(folder, hub, shared_database) as room:
        yield room


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.parametrize("slow", ["silent", "trickling"])
def test_a_hub_that_hangs_takes_no_threads_and_each_is_told_in_time(
    tmp_path: Path, hub: FakeHub, database: dict[str, str], slow: str
) -> None:
    with a_cohort(tmp_path, hub, database) as room, ThreadPoolExecutor(60) as pool:
        pid = room.service.process.pid
        clients = [room.client(f"new{number}") for number in range(15)]
        hub.hangs = threading.Event()
        hub.trickles = slow == "trickling"
        try:
            before = _threads(pid)
            started = time.monotonic()
            waiting = [pool.submit(client.get, "/me") for client in clients for _ in range(4)]
            time.sleep(2)
            assert _threads(pid) <= before + 5
            assert httpx.get(f"{room.service.url}health", timeout=5).status_code == 200
            answers = [one.result(60) for one in waiting]
            assert time.monotonic() - started < 2.5 * ASK_SECONDS
        finally:
            hub.hangs.set()
            hub.hangs, hub.trickles = None, False
        assert {answer.status_code for answer in answers} == {503}
        assert "JupyterHub" in problem_of(answers[0])["detail"]
        time.sleep(2.5)
        assert room.hand_in("ada")["attempt"] == 1
