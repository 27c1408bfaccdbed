"""Limits at their boundaries, over a socket: what is allowed passes, and one more gets a sentence."""

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from nbcohort.client import ServiceClient, ServiceRefused
from nbcohort.service.app import MAX_BODY
from nbcohort.service.identity import GUESSES
from nbcohort.submissions.snapshots import OPEN_UPLOADS
from nbcohort.testing import FakeHub, RunningService, running_service, wait_until
from tests.service.classroom import Classroom, ok, refused, sha


@pytest.fixture
def strict(tmp_path: Path, hub: FakeHub) -> Iterator[RunningService]:
    """A service that takes two requests of a member at once, then one in ten seconds."""
    with running_service(tmp_path / "service", hub, NBCOHORT_MEMBER_RATE="0.1") as service:
        yield service


def too_many(answer: httpx.Response, sentence: str) -> int:
    refused(answer, 429, sentence)
    return int(answer.headers["Retry-After"])


class TestRates:
    def test_an_account_is_told_when_it_asks_too_much_and_the_others_go_on(self, strict: RunningService) -> None:
        ada = strict.as_account("ada")
        assert [ada.get("/me").status_code for _number in range(2)] == [200, 200]
        assert 1 <= too_many(ada.get("/me"), "more requests than the service takes") <= 10
        again = strict.as_account("ada")
        too_many(again.get("/me"), "more requests")
        assert strict.as_account("ben").get("/me").status_code == 200
        room = strict.as_account("course-ds1")
        assert {room.get("/me").status_code for _number in range(20)} == {200}

    def test_the_client_waits_as_long_as_it_is_told_and_then_says_why(self, strict: RunningService) -> None:
        waits: list[float] = []
        token = strict.hub.token("ada")
        ada = strict.as_account("ada")
        ok(ada.get("/me"))
        ok(ada.get("/me"))
        with (
            ServiceClient(strict.url, token, sleep=waits.append) as client,
            pytest.raises(ServiceRefused, match="more requests than the service takes"),
        ):
            client.get("/me")
        assert waits
        assert all(1 <= wait <= 10 for wait in waits)

    def test_a_guesser_is_stopped_before_the_hub_is_asked_and_who_is_at_work_goes_on(
        self, service: RunningService
    ) -> None:
        ada = service.as_account("ada")
        ok(ada.get("/me"))
        asked: list[str] = []
        whoami = service.hub._whoami

        def counting(token: str) -> tuple[int, object]:
            asked.append(token)
            return whoami(token)

        service.hub._whoami = counting  # type: ignore[method-assign]
        statuses = []
        with httpx.Client(base_url=f"{service.url}api/v1", timeout=60) as guesser:
            for number in range(20 * GUESSES):
                answer = guesser.get("/me", headers={"Authorization": f"Bearer guess-{number}"})
                statuses.append(answer.status_code)
                if answer.status_code == 429:
                    break
            too_many(answer, "JupyterHub does not know")
        assert statuses[:GUESSES] == [401] * GUESSES
        assert len(asked) == len(statuses) - 1
        ok(ada.get("/me"))

    def test_x_forwarded_for_is_believed_from_nobody_by_default(self, service: RunningService) -> None:
        with httpx.Client(base_url=f"{service.url}api/v1", timeout=60) as guesser:
            for number in range(20 * GUESSES):
                headers = {"Authorization": f"Bearer guess-{number}", "X-Forwarded-For": f"192.0.2.{number % 250}"}
                if guesser.get("/me", headers=headers).status_code == 429:
                    return
        pytest.fail("a new address each time was believed")


class TestParallel:
    def test_a_member_has_only_so_many_requests_under_way(self, tmp_path: Path, hub: FakeHub) -> None:
        with running_service(tmp_path / "service", hub, NBCOHORT_MEMBER_PARALLEL="2") as service:
            ada = service.as_account("ada")
            with self.stalled(service), self.stalled(service):
                too_many(ada.get("/me"), "You have 2 requests under way")
                assert service.as_account("ben").get("/me").status_code == 200
            wait_until(lambda: ada.get("/me").status_code == 200, 60, "that the broken ones are given up")

    @contextlib.contextmanager
    def stalled(self, service: RunningService) -> Iterator[None]:
        """A request of Ada's whose body the service has begun to wait for."""
        address = urlsplit(service.url)
        head = (
            f"POST {address.path}api/v1/cohorts/x/submissions HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: token {service.hub.token('ada')}\r\nExpect: 100-continue\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        )
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
            connection.sendall(head.encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
            yield


class TestSizes:
    def test_a_body_of_json_may_have_eight_million_bytes_and_not_one_more(self, room: Classroom) -> None:
        body = json.dumps({"id": "x", "title": ""}).encode()
        url = f"{room.service.url}api/v1/cohorts"
        headers = {**room.admin.headers, "Content-Type": "application/json"}
        largest = body.replace(b'""', b'"' + b"a" * (MAX_BODY - len(body)) + b'"')
        assert len(largest) == MAX_BODY
        refused(httpx.post(url, content=largest, headers=headers, timeout=60), 422, "title")
        refused(httpx.post(url, content=largest + b" ", headers=headers, timeout=60), 413, "larger than the service")

    def test_a_release_has_a_thousand_files_and_not_one_more(self, room: Classroom) -> None:
        files = {f"{number}.txt": str(number).encode() for number in range(1000)}
        ok(room.begin(room.room, "releases", files, assignment="ps1"))
        more = {**files, "1000.txt": b"1000"}
        refused(room.begin(room.room, "releases", more, assignment="ps1"), 413, "at most 1000")

    def test_a_learner_sends_as_much_as_the_course_allows_and_not_more(self, room: Classroom) -> None:
        room.apply(limits={"max_member_mb": 1})
        first, second = b"a" * 600_000, b"b" * 400_000
        room.hand_in("ada", files={"a.txt": first})
        room.hand_in("ada", files={"a.txt": first, "b.txt": second})
        begun = room.begin(room.client("ada"), "submissions", {"a.txt": first, "c.txt": b"c"}, assignment="ps1")
        refused(begun, 413, "You have sent 1 MB in this course and would send 1 bytes more")
        room.hand_in("ada", files={"b.txt": second})
        room.hand_in("ben", files={"c.txt": b"c" * 1_000_000})

    def test_a_member_may_leave_fifty_uploads_unfinished_in_an_hour(self, room: Classroom) -> None:
        ada = room.client("ada")
        begun = [
            ok(room.begin(ada, "submissions", {"a.txt": str(number).encode()}, assignment="ps1"))
            for number in range(OPEN_UPLOADS)
        ]
        answer = room.begin(ada, "submissions", {"a.txt": b"one more"}, assignment="ps1")
        assert 3000 < too_many(answer, "You have begun 50 uploads") <= 3600
        room.put(ada, begun[0]["snapshot"], b"0", sha(b"0"))
        ok(room.commit(ada, "submissions", begun[0]["id"]))
        ok(room.begin(ada, "submissions", {"a.txt": b"one more"}, assignment="ps1"))
