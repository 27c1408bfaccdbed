"""Releases, submissions, feedback and extensions over HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, BinaryIO, TypeVar
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.service.deps import Caller, StreamingCaller
from nbcohort.service.house import House
from nbcohort.service.schema import Page, PageQuery, page_of
from nbcohort.store.blobs import CHUNK, BlobStore, chunks
from nbcohort.submissions import actions, snapshots
from nbcohort.submissions.actions.common import Part
from nbcohort.submissions.manifest import Entry
from nbcohort.submissions.messages import (
    AssignmentName,
    AssignmentOut,
    BeginFeedback,
    BeginRelease,
    BeginSubmission,
    Begun,
    ExtensionOut,
    FeedbackOut,
    GrantExtension,
    KeysOut,
    ReleaseOut,
    SubmissionBegun,
    SubmissionOut,
)
from nbcohort.submissions.models import Feedback, Release, Submission

M = TypeVar("M", ReleaseOut, SubmissionOut, FeedbackOut)
T = TypeVar("T", SubmissionOut, FeedbackOut, ExtensionOut)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

MAX_FILE = 1_000_000_000
"""Bytes of one file, whatever a course allows (its `limits.max_file_mb` ends here, too)."""

BYTES: dict[str, Any] = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
"""A file, in the API's description."""

MAY_CARRY: dict[str, Any] = {"requestBody": {"required": False, **BYTES}}
MAX_CARRIED = 50
"""Files that come with a commit; all together, with what a body may have in all."""

on_service = APIRouter(tags=["receipts"])
in_cohort = APIRouter(tags=["submissions"])


class Filter(PageQuery):
    """Which items of a list, and which part of it."""

    assignment: AssignmentName | None = None


class AccountFilter(Filter):
    """Whose."""

    account: str | None = None


class SubmissionFilter(AccountFilter):
    """Only the last attempts?"""

    latest: bool = False


@dataclass(frozen=True)
class _Carried:
    """Files that come with the commit of an upload: their hashes, and their bytes one file after the other."""

    hashes: tuple[str, ...]
    body: bytes

    def once(
        self, caller: Caller, upload: type[snapshots.Upload], public_id: str, model: type[M], act: Callable[[Acting], M]
    ) -> M:
        """Put the files into the store, durably, and then do `act`, the commit, once for each `Idempotency-Key`."""
        sizes = self._keep(caller, upload, public_id)

        def noted(acting: Acting) -> M:
            snapshots.note_put(acting, sizes)
            return act(acting)

        return caller.once(model, noted)

    def _keep(self, caller: Caller, upload: type[snapshots.Upload], public_id: str) -> dict[str, int]:
        """Return the sizes of what was kept: nothing if the upload is complete, and its commit just asked for again."""
        if not self.hashes and not self.body:
            return {}
        with caller.read() as acting:
            sizes = snapshots.expected_sizes(acting, upload, public_id, self.hashes)
        if sizes is None:
            return {}
        total = sum(sizes.values())
        if len(self.body) != total:
            raise Invalid(
                _("The body has {actual} bytes where the files named with it have {size} together.").format(
                    actual=len(self.body), size=total
                )
            )
        start = 0
        for sha256, size in sizes.items():
            with caller.house.blobs.writer(sha256, size) as writer:
                writer.write(self.body[start : start + size])
            start += size
        return sizes


_CARRIED = "Files that come with the commit: the hash of each, in the order of their bytes, which are the body."


async def _carried(
    request: Request,
    sha256: Annotated[list[Sha256] | None, Query(max_length=MAX_CARRIED, description=_CARRIED)] = None,
) -> _Carried:
    """The files that are sent along, few and small: each other one is put by itself before the commit."""
    return _Carried(tuple(sha256 or ()), await request.body())


Carried = Annotated[_Carried, Depends(_carried)]


@on_service.get("/receipt-keys")
def receipt_keys(request: Request) -> KeysOut:
    """The public keys of receipts (a JWK set), old ones too. For everybody."""
    house: House = request.app.state.house
    return KeysOut(keys=actions.receipt_keys(house).jwks())


