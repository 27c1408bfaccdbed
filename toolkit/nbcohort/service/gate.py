"""The gate before every route: who is it, and do they ask too much? Nothing of a request's body is read before that.

An account has a rate, and a number of requests that it may have under way. Who is not identified shares a rate with all
that come from the same address. How often somebody may guess a token is the affair of `nbcohort.service.identity`.

The address is that of the connection. Behind a proxy it is everybody's, unless NBCOHORT_TRUSTED_PROXIES names the
proxy: only then is X-Forwarded-For believed, which anyone can send who reaches the service's own port.
"""

from contextlib import ExitStack
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from nbcohort.errors import NbcohortError, NotFound
from nbcohort.i18n import _
from nbcohort.service.identity import Identity, NotIdentified
from nbcohort.service.limits import Parallel, Rate
from nbcohort.service.problems import problem_of

SILENCE = 20.0
"""Seconds of silence after which a caller may send as much at once as it ever may."""
ROOMS = "course-"
"""How the accounts of course rooms begin."""


@dataclass(frozen=True)
class Allowance:
    """What one account may ask: requests in a second, over time, and how many it may have under way."""

    per_second: float
    parallel: int

    def rate(self) -> Rate:
        """Return the buckets of such accounts."""
        return Rate(self.per_second, self.per_second * SILENCE)


class Gate:
    """Lets requests through to `app`, with `request.state.identity`, or answers them with 401, 404 or 429.

    Args:
        app: the application.
        api: the path below which everybody must say who they are.
        public: paths of it that are for everybody.
        member: what a person may ask.
        room: what a course room or an administrator may ask, and everybody without a token from one address together.
    """

    def __init__(self, app: ASGIApp, api: str, public: frozenset[str], member: Allowance, room: Allowance) -> None:
        self._app = app
        self._api = api
        self._public = public
        self._member = (member.rate(), Parallel(member.parallel))
        self._room = (room.rate(), Parallel(room.parallel))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with ExitStack() as until_answered:
            try:
                await self._admit(scope, until_answered)
            except NbcohortError as error:
                await problem_of(error)(scope, receive, send)
                return
            await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, until_answered: ExitStack) -> None:
        path = scope["path"]
        if "\0" in path:
            raise NotFound(_("There is nothing at {path}.").format(path=path.replace("\0", "%00")))
        address = scope["client"][0] if scope["client"] else ""
        if not path.startswith(self._api) or path in self._public:
            self._room[0].take(("address", address))
            return
        token = _token(Headers(scope=scope))
        if token is None:
            self._room[0].take(("address", address))
            raise NotIdentified(_("Say who you are: send the header Authorization: Bearer <your JupyterHub token>."))
        identity: Identity = await scope["app"].state.identities.identify(token, address)
        rate, parallel = self._room if identity.admin or identity.account.startswith(ROOMS) else self._member
        rate.take(identity.account)
        until_answered.enter_context(parallel.one(identity.account))
        scope.setdefault("state", {})["identity"] = identity


def _token(headers: Headers) -> str | None:
    scheme, _space, token = headers.get("Authorization", "").partition(" ")
    token = token.strip()
    is_one = scheme.lower() in ("bearer", "token") and token and token.isascii() and token.isprintable()
    return token if is_one else None
