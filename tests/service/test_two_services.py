"""Two service processes on one PostgreSQL and one data folder, under load, behave as one.

Each test lets many clients do the same or related things at the same moment, half of them through either process.
"""

import itertools
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, text

from nbcohort.client import ServiceClient
from nbcohort.store.audit import AuditRow
from nbcohort.store.database import Database
from nbcohort.store.leases import Lease
from nbcohort.submissions.receipts import verify
from nbcohort.testing import PostgresServer, RunningService, running_fake_hub, running_service, wait_until
from nbcohort.tls import verify_for
from tests.service.classroom import COURSE, Classroom, ok, refused, sha
from tests.service.review_room import CLOSES, ReviewRoom

T = TypeVar("T")


@dataclass
class Twins:
    """Two services, and a look into their database."""

    one: RunningService
    other: RunningService
    database: Database

    def clients(self, account: str, count: int) -> list[httpx.Client]:
        """Return clients of `account`, by turns of the one and of the other."""
        return [(self.one, self.other)[number % 2].as_account(account) for number in range(count)]

    def audited(self, action: str, cohort: str) -> list[dict[str, Any]]:
        """Return the details of what was done, in its order."""
        with self.database.read() as session:
            query = select(AuditRow.detail).where(AuditRow.action == action, AuditRow.cohort == cohort)
            return list(session.scalars(query.order_by(AuditRow.pk)))


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Twins]:
    """Started at once, on a database in which there is nothing yet; neither meets an error nobody thought of."""
    folder = tmp_path_factory.mktemp("twins")
    url = postgres.new_database()
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        hub = stack.enter_context(running_fake_hub())
        starting = [running_service(folder, hub, NBCOHORT_DATABASE=url) for _number in range(2)]
        started = list(pool.map(stack.enter_context, starting))
        database = Database(url)
        stack.callback(database.close)
        yield Twins(started[0], started[1], database)
    assert "unexpected error" not in (folder / "service.log").read_text("utf-8")


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do all at the same moment, each in a thread of its own, and return what came of each."""
    barrier = threading.Barrier(len(acts))

    def act(one: Callable[[], T]) -> T:
        barrier.wait(60)
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


@pytest.fixture
def room(twins: Twins) -> Classroom:
    """A new cohort, made through the one."""
    room = Classroom(twins.one, f"twin{uuid.uuid4().hex[:8]}")
    room.apply()
    return room


def statuses(answers: Sequence[httpx.Response]) -> list[int]:
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
    return sorted(answer.status_code for answer in answers)


def test_what_is_made_through_one_is_there_for_the_other_at_once(twins: Twins, room: Classroom) -> None:
    assert ok(twins.other.as_account("ada").get(room.root))["id"] == room.cohort
    done = room.hand_in("ada")
    found = ok(twins.other.as_account("ines").get(f"{room.root}/submissions/{done['id']}"))
    assert found["receipt"] == done["receipt"]
    answer = twins.other.as_account("ada").get(f"{room.root}/submissions/{done['id']}/files/ps1.ipynb")
    assert sha(answer.content) == next(file["sha256"] for file in found["files"] if file["path"] == "ps1.ipynb")
    room.service.set_clock(CLOSES)
    times = [httpx.get(f"{service.url}health", timeout=60).json()["now"][:13] for service in (twins.one, twins.other)]
    assert times == [CLOSES.isoformat()[:13]] * 2


def test_one_key_sent_to_both_at_once_gives_one_submission_and_one_receipt(twins: Twins, room: Classroom) -> None:
    ada = twins.clients("ada", 6)
    receipts = []
    for number in range(1, 6):
        files = {"ps1.ipynb": b"attempt %d" % number}
        key = {"Idempotency-Key": f"{room.cohort}-{number}"}
        described = [{"path": path, "size": len(data), "sha256": sha(data)} for path, data in files.items()]
        body = {"assignment": "ps1", "files": described}
        path = f"{room.root}/submissions"
        begun = at_once([partial(client.post, path, json=body, headers=key) for client in ada])
        assert statuses(begun) == [201] * 6
        (created,) = {answer.text for answer in begun}
        first = begun[0].json()
        put = at_once([partial(room.put, client, first["snapshot"], files["ps1.ipynb"]) for client in ada])
        assert statuses(put) == [204] * 6
        keys = [{"Idempotency-Key": f"{room.cohort}-{number}-c"}, {}]  # the same again without a key, too
        commits = [
            partial(client.post, f"{path}/{first['id']}/commit", headers=keys[place // 2 % 2])
            for place, client in enumerate(ada)
        ]
        committed = at_once(commits)
        assert statuses(committed) == [200] * 6
        (receipt,) = {answer.json()["receipt"] for answer in committed}
        receipts.append(receipt)
        assert created
    mine = room.items("ada", "submissions")
    assert [(one["attempt"], one["receipt"]) for one in mine] == list(enumerate(receipts, 1))
    assert len(twins.audited("submission.commit", room.cohort)) == 5


def test_attempts_of_partners_through_both_are_numbered_without_gap_and_either_s_keys_verify(
    twins: Twins, room: Classroom
) -> None:
    room.pair("ada", "ben")
    clients = [client for pair in zip(twins.clients("ada", 6), twins.clients("ben", 6), strict=True) for client in pair]

    def hand_in(number: int) -> dict[str, Any]:
        files = {"ps1.ipynb": b"number %d" % number, "data.csv": b"x" * 5000 + b"%d" % number}
        done: dict[str, Any] = room.upload(clients[number], "submissions", files, assignment="ps1")
        return {**done, "sent": {path: sha(data) for path, data in files.items()}}

    made = at_once([partial(hand_in, number) for number in range(12)])
    assert sorted(one["attempt"] for one in made) == list(range(1, 13))
    keys = [ok(service.as_account("cleo").get("/receipt-keys"))["keys"] for service in (twins.one, twins.other)]
    for one in made:
        assert {file["path"]: file["sha256"] for file in one["files"]} == one["sent"]
        assert {verify(one["receipt"], known).attempt for known in keys} == {one["attempt"]}
    assert [one["attempt"] for one in room.items("ben", "submissions")] != []


def test_a_member_gets_one_pair_only_however_many_ask_at_once(twins: Twins, room: Classroom) -> None:
    others = ("ben", "cleo") * 4
    clients = twins.clients("ines", len(others))
    bodies = [{"members": [room.members["ada"], room.members[other]], "assignment": None} for other in others]
    answers = at_once(
        [partial(client.post, f"{room.root}/pairs", json=body) for client, body in zip(clients, bodies, strict=True)]
    )
    assert statuses(answers) == [201] + [409] * 7
    (pair,) = room.items("ines", "pairs")
    ended = at_once([partial(client.delete, f"{room.root}/pairs/{pair['id']}") for client in clients])
    assert statuses(ended) == [200] + [404] * 7
    assert len(twins.audited("pair.end", room.cohort)) == 1


def test_settings_applied_at_once_are_versions_one_after_the_other(twins: Twins, room: Classroom) -> None:
    cohort = {"id": room.cohort, "title": "DS 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"}
    bodies = [{"course": {**COURSE, "title": f"Title {number}"}, "cohort": cohort} for number in range(8)]
    clients = twins.clients("ines", 8)
    answers = at_once(
        [partial(client.put, f"{room.root}/settings", json=body) for client, body in zip(clients, bodies, strict=True)]
    )
    assert statuses(answers) == [200] * 8
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 10))
    assert [one["version"] for one in twins.audited("settings.apply", room.cohort)] == list(range(1, 10))


def test_cohorts_and_members_are_made_once_and_whoever_is_second_gets_a_sentence(twins: Twins, room: Classroom) -> None:
    admins = [service.as_account("root", admin=True) for service in (twins.one, twins.other) * 3]
    new = f"{room.cohort}-b"
    made = at_once([partial(admin.post, "/cohorts", json={"id": new, "title": "B"}) for admin in admins])
    assert statuses(made) == [201] + [409] * 5
    refused(next(answer for answer in made if answer.status_code == 409), 409, "take another id")
    account = f"new-in-{room.cohort}"
    places = (room.root, f"/cohorts/{new}") * 3
    added = at_once(
        [
            partial(admin.post, f"{place}/members", json={"account": account, "role": "learner"})
            for admin, place in zip((*admins[:3], *admins[3:]), places, strict=True)
        ]
    )
    assert statuses(added) == [201] * 2 + [409] * 4
    for place in set(places):
        found = ok(admins[0].get(f"{place}/members"))["items"]
        assert [one["account"] for one in found].count(account) == 1


def direct(service: RunningService, account: str) -> ServiceClient:
    return ServiceClient(service.url, service.hub.token(account))


@contextmanager
def handing_in(
    room: Classroom,
    folder: Path,
    people: Mapping[str, RunningService],
    client_of: Callable[[RunningService, str], ServiceClient],
) -> Iterator[Callable[[int], None]]:
    """Let people hand in again and again; yield what waits for so many more, and check in the end what came of all."""
    done: list[Any] = []
    stop = threading.Event()

    def hand_in_until_told(account: str, service: RunningService) -> None:
        file = folder / account
        number = 0
        with client_of(service, account) as client:
            while not stop.is_set():
                number += 1
                file.write_bytes(f"{account} {number}".encode())
                done.append(client.upload(f"{room.root}/submissions", {"assignment": "ps1"}, {"ps1.ipynb": file}))

    with ThreadPoolExecutor(len(people)) as pool:
        workers = [pool.submit(hand_in_until_told, account, service) for account, service in people.items()]

        def more(count: int) -> None:
            enough = len(done) + count
            wait_until(lambda: len(done) >= enough or any(one.done() for one in workers), 60, "hand-ins")

        try:
            yield more
        finally:
            stop.set()
        for worker in workers:
            worker.result()
    for account in people:
        mine = room.items(account, "submissions", limit=500)
        assert [one["attempt"] for one in mine] == list(range(1, len(mine) + 1))
    kept = {one["receipt"] for one in room.items("ines", "submissions", limit=500)}
    assert {one["receipt"] for one in done} == kept
    keys = room.keys()
    for one in done:
        assert verify(one["receipt"], keys).submission == one["id"]


@contextmanager
def killed(service: RunningService) -> Iterator[None]:
    """While this lasts, the process is dead."""
    service.stop(signal.SIGKILL)
    try:
        yield
    finally:
        service.start()


def test_a_round_is_opened_once_and_when_the_process_that_did_it_dies_the_other_closes_it(twins: Twins) -> None:
    room = ReviewRoom(twins.one)
    room.apply_review()
    room.everybody_hands_in()
    room.open_round()
    assert len(twins.audited("review.round.open", room.cohort)) == 1

    def holder() -> int:
        name = f"review:{room.cohort}:ps1"
        with twins.database.read() as session:
            return int(session.scalars(select(Lease.holder).where(Lease.name == name)).one().partition("-")[0])

    services = {service.process.pid: service for service in (twins.one, twins.other)}
    dies = services.pop(holder())
    ((survivor, room.service),) = services.items()
    room._clients.clear()
    with killed(dies):
        room.close_round()
        assert holder() == survivor
        assert room.service.process.pid == survivor
    rounds = ok(dies.as_account("ines").get(f"{room.root}/review/rounds"))["items"]
    assert [one["phase"] for one in rounds] == ["closed"]
    assert len(twins.audited("review.round.close", room.cohort)) == 1


class InFront(httpx.BaseTransport):
    """What stands in front of both: each request goes to the next in turn, or to the other if nobody listens there."""

    def __init__(self, twins: Twins) -> None:
        self._ports = [urlsplit(service.url).port for service in (twins.one, twins.other)]
        self._turns = itertools.count()
        self._wire = httpx.HTTPTransport(verify=verify_for(twins.one.url))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        turn = next(self._turns)
        for port in (self._ports[turn % 2], self._ports[(turn + 1) % 2]):
            request.url = request.url.copy_with(port=port)
            with suppress(httpx.ConnectError):
                return self._wire.handle_request(request)
        raise httpx.ConnectError("nobody is there", request=request)

    def close(self) -> None:
        self._wire.close()


def test_a_process_that_dies_under_hand_ins_costs_none_as_all_go_on_with_the_other(
    twins: Twins, room: Classroom, tmp_path: Path
) -> None:
    def client(service: RunningService, account: str) -> ServiceClient:
        return ServiceClient(twins.one.url, service.hub.token(account), transport=InFront(twins))

    with handing_in(room, tmp_path, dict.fromkeys(("ada", "ben", "cleo"), twins.one), client) as more:
        for service in (twins.one, twins.other, twins.one):
            more(3)
            with killed(service):
                more(6)


def test_connections_that_the_database_ends_under_way_cost_no_hand_in(
    twins: Twins, room: Classroom, tmp_path: Path
) -> None:
    with handing_in(room, tmp_path, {"ada": twins.one, "ben": twins.other, "cleo": twins.one}, direct) as more:
        for _round in range(4):
            more(2)
            with twins.database.write() as session:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                session.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))  # noqa: S608
