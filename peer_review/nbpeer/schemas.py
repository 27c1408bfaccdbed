"""Requests and answers of peer review. What a reviewer gets names no author, submission, hash or time of theirs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from nbcohort.api import Acting, Schema
from nbpeer import actions, sentences
from nbpeer.aggregate import Score
from nbpeer.compared import Said
from nbpeer.comparison_schemas import ComparedWithOut, FoundOut, PutComparison, comparisons_out
from nbpeer.comparison_words import why_not_compared
from nbpeer.comparisons import form_of, is_compared, others_of, said_so_far
from nbpeer.copies import CopiedFile
from nbpeer.forms import Form, Rubric
from nbpeer.inline import MOST, Inline, of_json
from nbpeer.models import Answer, Appeal, Review, ReviewTask, Work
from nbpeer.phases import Phase, TaskState
from nbpeer.plans import phase_at
from nbpeer.score_words import criterion_reason, reasons
from nbpeer.scores import counting_review, final_percent, override_of, rubric_of, staff_or_all, tally_of, wanted_of
from nbpeer.scoring import Ranged, RoundScores, WorkScore
from nbpeer.settings import ReviewForm

Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]


class LevelOut(Schema):
    """A level of a criterion; its index in the list is what a reviewer chooses."""

    points: float
    title: str
    description: str


class CriterionOut(Schema):
    """A question that a reviewer asks of a work."""

    id: str
    title: str
    description: str
    weight: float
    levels: list[LevelOut]


def rubric_out(rubric: Rubric) -> list[CriterionOut]:
    """Return how a rubric looks over HTTP."""
    return [CriterionOut.model_validate(criterion.model_dump()) for criterion in rubric]


class RoundOut(Schema):
    """A round as everybody may know it; `id` is null while it has not opened.

    Reviews are on time until `due_at` and taken until `closes_at`. Where there is no such phase, its time is null.
    """

    id: str | None
    assignment: str
    title: str
    form: ReviewForm
    phase: Phase
    calibrates_at: AwareDatetime | None
    opens_at: AwareDatetime
    due_at: AwareDatetime
    closes_at: AwareDatetime
    replies_due_at: AwareDatetime | None
    release_at: AwareDatetime | None

    @classmethod
    def of(cls, planned: actions.PlannedRound) -> "RoundOut":
        """Return how a round looks over HTTP."""
        return cls(
            id=planned.round.public_id if planned.round else None,
            assignment=planned.assignment,
            title=planned.title,
            form=planned.form,
            phase=planned.phase,
            **asdict(planned.times),
        )


class SummaryOut(Schema):
    """Percent (0-100), and the standard deviation over reviews in percentage points (null for fewer than two).

    `low` and `high` are where it lies nine times in ten (null where nothing tells).
    """

    percent: float
    spread: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, score: Ranged, spread: float | None) -> "SummaryOut":
        """Return a percentage with its interval, rounded to hundredths."""
        rounded = (None if one is None else round(one, 2) for one in (spread, score.low, score.high))
        return cls(percent=round(score.percent, 2), **dict(zip(("spread", "low", "high"), rounded, strict=True)))


class CriterionScoreOut(SummaryOut):
    """What reviews say of one criterion, and which levels they chose."""

    reason: str


class OverrideOut(Schema):
    """What staff decided the score to be (0-100), and why."""

    percent: float
    reason: str


class ScoreOut(Schema):
    """What the reviews of a work add up to; `overall` is null without reviews, and `note` says why.

    `percent` is what counts: an `override` by staff, if there is one. `reasons` tell how `overall` came about; `mean`
    is that of the reviews by peers, and `staff` what staff gave, if they reviewed it. `method` is how it was made.
    `count` and `wanted` are reviews; where works are compared, comparisons, of which it has `won` some.
    """

    overall: SummaryOut | None
    criteria: dict[str, CriterionScoreOut]
    mean: float | None
    staff: float | None
    reasons: list[str]
    won: int | None
    count: int
    wanted: int
    partial: bool
    method: str
    note: str | None
    percent: float | None
    override: OverrideOut | None

    @classmethod
    def of(cls, work: Work, scores: RoundScores) -> "ScoreOut":
        """Return how the score of a work looks over HTTP."""
        tally, override, mine = tally_of(work), override_of(work), scores.works.get(work.submission)
        spread = tally.overall.spread if tally.overall else None
        compared = is_compared(work.round)
        count, wanted = (tally.count, tally.wanted) if not compared else _compared_count(work, mine)
        return cls(
            overall=_overall(mine, spread, overridden=override is not None) if mine else None,
            criteria=_criteria_out(work, mine.criteria, tally) if mine else {},
            mean=None if mine is None or mine.mean is None else round(mine.mean, 2),
            staff=None if mine is None or mine.staff is None else round(mine.staff, 2),
            reasons=reasons(scores, mine) if mine else [],
            won=mine.won if mine else None,
            count=count,
            wanted=wanted,
            partial=tally.partial,
            method=scores.method,
            note=why_not_compared(tally, mine) if compared else sentences.why_no_score(tally),
            percent=final_percent(work, scores),
            override=override and OverrideOut(percent=override.percent or 0.0, reason=override.reason),
        )


def _overall(mine: WorkScore, spread: float | None, *, overridden: bool) -> SummaryOut | None:
    """Return what the reviews of a work come to; where staff decided otherwise, that is the mean of the peers'."""
    if not overridden or mine.won is not None:
        return SummaryOut.of(mine.whole, spread)
    return None if mine.mean is None else SummaryOut.of(Ranged(mine.mean), spread)


