"""A Hub that is down, hangs or talks nonsense: identities last ten seconds, then everybody is told, and it heals."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from nbcohort.service.identity import ASK_SECONDS, CACHE_SECONDS
from nbcohort.testing import FakeHub, running_fake_hub, running_service
from tests.faults.people import problem_of
from tests.service.classroom import DUE, Classroom, ok

FILES = {"ps1.ipynb": b"{}"}


@contextmanager
def a_cohort(folder: Path, hub: FakeHub) -> Iterator[Classroom]:
    with running_service(folder / "service", hub) as service:
        room = Classroom(service)
        room.apply()
        yield room


def until_refused(client: httpx.Client, path: str) -> tuple[httpx.Response, float]:
    """Return the first refusal, and how many seconds it was later than the last success."""
    last = time.monotonic()
    while time.monotonic() - last < 4 * CACHE_SECONDS:
        asked = time.monotonic()
        answer = client.get(path)
        if not answer.is_success:
            return answer, asked - last
        last = time.monotonic()
        time.sleep(0.2)
    raise AssertionError("the service goes on as if nothing were")


def test_what_is_known_lasts_ten_seconds_and_a_hand_in_goes_on_when_the_hub_is_back(
    tmp_path: Path, hub: FakeHub
) -> None:
    with a_cohort(tmp_path, hub) as room:
        room.service.set_clock(DUE - timedelta(seconds=30))
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        hub.down = True
        gone = time.monotonic()
        room.put_needed(ada, begun, FILES)
        answer, _ = until_refused(ada, "/me")
        assert time.monotonic() - gone >= CACHE_SECONDS / 2
        assert answer.status_code == 503
        assert "JupyterHub" in problem_of(answer)["detail"]
        assert answer.headers["Retry-After"]
        assert room.client("ben").get("/me").status_code == 503  # is not taken for somebody unknown
        assert httpx.get(f"{room.service.url}health").status_code == 200
        assert room.commit(ada, "submissions", begun["id"]).status_code == 503
        hub.down = False
        room.service.set_clock(DUE + timedelta(seconds=60))
        time.sleep(2.5)
        done = ok(room.commit(ada, "submissions", begun["id"]))
        assert done["handed_in_at"] == begun["created_at"]
        assert not done["late"]


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
def nonsense(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """A cohort for the questions that the Hub answers with nonsense."""
    with running_fake_hub() as hub, a_cohort(tmp_path_factory.mktemp("nonsense"), hub) as room:
        yield room


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.parametrize("slow", ["silent", "trickling"])
def test_a_hub_that_hangs_takes_no_threads_and_each_is_told_in_time(tmp_path: Path, hub: FakeHub, slow: str) -> None:
    with a_cohort(tmp_path, hub) as room, ThreadPoolExecutor(60) as pool:
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
