"""A round as staff see and change it: what they ask the service, and what they tell it. It waits for answers."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from nbcohort.client import ServiceClient, ServiceRefused

Json = Any


def rounds(client: ServiceClient, cohort: str) -> Json:
    """Return the rounds of a cohort, held and to come; none where there is no peer review."""
    try:
        return {"items": list(client.pages(f"/cohorts/{cohort}/review/rounds"))}
    except ServiceRefused as refused:
        if refused.status == 404:
            return {"items": []}
        raise


def whole(client: ServiceClient, cohort: str, round_id: str) -> Json:
    """Return a round with who waits for whom, appeals, flags, results, and who could be asked to review."""
    root = f"/cohorts/{cohort}/review/rounds/{round_id}"
    return {
        "round": client.get(root),
        "glance": client.get(f"{root}/glance"),
        "appeals": list(client.pages(f"{root}/appeals")),
        "flags": list(client.pages(f"{root}/flags")),
        "results": list(client.pages(f"{root}/results")),
        "members": [
            {name: one[name] for name in ("account", "name", "role")}
            for one in client.pages(f"/cohorts/{cohort}/members")
            if one["ends_at"] is None
        ],
    }


def triage(client: ServiceClient, cohort: str, round_id: str, budget: str) -> Json:
    """Return which works staff should look at first, `budget` at most."""
    root = f"/cohorts/{cohort}/review/rounds/{round_id}"
    return {"items": list(client.pages(f"{root}/triage", budget=budget))}


def reviewers(client: ServiceClient, cohort: str, round_id: str) -> Json:
    """Return who is kind, strict and reliable, as far as that is known."""
    return {"items": list(client.pages(f"/cohorts/{cohort}/review/rounds/{round_id}/reviewers"))}


def change(client: ServiceClient, cohort: str, round_id: str, said: Mapping[str, Any]) -> Json:
    """Move times of a round."""
    return client.patch(f"/cohorts/{cohort}/review/rounds/{round_id}", json=said)


def release(client: ServiceClient, cohort: str, round_id: str) -> Json:
    """Show authors their scores."""
    return client.post(f"/cohorts/{cohort}/review/rounds/{round_id}/release", idempotency_key=uuid.uuid4().hex)


def add_reviewer(client: ServiceClient, cohort: str, round_id: str, said: Mapping[str, Any]) -> Json:
    """Give the review of a work to somebody."""
    path = f"/cohorts/{cohort}/review/rounds/{round_id}/tasks"
    return client.post(path, said, idempotency_key=uuid.uuid4().hex)


def remove_reviewer(client: ServiceClient, cohort: str, round_id: str, task: str, said: Mapping[str, Any]) -> Json:
    """Take a task away; `said` has the reason."""
    query = urlencode({"reason": str(said.get("reason", ""))})
    return client.delete(f"/cohorts/{cohort}/review/rounds/{round_id}/tasks/{task}?{query}") or {}


def override(client: ServiceClient, cohort: str, round_id: str, work: str, said: Mapping[str, Any]) -> Json:
    """Override the score of a work."""
    return client.put(f"/cohorts/{cohort}/review/rounds/{round_id}/works/{work}/override", json=said)


def decide(client: ServiceClient, cohort: str, kind: str, which: str, said: Mapping[str, Any]) -> Json:
    """Answer an appeal, or decide about a flag: `kind` is `appeals` or `flags`."""
    return client.put(f"/cohorts/{cohort}/review/{kind}/{which}", json=said)
