"""A cohort on a running service, and how its people hand things in, for the tests of this folder."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from nbcohort.testing import RunningService

START = datetime.fromisoformat("2026-01-12T09:00:00+00:00")
"""Monday of week 1."""
DUE = datetime.fromisoformat("2026-01-16T22:59:00+00:00")
"""Friday of week 1, 23:59 in Berlin."""

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
FILES = {"ps1.ipynb": NOTEBOOK, "data/penguins.csv": b"species,mass\n"}

COURSE: dict[str, Any] = {
    "id": "ds",
    "title": "Data science",
    "assignments": [
        {"name": "ps1", "title": "Cleaning", "release": "week 1 mon 08:00", "due": "week 1 fri 23:59"},
        {
            "name": "late-ok",
            "title": "Late is fine",
            "release": "week 1 mon 08:00",
            "due": "week 1 fri 23:59",
            "late": {"policy": "accept", "until": "week 2 fri 23:59"},
        },
        {"name": "later", "title": "Later", "release": "week 3 mon 08:00", "due": "week 3 fri 23:59"},
    ],
}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def described(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [{"path": path, "size": len(data), "sha256": sha(data)} for path, data in files.items()]


@dataclass
class Classroom:
    """A cohort with an instructor `ines`, a mentor `mo` and learners `ada`, `ben`, `cleo`."""

    service: RunningService
    cohort: str = "ds1"
    members: dict[str, str] = field(default_factory=dict)
    """Account -> member id."""

    def __post_init__(self) -> None:
        self.service.set_clock(START)
        admin = self.service.as_account("root", admin=True)
        ok(admin.post("/cohorts", json={"id": self.cohort, "title": "DS 1"}))
        self.admin = admin
        for account, role in {
            "ines": "instructor", "mo": "mentor", "ada": "learner", "ben": "learner", "cleo": "learner"
        }.items():  # fmt: skip
            added = ok(admin.post(f"{self.root}/members", json={"account": account, "role": role}))
            self.members[account] = added["id"]

    @property
    def root(self) -> str:
        return f"/cohorts/{self.cohort}"

    def apply(self, **course: Any) -> None:
        settings = {
            "course": {**COURSE, **course},
            "cohort": {"id": self.cohort, "title": "DS 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"},
        }
        ok(self.admin.put(f"{self.root}/settings", json=settings))

    def client(self, account: str) -> httpx.Client:
        return self.service.as_account(account)

    @property
    def room(self) -> httpx.Client:
        return self.client(f"course-{self.cohort}")

    def pair(self, *accounts: str, assignment: str | None = None) -> str:
        members = [self.members[account] for account in accounts]
        made = ok(self.admin.post(f"{self.root}/pairs", json={"members": members, "assignment": assignment}))
        return str(made["id"])

    def begin(self, client: httpx.Client, kind: str, files: Mapping[str, bytes], **body: Any) -> httpx.Response:
        return client.post(f"{self.root}/{kind}", json={**body, "files": described(files)})

    def put(self, client: httpx.Client, snapshot: str, data: bytes, sha256: str | None = None) -> httpx.Response:
        return client.put(f"{self.root}/snapshots/{snapshot}/blobs/{sha256 or sha(data)}", content=data)

    def put_needed(self, client: httpx.Client, begun: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        contents = {sha(data): data for data in files.values()}
        for sha256 in begun["needed"]:
            assert self.put(client, begun["snapshot"], contents[sha256]).status_code == 204

    def commit(self, client: httpx.Client, kind: str, public_id: str) -> httpx.Response:
        return client.post(f"{self.root}/{kind}/{public_id}/commit")

    def commit_with(
        self, client: httpx.Client, kind: str, public_id: str, *files: bytes, **options: Any
    ) -> httpx.Response:
        """Commit an upload, and send these files of it along."""
        path = f"{self.root}/{kind}/{public_id}/commit"
        return client.post(path, params={"sha256": [sha(one) for one in files]}, content=b"".join(files), **options)

    def upload(self, client: httpx.Client, kind: str, files: Mapping[str, bytes], **body: Any) -> Any:
        begun = ok(self.begin(client, kind, files, **body))
        self.put_needed(client, begun, files)
        return ok(self.commit(client, kind, begun["id"]))

    def hand_in(
        self, account: str, assignment: str = "ps1", files: Mapping[str, bytes] = FILES, **body: Any
    ) -> dict[str, Any]:
        done = self.upload(self.client(account), "submissions", files, assignment=assignment, **body)
        assert isinstance(done, dict)
        return done

    def release(self, assignment: str = "ps1", files: Mapping[str, bytes] = FILES) -> dict[str, Any]:
        done = self.upload(self.room, "releases", files, assignment=assignment)
        assert isinstance(done, dict)
        return done

    def items(self, who: str, kind: str, /, **params: Any) -> list[dict[str, Any]]:
        page = ok(self.client(who).get(f"{self.root}/{kind}", params=params))
        return list(page["items"])

    def keys(self) -> list[dict[str, Any]]:
        return list(ok(self.client("ada").get("/receipt-keys"))["keys"])


def ok(answer: httpx.Response) -> Any:
    """Return the JSON of a success."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def refused(answer: httpx.Response, status: int, sentence: str) -> dict[str, Any]:
    """Return the problem detail of a refusal with this status, whose sentence contains `sentence`."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert sentence in problem["detail"], problem
    return problem
