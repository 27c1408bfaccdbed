"""The HTTP client that the exchange, the command line and the Lab share.

Every failure is a `NbcohortError` with the sentence for the user: `ServiceUnreachable` when nobody answers (or only a
proxy does), `ServiceRefused` when the service says no. Requests that may be sent twice are: reading, putting, deleting,
and posting with an `Idempotency-Key`, which stays the same, so that the service does them once.
"""

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from nbcohort import __version__
from nbcohort.errors import Invalid, NbcohortError
from nbcohort.i18n import _
from nbcohort.submissions.manifest import Entry
from nbcohort.tls import verify_for
from nbcohort.transfer import announced, describe, receive

TIMEOUT = httpx.Timeout(60, connect=5)
PAUSES = (0.3, 1.0, 3.0)
"""Seconds before the second, third and fourth attempt."""
PATIENT = (*PAUSES, 5.0, 5.0, 5.0, 10.0, 10.0, 10.0, 10.0)
"""The same for what should outlast a restart of the service: a minute in all."""
LONGEST_PAUSE = 20.0
CARRIED_BYTES = 1_000_000
CARRIED_FILES = 50
"""What travels in one request with the commit, at most."""
_BUSY = frozenset({408, 429, 502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_COHORT = re.compile(r"/cohorts/[^/]+")

Progress = Callable[[int, int], None]
"""Is told bytes done and bytes in all."""
Waiting = Callable[[str], None]
"""Is told a sentence, once, when a request has failed twice and is tried again."""
_T = TypeVar("_T")


class ServiceUnreachable(NbcohortError):
    """Nobody answered, or not the service."""

    status = 503
    slug = "service-unreachable"


class ServiceRefused(NbcohortError):
    """The service answered with a problem; as text, its `detail`."""

    slug = "service-refused"

    def __init__(self, sentence: str, status: int, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.problem: Mapping[str, Any] = problem or {}


class NotConfigured(NbcohortError):
    """The environment does not say where the service is, or who is asking."""

    slug = "not-configured"


class _Busy(Exception):
    """An answer that invites another attempt."""

    def __init__(self, failure: NbcohortError, pause: float | None, *, too_much: bool) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.pause = pause
        self.too_much = too_much
        """Whether it was refused unseen, as one request too many: sending it again cannot do it twice."""


class ServiceClient:
    """A connection to the service at `url`, acting as the account that `token` belongs to. Close it, or use `with`.

    `pauses` are the seconds before each further attempt at a request that can be repeated.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        pauses: Sequence[float] = PAUSES,
        waiting: Waiting | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotConfigured(_("“{url}” is no address of a course service (http://...).").format(url=url))
        if not token.isascii() or not token.isprintable() or not token.strip():
            raise NotConfigured(_("The token for the course service is empty or damaged."))
        self._pauses = tuple(pauses)
        self._waiting = waiting
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={
                "Authorization": f"token {token.strip()}",
                "Accept": "application/json",
                "User-Agent": f"nbcohort/{__version__}",
            },
            timeout=timeout,
            transport=transport,
            verify=verify_for(self.url),
        )

    @classmethod
    def from_environment(
        cls,
        url: str | None = None,
        token: str | None = None,
        *,
        pauses: Sequence[float] = PAUSES,
        waiting: Waiting | None = None,
    ) -> Self:
        """Return a client; NBCOHORT_URL, and NBCOHORT_TOKEN or JUPYTERHUB_API_TOKEN, say what is not given."""
        url = url or os.environ.get("NBCOHORT_URL")
        token = token or os.environ.get("NBCOHORT_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN")
        if not url:
            raise NotConfigured(
                _("NBCOHORT_URL is not set, so it is not known where the course service is. The Hub sets it.")
            )
        if not token:
            raise NotConfigured(
                _("Neither NBCOHORT_TOKEN nor JUPYTERHUB_API_TOKEN is set: there is no token for the course service.")
            )
        return cls(url, token, pauses=pauses, waiting=waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """Return what is at `path` (below /api/v1), parsed. Parameters that are None are left out."""
        return self._call("GET", path, params=_given(params))

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """Yield the items of a list, over all its pages."""
        after = params.pop("after", None)
        while True:
            page = self.get(path, after=after, **params)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def only_cohort(self) -> str:
        """Return the one cohort that the caller is in; raises `Invalid` if there is none, or a choice."""
        found = [str(one["cohort"]) for one in self.get("/me")["cohorts"]]
        if len(found) == 1:
            return found[0]
        if not found:
            raise Invalid(_("You are in no cohort; ask an instructor to add you."))
        raise Invalid(
            _("You are in several cohorts ({cohorts}); choose one with --cohort.").format(cohorts=", ".join(found))
        )

    def post(self, path: str, json: Any = None, idempotency_key: str | None = None) -> Any:
        """Post; with an `idempotency_key` it is tried again when the answer does not come."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return self._call("POST", path, json=json, headers=headers, repeatable=idempotency_key is not None)

    def put(self, path: str, json: Any = None) -> Any:
        """Put JSON."""
        return self._call("PUT", path, json=json)

    def patch(self, path: str, json: Any = None) -> Any:
        """Change part of what is at `path`; tried once."""
        return self._call("PATCH", path, json=json, repeatable=False)

    def delete(self, path: str) -> Any:
        """Delete or end what is at `path`."""
        return self._call("DELETE", path)

    def upload(
        self,
        create_path: str,
        body: Mapping[str, Any],
        files: Mapping[str, Path],
        *,
        manifest: Sequence[Entry] | None = None,
        before_commit: Callable[[], None] | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Create a snapshot of `files` (path in it -> file here), send what is needed, commit, return that answer.

        Small files travel with the commit: two requests are all that most hand-ins take.

        `manifest` spares reading the files once more when they were read already; every file is checked against it
        while it is sent, and `FileChanged` leaves the snapshot uncommitted, as does whatever `before_commit` raises.
        """
        entries = describe(files) if manifest is None else tuple(manifest)
        key = uuid.uuid4().hex
        request = {**body, "files": [asdict(entry) for entry in entries]}
        created = self.post(create_path, request, idempotency_key=key)
        known = {entry.sha256: entry for entry in entries}
        needed = [known[sha256] for sha256 in created["needed"] if sha256 in known]
        carried = _carried(needed)
        sent = _Sent(sum(entry.size for entry in needed), progress)
        for entry in needed:
            if entry not in carried:
                snapshot = f"{_cohort(create_path)}/snapshots/{created['snapshot']}"
                self._put_blob(f"{snapshot}/blobs/{entry.sha256}", entry, files[entry.path])
                sent.more(entry.size)
        content = b"".join(piece for entry in carried for piece in announced(files[entry.path], entry))
        if before_commit is not None:
            before_commit()
        committed = self._commit(f"{create_path}/{created['id']}/commit", f"{key}-commit", carried, content)
        for entry in carried:
            sent.more(entry.size)
        return committed

    def download(
        self, path: str, destination: Path, size: int, sha256: str, *, progress: Progress | None = None
    ) -> None:
        """Store what is at `path` as the file `destination`, or nothing when it is not of that size and hash.

        Where `destination` lies is the caller's care: `nbcohort.transfer.inside` keeps the service's paths in a folder.
        """

        def attempt() -> None:
            with self._http.stream("GET", path, headers={"Accept": "*/*", "Accept-Encoding": "identity"}) as response:
                if response.status_code != 200:
                    response.read()
                self._check(response)
                pieces = response.iter_bytes()
                receive(_counted(pieces, size, progress), destination, size, sha256)

        self._persist(attempt, repeatable=True)

    def read(self, path: str) -> bytes:
        """Return what is at `path` as it is, whole; for what is small and has no hash that may be known."""

        def attempt() -> bytes:
            response = self._http.get(path, headers={"Accept": "*/*"})
            self._check(response)
            return response.content

        return self._persist(attempt, repeatable=True)

    def _put_blob(self, path: str, entry: Entry, file: Path) -> None:
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(entry.size)}

        def attempt() -> None:
            self._check(self._http.put(path, content=announced(file, entry), headers=headers))

        self._persist(attempt, repeatable=True)

    def _commit(self, path: str, key: str, carried: Sequence[Entry], content: bytes) -> Any:
        headers = {"Idempotency-Key": key}
        if carried:
            headers["Content-Type"] = "application/octet-stream"
        params = {"sha256": [entry.sha256 for entry in carried]}

        def attempt() -> Any:
            response = self._http.post(path, params=params, content=content, headers=headers)
            self._check(response)
            return self._parsed(response)

        return self._persist(attempt, repeatable=True)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Any:
        def attempt() -> Any:
            response = self._http.request(method, path, params=params, json=json, headers=headers)
            self._check(response)
            return self._parsed(response)

        return self._persist(attempt, repeatable=repeatable)

    def _persist(self, attempt: Callable[[], _T], *, repeatable: bool) -> _T:
        """Return `attempt()`, tried again after a pause where a second time does no harm and may help."""
        for number, pause in enumerate((*self._pauses, None), start=1):
            asked = None
            try:
                return attempt()
            except httpx.TransportError as error:
                failure: NbcohortError = self._unreachable(error)
                cause: Exception = error
                again = repeatable or isinstance(error, _NEVER_SENT)
            except _Busy as busy:
                failure, cause, asked = busy.failure, busy, busy.pause
                again = (asked or 0) <= LONGEST_PAUSE if busy.too_much else repeatable
            if pause is None or not again:
                raise failure from cause
            if number == 2 and self._waiting is not None:
                self._waiting(self._wait_for(failure))
            self._sleep(pause if asked is None else min(max(asked, pause), LONGEST_PAUSE))
        raise AssertionError  # the last pause is None

    def _wait_for(self, failure: NbcohortError) -> str:
        seconds = round(sum(self._pauses))
        if isinstance(failure, ServiceUnreachable):
            return _("The course service does not answer; waiting for it, up to {seconds} s.").format(seconds=seconds)
        return _("{sentence} Trying again, up to {seconds} s.").format(sentence=failure, seconds=seconds)

    def _unreachable(self, error: Exception) -> ServiceUnreachable:
        if isinstance(error, httpx.TimeoutException):
            what = _("The course service at {url} did not answer in time.")
        else:
            what = _("The course service at {url} cannot be reached: it may be down, or just restarting.")
        return ServiceUnreachable(
            what.format(url=self.url) + " " + _("Your files stay where they are; try again later.")
        )

    def _check(self, response: httpx.Response) -> None:
        """Raise the right error unless the answer is a success."""
        if response.is_success:
            return
        failure = self._failure(response)
        if response.status_code in _BUSY:
            raise _Busy(failure, _seconds(response.headers.get("Retry-After")), too_much=response.status_code == 429)
        raise failure

    def _failure(self, response: httpx.Response) -> NbcohortError:
        status = response.status_code
        problem = _problem(response)
        if problem is not None:
            return ServiceRefused(str(problem["detail"]), status, problem)
        if response.is_redirect or status in (401, 403):
            return self._token_refused(status)
        if status in _BUSY:
            return self._unreachable(RuntimeError())
        return ServiceRefused(
            _("At {url} something answered that is not the course service (HTTP {status}).").format(
                url=self.url, status=status
            ),
            status,
        )

    def _token_refused(self, status: int) -> ServiceRefused:
        return ServiceRefused(
            _("Your token was not accepted by {url}. Restart your server from the Hub, or get a new token.").format(
                url=self.url
            ),
            status,
        )

    def _parsed(self, response: httpx.Response) -> Any:
        if response.status_code == 204 or not response.content:
            return None
        if "html" in response.headers.get("Content-Type", ""):  # a login page says 200
            raise self._token_refused(401)
        try:
            return response.json()
        except ValueError as error:
            raise ServiceRefused(
                _("At {url} something answered that is not the course service.").format(url=self.url), 502
            ) from error


def open_client(
    url: str | None = None,
    token: str | None = None,
    *,
    pauses: Sequence[float] = PAUSES,
    waiting: Waiting | None = None,
) -> ServiceClient:
    """Return a client for what the options of a command say, or the environment for what they leave open."""
    return ServiceClient.from_environment(url, token, pauses=pauses, waiting=waiting)


def file_url(snapshot_path: str, path: str) -> str:
    """Return the address of one file of a release, submission or feedback."""
    return f"{snapshot_path}/files/{quote(path, safe='/')}"


class _Sent:
    """Tells, if anybody wants to know, how many bytes have been sent."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def more(self, size: int) -> None:
        self._done += size
        if self._progress is not None:
            self._progress(self._done, self._total)


def _carried(needed: Sequence[Entry]) -> list[Entry]:
    """Return which files travel with the commit: the smallest, as many as go into one request."""
    carried: list[Entry] = []
    room = CARRIED_BYTES
    for entry in sorted(needed, key=lambda entry: entry.size)[:CARRIED_FILES]:
        room -= entry.size
        if room < 0:
            break
        carried.append(entry)
    return carried


def _cohort(path: str) -> str:
    found = _COHORT.match(path)
    if found is None:
        raise ValueError(path)
    return found.group()


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _problem(response: httpx.Response) -> Mapping[str, Any] | None:
    """Return the problem detail in an answer, if there is one."""
    if "json" not in response.headers.get("Content-Type", ""):
        return None
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get("detail"), str) else None


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After in seconds; its other form, a date, is not used by the service."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None


def _counted(pieces: Iterator[bytes], size: int, progress: Progress | None) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        if progress is not None:
            progress(done, size)
