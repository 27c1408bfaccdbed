"""The Lab's requests, below `nbcohort/api/` of the learner's server: HTTP in, HTTP out, no decisions.

They are guarded as Jupyter's own: by its login, its authorizer, and its token against forged requests. What goes wrong
is a problem detail (RFC 9457) whose `detail` is the sentence for the user.
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from nbcohort.errors import Invalid, NbcohortError
from nbcohort.i18n import _
from nbcohort.lab.handin import before_handin
from nbcohort.lab.service import Json, Service

_COHORT = r"cohorts/(?P<cohort>[a-z0-9-]{1,100})"
ASSIGNMENT = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]|%20){0,99}"
"""An assignment's name in an address."""
_TASK = rf"{_COHORT}/review/tasks/(?P<task>[A-Za-z0-9_-]{{1,100}})"


class LabHandler(APIHandler):  # type: ignore[misc]
    """What all of them have in common."""

    auth_resource = "nbcohort"

    @property
    def service(self) -> Service:
        """The way to the service."""
        found: Service = self.settings["nbcohort_service"]
        return found

    async def answer(self, ask: Callable[[], Json]) -> None:
        """Send what `ask` returns, which runs in a thread because it waits."""
        answered = await asyncio.to_thread(ask)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(answered))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send a problem detail."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        slug, status = "about:blank", status_code
        detail = _("Something went wrong on your server; its log says what.")
        if isinstance(error, NbcohortError):
            # To the Lab, 401 would mean that the person is not logged in here.
            status = 403 if error.status == 401 else error.status if error.status >= 400 else 502
            slug, detail = f"urn:nbcohort:problem:{error.slug}", str(error)
        elif isinstance(error, HTTPError) and error.log_message:
            detail = error.log_message % error.args if error.args else error.log_message
        self.set_status(status)
        problem = {"type": slug, "title": _phrase(status), "status": status, "detail": detail}
        self.finish(json.dumps(problem), set_content_type="application/problem+json")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what is no answer of ours."""
        if not isinstance(value, NbcohortError):
            super().log_exception(typ, value, tb)

    def body(self) -> dict[str, Any]:
        """Return the JSON object that was sent; Invalid if it is none."""
        try:
            sent = json.loads(self.request.body)
        except ValueError:
            sent = None
        if not isinstance(sent, dict):
            raise Invalid(_("What was sent is not a JSON object."))
        return sent


class Today(LabHandler):
    """My tasks, and what comes next."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """Return them."""
        await self.answer(self.service.today)


class BeforeHandin(LabHandler):
    """My files of an assignment, before I hand them in."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, assignment: str) -> None:
        """Return what I should know of them."""
        home = self.settings["server_root_dir"]
        await self.answer(lambda: before_handin(self.service.client, Path(home).expanduser(), cohort, assignment))


class ReviewTask(LabHandler):
    """A review I have to write."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def get(self, cohort: str, task: str) -> None:
        """Return the task with its rubric, files and my draft."""
        await self.answer(lambda: self.service.review(cohort, task))


class WrittenReview(LabHandler):
    """My review of a work."""

    @authenticated  # type: ignore[untyped-decorator]
    @authorized  # type: ignore[untyped-decorator]
    async def put(self, cohort: str, task: str) -> None:
        """Save a draft, or submit: the review, and `begun_from`, the version that was changed."""
        review = self.body()
        begun_from = review.pop("begun_from", None)
        if begun_from is not None and not isinstance(begun_from, int):
            raise Invalid(_("“begun_from” is the number of a version."))
        await self.answer(lambda: self.service.save(cohort, task, review, begun_from))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def handlers(base_url: str) -> list[tuple[str, type[LabHandler]]]:
    """Return the handlers with their addresses."""
    root = url_path_join(base_url, "nbcohort", "api")
    return [
        (rf"{root}/today", Today),
        (rf"{root}/{_COHORT}/assignments/(?P<assignment>{ASSIGNMENT})/notices", BeforeHandin),
        (rf"{root}/{_TASK}", ReviewTask),
        (rf"{root}/{_TASK}/review", WrittenReview),
    ]
