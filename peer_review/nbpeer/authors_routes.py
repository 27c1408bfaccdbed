"""What authors should know before the round, over HTTP, below `/api/v1/cohorts/{cohort}/review`."""

from typing import Annotated

from fastapi import APIRouter, Query

from nbcohort.api import Caller, Page, PageQuery, Schema, page_of
from nbpeer import authors, sentences
from nbpeer.scrub import Notice

before_round = APIRouter(prefix="/review", tags=["peer review"])


class AuthorOut(Schema):
    """How I am called, and whether reviewers of the assignment shall not know it."""

    assignment: str
    anonymous: bool
    account: str
    name: str


class NoticeOut(Schema):
    """What of the author cannot be removed from a file, or that reviewers do not get it, as a code and in words."""

    path: str
    notice: Notice
    sentence: str


@before_round.get("/authors/{assignment}")
def author(assignment: str, caller: Caller) -> AuthorOut:
    """Who I am to reviewers of an assignment: `nbcohort submit` looks for these names in what it hands in."""
    with caller.read() as acting:
        found = authors.author_of(acting, assignment)
    return AuthorOut(**vars(found))


@before_round.get("/submissions/{submission}/notices")
def notices(submission: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[NoticeOut]:
    """What cannot be made anonymous in what I handed in; I can hand in again without it."""
    with caller.read() as acting:
        found = authors.handed_in(acting, submission)
    items = [NoticeOut(path=path, notice=one, sentence=sentences.notice(one)) for path, one in found.notices()]
    return page_of(items, query, lambda item: f"{item.path}/{item.notice}")
