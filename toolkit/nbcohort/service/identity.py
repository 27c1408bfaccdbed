"""Who a token belongs to: the Hub is asked, and its answer is believed for ten seconds, a refusal, too.

Guessing tokens is hopeless, as they are long; it must only not keep the Hub busy. So an address may be wrong some
times, all addresses together some more, and then new tokens have to wait. Tokens that the Hub knew within the last day
go on being asked about, so that one guesser behind the Hub's proxy does not lock out those who are at work.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.service.limits import Rate, TooMany

log = logging.getLogger(__name__)

T = TypeVar("T")

CACHE_SECONDS = 10.0
CACHE_SIZE = 10_000
DOWN_SECONDS = 2.0
"""For so long a Hub that did not answer is not asked again about the same token: those who wait give up together."""
ASK_SECONDS = 10.0
"""How long the Hub has to answer, whole."""
ASKED_AT_ONCE = 16
"""Questions to the Hub under way; more only wait for each other, there and (at the square of their number) in httpx."""
KNOWN_SECONDS = 86_400.0
GUESSES = 60
"""Tokens that the Hub does not know, from one address at once; and one more each second."""
GUESSES_OF_ALL = 600
"""The same from all addresses together; and ten more each second."""


class NotIdentified(NbcohortError):
    """There is no token, or the Hub does not know it."""

    status = 401
    slug = "not-identified"


class HubUnreachable(NbcohortError):
    """The Hub did not answer, so nobody can be identified."""

    status = 503
    slug = "hub-unreachable"


@dataclass(frozen=True)
class Identity:
    """An account of the Hub: what the Hub says of a token's owner."""

    account: str
    admin: bool
    groups: frozenset[str]


class HubIdentities:
    """Asks the Hub who a token belongs to (`GET /hub/api/user` with that token).

    Args:
        client: an HTTP client of the Hub's API.
        service: this service's name; a token must have the scope to reach it.
        monotonic: seconds, for the age of what is cached.
    """

    def __init__(
        self, client: httpx.AsyncClient, service: str = "nbcohort", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._scopes = {"access:services", f"access:services!service={quote(service)}"}
        self._monotonic = monotonic
        self._cache: dict[str, tuple[float, Identity | NotIdentified | HubUnreachable]] = {}
        self._known: dict[str, float] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._turns = asyncio.Semaphore(ASKED_AT_ONCE)
        self._guesses = Rate(1, GUESSES, monotonic)
        self._guesses_of_all = Rate(10, GUESSES_OF_ALL, monotonic)

    async def identify(self, token: str, address: str = "") -> Identity:
        """Return whose `token` it is, which came from `address`.

        Raises:
            NotIdentified: the Hub does not know the token, or it may not be used here.
            HubUnreachable: the Hub does not answer.
            TooMany: too many tokens were wrong of late.
        """
        key = hashlib.sha256(token.encode()).hexdigest()
        answer = self._fresh(key)
        if answer is None:
            async with self._asking.setdefault(key, asyncio.Lock()):
                try:
                    answer = self._fresh(key) or await self._answer(token, key, address)
                finally:
                    self._asking.pop(key, None)
        if isinstance(answer, NbcohortError):
            raise type(answer)(str(answer), **answer.extra)
        return answer

    def _fresh(self, key: str) -> Identity | NotIdentified | HubUnreachable | None:
        asked, answer = self._cache.get(key, (float("-inf"), None))
        lasts = DOWN_SECONDS if isinstance(answer, HubUnreachable) else CACHE_SECONDS
        return answer if self._monotonic() - asked < lasts else None

    async def _answer(self, token: str, key: str, address: str) -> Identity | NotIdentified | HubUnreachable:
        if self._monotonic() - self._known.get(key, float("-inf")) > KNOWN_SECONDS:
            self._refuse_guessing(address)
        answer: Identity | NotIdentified | HubUnreachable
        try:
            answer = await self._ask(token)
            _remember(self._known, key, self._monotonic())
        except HubUnreachable as error:
            answer = error
        except NotIdentified as error:
            answer = error
            self._known.pop(key, None)
            self._guesses.count(address)
            self._guesses_of_all.count("")
        _remember(self._cache, key, (self._monotonic(), answer))
        return answer

    def _refuse_guessing(self, address: str) -> None:
        wait = max(self._guesses.wait(address), self._guesses_of_all.wait(""))
        if wait > 0:
            raise TooMany(_("Too many tokens that JupyterHub does not know came of late; wait a little."), wait)

    async def _ask(self, token: str) -> Identity:
        try:
            async with asyncio.timeout(ASK_SECONDS), self._turns:
                answer = await self._client.get("user", headers={"Authorization": f"token {token}"})
        except (httpx.HTTPError, TimeoutError) as error:
            raise HubUnreachable(
                _("JupyterHub does not answer, so nobody can be identified; try again in a minute."), retry_after=5
            ) from error
        if answer.status_code in (401, 403):
            raise NotIdentified(_("JupyterHub does not know this token; log in again, or take a new token."))
        user = _user_in(answer)
        if user.kind != "user" or user.name is None:
            raise NotIdentified(_("This token belongs to no person and no room."))
        if not self._scopes & user.scopes:
            raise NotIdentified(_("This token may not be used with the nbcohort service; take one that may."))
        return Identity(user.name, user.admin, user.groups)


class _HubUser(BaseModel):
    """What matters here in the Hub's description of a token's owner, who may also be a service."""

    kind: str = "user"
    name: str | None = None
    admin: bool = False
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


def _user_in(answer: httpx.Response) -> _HubUser:
    """Return whom the Hub described; raises `HubUnreachable` for what no healthy Hub says, such as a proxy's page."""
    try:
        if answer.status_code == 200:
            return _HubUser.model_validate_json(answer.content)
    except ValidationError:
        log.warning("what answers for JupyterHub is not JupyterHub: %r", answer.text[:200])
    raise HubUnreachable(
        _("JupyterHub is not well, so nobody can be identified; try again in a minute."), retry_after=5
    )


def _remember(memory: dict[str, T], key: str, value: T) -> None:
    if len(memory) >= CACHE_SIZE:
        memory.clear()
    memory[key] = value
