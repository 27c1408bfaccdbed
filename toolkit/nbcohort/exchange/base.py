"""What the exchange's seven verbs share: settings, the client, failing with a sentence, time and folders."""

from contextvars import ContextVar
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo

from nbgrader.exchange import abc
from traitlets import Bool, Unicode

from nbcohort.client import ServiceClient
from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)
"""Gets each sentence with which the exchange fails, where somebody has set a list."""


class Exchange(abc.Exchange):  # type: ignore[misc]
    """nbgrader's exchange over HTTP: it has no folder, and whoever acts is who the token says."""

    service_url = Unicode("", help="Address of the course service; by default the environment's NBCOHORT_URL.").tag(
        config=True
    )
    path_includes_course = Bool(
        False, help="Whether an assignment is fetched to <course>/<assignment> instead of <assignment>."
    ).tag(config=True)
    root = Unicode("", help="Accepted, and not used: there is no shared folder.").tag(config=True)
    cache = Unicode("", help="Accepted, and not used: the service keeps what was handed in.").tag(config=True)

    _client: ServiceClient | None = None

    def start(self) -> Any:
        """Do what the class is for; whatever goes wrong is told in a sentence, as nbgrader's `ExchangeError`."""
        try:
            return super().start()
        except NbcohortError as error:
            self.failed(str(error))
        except OSError as error:
            self.failed(_("{file}: {reason}.").format(file=error.filename or "", reason=error.strerror or error))
        finally:
            if self._client is not None:
                self._client.close()
                self._client = None

    def failed(self, sentence: str) -> NoReturn:
        """Tell the user, and stop."""
        sentences = heard.get()
        if sentences is not None:
            sentences.append(sentence)
        self.fail(sentence)
        raise AssertionError  # `fail` raises

    def connect(self) -> ServiceClient:
        """Return a new connection to the service."""
        return ServiceClient.from_environment(url=self.service_url or None)

    @property
    def client(self) -> ServiceClient:
        """The connection, opened when it is first needed."""
        if self._client is None:
            self._client = self.connect()
        return self._client

    @property
    def cohort(self) -> str:
        """The course id; having none is a failure."""
        if not self.coursedir.course_id:
            self.failed(_("No course id specified. Re-run with --course flag."))
        return str(self.coursedir.course_id)

    @property
    def assignment(self) -> str:
        """The name of the assignment."""
        return str(self.coursedir.assignment_id)

    def at(self, cohort: str, *parts: str) -> str:
        """Return the service's path of something in a cohort."""
        return "/".join(["/cohorts", *(quote(part, safe="") for part in (cohort, *parts))])

    def stamp(self, instant: str) -> str:
        """Return an instant of the service in the time zone and format that nbgrader is set to."""
        try:
            zone = ZoneInfo(self.timezone)
        except (ValueError, KeyError, OSError):
            self.failed(_("Invalid timezone: {zone}").format(zone=self.timezone))
        return datetime.fromisoformat(instant).astimezone(zone).strftime(self.timestamp_format)

    def folder_of(self, cohort: str, assignment: str) -> Path:
        """Return where a learner works on an assignment."""
        folder = Path(self.assignment_dir).absolute()
        return folder / cohort / assignment if self.path_includes_course else folder / assignment

    def released(self, cohort: str, assignment: str) -> Any:
        """Return the current release of an assignment; fail, with the nearest name, when there is none."""
        items = self.client.get(self.at(cohort, "releases"), assignment=assignment)["items"]
        if not items:
            self._not_released(cohort, assignment)
        return items[0]

    def due(self, cohort: str, assignment: str) -> str | None:
        """Return when an assignment is due for whoever has no extension; None if the settings do not say."""
        found = {one["name"]: one["due_at"] for one in self.client.pages(self.at(cohort, "assignments"))}
        return found.get(assignment)

    def _not_released(self, cohort: str, assignment: str) -> NoReturn:
        names = [item["assignment"] for item in self.client.pages(self.at(cohort, "releases"))]
        self.missing(
            _("{assignment} is not released in {cohort}.").format(assignment=assignment, cohort=cohort),
            assignment,
            names,
        )

    def missing(self, sentence: str, name: str, names: list[str]) -> NoReturn:
        """Fail with the sentence and the most similar of `names`."""
        near = get_close_matches(name, names, n=1)
        self.failed(sentence + (" " + _("Did you mean {name}?").format(name=near[0]) if near else ""))
