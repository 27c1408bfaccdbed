"""People at the service through the client that nbcohort ships, over a line that is watched and may lose answers."""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from nbcohort.client import PATIENT, ServiceClient
from nbcohort.testing import RunningService
from nbcohort.tls import verify_for
from tests.service.classroom import Classroom, ok

ASSIGNMENT = "ps1"


@dataclass
class Line(httpx.BaseTransport):
    """The wire of all people: counts what broke, remembers answered posts, and loses some answers on the way back."""

    loses: random.Random | None = None
    """Loses an answer in fifteen; None loses none."""
    broken: Counter[str] = field(default_factory=Counter)
    """Kind of error -> how often. `lost` are those that this line lost itself."""
    under_way: int = 0
    answers: dict[str, list[tuple[httpx.Request, bytes]]] = field(default_factory=dict)
    """Idempotency-Key -> the requests that were answered, and the answers."""

    def __post_init__(self) -> None:
        self._wire = httpx.HTTPTransport(verify=verify_for("http:"), limits=httpx.Limits(max_connections=100))
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.under_way += 1
        try:
            answer = self._wire.handle_request(request)
            content = answer.read()
        except httpx.TransportError as error:
            with self._lock:
                self.broken[type(error).__name__] += 1
            raise
        finally:
            with self._lock:
                self.under_way -= 1
        self._remember(request, answer, content)
        with self._lock:
            lost = self.loses is not None and self.loses.random() < 1 / 15
            self.broken["lost"] += lost
        if lost:
            raise httpx.ReadError("lost on the way back", request=request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def _remember(self, request: httpx.Request, answer: httpx.Response, content: bytes) -> None:
        key = request.headers.get("Idempotency-Key")
        if key is not None and answer.status_code < 300:
            request.read()
            with self._lock:
                self.answers.setdefault(key, []).append((request, content))

    @property
    def interrupted(self) -> int:
        """How many requests were cut off on the way, rather than finding nobody."""
        return sum(self.broken[kind] for kind in ("ReadError", "WriteError", "RemoteProtocolError"))

    def close(self) -> None:
        self._wire.close()


class Shared(httpx.BaseTransport):
    """A line that several clients use; only its owner closes it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._line.handle_request(request)


@dataclass
class People:
    """Learners of a cohort, each with a client."""

    room: Classroom
    line: Line
    clients: dict[str, ServiceClient]

    @property
    def submissions(self) -> str:
        return f"{self.room.root}/submissions"

    def hand_in(self, account: str, files: Mapping[str, Path], **body: Any) -> dict[str, Any]:
        done: dict[str, Any] = self.clients[account].upload(
            self.submissions, {"assignment": ASSIGNMENT, "alone": False, **body}, files
        )
        return done

    def seen_by(self, account: str) -> list[dict[str, Any]]:
        return list(self.clients[account].pages(self.submissions, limit=500))


@contextmanager
def people_of(
    service: RunningService,
    count: int,
    *,
    line: Line | None = None,
    pauses: tuple[float, ...] = PATIENT,
    room: Classroom | None = None,
) -> Iterator[People]:
    """A cohort with `count` learners `p00`, `p01`, ... besides those of `Classroom`, and everybody's client."""
    room = room or Classroom(service)
    room.apply()
    for number in range(count):
        account = f"p{number:02}"
        added = ok(room.admin.post(f"{room.root}/members", json={"account": account, "role": "learner"}))
        room.members[account] = added["id"]
    line = line or Line()
    with ExitStack() as stack:
        stack.callback(line.close)
        clients = {
            account: stack.enter_context(
                ServiceClient(
                    service.url, service.hub.token(account), pauses=pauses, transport=Shared(line), timeout=60
                )
            )
            for account in room.members
        }
        yield People(room, line, clients)


def written(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    """Write `files` into `folder`; return path -> file, as `ServiceClient.upload` takes them."""
    found = {}
    for path, data in files.items():
        found[path] = folder / path
        found[path].parent.mkdir(parents=True, exist_ok=True)
        found[path].write_bytes(data)
    return found


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """Return a problem detail, whose sentence is there."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    found: dict[str, Any] = json.loads(answer.content)
    assert found["status"] == answer.status_code
    assert len(found["detail"]) > 20
    return found
