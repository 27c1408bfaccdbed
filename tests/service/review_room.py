"""A cohort in which an assignment is peer reviewed, for the tests of reviewing."""

import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from nbcohort.testing import RunningService, wait_until
from tests.service.classroom import Classroom, ok

OPENS = datetime.fromisoformat("2026-01-19T08:00:00+00:00")
"""Monday of week 2, 9:00 in Berlin."""
CLOSES = datetime.fromisoformat("2026-01-23T22:59:00+00:00")
"""Friday of week 2, 23:59 in Berlin."""

RUBRIC: list[dict[str, Any]] = [
    {
        "id": "correct",
        "title": "Correctness",
        "weight": 3,
        "levels": [
            {"points": 0, "title": "Wrong"},
            {"points": 1, "title": "Partly", "description": "Some of it holds."},
            {"points": 2, "title": "Right"},
        ],
    },
    {"id": "clear", "title": "Clarity", "levels": [{"points": 0, "title": "No"}, {"points": 4, "title": "Yes"}]},
]
REVIEW = {"k": 2, "opens": "week 2 mon 09:00", "due": "week 2 fri 23:59"}
FULL = {
    "scores": {"correct": 2, "clear": 1},
    "comments": {"clear": "I could follow it."},
    "overall": "Works; next, name the units, since a reader cannot guess them.",
    "submit": True,
}
PEOPLE = {
    "dora": "Dora Kowalczyk",
    "emil": "Emil Ångström",
    "fay": "Fay Okonkwo",
    "gus": "Gus Petrov",
    "hana": "Hana Suzuki",
    "ivo": "Ivo Never",
}


_numbers = itertools.count(1)


def notebook(text: str) -> bytes:
    cell = {"cell_type": "markdown", "id": "one", "metadata": {}, "source": text}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


class ReviewRoom(Classroom):
    """The learners ada, ben, cleo, and six more who have names; `ps1` is reviewed in week 2."""

    def __init__(self, service: RunningService) -> None:
        self._clients: dict[str, httpx.Client] = {}
        super().__init__(service, f"reviewed{next(_numbers)}")
        for account, name in PEOPLE.items():
            added = ok(self.admin.post(f"{self.root}/members", json={"account": account, "name": name}))
            self.members[account] = added["id"]

    def client(self, account: str) -> httpx.Client:
        if account not in self._clients:
            self._clients[account] = super().client(account)
        return self._clients[account]

    def apply_review(self, rubric: list[dict[str, Any]] | None = None, **review: Any) -> dict[str, Any]:
        assignment = {
            "name": "ps1",
            "title": "Cleaning",
            "release": "week 1 mon 08:00",
            "due": "week 1 fri 23:59",
            "rubric": RUBRIC if rubric is None else rubric,
            "activities": {"review": {**REVIEW, **review}},
        }
        course = {"id": "ds", "title": "Data science", "assignments": [assignment]}
        cohort = {"id": self.cohort, "title": "DS 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"}
        done = ok(self.admin.put(f"{self.root}/settings", json={"course": course, "cohort": cohort}))
        assert isinstance(done, dict)
        return done

    def everybody_hands_in(self) -> None:
        """All but ivo; gus and hana as a pair."""
        self.pair("gus", "hana")
        for account in ("ada", "ben", "cleo", "dora", "emil", "fay", "gus"):
            self.hand_in(account, files={"ps1.ipynb": notebook(f"My answer is {len(account)}.")})

    def open_round(self) -> None:
        self.service.set_clock(OPENS)
        self.wait_for_phase("reviewing")

    def close_round(self) -> None:
        self.service.set_clock(CLOSES.replace(day=24))
        wait_until(lambda: self.round()["closed_at"] is not None, what="closing")

    def wait_for_phase(self, phase: str) -> None:
        wait_until(lambda: [one["phase"] for one in self.items("ines", "review/rounds")] == [phase], what=phase)

    def work_of(self, account: str) -> dict[str, Any]:
        """The work of `account` as staff see it."""
        works = self.round()["works"]
        return next(work for work in works if account in {author["account"] for author in work["authors"]})

    def round(self) -> dict[str, Any]:
        (one,) = self.items("ines", "review/rounds")
        whole = ok(self.client("ines").get(f"{self.root}/review/rounds/{one['id']}"))
        assert isinstance(whole, dict)
        return whole

    def tasks(self, account: str) -> list[dict[str, Any]]:
        return self.items(account, "review/tasks")

    def put_review(self, account: str, task: str, body: Mapping[str, Any] = FULL) -> Any:
        return self.client(account).put(f"{self.root}/review/tasks/{task}/review", json=dict(body))

    def get(self, who: str, path: str, **params: Any) -> Any:
        return self.client(who).get(f"{self.root}/review/{path}", params=params)
