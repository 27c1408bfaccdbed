"""Members who hand in, in a process of their own: one connection each, over HTTP/1.1 as plain as can be.

A client library would cost more time than the service on a machine that both share, and be measured with it.
"""

import asyncio
import base64
import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

PATIENCE = (0.3, 1.0, 3.0)
"""Seconds before a request that was answered with 429 or 503 is sent again, as `nbcohort.client` does."""


@dataclass(frozen=True)
class Plan:
    """What the members do.

    Args:
        urls: of the service's or the peer's API, without a slash at its end; one for each process that serves it.
        cohort, assignment: where to.
        name: of the plan; members make files of their own for each.
        begin: seconds after the start at which each member begins, one number for each.
        together: how many may be under way at once; 0 for no limit.
        naive: everything in one request, for the peer.
    """

    urls: list[str]
    cohort: str
    assignment: str
    name: str
    begin: list[float]
    together: int = 0
    naive: bool = False


@dataclass
class Done:
    """One hand-in, as the member saw it; instants in seconds of `time.time`, `created_at` by the service's clock."""

    member: int
    begun_at: float
    created_at: float = 0
    ended_at: float = 0
    requests: list[tuple[str, float]] = field(default_factory=list)
    """Kind of the request, and how many seconds it took, waiting for a second attempt included."""
    retries: int = 0
    receipt: str = ""
    late: bool = False
    error: str = ""


def files_of(plan: str, member: int) -> dict[str, bytes]:
    """Return a notebook of 20 to 50 kB, a table and a picture, no two alike."""
    rng = random.Random(f"{plan} {member}")  # noqa: S311 - no secret
    cells = [
        {
            "cell_type": "code",
            "execution_count": number,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": f"x{number} = {rng.random()}  # {rng.randbytes(400).hex()}",
        }
        for number in range(rng.randint(22, 55))
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    table = "\n".join(f"{number},{rng.random():.6f}" for number in range(rng.randint(200, 600))).encode()
    picture = b"\x89PNG\r\n\x1a\n" + rng.randbytes(rng.randint(8_000, 40_000))
    return {"ps1.ipynb": notebook, "data/table.csv": table, "plot.png": picture}


def account_of(member: int) -> str:
    """Return the account of a member."""
    return f"m{member:05d}"


class Wire:
    """One member's connection, kept open."""

    def __init__(self, plan: Plan, member: int, done: Done) -> None:
        self._parts = urlsplit(plan.urls[member % len(plan.urls)])
        self._token = f"{account_of(member)}-token"
        self._done = done
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, kind: str, method: str, path: str, body: bytes, key: str = "") -> bytes:
        """Send a request and return the answer's body; an answer that asks for patience is waited for."""
        start = time.perf_counter()
        try:
            for pause in (*PATIENCE, None):
                status, answer = await self._once(method, path, body, key)
                if status not in (429, 503) or pause is None:
                    break
                self._done.retries += 1
                await asyncio.sleep(pause)
            if not 200 <= status < 300:
                raise RuntimeError(f"{method} {path}: {status} {answer[:200]!r}")
            return answer
        finally:
            self._done.requests.append((kind, time.perf_counter() - start))

    async def _once(self, method: str, path: str, body: bytes, key: str) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        reader, writer = self._streams
        type_ = "application/octet-stream" if "?sha256=" in path else "application/json"
        head = [f"{method} {self._parts.path}{path} HTTP/1.1", f"Host: {self._parts.netloc}"]
        head += [f"Authorization: token {self._token}", f"Content-Type: {type_}", f"Content-Length: {len(body)}"]
        head += [f"Idempotency-Key: {key}"] if key else []
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(answered.split(" ", 2)[1])
        fields = {name.lower(): value.strip() for name, _colon, value in map(_parted, answered.split("\r\n")[1:])}
        return status, await reader.readexactly(int(fields.get("content-length", 0)))

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")


async def hand_in(plan: Plan, member: int, files: dict[str, bytes], done: Done) -> None:
    """Create, then commit with all files sent along, as `nbcohort.client` does with small ones."""
    described = [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in files.items()
    ]
    contents = {one["sha256"]: files[str(one["path"])] for one in described}
    body = json.dumps({"assignment": plan.assignment, "files": described}).encode()
    key = f"{plan.name}-{member:09d}"
    root = f"/cohorts/{plan.cohort}"
    done.begun_at = time.time()
    connection = Wire(plan, member, done)
    try:
        created = json.loads(await connection.send("create", "POST", f"{root}/submissions", body, key))
        done.created_at = datetime.fromisoformat(created["created_at"]).timestamp()
        carried = created["needed"]
        query = "&".join(f"sha256={sha256}" for sha256 in carried)
        path = f"{root}/submissions/{created['id']}/commit?{query}"
        body = b"".join(contents[sha256] for sha256 in carried)
        committed = json.loads(await connection.send("commit", "POST", path, body, f"{key}-commit"))
        done.receipt, done.late = committed["receipt"], committed["late"]
    finally:
        done.ended_at = time.time()
        connection.close()


async def hand_in_naively(plan: Plan, member: int, files: dict[str, bytes], done: Done) -> None:
    """Send everything in one request."""
    done.begun_at = time.time()
    connection = Wire(plan, member, done)
    try:
        encoded = {path: base64.b64encode(data).decode() for path, data in files.items()}
        body = json.dumps({"user": account_of(member), "files": encoded}).encode()
        await connection.send("submit", "POST", f"/{plan.cohort}/{plan.assignment}", body)
        done.receipt = "none"
    finally:
        done.ended_at = time.time()
        connection.close()


async def _all(plan: Plan, files: list[dict[str, bytes]], progress: Callable[[int], None]) -> list[Done]:
    start = time.monotonic()
    turns = asyncio.Semaphore(plan.together or len(plan.begin))
    results: list[Done] = []

    async def one(member: int, begin: float) -> None:
        await asyncio.sleep(max(start + begin - time.monotonic(), 0))
        async with turns:
            done = Done(member, time.time())
            try:
                await (hand_in_naively if plan.naive else hand_in)(plan, member, files[member], done)
            except (OSError, RuntimeError, ValueError, asyncio.IncompleteReadError) as error:
                done.error = f"{type(error).__name__}: {error}"
        results.append(done)
        progress(len(results))

    await asyncio.gather(*(one(member, begin) for member, begin in enumerate(plan.begin)))
    return results


def run(plan: Plan, pipe: Connection) -> None:
    """Make all files, say "ready", wait for anything to come, and let all members do as planned.

    Through the pipe go ("progress", count), and in the end ("done", list of dicts).
    """
    files = [files_of(plan.name, member) for member in range(len(plan.begin))]
    pipe.send(("ready", None))
    pipe.recv()
    results = asyncio.run(_all(plan, files, lambda count: pipe.send(("progress", count))))
    pipe.send(("done", [asdict(one) for one in results]))
