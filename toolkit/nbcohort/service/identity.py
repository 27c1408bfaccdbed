"""Who a token belongs to: the Hub is asked, and its answer is believed for ten seconds."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

CACHE_SECONDS = 10.0
CACHE_SIZE = 10_000


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
        self._cache: dict[str, tuple[float, Identity]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def identify(self, token: str) -> Identity:
        """Return whose `token` it is.

        Raises:
            NotIdentified: the Hub does not know the token, or it may not be used here.
            HubUnreachable: the Hub does not answer.
        """
        key = hashlib.sha256(token.encode()).hexdigest()
        if cached := self._fresh(key):
            return cached
        async with self._asking.setdefault(key, asyncio.Lock()):
            try:
                if cached := self._fresh(key):
                    return cached
                identity = await self._ask(token)
                if len(self._cache) >= CACHE_SIZE:
                    self._cache.clear()
                self._cache[key] = (self._monotonic(), identity)
                return identity
            finally:
                self._asking.pop(key, None)

    def _fresh(self, key: str) -> Identity | None:
        asked, identity = self._cache.get(key, (float("-inf"), None))
        return identity if self._monotonic() - asked < CACHE_SECONDS else None

    async def _ask(self, token: str) -> Identity:
        try:
            answer = await self._client.get("user", headers={"Authorization": f"token {token}"})
        except httpx.HTTPError as error:
            raise HubUnreachable(
                _("JupyterHub does not answer, so nobody can be identified; try again in a minute.")
            ) from error
        if answer.status_code >= 500:
            raise HubUnreachable(_("JupyterHub is not well, so nobody can be identified; try again in a minute."))
        if answer.status_code != 200:
            raise NotIdentified(_("JupyterHub does not know this token; log in again, or take a new token."))
        user = answer.json()
        if user.get("kind", "user") != "user" or not isinstance(user.get("name"), str):
            raise NotIdentified(_("This token belongs to no person and no room."))
        if not self._scopes & set(user.get("scopes", ())):
            raise NotIdentified(_("This token may not be used with the nbcohort service; take one that may."))
        return Identity(user["name"], bool(user.get("admin", False)), frozenset(user.get("groups", ())))