@in_cohort.get("/assignments")
def assignments(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[AssignmentOut]:
    """The assignments, with my due times."""
    with caller.read() as acting:
        found = [AssignmentOut.of(one) for one in actions.list_assignments(acting)]
    return page_of(found, query, lambda one: one.name)


@in_cohort.put(
    "/snapshots/{snapshot}/blobs/{sha256}",
    status_code=204,
    max_body_size=MAX_FILE,
    openapi_extra={"requestBody": {"required": True, **BYTES}},
)
async def put_blob(snapshot: str, sha256: Sha256, caller: StreamingCaller, request: Request) -> Response:
    """Send one file of an upload that I have begun; durable when answered."""

    def expected() -> tuple[Acting, int]:
        with caller.read() as acting:
            size = snapshots.expected_size(acting, snapshot, sha256)
        _check_length(request, size)
        return acting, size

    def note(size: int) -> None:
        with caller.write() as acting:
            snapshots.note_put(acting, {sha256: size})

    def keep_whole(body: bytes) -> None:
        acting, size = expected()
        with caller.house.blobs.writer(sha256, size) as writer:
            writer.write(body)
        with caller.house.database.write() as session:  # who acts was asked just now, before the file was written
            snapshots.note_put(replace(acting, session=session), {sha256: size})

    if _is_small(request):  # one turn of a thread instead of five
        await to_thread.run_sync(keep_whole, await request.body(), limiter=request.app.state.writers)
    else:
        _acting, size = await to_thread.run_sync(expected)
        await _keep(request, caller.house.blobs, sha256, size)
        await to_thread.run_sync(note, size, limiter=request.app.state.writers)
    return Response(status_code=204)


@in_cohort.post("/releases", status_code=201)
def begin_release(body: BeginRelease, caller: Caller) -> Begun:
    """Begin to release a version of an assignment."""

    def act(acting: Acting) -> Begun:
        release, needed = actions.begin_release(acting, body.assignment, body.entries())
        return Begun(id=release.public_id, snapshot=release.snapshot.public_id, needed=needed)

    return caller.once(Begun, act)


@in_cohort.post("/releases/{release}/commit", openapi_extra=MAY_CARRY)
def commit_release(release: str, caller: Caller, carried: Carried) -> ReleaseOut:
    """Make it the newest version."""

    def act(acting: Acting) -> ReleaseOut:
        return ReleaseOut.of(actions.commit_release(acting, release))

    return carried.once(caller, Release, release, ReleaseOut, act)


@in_cohort.get("/releases")
def releases(caller: Caller, query: Annotated[Filter, Query()]) -> Page[ReleaseOut]:
    """The newest release of each assignment that I may fetch now."""
    with caller.read() as acting:
        found = [ReleaseOut.of(one) for one in actions.list_releases(acting, query.assignment)]
    return page_of(found, query, lambda one: one.id)


@in_cohort.delete("/releases/{release}")
def withdraw_release(release: str, caller: Caller) -> ReleaseOut:
    """Take a release back; it is kept."""
    with caller.write() as acting:
        return ReleaseOut.of(actions.withdraw_release(acting, release))


@in_cohort.get("/releases/{release}/files/{path:path}", response_class=StreamingResponse, responses={200: BYTES})
def release_file(release: str, path: str, caller: Caller) -> StreamingResponse:
    """One file of a release."""
    with caller.read() as acting:
        return _download(*actions.open_release_file(acting, release, path))


@in_cohort.post("/submissions", status_code=201)
def begin_submission(body: BeginSubmission, caller: Caller) -> SubmissionBegun:
    """Begin to hand in."""
    return caller.once(
        SubmissionBegun,
        lambda acting: SubmissionBegun.of(
            actions.begin_submission(acting, body.assignment, body.entries(), alone=body.alone)
        ),
    )


@in_cohort.post("/submissions/{submission}/commit", openapi_extra=MAY_CARRY)
def commit_submission(submission: str, caller: Caller, carried: Carried) -> SubmissionOut:
    """Finish handing in, and get the receipt."""

    def act(acting: Acting) -> SubmissionOut:
        return SubmissionOut.of(actions.commit_submission(acting, submission))

    return carried.once(caller, Submission, submission, SubmissionOut, act)


@in_cohort.get("/submissions")
def submissions(caller: Caller, query: Annotated[SubmissionFilter, Query()]) -> Page[SubmissionOut]:
    """What was handed in: mine, or for staff everybody's."""
    with caller.read() as acting:
        found, more = actions.list_submissions(
            acting, assignment=query.assignment, account=query.account, latest=query.latest, part=_part(query)
        )
        return _page([SubmissionOut.of(one) for one in found], more)


@in_cohort.get("/submissions/{submission}")
def submission(submission: str, caller: Caller) -> SubmissionOut:
    """One submission."""
    with caller.read() as acting:
        return SubmissionOut.of(actions.show_submission(acting, submission))


@in_cohort.get("/submissions/{submission}/files/{path:path}", response_class=StreamingResponse, responses={200: BYTES})
def submission_file(submission: str, path: str, caller: Caller) -> StreamingResponse:
    """One file of a submission."""
    with caller.read() as acting:
        return _download(*actions.open_submission_file(acting, submission, path))


@in_cohort.post("/feedback", status_code=201)
def begin_feedback(body: BeginFeedback, caller: Caller) -> Begun:
    """Begin to give files back on a submission."""

    def act(acting: Acting) -> Begun:
        feedback, needed = actions.begin_feedback(acting, body.submission, body.entries())
        return Begun(id=feedback.public_id, snapshot=feedback.snapshot.public_id, needed=needed)

    return caller.once(Begun, act)


@in_cohort.post("/feedback/{feedback}/commit", openapi_extra=MAY_CARRY)
def commit_feedback(feedback: str, caller: Caller, carried: Carried) -> FeedbackOut:
    """Give it to the submitters."""

    def act(acting: Acting) -> FeedbackOut:
        return FeedbackOut.of(actions.commit_feedback(acting, feedback))

    return carried.once(caller, Feedback, feedback, FeedbackOut, act)


@in_cohort.get("/feedback")
def feedback(caller: Caller, query: Annotated[AccountFilter, Query()]) -> Page[FeedbackOut]:
    """The newest feedback on each submission: mine, or for staff everybody's."""
    with caller.read() as acting:
        found, more = actions.list_feedback(
            acting, assignment=query.assignment, account=query.account, part=_part(query)
        )
        return _page([FeedbackOut.of(one) for one in found], more)


@in_cohort.get("/feedback/{feedback}/files/{path:path}", response_class=StreamingResponse, responses={200: BYTES})
def feedback_file(feedback: str, path: str, caller: Caller) -> StreamingResponse:
    """One file of feedback."""
    with caller.read() as acting:
        return _download(*actions.open_feedback_file(acting, feedback, path))


@in_cohort.post("/extensions", status_code=201)
def grant_extension(body: GrantExtension, caller: Caller) -> ExtensionOut:
    """Give a member a later due time."""
    return caller.once(
        ExtensionOut,
        lambda acting: ExtensionOut.of(
            actions.grant_extension(acting, body.assignment, body.member, body.due_at, body.reason)
        ),
    )


@in_cohort.get("/extensions")
def extensions(caller: Caller, query: Annotated[Filter, Query()]) -> Page[ExtensionOut]:
    """Extensions in the order they were granted, the newest of a member counts: mine, or for staff everybody's."""
    with caller.read() as acting:
        found, more = actions.list_extensions(acting, assignment=query.assignment, part=_part(query))
        return _page([ExtensionOut.of(one) for one in found], more)


def _part(query: PageQuery) -> Part:
    return Part(query.after, query.limit)


def _page(items: Sequence[T], more: bool) -> Page[T]:
    return Page(items=list(items), next=items[-1].id if more else None)


def _is_small(request: Request) -> bool:
    announced = request.headers.get("Content-Length", "")
    return announced.isdecimal() and int(announced) <= CHUNK


def _check_length(request: Request, size: int) -> None:
    """Refuse a body of a wrong length before it is sent."""
    announced = request.headers.get("Content-Length")
    if announced is not None and announced != str(size):
        raise Invalid(
            _("The body has {announced} bytes where {size} belong to this hash.").format(announced=announced, size=size)
        )


async def _keep(request: Request, blobs: BlobStore, sha256: str, size: int) -> None:
    """Write the body to the blob store piece by piece; only one piece is in memory."""
    opened = blobs.writer(sha256, size)
    writer = await to_thread.run_sync(opened.__enter__)
    try:
        async for piece in request.stream():
            await to_thread.run_sync(writer.write, piece)
    except BaseException as error:
        # Undone here rather than in a thread: when the request was cancelled, nothing more can be awaited.
        opened.__exit__(type(error), error, error.__traceback__)
        raise
    await to_thread.run_sync(opened.__exit__, None, None, None)


class _Download(StreamingResponse):
    """Closes its file whatever becomes of it: what is broken off would leave that to the garbage collector."""

    def __init__(self, file: BinaryIO, headers: dict[str, str]) -> None:
        super().__init__(chunks(file), media_type="application/octet-stream", headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _download(entry: Entry, file: BinaryIO) -> StreamingResponse:
    name = quote(entry.path.rsplit("/", 1)[-1], safe="")
    headers = {
        "Content-Length": str(entry.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return _Download(file, headers)
