"""What follows the reviews: what authors ask the service, and what they tell it. Everything here waits for answers."""

import uuid
from collections.abc import Mapping
from typing import Any

from nbcohort.client import ServiceClient

Json = Any


def received(client: ServiceClient, cohort: str) -> Json:
    """Return what came of my works in rounds that are closed; each with `round`: its phase, and until when I reply."""
    root = f"/cohorts/{cohort}/review"
    works = list(client.pages(f"{root}/received"))
    rounds = {one["assignment"]: one for one in client.pages(f"{root}/rounds")} if works else {}
    return {"items": [{**work, "round": rounds.get(work["assignment"])} for work in works]}


def answered(client: ServiceClient, cohort: str) -> Json:
    """Return my reviews in rounds that are closed, each with what its authors said of it."""
    root = f"/cohorts/{cohort}/review/tasks"
    mine = [task for task in client.pages(root) if task["state"] == "submitted" and task["phase"] != "reviewing"]
    return {
        "items": [
            {
                **{name: task[name] for name in ("id", "pseudonym", "assignment", "title")},
                "answers": list(client.pages(f"{root}/{task['id']}/answers")),
            }
            for task in mine
            if not task["own_work"]
        ]
    }


def mine(client: ServiceClient, cohort: str) -> Json:
    """Return how good my reviews were in rounds that are over, in words and numbers, and what came of these rounds."""
    return {"items": list(client.pages(f"/cohorts/{cohort}/review/mine"))}


def revision(client: ServiceClient, cohort: str, address: str) -> Json:
    """Return what an author changed since the reviews; `address` is that of a revision, below the cohort's `review`."""
    found = client.get(f"/cohorts/{cohort}/review/{address}")
    return {name: found[name] for name in ("handed_in_at", "html")}


def files(client: ServiceClient, cohort: str, submission: str) -> Json:
    """Return the files of a submission that I may see: my own; everybody's for staff."""
    found = client.get(f"/cohorts/{cohort}/submissions/{submission}")
    return {"items": [{"path": file["path"], "size": file["size"]} for file in found["files"]]}


def answer(client: ServiceClient, cohort: str, review: str, said: Mapping[str, Any]) -> Json:
    """Say how helpful a review was, reply, say what I will change."""
    return client.put(f"/cohorts/{cohort}/review/received/{review}/answer", json=said)


def flag(client: ServiceClient, cohort: str, review: str, said: Mapping[str, Any]) -> Json:
    """Flag a review."""
    return client.post(f"/cohorts/{cohort}/review/received/{review}/flag", said, idempotency_key=uuid.uuid4().hex)


def appeal(client: ServiceClient, cohort: str, said: Mapping[str, Any]) -> Json:
    """Appeal."""
    return client.post(f"/cohorts/{cohort}/review/appeals", said, idempotency_key=uuid.uuid4().hex)
