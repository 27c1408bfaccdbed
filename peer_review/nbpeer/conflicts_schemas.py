"""Requests and answers about declared conflicts."""

from pydantic import AwareDatetime

from nbcohort.api import RosterEntry, Schema
from nbpeer.conflicts import Declared
from nbpeer.models import ReviewTask
from nbpeer.round_schemas import PersonOut
from nbpeer.schemas import Name
from nbpeer.staff_schemas import Reason


class DeclareConflict(Schema):
    """That the account `other` and I, or (for staff) `account`, shall not review each other; and why."""

    other: Name
    account: Name | None = None
    reason: Reason


class TouchedOut(Schema):
    """A task of a round under way in which one of the two reviews the other."""

    task: str
    round: str
    assignment: str
    work: str
    reviewer: PersonOut

    @classmethod
    def of(cls, task: ReviewTask, members: dict[str, RosterEntry]) -> "TouchedOut":
        """Return how it looks to staff."""
        held = task.work.round
        return cls(
            task=task.public_id,
            round=held.public_id,
            assignment=held.assignment,
            work=task.work.pseudonym,
            reviewer=PersonOut.of(task.reviewer, members),
        )


class ConflictOut(Schema):
    """A conflict that holds; `touches` is for staff only."""

    id: str
    member: PersonOut
    other: PersonOut
    reason: str
    declared_at: AwareDatetime
    touches: list[TouchedOut]

    @classmethod
    def of(cls, declared: Declared, members: dict[str, RosterEntry]) -> "ConflictOut":
        """Return how it looks over HTTP."""
        row = declared.row
        return cls(
            id=row.public_id,
            member=PersonOut.of(row.member, members),
            other=PersonOut.of(row.other, members),
            reason=row.reason,
            declared_at=row.declared_at,
            touches=[TouchedOut.of(task, members) for task in declared.touches],
        )
