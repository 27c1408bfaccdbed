"""What the Lab asks the course service, and what it gets. Everything here waits for answers: call it in a thread."""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from nbcohort.client import ServiceClient, ServiceRefused

PAUSES = (0.5,)
"""Seconds before another attempt: somebody is waiting at a screen, and the page asks again by itself."""

Json = Any


class Service:
    """The service as this server's account meets it; connected to when it is first asked something."""

    def __init__(self, connect: Callable[[], ServiceClient] | None = None) -> None:
        self._connect = connect or (lambda: ServiceClient.from_environment(pauses=PAUSES))
        self._lock = threading.Lock()
        self._client: ServiceClient | None = None

    @property
    def client(self) -> ServiceClient:
        """The connection; raises `NotConfigured`."""
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def today(self) -> Json:
        """Return my cohorts and tasks, the most urgent first, what comes next, and the service's time."""
        me = self.client.get("/me")
        now = self._now()
        tasks: list[Json] = []
        coming: list[Json] = []
        for one in me["cohorts"]:
            root = f"/cohorts/{one['cohort']}"
            tasks += [{**task, **_of(one)} for task in self.client.pages(f"{root}/tasks")]
            coming += [{**event, **_of(one)} for event in self._coming(root, now)]
        tasks.sort(key=lambda task: (task["done"], _instant(task["due_at"]), task["id"]))
        coming.sort(key=lambda event: _instant(event["at"]))
        return {
            "account": me["account"],
            "now": now.isoformat(),
            "cohorts": me["cohorts"],
            "tasks": tasks,
            "coming": coming,
        }

    def _now(self) -> datetime:
        """Return the service's time, by which everything is due."""
        return datetime.fromisoformat(json.loads(self.client.read(f"{self.client.url}/health"))["now"])

    def _coming(self, root: str, now: datetime) -> list[Json]:
        """Return what will open or be due: assignments, and rounds of review where there are any."""
        found = []
        for one in self.client.pages(f"{root}/assignments"):
            if one["released"] and not one["submissions"]:
                found.append(_event("due", one, one["name"], one["due_at"]))
            elif not one["released"]:
                found.append(_event("release", one, one["name"], one["release_at"]))
        found += [
            _event("review", one, one["assignment"], one["opens_at"])
            for one in self._rounds(root)
            if one["phase"] == "waiting"
        ]
        return [event for event in found if event["at"] is not None and _instant(event["at"]) > now]

    def _rounds(self, root: str) -> list[Json]:
        try:
            return list(self.client.pages(f"{root}/review/rounds"))
        except ServiceRefused as refused:
            if refused.status == 404:  # no peer review here
                return []
            raise

    def review(self, cohort: str, task: str) -> Json:
        """Return a review task with the work's files, my review so far, and my other tasks of the same round."""
        root = f"/cohorts/{cohort}/review/tasks"
        mine = list(self.client.pages(root))
        found = self._begun(root, self.client.get(f"{root}/{task}"))
        others = [
            {name: one[name] for name in ("id", "pseudonym", "title", "state")}
            for one in mine
            if one["assignment"] == found["assignment"]
        ]
        return {
            "task": found,
            "files": list(self.client.pages(f"{root}/{task}/files")),
            "review": self.client.get(f"{root}/{task}/review"),
            "others": others,
        }

    def _begun(self, root: str, task: Json) -> Json:
        """Say that I have begun, as whoever opens a task has: then it does not go to somebody else. Return the task."""
        if task["start_by"] is None or task["phase"] != "reviewing":
            return task
        return self.client.post(f"{root}/{task['id']}/start", idempotency_key=uuid.uuid4().hex)

    def save(self, cohort: str, task: str, review: Mapping[str, Any], begun_from: int | None) -> Json:
        """Save a review as a draft, or submit it; returns whether it was, and the review as it is now.

        It is not if `begun_from`, the version that the caller has seen, is no longer the newest: somebody writes in
        another window, and the caller has to bring the two together. (None: save in any case.) Two windows that save in
        the same instant may both succeed; then the service has both versions.
        """
        path = f"/cohorts/{cohort}/review/tasks/{task}/review"
        if begun_from is not None:
            newest = self.client.get(path)
            if newest["version"] != begun_from:
                return {"saved": False, "review": newest}
        return {"saved": True, "review": self.client.put(path, json=review)}


def _of(cohort: Mapping[str, Any]) -> dict[str, str]:
    return {"cohort": cohort["cohort"], "cohort_title": cohort["title"]}


def _event(kind: str, of: Mapping[str, Any], assignment: str, at: str | None) -> Json:
    return {"kind": kind, "assignment": assignment, "title": of["title"], "at": at}


def _instant(text: str | None) -> datetime:
    """Return an instant; what has none comes last."""
    return datetime.fromisoformat(text) if text else datetime.max.replace(tzinfo=UTC)
