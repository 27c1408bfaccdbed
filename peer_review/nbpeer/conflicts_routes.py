"""Declaring conflicts over HTTP, below `/api/v1/cohorts/{cohort}/review`."""

from typing import Annotated

from fastapi import APIRouter, Query

from nbcohort.api import Acting, Caller, Page, PageQuery, page_of
from nbpeer import conflicts
from nbpeer.actions import members_by_id
from nbpeer.conflicts_schemas import ConflictOut, DeclareConflict

conflicting = APIRouter(prefix="/review/conflicts", tags=["peer review"])


@conflicting.post("", status_code=201)
def declare_conflict(body: DeclareConflict, caller: Caller) -> ConflictOut:
    """Declare that two shall not review each other: oneself and another, or (for staff) any two.

    A member's own holds from the next task on; what staff declare also ends tasks whose review has not come in.
    """

    def act(acting: Acting) -> ConflictOut:
        declared = conflicts.declare(acting, body.other, body.reason, body.account)
        return ConflictOut.of(declared, members_by_id(acting))

    return caller.once(ConflictOut, act)


@conflicting.get("")
def list_conflicts(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[ConflictOut]:
    """The conflicts that I declared; for staff all, with the tasks of rounds under way that they touch."""
    with caller.read() as acting:
        members = members_by_id(acting)
        found = [ConflictOut.of(one, members) for one in conflicts.list_declared(acting)]
        return page_of(found, query, lambda one: one.id)


@conflicting.delete("/{conflict}", status_code=204)
def withdraw_conflict(conflict: str, caller: Caller) -> None:
    """Take a conflict back."""
    with caller.write() as acting:
        conflicts.withdraw(acting, conflict)
