"""Answers about scores: one's own result, which works to look at first, what is known of reviewers."""

from typing import Annotated

from pydantic import Field

from nbcohort.api import PageQuery, RosterEntry, Schema
from nbpeer.looking import Look
from nbpeer.mine import Mine
from nbpeer.results import rounded
from nbpeer.round_schemas import PersonOut
from nbpeer.schemas import ScoreOut
from nbpeer.score_words import result_words
from nbpeer.scoring import ReviewerKnown, RoundScores

MOST = 1000
"""How many works can be asked for."""


class MineQuery(PageQuery):
    """Of which assignment; all by default."""

    assignment: str | None = None


class TriageQuery(PageQuery):
    """How many works staff have the time to look at."""

    budget: Annotated[int, Field(ge=1, le=MOST)] = 5


class PartOut(Schema):
    """A part of the quality of my reviews: in percent, which share of the whole it makes, and why."""

    name: str
    percent: float | None
    share: float
    sentence: str


class MineOut(Schema):
    """What a round came to for me, in percent; `submission` and `percent` are null until scores are shown."""

    assignment: str
    title: str
    tasks: int
    done: int
    late: int
    quality: float | None
    parts: list[PartOut]
    sentences: list[str]
    submission: float | None
    percent: float | None

    @classmethod
    def of(cls, mine: Mine) -> "MineOut":
        """Return how it looks to the member."""
        result, quality = mine.result, mine.result.quality
        return cls(
            assignment=mine.round.assignment,
            title=mine.round.title,
            tasks=quality.tasks,
            done=quality.done,
            late=result.late,
            quality=rounded(quality.percent),
            parts=[
                PartOut(name=part.name, percent=rounded(part.percent), share=part.share, sentence=part.sentence)
                for part in quality.parts
            ],
            sentences=[quality.sentence, *([result_words(result, mine.weights)] if mine.shown else [])],
            submission=result.submission if mine.shown else None,
            percent=result.percent if mine.shown else None,
        )


class LookOut(Schema):
    """A work that staff should look at, and why: the most worthwhile has `rank` 1.

    `uncertainty` is the standard deviation of its score in percentage points (null: nothing came in); `elsewhere` is
    the part of the gain that lies in the scores of other works, whose reviewers become better known. `asked` are those
    of staff who have the task of reviewing it.
    """

    rank: int
    work: str
    authors: list[PersonOut]
    uncertainty: float | None
    elsewhere: float
    asked: list[PersonOut]
    score: ScoreOut

    @classmethod
    def of(cls, rank: int, look: Look, members: dict[str, RosterEntry], scores: RoundScores) -> "LookOut":
        """Return how it looks to staff."""
        return cls(
            rank=rank,
            work=look.work.pseudonym,
            authors=[PersonOut.of(author.member, members) for author in look.work.authors],
            uncertainty=rounded(look.uncertainty),
            elsewhere=round(look.elsewhere, 4),
            asked=[PersonOut.of(member, members) for member in look.asked],
            score=ScoreOut.of(look.work, scores),
        )


class ReviewerOut(Schema):
    """What is known of a reviewer over the rounds up to this one; with intervals that hold it nine times in ten.

    `bias` is how many percentage points more they give than others (than staff, where staff scored); `reliability` is
    how much of what differs in their scores is true, 0-1.
    """

    reviewer: PersonOut
    reviews: int
    bias: float
    bias_low: float | None
    bias_high: float | None
    reliability: float | None
    reliability_low: float | None
    reliability_high: float | None

    @classmethod
    def of(cls, member: str, known: ReviewerKnown, members: dict[str, RosterEntry]) -> "ReviewerOut":
        """Return how it looks to staff."""
        return cls(
            reviewer=PersonOut.of(member, members),
            reviews=known.count,
            bias=round(known.bias, 2),
            bias_low=rounded(known.bias_low),
            bias_high=rounded(known.bias_high),
            reliability=rounded(known.reliability),
            reliability_low=rounded(known.reliability_low),
            reliability_high=rounded(known.reliability_high),
        )
