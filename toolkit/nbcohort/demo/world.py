"""What the story happens in: a Hub, its service, and people's places to work; and what can be asked of them."""

import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from nbcohort.client import ServiceClient, ServiceRefused
from nbcohort.demo.desks import Desks
from nbcohort.demo.hub_process import RunningHub
from nbcohort.demo.story import COHORT, IRIS

ROOM = f"course-{COHORT}"
BASE = f"/cohorts/{COHORT}"
AT_DESK = ("python", "-m", "nbcohort.demo.at_desk")


@dataclass
class World:
    """What the story happens in.

    Args:
        hub: the Hub.
        desks: where people run programs.
        service: the service's address.
    """

    hub: RunningHub
    desks: Desks
    service: str

    def client(self, account: str) -> ServiceClient:
        """Return a connection to the service as `account`; close it."""
        return ServiceClient(self.service, self.hub.token_of(account))

    def get(self, account: str, path: str, **params: Any) -> Any:
        """Return what `account` gets at a path below the cohort."""
        with closing(self.client(account)) as client:
            return client.get(f"{BASE}{path}", **params)

    def get_top(self, account: str, path: str) -> Any:
        """Return what `account` gets at a path that belongs to no cohort."""
        with closing(self.client(account)) as client:
            return client.get(path)

    def items(self, account: str, path: str, **params: Any) -> list[Any]:
        """Return a list that `account` gets, whole; nothing if there is no cohort yet."""
        with closing(self.client(account)) as client:
            try:
                return list(client.pages(f"{BASE}{path}", **params))
            except ServiceRefused as refused:
                if refused.status == 404:
                    return []
                raise

    def post(self, account: str, path: str, body: dict[str, Any], step: str) -> Any:
        """Post as `account`, once for this step however often it is tried."""
        with closing(self.client(account)) as client:
            return client.post(path, json=body, idempotency_key=f"demo-{step}")

    def members(self) -> dict[str, str]:
        """Return the members' public ids by account."""
        return {one["account"]: one["id"] for one in self.items(IRIS.account, "/members")}

    def submissions(self, account: str, assignment: str) -> list[Any]:
        """Return what `account` handed in, as it sees it."""
        return self.items(account, "/submissions", assignment=assignment)

    def review_tasks(self, account: str) -> list[Any]:
        """Return the reviews that `account` has to write or has written."""
        return self.items(account, "/review/tasks")

    def round(self, assignment: str) -> Any:
        """Return the round of an assignment, as an instructor sees it in the list; None if there is none."""
        rounds = self.items(IRIS.account, "/review/rounds")
        return next((one for one in rounds if one["assignment"] == assignment), None)


def gradebook(world: World, assignment: str) -> dict[str, Any]:
    """Return what the course room's gradebook has, by account (see `at_desk.scores`)."""
    printed = world.desks.run(ROOM, *AT_DESK, "scores", assignment)
    found: dict[str, Any] = json.loads(printed.strip().splitlines()[0])
    return found
