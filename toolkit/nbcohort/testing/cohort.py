"""A cohort with people in it, on a running service."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from nbcohort.testing.service import RunningService

START = datetime.fromisoformat("2026-01-12T09:00:00+00:00")
"""Monday of week 1, where a `Cohort` sets the clock when it is made."""

PEOPLE = {"ines": "instructor", "mo": "mentor", "ada": "learner", "ben": "learner", "cleo": "learner"}
"""Account -> role."""


@dataclass
class Cohort:
    """A cohort in Berlin that starts on 2026-01-12, with one instructor, one mentor and three learners (`PEOPLE`)."""

    service: RunningService
    id: str = "ds1"
    members: dict[str, str] = field(default_factory=dict)
    """Account -> public member id."""

    def __post_init__(self) -> None:
        self.service.set_clock(START)
        admin = self.service.as_account("root", admin=True)
        admin.post("/cohorts", json={"id": self.id, "title": "Data science 1"}).raise_for_status()
        for account, role in PEOPLE.items():
            added = self.as_account("root").post("/members", json={"account": account, "role": role})
            self.members[account] = added.raise_for_status().json()["id"]

    def as_account(self, account: str) -> httpx.Client:
        """Return an HTTP client of `/api/v1/cohorts/<id>` as any account of the Hub; `root` is its administrator."""
        client = self.service.as_account(account)
        client.base_url = httpx.URL(f"{self.service.url}api/v1/cohorts/{self.id}")
        return client

    def apply(self, course: dict[str, Any]) -> httpx.Response:
        """Apply settings; `course` is JSON without id and title: `{"activities": {"kudos": {"per_week": 2}}}`."""
        cohort = {"id": self.id, "title": "Data science 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"}
        settings = {"course": {"id": "ds", "title": "Data science", **course}, "cohort": cohort}
        return self.as_account("root").put("/settings", json=settings)
