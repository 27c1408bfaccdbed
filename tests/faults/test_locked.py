"""A database that others hold locked, or that is away: a short wait is waited out, a long one is told with a 503."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from nbcohort.store.database import BUSY_SECONDS
from nbcohort.testing import FakeHub, PostgresServer, running_postgres, running_service
from tests.faults.people import People, people_of, problem_of, written
from tests.service.classroom import Classroom, ok

FILES = {"ps1.ipynb": b"{}"}
LONG = BUSY_SECONDS * 3
"""Seconds after which whoever waits for a lock must have been told."""


@contextmanager
def a_cohort(tmp_path: Path, hub: FakeHub, environ: dict[str, str]) -> Iterator[Classroom]:
    with running_service(tmp_path / "service", hub, tick_seconds=3600, **environ) as service:
        room = Classroom(service)
        room.apply()
        room.keys()
        yield room


@contextmanager
def everything_locked(room: Classroom) -> Iterator[None]:
    """Somebody else's session that keeps all others from writing anything that matters here."""
    url = room.service.environ.get("NBCOHORT_DATABASE")
    if url is None:
        with closing(sqlite3.connect(room.service.data / "nbcohort.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with psycopg.connect(url.replace("+psycopg", "")) as session:
            session.execute("LOCK TABLE snapshot, submission, idempotent_request IN EXCLUSIVE MODE")
            yield
            session.rollback()


def test_a_short_lock_is_waited_out(tmp_path: Path, hub: FakeHub, database: dict[str, str]) -> None:
    with a_cohort(tmp_path, hub, database) as room, ThreadPoolExecutor(1) as pool:
        with everything_locked(room):
            waiting = pool.submit(room.hand_in, "ada")
            time.sleep(1.5)
            assert not waiting.done()
        assert waiting.result(60)["attempt"] == 1


def test_a_long_lock_is_told_to_all_who_write_while_others_read(
    tmp_path: Path, hub: FakeHub, database: dict[str, str]
) -> None:
    with a_cohort(tmp_path, hub, database) as room, ThreadPoolExecutor(50) as pool:
        before = room.hand_in("ada")
        clients = [room.client(account) for account in ("ada", "ben", "cleo")]
        for client in clients:
            ok(client.get("/me"))
        with everything_locked(room):
            started = time.monotonic()
            writing = [
                pool.submit(room.begin, clients[number % 3], "submissions", FILES, assignment="ps1")
                for number in range(45)
            ]
            time.sleep(1)
            while not any(one.done() for one in writing):  # they all wait: whoever reads does not
                asked = time.monotonic()
                assert ok(clients[0].get(f"{room.root}/submissions"))["items"] == [before]
                assert time.monotonic() - asked < BUSY_SECONDS / 2
                time.sleep(0.5)
            answers = [one.result(LONG * 2) for one in writing]
            assert time.monotonic() - started >= BUSY_SECONDS / 2
        for answer in answers:
            assert answer.status_code == 503
            assert "busy" in problem_of(answer)["detail"]
            assert int(answer.headers["Retry-After"]) > 0
        assert room.items("ada", "submissions") == [before]
        assert room.hand_in("ada")["attempt"] == 2


def test_postgresql_may_stop_and_start_again_under_hand_ins(tmp_path: Path, hub: FakeHub) -> None:
    with (
        running_postgres() as postgres,
        running_service(tmp_path / "service", hub, NBCOHORT_DATABASE=postgres.new_database()) as service,
        people_of(service, 4, pauses=(0.3,) * 200) as people,
    ):
        stop = threading.Event()
        done: list[dict[str, Any]] = []
        errors: list[Exception] = []
        workers = [
            threading.Thread(target=_hand_in_until, args=(people, f"p0{number}", tmp_path, stop, done, errors))
            for number in range(4)
        ]
        for worker in workers:
            worker.start()
        try:
            _wait_for_more(done, 4)
            _restart_under_way(postgres, people)
            _wait_for_more(done, 4)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        assert errors == []
        listed = {one["id"]: one["receipt"] for one in people.room.items("ines", "submissions", limit=500)}
        assert {one["id"]: one["receipt"] for one in done} == listed


def _restart_under_way(postgres: PostgresServer, people: People) -> None:
    client = people.room.client("ines")
    postgres.stop()
    answer = client.get(people.submissions)
    assert answer.status_code == 503
    assert "away" in problem_of(answer)["detail"]
    assert httpx.get(f"{people.room.service.url}health", timeout=60).status_code == 200
    postgres.start()


def _wait_for_more(done: list[dict[str, Any]], more: int) -> None:
    target, deadline = len(done) + more, time.monotonic() + 60
    while len(done) < target:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _hand_in_until(
    people: People,
    account: str,
    folder: Path,
    stop: threading.Event,
    done: list[dict[str, Any]],
    errors: list[Exception],
) -> None:
    number = 0
    try:
        while not stop.is_set():
            number += 1
            files = written(folder / account, {"ps1.ipynb": f"{account} {number}".encode()})
            done.append(people.hand_in(account, files))
    except Exception as error:  # noqa: BLE001  # shown by the test
        errors.append(error)
