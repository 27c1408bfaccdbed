"""Peer review over HTTP, below `/api/v1/cohorts/{cohort}/review`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from nbcohort.api import Caller, Page, PageQuery, page_of
from nbpeer import actions, taking
from nbpeer.inline import place
from nbpeer.round_schemas import StaffRoundOut
from nbpeer.schemas import (
    FileOut,
    PutReview,
    ReceivedOut,
    ReviewOut,
    RoundOut,
    TakeNext,
    TaskOut,
)

review = APIRouter(prefix="/review", tags=["peer review"])

UNTRUSTED = {
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
}
"""A peer's file is never shown by the browser as part of this site."""


class ReceivedQuery(PageQuery):
    """Of which assignment (all by default); staff say whose."""

    assignment: str | None = None
    account: str | None = None


@review.get("/rounds")
def rounds(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[RoundOut]:
    """The rounds of the cohort, held and to come."""
    with caller.read() as acting:
        found = [RoundOut.of(planned) for planned in actions.list_rounds(acting)]
        return page_of(found, query, lambda one: one.assignment)


@review.get("/rounds/{round_id}")
def read_round(round_id: str, caller: Caller) -> StaffRoundOut:
    """A round with works, reviewers, reviews, scores and the certificate of its allocation; for staff."""
    with caller.read() as acting:
        return StaffRoundOut.whole(acting, actions.read_round(acting, round_id))


@review.get("/tasks")
def tasks(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[TaskOut]:
    """The reviews I have to write, or have written."""
    with caller.read() as acting:
        return page_of([TaskOut.of(acting, task) for task in actions.my_tasks(acting)], query, lambda task: task.id)


@review.get("/tasks/{task}")
def read_task(task: str, caller: Caller) -> TaskOut:
    """One of my tasks."""
    with caller.read() as acting:
        return TaskOut.of(acting, actions.my_task(acting, task))


@review.post("/next", status_code=201, responses={409: {"description": "There is nothing to review for me"}})
def take_next(body: TakeNext, caller: Caller) -> TaskOut:
    """Take one more review: the one that is needed most."""
    return caller.once(TaskOut, lambda acting: TaskOut.of(acting, taking.take_next(acting, body.assignment)))


@review.post("/tasks/{task}/start")
def start_task(task: str, caller: Caller) -> TaskOut:
    """Say that I have begun: then the task does not go to somebody else."""
    return caller.once(TaskOut, lambda acting: TaskOut.of(acting, taking.start_task(acting, task)))


@review.get("/tasks/{task}/files")
def files(task: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[FileOut]:
    """The files of the work I review, as I get them."""
    with caller.read() as acting:
        copy = actions.review_copy(acting, task)
    return page_of([FileOut.of(file) for file in copy.listing()], query, lambda file: file.path)


@review.get(
    "/tasks/{task}/files/{path:path}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
def read_file(task: str, path: str, caller: Caller) -> Response:
    """One file of the work I review, made anonymous."""
    with caller.read() as acting:
        copy = actions.review_copy(acting, task)
    return Response(copy.read(path), media_type="application/octet-stream", headers=UNTRUSTED)


@review.get("/tasks/{task}/review")
def read_review(task: str, caller: Caller) -> ReviewOut:
    """My review, the newest version of it."""
    with caller.read() as acting:
        found, newest = actions.my_review(acting, task)
        return ReviewOut.of(acting, found, newest)


@review.put("/tasks/{task}/review")
def save_review(task: str, body: PutReview, caller: Caller) -> ReviewOut:
    """Save my review as a draft, or submit it; until it is due it can be revised, and every version is kept."""
    with caller.read() as acting:
        copy = actions.review_copy(acting, task)
        at_cells = actions.inline_wanted(acting, task, body.at_cells())
    placed = place(at_cells, copy.originals(), copy.read, submit=body.submit)  # reads files: outside of transactions
    with caller.write() as acting:
        actions.save_review(acting, task, body.form(placed), body.said(), submit=body.submit)
        found, newest = actions.my_review(acting, task)
        return ReviewOut.of(acting, found, newest)


@review.get("/received", responses={409: {"description": "The round has not closed"}})
def received(caller: Caller, query: Annotated[ReceivedQuery, Query()]) -> Page[ReceivedOut]:
    """What came of my works in rounds that are closed; staff name an account."""
    with caller.read() as acting:
        found = actions.received(acting, query.assignment, query.account)
        return page_of([ReceivedOut.of(one) for one in found], query, lambda one: f"{one.assignment}/{one.work}")
