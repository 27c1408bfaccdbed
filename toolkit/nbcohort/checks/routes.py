"""Results of checks over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from nbcohort.checks import actions
from nbcohort.checks.results import Result
from nbcohort.service.acting import Acting
from nbcohort.service.deps import Caller, Paging
from nbcohort.service.schema import Page, PageQuery, Schema, page_of

in_cohort = APIRouter(prefix="/checks", tags=["checks"])

Id = Annotated[str, Field(max_length=200)]


class PutResult(Schema):
    """What the checks of a submission found."""

    submission: Id
    result: Result


class CheckOut(Schema):
    """A submission with what its checks found."""

    id: str
    submission: str
    assignment: str
    attempt: int
    submitters: list[str]
    version: int
    checked_at: AwareDatetime
    result: Result

    @classmethod
    def of(cls, checked: actions.Checked) -> "CheckOut":
        """Return how it looks over HTTP."""
        return cls(
            id=checked.id,
            submission=checked.submission,
            assignment=checked.assignment,
            attempt=checked.attempt,
            submitters=list(checked.submitters),
            version=checked.version,
            checked_at=checked.checked_at,
            result=checked.result,
        )


class WaitingOut(Schema):
    """A submission that waits for its checks."""

    submission: str
    assignment: str
    attempt: int
    handed_in_at: AwareDatetime


class CheckQuery(PageQuery):
    """Which results."""

    assignment: Id | None = None
    account: Id | None = None
    submission: Id | None = None


@in_cohort.post("", status_code=201)
def put_check(body: PutResult, caller: Caller) -> CheckOut:
    """Keep what the checks of a submission found; for the course room. Earlier results are kept, too."""

    def act(acting: Acting) -> CheckOut:
        return CheckOut.of(actions.put_result(acting, body.submission, body.result))

    return caller.once(CheckOut, act)


@in_cohort.get("")
def checks(caller: Caller, query: Annotated[CheckQuery, Query()]) -> Page[CheckOut]:
    """The newest result of each submission: mine, or for staff everybody's."""
    with caller.read() as acting:
        found, more = actions.list_results(
            acting, actions.Which(query.assignment, query.account, query.submission, query.after, query.limit)
        )
        return Page(items=[CheckOut.of(one) for one in found], next=found[-1].id if more else None)


@in_cohort.get("/waiting")
def waiting_checks(caller: Caller, query: Paging) -> Page[WaitingOut]:
    """Of each assignment the submission that has waited longest for its checks; only last attempts wait."""
    with caller.read() as acting:
        found = [
            WaitingOut(
                submission=one.submission,
                assignment=one.assignment,
                attempt=one.attempt,
                handed_in_at=one.handed_in_at,
            )
            for one in actions.list_waiting(acting)
        ]
    return page_of(found, query, lambda one: one.submission)
