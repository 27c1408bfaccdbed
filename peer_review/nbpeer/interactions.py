"""The kinds of interaction that peer review logs."""

from pydantic import BaseModel, ConfigDict

from nbcohort.api import InteractionKind


class ReviewPayload(BaseModel):
    """Which task of which round."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str
    version: int


class ReceivedPayload(BaseModel):
    """How many reviews came, and what they add up to (0-100); None without reviews."""

    model_config = ConfigDict(extra="forbid")

    round: str
    reviews: int
    percent: float | None


class ReleasedPayload(BaseModel):
    """The score of the work as it counts (0-100); None without one."""

    model_config = ConfigDict(extra="forbid")

    round: str
    percent: float | None


class GivenPayload(BaseModel):
    """Which task of which round, and how it came to its reviewer: `nbpeer.tasks.Origin`."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str
    origin: str


class EndedPayload(BaseModel):
    """Which task of which round, and why it was taken away: `nbpeer.tasks.EndedBecause`."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str
    because: str


class LapsedPayload(BaseModel):
    """Which task of which round."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str


class AnsweredPayload(BaseModel):
    """How helpful a review was to its author: 1 to 5, or None without a rating."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str
    helpful: int | None


class AppealPayload(BaseModel):
    """Which appeal in which round."""

    model_config = ConfigDict(extra="forbid")

    round: str
    appeal: str


class FlaggedPayload(BaseModel):
    """Of which task's review, and what was said to be wrong with it: abusive, empty, other."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str
    wrong: str


class DecidedPayload(BaseModel):
    """What staff decided of a flagged review: `set-aside` or `kept`."""

    model_config = ConfigDict(extra="forbid")

    round: str
    task: str
    decision: str


class CalibratedPayload(BaseModel):
    """Which sample was scored, and how near to staff's scores (0-100)."""

    model_config = ConfigDict(extra="forbid")

    sample: str
    agreement: float


KINDS = [
    InteractionKind("review.submitted", 1, ReviewPayload),
    InteractionKind("review.revised", 1, ReviewPayload),
    InteractionKind("review.received", 1, ReceivedPayload),
    InteractionKind("review.released", 1, ReleasedPayload),
    InteractionKind("review.task.given", 1, GivenPayload),
    InteractionKind("review.task.lapsed", 1, LapsedPayload),
    InteractionKind("review.task.ended", 1, EndedPayload),
    InteractionKind("review.score.overridden", 1, ReleasedPayload),
    InteractionKind("review.calibrated", 1, CalibratedPayload),
    InteractionKind("review.answered", 1, AnsweredPayload),
    InteractionKind("review.appealed", 1, AppealPayload),
    InteractionKind("review.appeal.answered", 1, AppealPayload),
    InteractionKind("review.flagged", 1, FlaggedPayload),
    InteractionKind("review.flag.decided", 1, DecidedPayload),
]
"""Submitted and revised: actor the reviewer, target an author. Received: actor an author, at the close of the round.
Released: actor an author, when scores are shown. Given, lapsed and ended: target the reviewer, after the swap.
Overridden: target an author. Calibrated: actor a reviewer. Answered and flagged: actor an author, target the reviewer.
Appealed: actor an author. An appeal's answer and a flag's decision: target who made it.
"""
