"""Who a token belongs to is the Hub's to say; its answer is believed for ten seconds."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nbcohort.service.identity import (
    ASKED_AT_ONCE,
    DOWN_SECONDS,
    HubIdentities,
    HubUnreachable,
    Identity,
    NotIdentified,
)

ADA = {
    "kind": "user",
    "name": "ada",
    "admin": False,
    "groups": ["g"],
    "scopes": ["access:services!service=nbcohort"],
}


class Hub:
    """Answers as it is told, and counts how often it was asked."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.answer = answer
        self.asked = 0
        self.time = 0.0

    def identities(self) -> HubIdentities:
        def handle(request: httpx.Request) -> httpx.Response:
            self.asked += 1
            return self.answer()

        client = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://hub/hub/api/")
        return HubIdentities(client, monotonic=lambda: self.time)


def test_a_token_is_asked_once_in_ten_seconds_even_by_many_at_once() -> None:
    hub = Hub(lambda: httpx.Response(200, json=ADA))

    async def story() -> None:
        identities = hub.identities()
        found = await asyncio.gather(*(identities.identify("t") for _ in range(20)))
        assert set(found) == {Identity("ada", False, frozenset({"g"}))}
        assert hub.asked == 1
        hub.time = 9.9
        await identities.identify("t")
        assert hub.asked == 1
        hub.time = 10.1
        await identities.identify("t")
        assert hub.asked == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(403, json={}), NotIdentified),
        (httpx.Response(200, json={**ADA, "kind": "service"}), NotIdentified),
        (httpx.Response(200, json={**ADA, "scopes": ["access:services!service=other"]}), NotIdentified),
        (httpx.Response(200, json={**ADA, "scopes": []}), NotIdentified),
        (httpx.Response(503), HubUnreachable),
        (httpx.Response(404, html="<h1>Proxy</h1>"), HubUnreachable),
        (httpx.Response(200, html="<h1>Welcome</h1>"), HubUnreachable),
        (httpx.Response(200, json=["ada"]), HubUnreachable),
        (httpx.Response(200, json={**ADA, "groups": 3}), HubUnreachable),
        (httpx.Response(302, headers={"Location": "/hub/login"}), HubUnreachable),
    ],
)
def test_what_the_hub_does_not_vouch_for_is_refused(answer: httpx.Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        asyncio.run(Hub(lambda: answer).identities().identify("t"))


def test_all_who_wait_for_a_hub_that_does_not_answer_give_up_together() -> None:
    hub = Hub(lambda: httpx.Response(503))

    async def story() -> None:
        identities = hub.identities()
        found = await asyncio.gather(*(identities.identify("t") for _ in range(20)), return_exceptions=True)
        assert {type(one) for one in found} == {HubUnreachable}
        assert hub.asked == 1

    asyncio.run(story())


def test_a_hub_that_did_not_answer_is_asked_again_soon() -> None:
    answers: list[Any] = [httpx.Response(503), httpx.Response(200, json=ADA)]
    hub = Hub(lambda: answers.pop(0))

    async def story() -> None:
        identities = hub.identities()
        with pytest.raises(HubUnreachable):
            await identities.identify("t")
        hub.time += DOWN_SECONDS
        assert (await identities.identify("t")).account == "ada"

    asyncio.run(story())


def test_a_whole_course_at_once_asks_the_hub_a_few_questions_at_a_time() -> None:
    under_way, most = 0, 0

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return httpx.Response(200, json={**ADA, "name": request.headers["Authorization"].removeprefix("token ")})

    async def story() -> None:
        client = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://hub/hub/api/")
        identities = HubIdentities(client)
        found = await asyncio.gather(*(identities.identify(f"m{number}") for number in range(300)))
        assert [one.account for one in found] == [f"m{number}" for number in range(300)]

    asyncio.run(story())
    assert most == ASKED_AT_ONCE
