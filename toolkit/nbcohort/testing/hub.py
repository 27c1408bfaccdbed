"""A small HTTP server that stands in for a Hub: it knows accounts, tokens, groups and shares."""

import contextlib
import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from nbcohort.ports import free_port

SERVICE_TOKEN = "the-service-itself"  # noqa: S105


@dataclass
class FakeHub:
    """What the service asks of a Hub, answered from memory over real HTTP. A token is its account's name + `-token`."""

    users: dict[str, bool] = field(default_factory=dict)
    """Account -> whether it is an administrator."""
    groups: dict[str, set[str]] = field(default_factory=dict)
    shares: dict[str, set[str]] = field(default_factory=dict)
    """Account whose server is shared -> accounts it is shared with."""
    down: bool = False
    """While true, the Hub answers 503, as its proxy does when the Hub behind it is away."""
    nonsense: tuple[int, str] | None = None
    """Status and text with which it answers everything."""
    hangs: threading.Event | None = None
    """It answers only when this is set."""
    trickles: bool = False
    """While it hangs, it sends a byte of its answer now and then."""
    url: str = ""
    _server: "_Server | None" = field(default=None, repr=False)

    def token(self, account: str, *, admin: bool = False) -> str:
        """Make `account` known (an administrator stays one), and return its token."""
        self.users[account] = admin or self.users.get(account, False)
        return f"{account}-token"

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """While this lasts, nobody listens: connections are refused, and those that there were are broken."""
        if self._server is None:
            raise RuntimeError("this Hub is not running")
        self._server.stop()
        try:
            yield
        finally:
            self._server.start()

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
            hangs = hub.hangs
            if hangs is not None and not hub.trickles:
                hangs.wait()
            status, answer = hub.answer(self.command, path, token, body)
            payload = json.dumps(answer).encode()
            if hub.nonsense is not None:
                status, payload = hub.nonsense[0], hub.nonsense[1].encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            while hangs is not None and not hangs.wait(0.5):
                self.wfile.write(payload[:1])
                payload = payload[1:]
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    """Listens from the beginning; keeps its port for itself while it is stopped."""

    daemon_threads = True

    def __init__(self, hub: FakeHub) -> None:
        super().__init__(("127.0.0.1", free_port()), _handler(hub))  # port 0 would not stay bound
        self._connections: set[socket.socket] = set()
        self._serving = self._serve()

    def _serve(self) -> threading.Thread:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        return thread

    def stop(self) -> None:
        self.shutdown()
        self._serving.join()
        self.socket.shutdown(socket.SHUT_RD)  # listens no more, and stays bound
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def start(self) -> None:
        self.socket.listen(self.request_queue_size)
        self._serving = self._serve()

    def close(self) -> None:
        self.shutdown()
        self._serving.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a service that was killed while it asked."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def running_fake_hub() -> Iterator[FakeHub]:
    """A `FakeHub` on a free loopback port."""
    hub = FakeHub()
    server = hub._server = _Server(hub)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}/hub/api/"
    try:
        yield hub
    finally:
        server.close()
