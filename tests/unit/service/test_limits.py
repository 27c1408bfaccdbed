"""What one caller may ask in a time, and at once."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from nbcohort.service.identity import GUESSES, HubIdentities, NotIdentified
from nbcohort.service.limits import REMEMBERED, Parallel, Rate, TooMany


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def taken(rate: Rate, caller: str = "ada") -> bool:
    try:
        rate.take(caller)
    except TooMany:
        return False
    return True


def test_after_silence_a_burst_is_taken_and_not_one_more() -> None:
    rate = Rate(2, 5, Clock())
    assert [taken(rate) for _number in range(6)] == [True] * 5 + [False]


def test_who_stays_below_the_rate_is_never_refused() -> None:
    clock = Clock()
    rate = Rate(2, 1, clock)
    for _second in range(1000):
        assert taken(rate)
        clock.time += 0.5


def test_what_is_over_is_taken_again_after_as_long_as_was_said() -> None:
    clock = Clock()
    rate = Rate(0.25, 2, clock)
    assert taken(rate)
    assert taken(rate)
    with pytest.raises(TooMany) as refused:
        rate.take("ada")
    assert refused.value.extra == {"retry_after": 4}
    clock.time += 3.9
    assert not taken(rate)
    clock.time += 0.2
    assert taken(rate)
    assert not taken(rate)


def test_one_caller_does_not_use_up_what_is_anothers() -> None:
    rate = Rate(1, 1, Clock())
    assert taken(rate, "ada")
    assert not taken(rate, "ada")
    assert taken(rate, "ben")


def test_counting_on_beyond_what_is_allowed_does_not_lock_out_for_long() -> None:
    rate = Rate(1, 3, Clock())
    for _number in range(1000):
        rate.count("ada")
    assert 0 < rate.wait("ada") <= 3


def test_so_many_callers_that_they_are_forgotten_leave_those_who_ask_most() -> None:
    rate = Rate(1, 3, Clock())
    for _number in range(3):
        rate.take("busy")
    for number in range(2 * REMEMBERED):
        rate.take(str(number))
    assert not taken(rate, "busy")
    assert len(rate._full_at) <= REMEMBERED


def test_only_so_many_requests_of_one_caller_are_under_way_at_once() -> None:
    parallel = Parallel(2)
    with (
        parallel.one("ada"),
        parallel.one("ada"),
        parallel.one("ben"),
        pytest.raises(TooMany, match="2 requests under way"),
        parallel.one("ada"),
    ):
        pytest.fail("a third one was let in")
    with parallel.one("ada"):
        assert parallel._under_way == {"ada": 1}
    assert not parallel._under_way


def identities(clock: Clock, answer: Callable[[str], httpx.Response], asked: list[str]) -> HubIdentities:
    def handle(request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("token ")
        asked.append(token)
        return answer(token)

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://hub/hub/api/")
    return HubIdentities(client, monotonic=clock)


def only_ada(token: str) -> httpx.Response:
    scopes = ["access:services!service=nbcohort"]
    known = {"kind": "user", "name": "ada", "admin": False, "groups": [], "scopes": scopes}
    return httpx.Response(200, json=known) if token.startswith("ada") else httpx.Response(403, json={})


def test_a_wrong_token_is_asked_about_once_in_ten_seconds() -> None:
    async def story() -> None:
        clock, asked = Clock(), list[str]()
        known = identities(clock, only_ada, asked)
        for _number in range(50):
            with pytest.raises(NotIdentified):
                await known.identify("wrong", "10.0.0.1")
        assert asked == ["wrong"]
        clock.time += 10.1
        with pytest.raises(NotIdentified):
            await known.identify("wrong", "10.0.0.1")
        assert asked == ["wrong"] * 2

    asyncio.run(story())


def test_a_guesser_does_not_keep_the_hub_busy_nor_lock_out_those_at_work() -> None:
    async def story() -> None:
        clock, asked = Clock(), list[str]()
        known = identities(clock, only_ada, asked)
        await known.identify("ada-1", "10.0.0.1")
        for number in range(GUESSES):
            with pytest.raises(NotIdentified):
                await known.identify(f"guess {number}", "10.0.0.1")
        with pytest.raises(TooMany) as refused:
            await known.identify("one more", "10.0.0.1")
        assert refused.value.extra["retry_after"] == 1
        assert len(asked) == 1 + GUESSES
        clock.time += 0.9 + 0.05  # what was believed of ada is still fresh; in a moment it is not
        assert (await known.identify("ada-1", "10.0.0.1")).account == "ada"
        with pytest.raises(TooMany):
            await known.identify("ada-2", "10.0.0.1")
        assert (await known.identify("ada-2", "10.0.0.2")).account == "ada"
        clock.time += 10.0
        for number in range(GUESSES):
            with pytest.raises((NotIdentified, TooMany)):
                await known.identify(f"further guess {number}", "10.0.0.1")
        assert (await known.identify("ada-1", "10.0.0.1")).account == "ada"
        assert asked[-1] == "ada-1"

    asyncio.run(story())
