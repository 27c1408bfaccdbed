"""Tables of peer review. They refer to members, submissions and cohorts by public id; names live in the core only."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from nbcohort.api import Conventions


class Base(Conventions, DeclarativeBase):
    """The base of this plugin's tables."""


class Round(Base):
    """One peer review of one assignment in one cohort, from its opening on; the settings it opened with."""

    __tablename__ = "review_round"
    __table_args__ = (UniqueConstraint("cohort", "assignment"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    assignment: Mapped[str]
    title: Mapped[str]
    k: Mapped[int]
    anonymity: Mapped[str]
    form: Mapped[str] = mapped_column(default="rubric", server_default="rubric")
    """`nbpeer.settings.ReviewForm`."""
    score: Mapped[str]
    """How reviews make a score: `bayes`, `mean` or `median`."""
    rubric: Mapped[list[Any]]
    """The rubric's criteria as they were at the opening, as JSON."""
    opens_at: Mapped[datetime]
    due_at: Mapped[datetime]
    late_until: Mapped[datetime | None] = mapped_column(default=None)
    replies_due_at: Mapped[datetime | None] = mapped_column(default=None)
    release_at: Mapped[datetime | None] = mapped_column(default=None)
    staff_release: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether scores wait until staff release them."""
    planned: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What the settings said of its times when they were last followed: staff may have moved them since."""
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """`nbpeer.settings.RoundRules`, as they were at the opening."""
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When reviewing was ended; what authors receive was logged then."""
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    seed: Mapped[int] = mapped_column(BigInteger)
    offsets: Mapped[list[Any]]
    certificate: Mapped[dict[str, Any]]
    secret: Mapped[str]
    """Hexadecimal; pseudonyms and cell ids are made from it. Never leaves the service."""

    works: Mapped[list["Work"]] = relationship(back_populates="round", order_by="Work.pseudonym")


class Work(Base):
    """A submission as an object of a round."""

    __tablename__ = "review_work"
    __table_args__ = (UniqueConstraint("round_pk", "submission"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    round_pk: Mapped[int] = mapped_column(ForeignKey("review_round.pk"))
    submission: Mapped[str]
    pseudonym: Mapped[str]
    wanted: Mapped[int | None] = mapped_column(default=None)
    """How many reviews it was to get; None in rounds of old: as many as were allocated."""
    offered_at: Mapped[datetime | None] = mapped_column(default=None)
    """Since when it has lacked a reviewer; None: it lacks none."""
    files: Mapped[list[Any]]
    """Path, size and hash of each file as it was swapped: what is handed in later changes nothing here."""

    round: Mapped[Round] = relationship(back_populates="works")
    authors: Mapped[list["WorkAuthor"]] = relationship(order_by="WorkAuthor.member")
    tasks: Mapped[list["ReviewTask"]] = relationship(back_populates="work", order_by="ReviewTask.reviewer_pseudonym")
    overrides: Mapped[list["ScoreOverride"]] = relationship(order_by="ScoreOverride.version")
    appeals: Mapped[list["Appeal"]] = relationship(back_populates="work", order_by="Appeal.pk")


class WorkAuthor(Base):
    """A submitter of a work."""

    __tablename__ = "review_work_author"
    __table_args__ = (UniqueConstraint("work_pk", "member"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    work_pk: Mapped[int] = mapped_column(ForeignKey("review_work.pk"))
    member: Mapped[str] = mapped_column(index=True)


class ReviewTask(Base):
    """That a member is to review a work."""

    __tablename__ = "review_task"
    __table_args__ = (UniqueConstraint("work_pk", "reviewer"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    work_pk: Mapped[int] = mapped_column(ForeignKey("review_work.pk"))
    reviewer: Mapped[str] = mapped_column(index=True)
    """The member's public id."""
    reviewer_pseudonym: Mapped[str]
    origin: Mapped[str] = mapped_column(default="allocated", server_default="allocated")
    """`nbpeer.tasks.Origin`."""
    given_at: Mapped[datetime | None] = mapped_column(default=None)
    """None: when the round opened."""
    start_by: Mapped[datetime | None] = mapped_column(default=None)
    """Until when it has to be started, or it goes to somebody else; None: there is no such time."""
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    lapsed_at: Mapped[datetime | None] = mapped_column(default=None)
    """Since when it can be done by somebody else; None: it is the reviewer's, or was started after all."""
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    """When it was taken away from the reviewer; it does not count since."""
    ended_because: Mapped[str | None] = mapped_column(default=None)
    """`nbpeer.tasks.EndedBecause`."""

    work: Mapped[Work] = relationship(back_populates="tasks")
    set_aside: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether staff decided that the review is neither shown nor counted."""
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.version")
    answers: Mapped[list["Answer"]] = relationship(order_by="Answer.pk")
    flags: Mapped[list["Flag"]] = relationship(back_populates="task", order_by="Flag.pk")


class Review(Base):
    """One version of a review. Versions are never changed; the newest that was submitted counts."""

    __tablename__ = "review_version"
    __table_args__ = (UniqueConstraint("task_pk", "version"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    task_pk: Mapped[int] = mapped_column(ForeignKey("review_task.pk"))
    version: Mapped[int]
    submitted: Mapped[bool]
    scores: Mapped[dict[str, Any]]
    """Criterion -> index of the level."""
    comments: Mapped[dict[str, Any]]
    """Criterion -> text."""
    overall: Mapped[str]
    inline: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """`nbpeer.inline.Inline`, as JSON."""
    comparisons: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Public id of another task of the reviewer -> `nbpeer.compared.Said`, as JSON."""
    saved_at: Mapped[datetime]


class ScoreOverride(Base):
    """What staff decided a work's score to be. The newest one counts; one without a percentage takes it back."""

    __tablename__ = "review_override"
    __table_args__ = (UniqueConstraint("work_pk", "version"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    work_pk: Mapped[int] = mapped_column(ForeignKey("review_work.pk"))
    version: Mapped[int]
    percent: Mapped[float | None]
    on_quality: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether it says how good the work is; if not, it says nothing about those who reviewed it."""
    reason: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    """A member's public id, or a role that is no person."""


class ScoresMade(Base):
    """One version of a round's scores, and what they were made of: where that is as it was, the newest one counts."""

    __tablename__ = "review_scores_made"
    __table_args__ = (UniqueConstraint("round_pk", "version"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    round_pk: Mapped[int] = mapped_column(ForeignKey("review_round.pk"))
    version: Mapped[int]
    made_of: Mapped[str]
    """A fingerprint of all that the scores depend on (`nbpeer.evidence.fingerprints`)."""
    scores: Mapped[dict[str, Any]]
    """`nbpeer.scoring.RoundScores`, as JSON."""
    made_at: Mapped[datetime]


class Answer(Base):
    """One version of what an author says of a review; the newest one of each author counts."""

    __tablename__ = "review_answer"
    __table_args__ = (UniqueConstraint("task_pk", "member", "version"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    task_pk: Mapped[int] = mapped_column(ForeignKey("review_task.pk"))
    member: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    helpful: Mapped[int | None]
    """1 (not at all) to 5 (very); None: not rated."""
    reason: Mapped[str]
    reply: Mapped[str]
    will_change: Mapped[str]
    saved_at: Mapped[datetime]


class Appeal(Base):
    """That an author asks staff to look at a work's score, and what they answer."""

    __tablename__ = "review_appeal"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    work_pk: Mapped[int] = mapped_column(ForeignKey("review_work.pk"), index=True)
    member: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    made_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(default=None)
    """`upheld` or `rejected`; None: it waits."""
    answer: Mapped[str | None] = mapped_column(default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    answered_by: Mapped[str | None] = mapped_column(default=None)

    work: Mapped[Work] = relationship(back_populates="appeals")


class Flag(Base):
    """That an author calls a review abusive or empty, and what staff decide."""

    __tablename__ = "review_flag"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    task_pk: Mapped[int] = mapped_column(ForeignKey("review_task.pk"), index=True)
    member: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(default=None)
    """`set-aside` or `kept`; None: it waits."""
    decided_because: Mapped[str | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by: Mapped[str | None] = mapped_column(default=None)

    task: Mapped[ReviewTask] = relationship(back_populates="flags")


class Sample(Base):
    """A submission of staff's that reviewers score before the real tasks, and what staff gave it."""

    __tablename__ = "review_sample"
    __table_args__ = (Index("ix_review_sample_cohort_assignment", "cohort", "assignment"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    assignment: Mapped[str]
    submission: Mapped[str]
    authors: Mapped[list[Any]]
    """Public ids of members."""
    pseudonym: Mapped[str]
    files: Mapped[list[Any]]
    """As those of a work."""
    secret: Mapped[str]
    """Hexadecimal; cell ids are made from it."""
    rubric: Mapped[list[Any]]
    scores: Mapped[dict[str, Any]]
    comments: Mapped[dict[str, Any]]
    """Staff's reasons."""
    overall: Mapped[str]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None] = mapped_column(default=None)

    reviews: Mapped[list["SampleReview"]] = relationship(order_by="SampleReview.pk")


class SampleReview(Base):
    """How a member scored a sample, before seeing how staff did."""

    __tablename__ = "review_sample_review"
    __table_args__ = (UniqueConstraint("sample_pk", "member"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    sample_pk: Mapped[int] = mapped_column(ForeignKey("review_sample.pk"))
    member: Mapped[str] = mapped_column(index=True)
    scores: Mapped[dict[str, Any]]
    comments: Mapped[dict[str, Any]]
    overall: Mapped[str]
    made_at: Mapped[datetime]