def _compared_count(work: Work, mine: WorkScore | None) -> tuple[int, int]:
    """Return how many comparisons a work was in, and how many that would be if all its reviewers had k works."""
    count = mine.count if mine else 0
    return count, max(wanted_of(work) * (work.round.k - 1), count)


def _criteria_out(work: Work, found: Mapping[str, Ranged], tally: Score) -> dict[str, CriterionScoreOut]:
    given = [review.scores for task in staff_or_all(work) if (review := counting_review(task)) is not None]
    rubric = {criterion.id: criterion for criterion in rubric_of(work.round)}
    return {
        name: CriterionScoreOut(
            **SummaryOut.of(score, tally.criteria[name].spread).model_dump(),
            reason=criterion_reason(rubric[name], given),
        )
        for name, score in found.items()
    }


class TaskOut(Schema):
    """A review that I have to write. `authors` is null where I may not know them.

    Who has not started by `start_by` may find that somebody else did it. `own_work`: it is my own that I review. Where
    the `form` is comparisons, there is no rubric, and it is `compared_with` the other works that I review.
    """

    id: str
    pseudonym: str
    assignment: str
    title: str
    phase: Phase
    due_at: AwareDatetime
    state: TaskState
    start_by: AwareDatetime | None
    own_work: bool
    authors: list[str] | None
    form: ReviewForm
    rubric: list[CriterionOut]
    compared_with: list[ComparedWithOut]

    @classmethod
    def of(cls, acting: Acting, task: ReviewTask) -> "TaskOut":
        """Return how a task looks to its reviewer."""
        held = task.work.round
        return cls(
            id=task.public_id,
            pseudonym=task.work.pseudonym,
            assignment=held.assignment,
            title=held.title,
            phase=phase_at(held, acting.now),
            due_at=held.due_at,
            state=actions.state_of(task, acting.now),
            start_by=None if task.started_at else task.start_by,
            own_work=task.origin == "self",
            authors=actions.authors_shown(acting, task),
            form=form_of(held),
            rubric=rubric_out(rubric_of(held)),
            compared_with=[ComparedWithOut.of(other) for other in others_of(acting.session, task)],
        )


class TakeNext(Schema):
    """Of which assignment I want to review one more work."""

    assignment: Name


class FileOut(Schema):
    """A file of the work I review; `withheld` says why it is not shown (its size is null then)."""

    path: str
    size: int | None
    withheld: str | None

    @classmethod
    def of(cls, file: CopiedFile) -> "FileOut":
        """Return how a file of the copy looks over HTTP."""
        withheld = None if file.withheld is None else sentences.withheld(file.withheld)
        return cls(path=file.path, size=file.size, withheld=withheld)


class PutInline(Schema):
    """A comment at a cell of a file, by its id in the copy that I read; at the file as a whole if there is no cell.

    `quote` is the text that was selected in the cell.
    """

    file: Annotated[str, StringConstraints(max_length=1_000)]
    cell: Name | None = None
    quote: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00]*$")] = ""
    text: Text


class AtCellOut(Schema):
    """A comment at a cell of my own work: its number in the notebook, from 0; null: the file as a whole."""

    path: str
    index: int | None
    quote: str
    text: str


class PutReview(Schema):
    """A review: level index and comment per criterion, a comment on the whole, and whether it is handed in.

    Without `inline`, the comments at cells stay as they are. `comparisons` says, by the id of each other task of mine
    that this work is `compared_with`, which of the two is better; what is left out stays as it is.
    """

    scores: dict[Name, Annotated[int, Field(strict=True)]] = Field(default_factory=dict)
    comments: dict[Name, Text] = Field(default_factory=dict)
    overall: Text = ""
    inline: Annotated[list[PutInline], Field(max_length=MOST)] | None = None
    comparisons: dict[Name, PutComparison] | None = None
    submit: bool = False

    def said(self) -> Mapping[str, Said] | None:
        """Return what is said of this work and other ones, if that is to be changed."""
        return None if self.comparisons is None else {task: one.said() for task, one in self.comparisons.items()}

    def at_cells(self) -> tuple[Inline, ...] | None:
        """Return the comments at cells, if they are to be changed."""
        return None if self.inline is None else tuple(Inline(**one.model_dump()) for one in self.inline)

    def form(self, at_cells: tuple[Inline, ...]) -> Form:
        """Return what was filled in; comments without text are none."""
        comments = {name: text for name, text in self.comments.items() if text.strip()}
        return Form(self.scores, comments, self.overall, at_cells)


