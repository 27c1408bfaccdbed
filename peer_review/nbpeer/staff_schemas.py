"""Requests and answers of what staff do in peer review."""

from datetime import datetime
from typing import Annotated, get_args

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from nbcohort.api import RosterEntry, Schema, _
from nbpeer.aggregate.quality import PartName
from nbpeer.glance import MemberState, WorkState, members_at_a_glance, works_at_a_glance
from nbpeer.models import Round
from nbpeer.results import Result, rounded
from nbpeer.round_schemas import PersonOut
from nbpeer.schemas import Name
from nbpeer.staff import NewTimes

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]


def _of_this_age(instant: datetime) -> datetime:
    if instant.year >= LAST_YEAR:
        raise ValueError(_("expected a time before the year {year}").format(year=LAST_YEAR))
    return instant


LAST_YEAR = 3000
Instant = Annotated[AwareDatetime, AfterValidator(_of_this_age)]
"""An instant far enough from the calendar's end to be shown in any time zone."""


class ChangeTimes(Schema):
    """Times of a round to move into the future, and why; what is null stays as it is."""

    due_at: Instant | None = None
    late_until: Instant | None = None
    replies_due_at: Instant | None = None
    release_at: Instant | None = None
    reason: Reason

    def times(self) -> NewTimes:
        """Return the times that were named."""
        return NewTimes(self.due_at, self.late_until, self.replies_due_at, self.release_at)


class AddReviewer(Schema):
    """Who shall review which work, by pseudonym, and why."""

    work: Name
    account: Name
    reason: Reason


class OverrideScore(Schema):
    """The score (0-100) that counts from now on, or null for what the reviews say; and why.

    `on_quality` is false where it does not say how good the work is (a copied one gets nothing): then it tells nothing
    of those who reviewed it.
    """

    percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None
    on_quality: bool = True
    reason: Reason


class GivenOut(Schema):
    """A task that was given."""

    id: str
    work: str
    reviewer: str


class WorkGlanceOut(Schema):
    """How many reviews of a work are wanted, have come in, and are awaited from whom."""

    work: str
    authors: list[PersonOut]
    wanted: int
    came_in: int
    waits_for: list[PersonOut]

    @classmethod
    def of(cls, state: WorkState, members: dict[str, RosterEntry]) -> "WorkGlanceOut":
        """Return how it looks over HTTP."""
        return cls(
            work=state.work.pseudonym,
            authors=[PersonOut.of(author.member, members) for author in state.work.authors],
            wanted=state.wanted,
            came_in=state.came_in,
            waits_for=[PersonOut.of(member, members) for member in state.waits_for],
        )


class MemberGlanceOut(Schema):
    """How far a member is, and whose reviews of the own work are awaited; `late` of the `done` were not on time."""

    member: PersonOut
    tasks: int
    drafts: int
    done: int
    late: int
    lapsed: int
    waits_for: list[PersonOut]

    @classmethod
    def of(cls, state: MemberState, members: dict[str, RosterEntry]) -> "MemberGlanceOut":
        """Return how it looks over HTTP."""
        return cls(
            member=PersonOut.of(state.member, members),
            tasks=state.tasks,
            drafts=state.drafts,
            done=state.done,
            late=state.late,
            lapsed=state.lapsed,
            waits_for=[PersonOut.of(member, members) for member in state.waits_for],
        )


PARTS: tuple[PartName, ...] = get_args(PartName)


class ResultOut(Schema):
    """What a member has of a round, in percent; null: not known. `percent` is what goes into the gradebook.

    `quality` is the share of `tasks` that is `done`, times `agreement`, `helpfulness`, `calibration` by their weights;
    where works are compared, helpfulness alone.
    """

    member: PersonOut
    submission: float | None
    tasks: int
    done: int
    late: int
    agreement: float | None
    helpfulness: float | None
    calibration: float | None
    quality: float | None
    percent: float | None

    @classmethod
    def of(cls, result: Result, members: dict[str, RosterEntry]) -> "ResultOut":
        """Return how it looks over HTTP."""
        quality = result.quality
        parts = {part.name: part for part in quality.parts}
        return cls(
            member=PersonOut.of(result.member, members),
            submission=result.submission,
            tasks=quality.tasks,
            done=quality.done,
            late=result.late,
            **{name: rounded(parts[name].percent) if name in parts else None for name in PARTS},
            quality=rounded(quality.percent),
            percent=result.percent,
        )


class GlanceOut(Schema):
    """Who waits for whom in a round: works that lack most come first."""

    works: list[WorkGlanceOut]
    members: list[MemberGlanceOut]

    @classmethod
    def of(cls, found: Round, members: dict[str, RosterEntry]) -> "GlanceOut":
        """Return how a round looks at a glance."""
        return cls(
            works=[WorkGlanceOut.of(state, members) for state in works_at_a_glance(found)],
            members=[MemberGlanceOut.of(state, members) for state in members_at_a_glance(found)],
        )
