"""Uploads and downloads over real loopback sockets, against a server that does what services and networks do."""

import contextlib
import hashlib
import json
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from nbcohort.client import ServiceClient, ServiceRefused, ServiceUnreachable, file_url
from nbcohort.submissions.folder import FileChanged
from nbcohort.transfer import TransferDamaged

CREATE = "/cohorts/ds1/submissions"


@dataclass
class Upstream:
    """A toy of the snapshot protocol."""

    url: str = ""
    blobs: dict[str, int] = field(default_factory=dict)
    """SHA-256 of what was really received -> its length."""
    puts: list[str] = field(default_factory=list)
    """SHA-256 of what came in a request of its own."""
    commits: int = 0
    created: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    too_large: bool = False
    drop: int = 0
    """How many answers to drop without a word."""
    file: bytes = b""

    def carry(self, hashes: list[str], body: bytes) -> None:
        """Take the files that come with a commit; what is left of the body belongs to none of them."""
        sizes = {file["sha256"]: file["size"] for file in self.created[-1]["files"]}
        for sha256 in hashes:
            content, body = body[: sizes[sha256]], body[sizes[sha256] :]
            self.blobs[hashlib.sha256(content).hexdigest()] = len(content)
        assert body == b""


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class in a closure
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def _answer(self, status: int, body: Any = None) -> None:
            if upstream.drop:
                upstream.drop -= 1
                self.close_connection = True
                return
            payload = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            kind = "application/json" if status < 400 else "application/problem+json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            upstream.keys.append(self.headers["Idempotency-Key"])
            path, _mark, query = self.path.partition("?")
            if path.endswith("/commit"):
                upstream.commits += 1
                upstream.carry(parse_qs(query).get("sha256", []), body)
                self._answer(200, {"id": "sub_1", "receipt": "a.b.c"})
                return
            request = json.loads(body)
            upstream.created.append(request)
            needed = sorted({file["sha256"] for file in request["files"]} - set(upstream.blobs))
            self._answer(201, {"id": "sub_1", "snapshot": "snp_1", "needed": needed})

        def do_PUT(self) -> None:
            if upstream.too_large:
                self.close_connection = True
                self._answer(413, {"detail": "That is too large.", "status": 413})
                return
            left = int(self.headers["Content-Length"])
            hashed = hashlib.sha256()
            while left:
                piece = self.rfile.read(min(left, 1 << 16))
                if not piece:
                    self.close_connection = True
                    return
                hashed.update(piece)
                left -= len(piece)
            upstream.blobs[hashed.hexdigest()] = int(self.headers["Content-Length"])
            upstream.puts.append(hashed.hexdigest())
            self._answer(204)

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(upstream.file)))
            self.end_headers()
            if upstream.drop:
                upstream.drop -= 1
                self.close_connection = True
                self.wfile.write(upstream.file[: len(upstream.file) // 2])
                return
            self.wfile.write(upstream.file)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    server = _Server(("127.0.0.1", 0), _handler(upstream))
    upstream.url = f"http://127.0.0.1:{server.server_address[1]}/services/nbcohort"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield upstream
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(upstream: Upstream) -> Iterator[ServiceClient]:
    with ServiceClient(upstream.url, "secret", sleep=lambda seconds: None) as client:
        yield client


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_upload_is_create_send_commit(upstream: Upstream, client: ServiceClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    (tmp_path / "b").write_bytes(b"same")
    (tmp_path / "c").write_bytes(b"other")
    seen: list[tuple[int, int]] = []
    answer = client.upload(
        CREATE,
        {"assignment": "ps1"},
        {"x/a": tmp_path / "a", "b": tmp_path / "b", "c": tmp_path / "c"},
        progress=lambda done, total: seen.append((done, total)),
    )
    assert answer == {"id": "sub_1", "receipt": "a.b.c"}
    assert upstream.blobs == {sha256(b"same"): 4, sha256(b"other"): 5}
    assert [file["path"] for file in upstream.created[0]["files"]] == ["b", "c", "x/a"]
    assert seen[-1] == (9, 9)


def test_large_files_are_put_and_small_ones_travel_with_the_commit(
    upstream: Upstream, client: ServiceClient, tmp_path: Path
) -> None:
    contents = {f"{number:02d}": b"%d" % number for number in range(60)} | {"large": b"l" * 1_000_001, "none": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    seen: list[tuple[int, int]] = []
    files = {name: tmp_path / name for name in contents}
    client.upload(CREATE, {}, files, progress=lambda done, total: seen.append((done, total)))
    assert upstream.blobs == {sha256(content): len(content) for content in contents.values()}
    assert len(upstream.puts) == 12
    assert sha256(contents["large"]) in upstream.puts
    assert seen == sorted(seen)
    assert seen[-1] == (sum(map(len, contents.values())),) * 2


def test_what_the_service_has_is_not_sent_again(upstream: Upstream, client: ServiceClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    upstream.blobs[sha256(b"abc")] = -1
    client.upload(CREATE, {}, {"a": tmp_path / "a"})
    assert upstream.blobs == {sha256(b"abc"): -1}


def test_lost_answers_are_asked_for_again_with_the_same_keys(
    upstream: Upstream, client: ServiceClient, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    upstream.drop = 1
    client.upload(CREATE, {}, {"a": tmp_path / "a"})
    create, again, commit = upstream.keys
    assert create == again
    assert commit not in (None, create)


def test_a_file_that_changes_between_reading_and_sending_is_not_committed(
    upstream: Upstream, client: ServiceClient, tmp_path: Path
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    create = client.post

    def post_then_change(*args: Any, **kwargs: Any) -> Any:
        answer = create(*args, **kwargs)
        file.write_bytes(b"abX")
        return answer

    client.post = post_then_change  # type: ignore[method-assign]
    with pytest.raises(FileChanged, match="changed while"):
        client.upload(CREATE, {}, {"a": file})
    assert upstream.blobs == {}
    assert upstream.commits == 0


def test_a_refusal_in_the_middle_of_a_large_file_is_understood(
    upstream: Upstream, client: ServiceClient, tmp_path: Path
) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(50_000_000)
    upstream.too_large = True
    with contextlib.suppress(ServiceUnreachable):  # when the connection is reset before the answer is read
        with pytest.raises(ServiceRefused, match="too large") as refused:
            client.upload(CREATE, {}, {"large": tmp_path / "large"})
        assert refused.value.status == 413
    assert upstream.commits == 0


def test_200_megabytes_do_not_sit_in_memory(upstream: Upstream, client: ServiceClient, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(200_000_000)
    tracemalloc.start()
    try:
        client.upload(CREATE, {}, {"a": tmp_path / "large"})
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert list(upstream.blobs.values()) == [200_000_000]


def test_a_download_is_checked_and_stored(upstream: Upstream, client: ServiceClient, tmp_path: Path) -> None:
    upstream.file = b"z" * 1_000_000
    target = tmp_path / "sub" / "file"
    client.download(file_url("/cohorts/c/releases/r", "a b/ä?#%41.csv"), target, 1_000_000, sha256(upstream.file))
    assert target.read_bytes() == upstream.file
    with pytest.raises(TransferDamaged):
        client.download("/x", target, 1_000_000, sha256(b"something else"))
    assert target.read_bytes() == upstream.file


def test_a_download_that_breaks_off_is_started_again(upstream: Upstream, client: ServiceClient, tmp_path: Path) -> None:
    upstream.file = b"z" * 1_000_000
    upstream.drop = 1
    client.download("/x", tmp_path / "file", 1_000_000, sha256(upstream.file))
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    upstream.drop = 9
    with pytest.raises(ServiceUnreachable):
        client.download("/x", tmp_path / "other", 1_000_000, sha256(upstream.file))
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_odd_names_are_escaped_in_addresses() -> None:
    url = httpx.URL("http://h/api" + file_url("/r", "a b/ä?#%41.csv"))
    assert url.raw_path == b"/api/r/files/a%20b/%C3%A4%3F%23%2541.csv"


def test_nobody_there_is_told(tmp_path: Path) -> None:
    with ServiceClient("http://127.0.0.1:9", "secret", sleep=lambda seconds: None) as client:
        (tmp_path / "a").write_bytes(b"abc")
        with pytest.raises(ServiceUnreachable, match="Your files stay where they are"):
            client.upload(CREATE, {}, {"a": tmp_path / "a"})


def test_a_server_that_stalls_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = ServiceClient(url, "secret", timeout=0.1, sleep=lambda seconds: None)
        with client, pytest.raises(ServiceUnreachable, match="did not answer in time"):
            client.get("/me")
