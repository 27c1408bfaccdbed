"""Requests and answers of what follows the reviews."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from nbcohort.api import Acting, RosterEntry, Schema
from nbpeer.afterwards import FlagKind, OtherReview, Outcome, Reply
from nbpeer.comparison_schemas import FoundOut
from nbpeer.comparisons import said_in
from nbpeer.models import Appeal, Flag
from nbpeer.round_schemas import PersonOut, StaffTaskOut, StaffWorkOut
from nbpeer.schemas import AppealOut, Name, PutInline, Text, inline_out
from nbpeer.scoring import RoundScores
from nbpeer.staff_schemas import Reason

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000, pattern=r"^[^\x00]*$")]


class AnswerReview(Schema):
    """How helpful a review of my work was (1 to 5) and why, my reply, and what I will change."""

    helpful: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    reason: Text = ""
    reply: Text = ""
    will_change: Text = ""

    def said(self) -> Reply:
        """Return what was said."""
        return Reply(self.helpful, self.reason, self.reply, self.will_change)


class OtherReviewOut(Schema):
    """What somebody else wrote on the work that I reviewed.

    `compared`: whether they found it better than others, as far as these are neither mine nor reviewed by me.
    """

    reviewer: str
    scores: dict[str, int]
    comments: dict[str, str]
    overall: str
    inline: list[PutInline]
    compared: list[FoundOut]

    @classmethod
    def of(cls, other: OtherReview) -> "OtherReviewOut":
        """Return how it looks to another reviewer."""
        review = other.review
        return cls(
            reviewer=other.reviewer,
            scores=dict(review.scores),
            comments=dict(review.comments),
            overall=review.overall,
            inline=inline_out(review),
            compared=[FoundOut.of(one) for one in other.compared],
        )


class MakeAppeal(Schema):
    """What staff shall look at, and why, in the review of my work (by pseudonym)."""

    assignment: Name
    work: Name
    text: Words


class DecideAppeal(Schema):
    """The answer to an appeal; `percent` overrides the score at the same time."""

    outcome: Outcome
    answer: Words
    percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None


class StaffAppealOut(Schema):
    """An appeal with everything at hand: who made it, and the work with all reviews and scores."""

    appeal: AppealOut
    made_by: PersonOut
    reviewed: StaffWorkOut

    @classmethod
    def whole(
        cls, acting: Acting, appeal: Appeal, members: dict[str, RosterEntry], scores: RoundScores
    ) -> "StaffAppealOut":
        """Return how an appeal looks to staff."""
        return cls(
            appeal=AppealOut.of(appeal),
            made_by=PersonOut.of(appeal.member, members),
            reviewed=StaffWorkOut.of(acting, appeal.work, members, scores),
        )


class FlagReview(Schema):
    """What is wrong with a review of my work."""

    kind: FlagKind
    reason: Reason


class DecideFlag(Schema):
    """What becomes of a flagged review: set aside, it is neither shown nor counted."""

    decision: Literal["set-aside", "kept"]
    reason: Reason


class FlagOut(Schema):
    """A flag on a review, and what staff decided, if they did."""

    id: str
    kind: str
    reason: str
    made_at: AwareDatetime
    decision: str | None
    decided_because: str | None

    @classmethod
    def of(cls, flag: Flag) -> "FlagOut":
        """Return how a flag looks to who made it."""
        return cls(
            id=flag.public_id,
            kind=flag.kind,
            reason=flag.reason,
            made_at=flag.made_at,
            decision=flag.decision,
            decided_because=flag.decided_because,
        )


class StaffFlagOut(Schema):
    """A flag as staff see it: who made it, on which review of which work."""

    flag: FlagOut
    made_by: PersonOut
    work: str
    review: StaffTaskOut

    @classmethod
    def whole(cls, acting: Acting, flag: Flag, members: dict[str, RosterEntry]) -> "StaffFlagOut":
        """Return how a flag looks to staff."""
        return cls(
            flag=FlagOut.of(flag),
            made_by=PersonOut.of(flag.member, members),
            work=flag.task.work.pseudonym,
            review=StaffTaskOut.of(acting, flag.task, members, said_in(acting.session, flag.task.work.round)),
        )
