"""What a route asks for: the caller, who opens transactions as who they are.

What is asked for here costs no thread of its own, as it would if it were not `async`: routes are given theirs.

A transaction is opened within the route's own thread. (Were it opened by a dependency that yields, a request could hold
the database's write lock while it waits for a thread, and the threads could all wait for the lock.)
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from sqlalchemy.orm import Session

from nbcohort.courses import roster
from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.service.house import House
from nbcohort.service.identity import Identity
from nbcohort.service.schema import PageQuery
from nbcohort.store.database import retried
from nbcohort.store.idempotency import do_once, fingerprint

M = TypeVar("M", bound=BaseModel)

IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_LENGTH = (8, 200)

TOKEN = HTTPBearer(
    scheme_name="JupyterHub",
    description="A JupyterHub token with the scope `access:services!service=nbcohort`. "
    "JupyterHub's own spelling, `Authorization: token ...`, is understood, too.",
    auto_error=False,
)
"""How a caller says who they are, for the API's description: `nbcohort.service.gate` has asked already."""


async def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def _identity(request: Request, _scheme: Annotated[object, Security(TOKEN)]) -> Identity:
    found: Identity = request.state.identity  # put there by `nbcohort.service.gate`
    return found


@dataclass(frozen=True)
class _Request:
    """What makes two requests with one key the same request."""

    key: str | None
    fingerprint: str


async def _repeatable(request: Request) -> _Request:
    idempotency_key = request.headers.get(IDEMPOTENCY_KEY)
    if idempotency_key is None or request.method != "POST":  # what is not JSON may be too large to be read whole
        return _Request(None, "")
    if not KEY_LENGTH[0] <= len(idempotency_key) <= KEY_LENGTH[1]:
        raise Invalid(
            _("An Idempotency-Key has {least} to {most} characters.").format(least=KEY_LENGTH[0], most=KEY_LENGTH[1])
        )
    return _Request(idempotency_key, fingerprint(request.method, request.url.path, await request.body()))


@dataclass(frozen=True)
class _Caller:
    """Who sent a request, and when it came in by the service's clock."""

    house: House
    identity: Identity
    now: datetime
    request: _Request

    def _once(self, session: Session, model: type[M], act: Callable[[], M]) -> M:
        def answer() -> dict[str, Any]:
            return act().model_dump(mode="json")

        kept = do_once(
            session,
            account=self.identity.account,
            key=self.request.key,
            request=self.request.fingerprint,
            now=self.now,
            act=answer,
        )
        return model.model_validate(kept)


@dataclass(frozen=True)
class _HubCaller(_Caller):
    """Who sent a request about the Hub as a whole."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that reads."""
        with self.house.database.read() as session:
            yield session

    def once(self, model: type[M], act: Callable[[Acting], M]) -> M:
        """Do `act` as an admin in a transaction, once for each `Idempotency-Key`."""

        def transaction() -> M:
            with self.house.database.write() as session:
                acting = roster.acting_on_hub(self.house, session, self.identity, self.now)
                return self._once(session, model, lambda: act(acting))

        return retried(transaction)


@dataclass(frozen=True)
class _CohortCaller(_Caller):
    """Who sent a request about a cohort."""

    cohort: str

    @contextmanager
    def read(self) -> Iterator[Acting]:
        """Act in a transaction that reads.

        Raises:
            NotFound, NotPermitted: there is no such cohort, or the caller is no member of it now.
        """
        with self.house.database.read() as session:
            yield roster.acting_in(self.house, session, self.identity, self.cohort, self.now)

    @contextmanager
    def write(self) -> Iterator[Acting]:
        """Act in a transaction that writes: durable when the block ends, undone when it raises. Raises as `read`."""
        with self.house.database.write() as session:
            yield roster.acting_in(self.house, session, self.identity, self.cohort, self.now)

    def once(self, model: type[M], act: Callable[[Acting], M]) -> M:
        """Do `act` in a transaction that writes, once for each `Idempotency-Key`; the same answer the next time."""

        def transaction() -> M:
            with self.write() as acting:
                return self._once(acting.session, model, lambda: act(acting))

        return retried(transaction)


async def _lane(request: Request) -> AsyncIterator[None]:
    """Wait, without a thread, until few enough write: threads are left for those who read while a lock is held."""
    if request.method in ("GET", "HEAD"):
        yield
        return
    async with request.app.state.writers:
        yield


_Lane = Annotated[None, Depends(_lane, scope="function")]


async def _hub_caller(
    house: Annotated[House, Depends(_house)],
    identity: Annotated[Identity, Depends(_identity)],
    request: Annotated[_Request, Depends(_repeatable)],
    _lane: _Lane,
) -> _HubCaller:
    return _HubCaller(house, identity, house.clock.now(), request)


async def _streaming_caller(
    cohort: str,
    house: Annotated[House, Depends(_house)],
    identity: Annotated[Identity, Depends(_identity)],
    request: Annotated[_Request, Depends(_repeatable)],
) -> _CohortCaller:
    return _CohortCaller(house, identity, house.clock.now(), request, cohort)


async def _cohort_caller(caller: Annotated[_CohortCaller, Depends(_streaming_caller)], _lane: _Lane) -> _CohortCaller:
    return caller


Paging = Annotated[PageQuery, Query()]
"""Dependency of a route that answers with a page of a list."""

HubCaller = Annotated[_HubCaller, Depends(_hub_caller)]
"""Dependency of a route about the Hub as a whole."""

Caller = Annotated[_CohortCaller, Depends(_cohort_caller)]
"""Dependency of a route below `/cohorts/{cohort}`."""

StreamingCaller = Annotated[_CohortCaller, Depends(_streaming_caller)]
"""The same for a route that waits for its body, and runs its transactions with the limiter `app.state.writers`."""
