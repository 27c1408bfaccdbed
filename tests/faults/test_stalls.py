"""Clients that stall, by accident or on purpose, are ended in time; nothing of theirs stays; others do not notice."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from nbcohort.testing import RunningService, running_fake_hub, running_service, wait_until
from tests.faults.truth import left_over, truth_of
from tests.service.classroom import Classroom, ok, sha

PATIENCE = 6.0
SIZE = 500_000


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Classroom]:
    """A cohort on a service that waits six seconds for a client."""
    folder = tmp_path_factory.mktemp("stalls")
    limits = {"NBCOHORT_STALL_SECONDS": str(PATIENCE), "NBCOHORT_MEMBER_PARALLEL": "200"}
    with (
        running_fake_hub() as hub,
        running_service(folder / "service", hub, tick_seconds=1, within=(), **limits, **shared_database) as service,
    ):
        room = Classroom(service)
        room.apply(limits={"max_total_mb": 300, "max_file_mb": 300})
        yield room


@contextmanager
def connection(service: RunningService) -> Iterator[socket.socket]:
    parts = urlsplit(service.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as line:
        yield line


def upload(room: Classroom, account: str, data: bytes, size: int) -> tuple[bytes, str]:
    """Begin a hand-in of a file; return the head of the request that sends `size` bytes of it, and where it goes."""
    files = [{"path": "big.bin", "size": size, "sha256": sha(data)}]
    begun = ok(room.client(account).post(f"{room.root}/submissions", json={"assignment": "ps1", "files": files}))
    path = f"{urlsplit(room.service.url).path}api/v1{room.root}/snapshots/{begun['snapshot']}/blobs/{sha(data)}"
    token = room.service.hub.token(account)
    head = f"PUT {path} HTTP/1.1\r\nHost: here\r\nAuthorization: token {token}\r\nContent-Length: {size}\r\n\r\n"
    return head.encode(), begun["id"]


def said(line: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    pieces = []
    try:
        while piece := line.recv(1 << 16):
            pieces.append(piece)
    except ConnectionResetError:  # it closed while we were still sending
        pass
    return b"".join(pieces)


def trickle(line: socket.socket, piece: bytes, pause: float) -> float:
    """Send bytes now and then until the other side has closed; return after how many seconds."""
    started = time.monotonic()
    line.setblocking(False)
    while time.monotonic() - started < 20 * PATIENCE:
        try:
            line.send(piece)
            if line.recv(1 << 16) == b"":
                break
        except BlockingIOError:
            pass
        except OSError:
            break
        time.sleep(pause)
    return time.monotonic() - started


def test_an_upload_that_stops_half_way_is_ended_with_a_sentence_and_leaves_nothing(room: Classroom) -> None:
    data = os.urandom(SIZE)
    head, submission = upload(room, "ada", data, SIZE)
    with connection(room.service) as line:
        line.sendall(head + data[: SIZE // 2])
        wait_until(lambda: len(left_over(room.service)) == 1, what="that the upload has begun")
        started = time.monotonic()
        answer = said(line)
        assert time.monotonic() - started < 10 * PATIENCE
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer.lower()
    assert b"send it again" in answer
    assert left_over(room.service) == []
    assert not (room.service.data / "blobs" / sha(data)[:2] / sha(data)).exists()
    assert room.commit(room.client("ada"), "submissions", submission).status_code == 409
    assert room.hand_in("ada", files={"big.bin": data})["receipt"]


def test_an_upload_that_breaks_off_leaves_nothing_and_is_no_error(room: Classroom) -> None:
    data = os.urandom(SIZE)
    head, _submission = upload(room, "ben", data, SIZE)
    with connection(room.service) as line:
        line.sendall(head + data[: SIZE // 2])
        wait_until(lambda: len(left_over(room.service)) == 1, what="that the upload has begun")
    wait_until(lambda: left_over(room.service) == [], what="that nothing is left of it")
    log = (room.service.data.parent / "service.log").read_text()
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "start",
    [b"", b"GET /services/nbcohort/health HTTP/1.1\r\nHost: here\r\nX-Slow: "],
    ids=["a silent connection", "half a head"],
)
def test_a_head_that_does_not_come_closes_the_connection(room: Classroom, start: bytes) -> None:
    with connection(room.service) as line:
        line.sendall(start)
        began = time.monotonic()
        said(line)
        assert time.monotonic() - began < 10 * PATIENCE


def test_a_head_that_trickles_for_ever_is_ended(room: Classroom) -> None:
    with connection(room.service) as line:
        line.sendall(b"GET /services/nbcohort/health HTTP/1.1\r\nHost: here\r\n")
        assert trickle(line, b"X: 1\r\n", PATIENCE / 10) < 10 * PATIENCE


def test_a_second_head_that_does_not_come_closes_the_connection(room: Classroom) -> None:
    with connection(room.service) as line:
        line.sendall(b"GET /services/nbcohort/health HTTP/1.1\r\nHost: here\r\n\r\n")
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        line.sendall(b"GET /services")
        began = time.monotonic()
        said(line)
        assert time.monotonic() - began < 10 * PATIENCE


def test_a_body_that_trickles_for_ever_is_ended(room: Classroom) -> None:
    data = os.urandom(SIZE)
    head, _submission = upload(room, "cleo", data, SIZE)
    with connection(room.service) as line:
        line.sendall(head)
        assert trickle(line, b"x", PATIENCE / 10) < 10 * PATIENCE
    wait_until(lambda: left_over(room.service) == [], what="that nothing is left of it")


def test_json_that_does_not_come_is_ended_with_a_sentence(room: Classroom) -> None:
    path = f"{urlsplit(room.service.url).path}api/v1{room.root}/submissions"
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: token ada-token\r\nContent-Length: 500\r\n"
    for key in ("", "Idempotency-Key: a-stalled-request\r\n"):
        with connection(room.service) as line:
            line.sendall(f'{head}{key}Content-Type: application/json\r\n\r\n{{"assignment": '.encode())
            answer = said(line)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.count(b"HTTP/1.1") == 1


def test_a_slow_but_honest_upload_arrives(room: Classroom) -> None:
    data = os.urandom(200_000)
    head, submission = upload(room, "ada", data, len(data))
    with connection(room.service) as line:
        line.sendall(head)
        for start in range(0, len(data), 10_000):
            time.sleep(PATIENCE / 10)  # twice the patience in all
            line.sendall(data[start : start + 10_000])
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 204 ")
    assert ok(room.commit(room.client("ada"), "submissions", submission))["receipt"]


def test_nobody_notices_a_hundred_stalled_uploads(room: Classroom) -> None:
    data = os.urandom(SIZE)
    with ExitStack() as lines:
        head, _submission = upload(room, "ben", data, SIZE)
        for _ in range(100):
            lines.enter_context(connection(room.service)).sendall(head + data[:1000])
        for _ in range(50):
            lines.enter_context(connection(room.service)).sendall(b"GET / HTT")
        started = time.monotonic()
        attempts = [room.hand_in("cleo", files={"a": os.urandom(20)})["attempt"] for _ in range(3)]
        assert attempts == [1, 2, 3]
        assert httpx.get(f"{room.service.url}health", timeout=20).status_code == 200
        took = time.monotonic() - started
    assert took < 20
    wait_until(lambda: left_over(room.service) == [], 60, what="that nothing is left of them")
    truth_of(room.service)


def test_an_answer_that_nobody_takes_is_broken_off(room: Classroom) -> None:
    data = os.urandom(20_000_000)
    done = room.hand_in("ada", files={"big.bin": data})
    path = f"{urlsplit(room.service.url).path}api/v1{room.root}/submissions/{done['id']}/files/big.bin"
    blob = str(room.service.data / "blobs" / sha(data)[:2] / sha(data))

    def opened() -> list[str]:
        return [os.path.realpath(one) for one in Path(f"/proc/{room.service.process.pid}/fd").iterdir()]

    with connection(room.service) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\nAuthorization: token ada-token\r\n\r\n".encode())
        wait_until(lambda: blob in opened(), what="that the download has begun")
        theirs = f"socket:[{other_end(line)}]"
        assert theirs in " ".join(opened())
        wait_until(lambda: blob not in opened(), 5 * PATIENCE, what="that it is given up")
        wait_until(lambda: theirs not in " ".join(opened()), 5 * PATIENCE, what="that nothing is kept for it")


def other_end(line: socket.socket) -> str:
    """Return the inode of the socket that a connection has at its other end, on this machine."""
    ports = [f":{line.getpeername()[1]:04X}", f":{line.getsockname()[1]:04X}"]
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (inode,) = [row[9] for row in rows if [row[1][-5:], row[2][-5:]] == ports]
    return inode


def test_a_stalled_upload_does_not_hold_up_a_restart(room: Classroom) -> None:
    data = os.urandom(SIZE)
    head, _submission = upload(room, "ada", data, SIZE)
    with connection(room.service) as line:
        line.sendall(head + data[:1000])
        wait_until(lambda: len(left_over(room.service)) == 1, what="that the upload has begun")
        room.service.process.send_signal(signal.SIGTERM)
        assert room.service.process.wait(60) in (0, -signal.SIGTERM)
        assert left_over(room.service) == []
        room.service.start()
