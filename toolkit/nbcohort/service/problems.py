"""The one place where errors become HTTP: problem details (RFC 9457), whose `detail` is the sentence for the user."""

import json
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nbcohort.errors import NbcohortError, StorageFull, TooLarge
from nbcohort.i18n import _
from nbcohort.service.describe import methods_at
from nbcohort.store.database import crossed
from nbcohort.store.disk import FULL

log = logging.getLogger(__name__)

RETRY_AFTER = 5
"""Seconds after which it is worth asking a busy service again."""


def problem(status: int, slug: str, detail: str, **extra: object) -> Response:
    """Return a problem detail."""
    title = HTTPStatus(status).phrase
    body = {"type": f"urn:nbcohort:problem:{slug}", "title": title, "status": status, "detail": detail, **extra}
    # What was sent may be quoted, and may hold half of a surrogate pair, which is no UTF-8.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "retry_after" in extra:
        headers["Retry-After"] = str(extra["retry_after"])
    return Response(content, status, headers, media_type="application/problem+json")


def problem_of(error: NbcohortError) -> Response:
    """Return the problem detail of one of our own errors."""
    return problem(error.status, error.slug, str(error), **error.extra)


def _own(request: Request, error: Exception) -> Response:
    if not isinstance(error, NbcohortError):
        raise error
    return problem_of(error)


def _not_valid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = [{"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in found[:5])
    return problem(422, "invalid", detail, errors=found)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = str(error.detail)
    if error.status_code == 404:
        detail = _("There is nothing at {path}.").format(path=request.url.path)
    if error.status_code == 413:
        return problem_of(TooLarge(_("The request is larger than the service takes.")))
    answer = problem(error.status_code, "http", detail)
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(methods_at(request.app.openapi(), request.url.path))
    return answer


def _database(request: Request, error: Exception) -> Response:
    text = str(getattr(error, "orig", error))
    if "disk is full" in text or "No space left" in text:
        log.error("the database's disk is full: %s", text)
        return _own(request, StorageFull(_("The service's disk is full; nothing was kept. Tell your instructor.")))
    if isinstance(error, DBAPIError) and crossed(error):
        return _crossed(request, error)
    log.error("the database failed: %s", text)
    sentence = _("The service's database is busy or away; nothing was changed. Try again in a minute.")
    return problem(503, "database", sentence, retry_after=RETRY_AFTER)


def _disk(request: Request, error: Exception) -> Response:
    if not isinstance(error, OSError) or error.errno not in FULL:
        return _unexpected(request, error)
    log.error("a disk is full: %s", error)
    return _own(request, StorageFull(_("The service's disk is full; nothing was kept. Tell your instructor.")))


def _gone(request: Request, error: Exception) -> Response:
    """Nobody reads this answer."""
    log.info("%s %s: the client went away", request.method, request.url.path)
    return problem(400, "gone", _("The rest of the request did not come."))


def _crossed(request: Request, error: Exception) -> Response:
    log.warning("crossed at %s %s: %s", request.method, request.url.path, getattr(error, "orig", error))
    sentence = _("Somebody changed the same thing at this moment, and theirs counts; look at it, and try again.")
    return problem(409, "conflict", sentence)


def _not_storable(request: Request, error: Exception) -> Response:
    log.warning("not storable at %s %s: %s", request.method, request.url.path, getattr(error, "orig", error))
    return problem(422, "invalid", _("The request holds a value that cannot be stored, such as a NUL character."))


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    return problem(500, "unexpected", _("Something went wrong in the service; it was logged, and nothing was changed."))


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem detail."""
    app.add_exception_handler(NbcohortError, _own)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    for database in (OperationalError, InterfaceError, NoConnection):
        app.add_exception_handler(database, _database)
    app.add_exception_handler(IntegrityError, _crossed)
    app.add_exception_handler(OSError, _disk)
    app.add_exception_handler(DataError, _not_storable)
    app.add_exception_handler(Exception, _unexpected)


def tell_too_large(app: ASGIApp) -> ASGIApp:
    """Return `app` with the framework's plain 413 for a body over its limit told as a problem detail."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def send_told(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 413:
                types = [value for name, value in message["headers"] if name.lower() == b"content-type"]
                refused = types != [b"application/problem+json"]
            if not refused:
                await send(message)
            elif message["type"] == "http.response.body":
                await problem(413, "too-large", _("The request is larger than the service takes."))(
                    scope, receive, send
                )

        await app(scope, receive, send_told)

    return told
