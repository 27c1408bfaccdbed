"""Scores over HTTP, below `/api/v1/cohorts/{cohort}/review`."""

from typing import Annotated

from fastapi import APIRouter, Query

from nbcohort.api import Caller, Page, PageQuery, page_of
from nbpeer.actions import members_by_id
from nbpeer.looking import look_first, reviewers_of
from nbpeer.mine import my_results
from nbpeer.score_schemas import LookOut, MineOut, MineQuery, ReviewerOut, TriageQuery

scoring = APIRouter(prefix="/review", tags=["peer review"])


@scoring.get("/mine", responses={409: {"description": "The round is not over"}})
def mine(caller: Caller, query: Annotated[MineQuery, Query()]) -> Page[MineOut]:
    """What came of the rounds that are over for me: how good my reviews were, and my result."""
    with caller.read() as acting:
        found = [MineOut.of(one) for one in my_results(acting, query.assignment)]
        return page_of(found, query, lambda one: one.assignment)


@scoring.get("/rounds/{round_id}/triage")
def triage(round_id: str, caller: Caller, query: Annotated[TriageQuery, Query()]) -> Page[LookOut]:
    """Which works staff should look at first; for staff."""
    with caller.read() as acting:
        looks, scores = look_first(acting, round_id, query.budget)
        members = members_by_id(acting)
        found = [LookOut.of(rank, look, members, scores) for rank, look in enumerate(looks, 1)]
        return page_of(found, query, lambda one: f"{one.rank:05}")


@scoring.get("/rounds/{round_id}/reviewers")
def reviewers(round_id: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[ReviewerOut]:
    """Who is kind, strict and reliable, as far as the reviews up to this round tell; for staff."""
    with caller.read() as acting:
        known, members = reviewers_of(acting, round_id).reviewers, members_by_id(acting)
        found = [ReviewerOut.of(member, one, members) for member, one in known.items()]
        return page_of(found, query, lambda one: one.reviewer.member)
