"""Each operation that the API's description names succeeds for somebody, so that fuzzing it reaches what it does."""

import random
import re
from collections import defaultdict
from typing import Any

import httpx
import pytest

from tests.fuzz.seeded import QUERIES, SeededRoom

pytestmark = [pytest.mark.fuzz, pytest.mark.slow, pytest.mark.timeout(1200)]

TRIES = 12
"""How often an operation is tried with other ids before it counts as one that the caller cannot do."""


@pytest.mark.parametrize("where", ["seeded", "seeded_on_postgres"], ids=["sqlite", "postgresql"])
def test_every_operation_succeeds_for_somebody(request: pytest.FixtureRequest, where: str) -> None:
    seeded: SeededRoom = request.getfixturevalue(where)
    document = httpx.get(f"{seeded.service.url}openapi.json", timeout=60).json()
    operations = {
        operation["operationId"]: (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    statuses: dict[str, set[int]] = defaultdict(set)
    luck = random.Random(1)  # noqa: S311
    with httpx.Client(timeout=60) as client:
        for name, (method, path) in operations.items():
            for token in seeded.tokens().values():
                for _try in range(TRIES):
                    url = _address(seeded, name, path, luck)
                    status = _send(client, method, url, token, seeded.sensible().get(name))
                    statuses[name].add(status)
                    if status < 300 or status in (401, 403):
                        break
    assert {name: found for name, found in statuses.items() if min(found) >= 300} == {}
    assert not [name for name, found in statuses.items() if max(found) >= 500]


def _address(room: SeededRoom, name: str, path: str, luck: random.Random) -> httpx.URL:
    fitting = room.addresses.get(name, {})
    filled = re.sub(r"\{(\w+)\}", lambda found: fitting.get(found[1]) or luck.choice(room.ids[found[1]]), path)
    return httpx.URL(room.service.url.partition("/services")[0] + filled, params=QUERIES.get(name))


def _send(client: httpx.Client, method: str, url: httpx.URL, token: str | None, body: Any) -> int:
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.request(method, url, headers=headers, **sent).status_code
