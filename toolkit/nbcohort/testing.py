"""A cohort, a running service and its Hub for tests: ours, and those of people who write plugins.

    pytest_plugins = ["nbcohort.testing"]

The service is the real one, in a process of its own, on a real socket, with a real database. Stood in for is only the
Hub, by `FakeHub`, a small HTTP server that knows accounts, tokens, groups and shares; tests with a real Hub are slower.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from nbcohort.service.clock import set_demo_clock

SERVICE_TOKEN = "the-service-itself"  # noqa: S105
PREFIX = "/services/nbcohort/"
START_SECONDS = 30


@dataclass
class FakeHub:
    """What the service asks of a Hub, answered from memory over real HTTP. A token is its account's name + `-token`."""

    users: dict[str, bool] = field(default_factory=dict)
    """Account -> whether it is an administrator."""
    groups: dict[str, set[str]] = field(default_factory=dict)
    shares: dict[str, set[str]] = field(default_factory=dict)
    """Account whose server is shared -> accounts it is shared with."""
    down: bool = False
    """While true, the Hub answers 503."""
    url: str = ""

    def token(self, account: str, *, admin: bool = False) -> str:
        """Make `account` known (an administrator stays one), and return its token."""
        self.users[account] = admin or self.users.get(account, False)
        return f"{account}-token"

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        """Return status and JSON for a request, as JupyterHub would."""
        if self.down:
            return 503, {"message": "down"}
        if (method, path) == ("GET", "user"):
            return self._whoami(token)
        if token != SERVICE_TOKEN:
            return 403, {"message": "not the service"}
        parts = [unquote(part) for part in path.rstrip("/").split("/")]
        match method, parts:
            case "POST", ["users", account]:
                known = account in self.users
                self.users.setdefault(account, False)
                return (409, {}) if known else (201, {})
            case "PUT", ["users", account, "servers" | "server", *_]:
                return 201, {}
            case _, ["groups", group, *_]:
                return self._group(method, group, body)
            case _, ["shares", account, *_]:
                return self._share(method, account, body)
        return 404, {"message": f"{method} {path}"}

    def _whoami(self, token: str) -> tuple[int, Any]:
        account = token.removesuffix("-token")
        if account == token or account not in self.users:
            return 403, {"message": "unknown token"}
        groups = sorted(group for group, accounts in self.groups.items() if account in accounts)
        scopes = ["access:services!service=nbcohort", "read:users:name!user"]
        return 200, {
            "kind": "user",
            "name": account,
            "admin": self.users[account],
            "groups": groups,
            "scopes": scopes,
        }

    def _group(self, method: str, group: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            if group not in self.groups:
                return 404, {}
            return 200, {"name": group, "users": sorted(self.groups[group])}
        if body is None:
            known = group in self.groups
            self.groups.setdefault(group, set())
            return (409, {}) if known else (201, {})
        change = set.update if method == "POST" else set.difference_update
        change(self.groups[group], body["users"])
        return 200, {}

    def _share(self, method: str, account: str, body: Any) -> tuple[int, Any]:
        having = self.shares.setdefault(account, set())
        if method == "GET":
            return 200, {"items": [{"user": {"name": one}, "group": None} for one in sorted(having)]}
        (set.add if method == "POST" else set.discard)(having, body["user"])
        return 200, {}


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the client to acknowledge its headers

        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = re.sub(r"^(token|bearer) +", "", self.headers.get("Authorization", ""), flags=re.IGNORECASE)
            path = self.path.removeprefix("/hub/api/").partition("?")[0]
            status, answer = hub.answer(self.command, path, token, body)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def running_fake_hub() -> Iterator[FakeHub]:
    """A `FakeHub` on a free loopback port."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}/hub/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class RunningService:
    """The real service in a process of its own."""

    hub: FakeHub
    data: Path
    url: str
    environ: dict[str, str]
    process: subprocess.Popen[bytes]
    _clients: list[httpx.Client] = field(default_factory=list)

    def as_account(self, account: str, *, admin: bool = False) -> httpx.Client:
        """Return an HTTP client of `/api/v1` as `account`; `raise_for_status` is the caller's affair."""
        token = self.hub.token(account, admin=admin)
        headers = {"Authorization": f"token {token}"}
        client = httpx.Client(base_url=f"{self.url}api/v1", headers=headers, timeout=60)
        self._clients.append(client)
        return client

    def environment(self, account: str) -> dict[str, str]:
        """Return the variables with which a program talks to the service as `account`."""
        return {"NBCOHORT_URL": self.url, "JUPYTERHUB_API_TOKEN": self.hub.token(account), "JUPYTERHUB_USER": account}

    def set_clock(self, instant: datetime) -> None:
        """Let the service's clock show `instant` now, and go on from there."""
        set_demo_clock(self.data / "clock.json", instant)

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End the process, by its own process id."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def start(self) -> None:
        """Start the process (again), and wait until it answers."""
        with (self.data.parent / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nbcohort.service"], env=self.environ, stdout=log, stderr=log
            )
        _wait_for(f"{self.url}health", self.process, self.data.parent / "service.log")

    def close(self) -> None:
        """End the process and the clients."""
        for client in self._clients:
            client.close()
        self.stop()


def free_port() -> int:
    """Return a loopback port that nothing listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise RuntimeError(f"the service did not start:\n{log.read_text('utf-8', 'replace')}")


@contextlib.contextmanager
def running_service(
    folder: Path, hub: FakeHub, *, tick_seconds: float = 0.2, **environ: str
) -> Iterator[RunningService]:
    """The real service with its data in `folder`/data; `environ` adds to or replaces its environment."""
    port = free_port()
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    bind = f"http://127.0.0.1:{port}"
    settings = {
        "PATH": os.environ["PATH"],
        "NBCOHORT_DATA": str(data),
        "NBCOHORT_DEMO": "1",
        "NBCOHORT_DEMO_CLOCK": str(data / "clock.json"),
        "NBCOHORT_TICK_SECONDS": str(tick_seconds),
        "JUPYTERHUB_API_URL": hub.url,
        "JUPYTERHUB_API_TOKEN": SERVICE_TOKEN,
        "JUPYTERHUB_SERVICE_URL": bind,
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        **environ,
    }
    process: subprocess.Popen[bytes] = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    service = RunningService(hub, data, f"{bind}{PREFIX}", settings, process)
    try:
        service.start()
        yield service
    finally:
        service.close()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A Hub that knows accounts, tokens, groups and shares."""
    with running_fake_hub() as hub:
        yield hub


@pytest.fixture
def service(tmp_path: Path, hub: FakeHub) -> Iterator[RunningService]:
    """A running service with a database of its own and a movable clock."""
    with running_service(tmp_path / "service", hub) as service:
        yield service


def wait_until(holds: Callable[[], bool], seconds: float = 10, what: str = "the condition") -> None:
    """Wait until `holds()`; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {seconds} s")
        time.sleep(0.02)
