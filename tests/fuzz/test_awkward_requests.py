"""What generated requests do not reach: tricks with paths, headers, encodings and numbers, one sentence for each."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from nbcohort.testing import RunningService
from tests.fuzz.engine import nothing_unexpected
from tests.fuzz.seeded import SeededRoom
from tests.service.classroom import ok, refused

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(1200)]


@pytest.fixture(params=["seeded", "seeded_on_postgres"], ids=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest) -> Iterator[SeededRoom]:
    room: SeededRoom = request.getfixturevalue(request.param)
    with nothing_unexpected(room.service):
        yield room


def say(service: RunningService, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send a request as it is written, and return the status and all that is answered."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer


def head(room: SeededRoom, method: str, path: str, *headers: str) -> str:
    prefix = urlsplit(room.service.url).path
    token = room.service.hub.token("ines")
    lines = [f"{method} {prefix}api/v1{path} HTTP/1.1", "Host: x", f"Authorization: token {token}", "Connection: close"]
    return "\n".join([*lines, *headers])


def is_a_problem(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/cohorts/{c}/../{c}/members/x",
        "/cohorts/%2e%2e/members",
        "/cohorts/{c}/submissions/%00",
        "/cohorts/{c}%00/members",
        "/cohorts/{c}/submissions/" + "x" * 20_000,
        "/cohorts/{c}/submissions/caf%C3%A9",
        "/cohorts/{c}/submissions/cafe%CC%81",
        "/cohorts/{c}/submissions/%ff%fe",
        "/cohorts/{c}/submissions/%F0%9F%A6%84",
        "/cohorts/{c}/members/",
        "//cohorts/{c}/members",
        "/cohorts/{C}/members",
    ],
)
def test_an_odd_path_leads_nowhere(room: SeededRoom, path: str) -> None:
    status, answer = say(room.service, head(room, "GET", path.format(c=room.cohort, C=room.cohort.upper())))
    assert status == 404, answer[:300]
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "path", ["..%2f..%2fetc%2fpasswd", "%2e%2e/ps.md", "/etc/passwd", "ps.md%00", "./ps.md", "PS.MD"]
)
def test_only_a_files_very_path_names_it(room: SeededRoom, path: str) -> None:
    submission = room.ids["submission"][0]
    status, _answer = say(room.service, head(room, "GET", f"{room.root}/submissions/{submission}/files/{path}"))
    assert status == 404


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        f"limit={10**30}",
        "limit=1e2",
        "limit=NaN",
        "limit=",
        "limit=501",
        "after=garbage",
        "after=%00",
        "after=%F0%9F%A6%84",
        "after=" + "x" * 201,
        "unknown=1",
    ],
)
def test_a_page_that_cannot_be_is_refused(room: SeededRoom, query: str) -> None:
    for kind in ("members", "submissions", "releases", "review/rounds"):
        is_a_problem(room.client("ines").get(f"{room.root}/{kind}?{query}"), 422)


def test_of_a_parameter_given_twice_the_last_counts_and_nothing_breaks(room: SeededRoom) -> None:
    answer = ok(room.client("ines").get(f"{room.root}/members?limit=5&limit=1"))
    assert len(answer["items"]) == 1


def test_settings_have_versions_that_a_database_can_count(room: SeededRoom) -> None:
    for version in ("0", "-1", str(2**31), str(10**30), "x"):
        is_a_problem(room.client("ines").get(f"{room.root}/settings", params={"version": version}), 422)


def post_text(room: SeededRoom, path: str, content: bytes, content_type: str = "application/json") -> httpx.Response:
    return room.admin.post(path, content=content, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"account": NaN}',
        b'{"account": Infinity}',
        b'{"account": ' + b"9" * 5_000 + b"}",
        b'{"account": 1e999}',
        b'{"account": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"account": "ok", "name": "\\ud800"}',
        b'{"account": "ok", "name": "a\\u0000b"}',
        b'{"account": "ok", "name": "\\u202eevil"}',
        b'{"account": "ok", "name": "two\\nlines"}',
        b'{"account": "ok", "name": " "}',
        b"\xff\xfe{\x00}\x00",
        '{"account": "é"}'.encode("latin-1"),
        b"\xef\xbb\xbf{",
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_member_that_cannot_be_is_refused(room: SeededRoom, content: bytes) -> None:
    is_a_problem(post_text(room, f"{room.root}/members", content), 400, 422)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/json;charset=utf-16"]
)
def test_json_is_sent_as_json(room: SeededRoom, content_type: str) -> None:
    is_a_problem(post_text(room, f"{room.root}/members", b'{"account": "!"}', content_type), 400, 422)


@pytest.mark.parametrize("odd", [{"\ud800": 1}, {"a": "\ud800"}, {"a": "\0"}, {"a": 10**400}, {"a": [[[[[[1]]]]]]}])
def test_settings_that_cannot_be_are_refused(room: SeededRoom, odd: dict[str, Any]) -> None:
    for part in ("course", "cohort"):
        for body in ({**room.settings, part: odd}, {**room.settings, part: {**room.settings[part], **odd}}):
            content = json.dumps(body).encode()
            answer = room.admin.put(
                f"{room.root}/settings", content=content, headers={"Content-Type": "application/json"}
            )
            is_a_problem(answer, 422)


@pytest.mark.parametrize(
    "due_at",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "2026-01-01T00:00:00",
        "now",
        "1e30",
        10**30,
    ],
)
def test_an_instant_out_of_the_calendar_is_refused(room: SeededRoom, due_at: object) -> None:
    body = {"assignment": "ps2", "member": room.members["ada"], "due_at": due_at}
    is_a_problem(room.client("ines").post(f"{room.root}/extensions", json=body), 422)
    if due_at != "now":
        member = f"{room.root}/members/{room.ids['member'][0]}"
        is_a_problem(room.admin.patch(member, json={"ends_at": due_at}), 422)


def test_a_reason_may_have_lines_but_no_nul(room: SeededRoom) -> None:
    body = {"assignment": "ps2", "member": room.members["ada"], "due_at": "2026-12-01T00:00:00+05:45"}
    ok(room.client("ines").post(f"{room.root}/extensions", json={**body, "reason": "ill\n\tfor long 🦄"}))
    is_a_problem(room.client("ines").post(f"{room.root}/extensions", json={**body, "reason": "\0"}), 422)


class TestHeaders:
    def test_a_key_is_for_one_request(self, room: SeededRoom) -> None:
        ada = room.client("ada")
        body = {"assignment": "ps2", "files": [{"path": "a", "size": 1, "sha256": "0" * 64}], "alone": True}
        key = {"Idempotency-Key": "k" * 200}
        first = ok(ada.post(f"{room.root}/submissions", json=body, headers=key))
        assert ok(ada.post(f"{room.root}/submissions", json=body, headers=key)) == first
        other = ada.post(f"{room.root}/submissions", json={**body, "alone": False}, headers=key)
        refused(other, 422, "another request")
        for odd in ("short", "k" * 201, "k" * 10_000):
            headers = {"Idempotency-Key": odd}
            refused(ada.post(f"{room.root}/submissions", json=body, headers=headers), 422, "8 to 200 characters")
            assert ada.get("/me", headers=headers).status_code == 200

    def test_whatever_is_accepted_json_is_given(self, room: SeededRoom) -> None:
        for accept in ("text/html", "image/*;q=0", "", "*/*;q=oops"):
            answer = room.client("ada").get("/me", headers={"Accept": accept})
            assert answer.headers["Content-Type"] == "application/json"

    def test_methods_that_are_not_there_are_told_which_are(self, room: SeededRoom) -> None:
        for method in ("OPTIONS", "HEAD", "PUT", "TRACE", "PATCH", "DELETE"):
            answer = room.client("ines").request(method, f"{room.root}/members")
            assert answer.status_code == 405
            assert answer.headers["Allow"] == "GET, POST"

    def test_a_method_that_http_does_not_have_is_no_request(self, room: SeededRoom) -> None:
        assert room.client("ines").request("BREW", f"{room.root}/members").status_code == 400

    def test_a_head_without_end_is_refused(self, room: SeededRoom) -> None:
        address = urlsplit(room.service.url)
        with socket.create_connection((address.hostname, address.port), timeout=15) as caller:  # less than PATIENCE
            caller.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: here\r\nX-Long: ")
            with contextlib.suppress(ConnectionError):
                for _piece in range(64):
                    caller.sendall(b"x" * 4096)
            answered = b""
            with contextlib.suppress(ConnectionError):
                while piece := caller.recv(4096):
                    answered += piece
        assert not answered or answered.startswith(b"HTTP/1.1 400")
        assert room.client("ines").get("/me").status_code == 200

    def test_the_rest_of_a_body_that_was_refused_before_it_came_is_no_head(self, room: SeededRoom) -> None:
        address, size = urlsplit(room.service.url), 3_000_000
        refused_head = f"PUT {address.path}api/v1/me HTTP/1.1\r\nHost: here\r\nContent-Length: {size}\r\n\r\n"
        next_head = f"GET {address.path}health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        with socket.create_connection((address.hostname, address.port), timeout=60) as caller:
            caller.sendall(refused_head.encode())
            answered = caller.recv(4096)
            assert answered.startswith(b"HTTP/1.1 401")
            for _piece in range(size // 1000):
                caller.sendall(b"x" * 1000)
            caller.sendall(next_head.encode())
            while piece := caller.recv(4096):
                answered += piece
        assert re.findall(rb"HTTP/1.1 (\d+)", answered) == [b"401", b"200"]

    @pytest.mark.parametrize("token", ["", "token", "Basic YTpi", "token \xff", "Bearer a b", "token " + "x" * 10_000])
    def test_a_token_that_cannot_be_is_none(self, room: SeededRoom, token: str) -> None:
        answer = httpx.get(
            f"{room.service.url}api/v1/me", headers={b"Authorization": token.encode("latin-1")}, timeout=60
        )
        is_a_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_lengths_that_contradict_each_other_are_refused(self, room: SeededRoom) -> None:
        for lengths in (("Content-Length: 2", "Content-Length: 3"), ("Content-Length: -1",), ("Content-Length: x",)):
            request = head(room, "POST", f"{room.root}/members", "Content-Type: application/json", *lengths)
            status, _answer = say(room.service, request, b"{}")
            assert status == 400

    def test_a_body_in_chunks_needs_no_length_and_has_the_same_limits(self, room: SeededRoom) -> None:
        request = head(
            room, "POST", f"{room.root}/members", "Content-Type: application/json", "Transfer-Encoding: chunked"
        )
        status, answer = say(room.service, request, b'10\r\n{"account": "!"}\r\n0\r\n\r\n')
        assert (status, b"account" in answer) == (422, True)
        pieces = (b"a" * 1_000_000 for _number in range(9))
        refused(room.admin.post(f"{room.root}/members", content=pieces), 413, "larger than the service")
