"""Clients that stall: a request has to arrive at some pace, and its answer has to be taken. Uvicorn has no such limits.

A connection that says nothing, or half a head, is closed by `Connection`, before there is a request; one that does not
take its answer is cut off, with what was not taken. A body that stops, or trickles, is ended by `end_stalls`: what
matters is the time that the service waits for the client, so a service that is slow itself blames nobody. Whoever is
ended has taken a connection and a file that is removed, but never a thread.
"""

import asyncio
import logging
import time

import anyio
import uvicorn.protocols.http.httptools_impl
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.service.problems import problem_of

PATIENCE = 30.0
"""Seconds that the service waits for a client."""
LARGEST_HEAD = 1 << 16
"""Bytes of a request's head that are taken in; the parser itself has no limit."""
SLOWEST = 4_000
"""So many bytes earn a second of waiting back, so who sends more in a second is never ended."""

log = logging.getLogger(__name__)


class Stalled(NbcohortError):
    """The rest of a request did not come."""

    status = 408
    slug = "stalled"


class Connection(uvicorn.protocols.http.httptools_impl.HttpToolsProtocol):
    """A connection that is closed when the head of its first or next request does not arrive whole in time.

    A head that grows without end is refused. The connection is cut off when nothing of an answer is taken for as long
    as a head may take: to close it would keep the answer for ever.
    """

    patience = PATIENCE
    _parts = 0
    """How many heads and bodies have come to their end; after an even number, what comes next is a head."""
    _head_size = 0
    _overdue: asyncio.TimerHandle | None = None
    _not_taken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting unless the head is whole; refuse one that grows without end."""
        parts = self._parts
        super().data_received(data)
        within_head = parts == self._parts and parts % 2 == 0  # the rest of a body is no head, though it is answered
        self._head_size = self._head_size + len(data) if within_head else 0
        if self._head_size > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._wait_no_more()

    def on_headers_complete(self) -> None:
        """Note the end of a head."""
        self._parts += 1
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note the end of a body, which may be empty."""
        self._parts += 1
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait_no_more()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what is ready for it."""
        super().pause_writing()
        self._cut_off_unless_taken()

    def resume_writing(self) -> None:
        """Stop waiting: it was taken."""
        self._taken()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, once the last of an answer is taken or that takes too long."""
        super().timeout_keep_alive_handler()
        self._cut_off_unless_taken()

    def _cut_off_unless_taken(self) -> None:
        if self._not_taken is None:
            self._not_taken = self.loop.call_later(self.patience, self.transport.abort)

    def _taken(self) -> None:
        if self._not_taken is not None:
            self._not_taken.cancel()
            self._not_taken = None

    def _wait(self) -> None:
        if self._overdue is None:
            self._overdue = self.loop.call_later(self.patience, self.timeout_keep_alive_handler)

    def _wait_no_more(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


def connections(patience: float) -> type[Connection]:
    """Return the class of connections whose clients are waited for that many seconds."""
    return type("Connection", (Connection,), {"patience": patience})


def end_stalls(app: ASGIApp, patience: float = PATIENCE) -> ASGIApp:
    """Return `app` with requests answered by 408, and their connections closed, when their bodies stall.

    `patience` is in seconds.
    """

    async def ended(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, patience)
        await app(scope, exchange.receive, exchange.send)

    return ended


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, patience: float) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._patience = patience
        self._left = patience
        self._whole = False
        self._begun = False
        self._stalled = False

    async def receive(self) -> Message:
        """Return the next piece of the body; that the client has gone when it has stalled."""
        if self._whole:  # whoever asks now wants to know when the client goes
            return await self._receive()
        asked = time.monotonic()
        with anyio.move_on_after(self._left):
            message = await self._receive()
            earned = len(message.get("body", b"")) / SLOWEST
            self._left = min(self._patience, self._left - (time.monotonic() - asked) + earned)
            self._whole = not message.get("more_body", False)
            return message
        await self._end()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send a piece of the answer, unless the client was given up."""
        if self._stalled:
            return
        self._begun = True
        await self._send(message)

    async def _end(self) -> None:
        log.info("%s %s: the client stalled", self._scope["method"], self._scope["path"])
        if not self._begun:
            answer = problem_of(Stalled(_("The rest of what you were sending did not come; send it again.")))
            answer.headers["Connection"] = "close"
            await answer(self._scope, self._receive, self._send)
        self._stalled = True
