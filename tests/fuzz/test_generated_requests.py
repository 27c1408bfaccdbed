"""Whatever is sent, by whoever: no 5xx, and no answer that the API's description does not announce."""

import random
import re
from collections import defaultdict
from typing import Any

import httpx
import pytest

from tests.fuzz.engine import fuzz, still_well
from tests.fuzz.seeded import ROLES, SeededRoom

pytestmark = [pytest.mark.fuzz, pytest.mark.slow, pytest.mark.timeout(1200)]

TRIES = 12
"""How often an operation is tried with other ids before it counts as one that nobody can do."""


@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_are_answered_as_described(seeded: SeededRoom, role: str) -> None:
    faults, statuses = fuzz(seeded, seeded.tokens()[role], examples=4)
    assert not faults, "\n\n".join(faults)
    assert still_well(seeded.service)
    _expect_that_only_members_get_in(role, {operation for operation, status in statuses if status < 300})


@pytest.mark.parametrize("role", ["learner", "instructor"])
def test_generated_requests_are_answered_as_described_on_postgresql(seeded_on_postgres: SeededRoom, role: str) -> None:
    faults, _statuses = fuzz(seeded_on_postgres, seeded_on_postgres.tokens()[role], examples=2)
    assert not faults, "\n\n".join(faults)
    assert still_well(seeded_on_postgres.service)


def test_every_operation_succeeds_for_somebody(seeded: SeededRoom) -> None:
    document = httpx.get(f"{seeded.service.url}openapi.json", timeout=60).json()
    operations = {
        operation["operationId"]: (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    statuses: dict[str, set[int]] = defaultdict(set)
    luck = random.Random(1)  # noqa: S311
    for name, (method, path) in operations.items():
        for token in seeded.tokens().values():
            for _try in range(TRIES):
                status = _send(seeded, method, path, token, seeded.sensible().get(name), luck)
                statuses[name].add(status)
                if status < 300 or status in (401, 403):
                    break
    assert {name: found for name, found in statuses.items() if min(found) >= 300} == {}
    assert not [name for name, found in statuses.items() if max(found) >= 500]


def _send(room: SeededRoom, method: str, path: str, token: str | None, body: Any, luck: random.Random) -> int:
    url = re.sub(r"\{(\w+)\}", lambda name: luck.choice(room.ids[name[1]]), path)
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    origin = room.service.url.partition("/services")[0]
    return httpx.request(method, f"{origin}{url}", headers=headers, timeout=60, **sent).status_code


def _expect_that_only_members_get_in(role: str, succeeded: set[str]) -> None:
    if role == "nobody":
        assert succeeded == {"health", "receipt_keys"}
    if role == "outsider":
        assert succeeded == {"health", "receipt_keys", "me", "cohorts"}