def inline_out(review: Review) -> list[PutInline]:
    """Return the comments at cells of a review, as who reads the copy knows the cells."""
    return [PutInline(file=one.file, cell=one.cell, quote=one.quote, text=one.text) for one in of_json(review.inline)]


class ReviewOut(Schema):
    """The newest version of my review (0: nothing saved yet). `submitted_version` is the one that counts, if any.

    `comparisons` has what I said last of this work and other ones, here or in the reviews of these, by their tasks.
    """

    task: str
    state: TaskState
    version: int
    submitted: bool
    submitted_version: int | None
    scores: dict[str, int]
    comments: dict[str, str]
    overall: str
    inline: list[PutInline]
    comparisons: dict[str, PutComparison]
    saved_at: AwareDatetime | None

    @classmethod
    def of(cls, acting: Acting, task: ReviewTask, review: Review | None) -> "ReviewOut":
        """Return how my own review looks to me."""
        counting = counting_review(task)
        return cls(
            task=task.public_id,
            state=actions.state_of(task, acting.now),
            version=review.version if review else 0,
            submitted=review.submitted if review else False,
            submitted_version=counting.version if counting else None,
            scores=review.scores if review else {},
            comments=review.comments if review else {},
            overall=review.overall if review else "",
            inline=inline_out(review) if review else [],
            comparisons=comparisons_out(said_so_far(acting.session, task)),
            saved_at=review.saved_at if review else None,
        )


class AnswerOut(Schema):
    """What an author said of a review; of a pair each one answers."""

    helpful: int | None
    reason: str
    reply: str
    will_change: str
    version: int

    @classmethod
    def of(cls, answer: Answer) -> "AnswerOut":
        """Return how it looks over HTTP: it does not say who wrote it."""
        return cls(
            helpful=answer.helpful,
            reason=answer.reason,
            reply=answer.reply,
            will_change=answer.will_change,
            version=answer.version,
        )


class AppealOut(Schema):
    """An appeal and its answer, if there is one."""

    id: str
    work: str
    text: str
    made_at: AwareDatetime
    outcome: str | None
    answer: str | None
    answered_at: AwareDatetime | None

    @classmethod
    def of(cls, appeal: Appeal) -> "AppealOut":
        """Return how an appeal looks to its author."""
        return cls(
            id=appeal.public_id,
            work=appeal.work.pseudonym,
            text=appeal.text,
            made_at=appeal.made_at,
            outcome=appeal.outcome,
            answer=appeal.answer,
            answered_at=appeal.answered_at,
        )


class MyFlagOut(Schema):
    """My flag on a review, and what staff decided, if they did."""

    kind: str
    reason: str
    decision: str | None
    decided_because: str | None


class ReceivedReviewOut(Schema):
    """A review of my work: by pseudonym, or by name where reviewers and authors know each other.

    `by_staff`: it was written by staff, and by a rubric it is the score. `compared`: whether it found my work better
    than others. `mine` is what I said of it, `flag` what I told staff.
    """

    id: str
    reviewer: str
    by_staff: bool
    scores: dict[str, int]
    comments: dict[str, str]
    overall: str
    inline: list[AtCellOut]
    compared: list[FoundOut]
    mine: AnswerOut | None
    flag: MyFlagOut | None


class ReceivedOut(Schema):
    """What came of one work of mine, the submission that was swapped; `score` is null until scores are shown.

    Until `revisions_until` I can hand in a revision, though hand-in has closed; null: I cannot, or no more.
    """

    assignment: str
    title: str
    work: str
    submission: str
    form: ReviewForm
    rubric: list[CriterionOut]
    reviews: list[ReceivedReviewOut]
    appeals: list[AppealOut]
    score: ScoreOut | None
    revisions_until: AwareDatetime | None

    @classmethod
    def of(cls, received: actions.Received) -> "ReceivedOut":
        """Return how it looks to the author."""
        held = received.work.round
        return cls(
            assignment=held.assignment,
            title=held.title,
            work=received.work.pseudonym,
            submission=received.work.submission,
            form=form_of(held),
            rubric=rubric_out(rubric_of(held)),
            reviews=[
                ReceivedReviewOut(
                    id=review.id,
                    reviewer=review.reviewer,
                    by_staff=review.by_staff,
                    scores=dict(review.scores),
                    comments=dict(review.comments),
                    overall=review.overall,
                    inline=[
                        AtCellOut(path=one.path or one.file, index=one.index, quote=one.quote, text=one.text)
                        for one in review.inline
                    ],
                    compared=[FoundOut.of(one) for one in review.compared],
                    mine=review.mine and AnswerOut.of(review.mine),
                    flag=review.flag
                    and MyFlagOut(
                        kind=review.flag.kind,
                        reason=review.flag.reason,
                        decision=review.flag.decision,
                        decided_because=review.flag.decided_because,
                    ),
                )
                for review in received.reviews
            ],
            appeals=[AppealOut.of(appeal) for appeal in received.work.appeals],
            score=ScoreOut.of(received.work, received.scores) if received.scores else None,
            revisions_until=received.revisions_until,
        )
