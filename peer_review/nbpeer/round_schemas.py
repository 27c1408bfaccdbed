"""A round as staff see it, with everybody's names and all that was written."""

from dataclasses import asdict
from typing import Any

from pydantic import AwareDatetime

from nbcohort.api import Acting, RosterEntry, Schema
from nbpeer import actions, sentences
from nbpeer.certificate_words import certificate_in_words
from nbpeer.comparison_schemas import PutComparison, comparisons_out
from nbpeer.comparisons import SaidInRound, form_of, said_in
from nbpeer.models import ReviewTask, Round, Work
from nbpeer.phases import TaskState
from nbpeer.plans import phase_at, rules_of, times_held
from nbpeer.schemas import AnswerOut, CriterionOut, PutInline, RoundOut, ScoreOut, inline_out, rubric_out
from nbpeer.score_book import scores_of
from nbpeer.scores import counting_review, rubric_of
from nbpeer.scoring import RoundScores
from nbpeer.settings import RoundRules


class PersonOut(Schema):
    """A member, for staff."""

    member: str
    account: str | None
    name: str | None

    @classmethod
    def of(cls, member: str, members: dict[str, RosterEntry]) -> "PersonOut":
        """Return who a member is; a person who was forgotten has no name."""
        one = members.get(member)
        return cls(member=member, account=one.account if one else None, name=one.name if one else None)


class StaffTaskOut(Schema):
    """A task as staff see it, with the version that counts of its review."""

    id: str
    reviewer: PersonOut
    pseudonym: str
    state: TaskState
    origin: str
    lapsed_at: AwareDatetime | None
    set_aside: bool
    answers: list[AnswerOut]
    versions: int
    submitted_at: AwareDatetime | None
    scores: dict[str, int]
    comments: dict[str, str]
    overall: str
    inline: list[PutInline]
    comparisons: dict[str, PutComparison]
    """By the other task of the reviewer; with what the review of that one said of the two."""

    @classmethod
    def of(cls, acting: Acting, task: ReviewTask, members: dict[str, RosterEntry], said: SaidInRound) -> "StaffTaskOut":
        """Return how a task looks to staff."""
        review = counting_review(task)
        return cls(
            id=task.public_id,
            reviewer=PersonOut.of(task.reviewer, members),
            pseudonym=task.reviewer_pseudonym,
            state=actions.state_of(task, acting.now),
            origin=task.origin,
            lapsed_at=task.lapsed_at,
            set_aside=task.set_aside,
            answers=[AnswerOut.of(answer) for answer in task.answers],
            versions=len(task.reviews),
            submitted_at=review.saved_at if review else None,
            scores=review.scores if review else {},
            comments=review.comments if review else {},
            overall=review.overall if review else "",
            inline=inline_out(review) if review else [],
            comparisons=comparisons_out(said.get(task.public_id, {})),
        )


class StaffWorkOut(Schema):
    """A work as staff see it."""

    submission: str
    pseudonym: str
    authors: list[PersonOut]
    tasks: list[StaffTaskOut]
    score: ScoreOut

    @classmethod
    def of(
        cls,
        acting: Acting,
        work: Work,
        members: dict[str, RosterEntry],
        scores: RoundScores,
        said: SaidInRound | None = None,
    ) -> "StaffWorkOut":
        """Return how a work looks to staff; `said` in its round, if that is known."""
        said = said_in(acting.session, work.round) if said is None else said
        return cls(
            submission=work.submission,
            pseudonym=work.pseudonym,
            authors=[PersonOut.of(author.member, members) for author in work.authors],
            tasks=[StaffTaskOut.of(acting, task, members, said) for task in work.tasks],
            score=ScoreOut.of(work, scores),
        )


class StaffRoundOut(RoundOut):
    """A round with everything in it; `seed` is text, since it has more digits than some JSON readers keep."""

    k: int
    anonymity: str
    method: str
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    released_at: AwareDatetime | None
    staff_release: bool
    rules: RoundRules
    seed: str
    offsets: list[int]
    certificate: dict[str, Any]
    in_words: list[str]
    """What the certificate says."""
    unavoidable: list[str]
    rubric: list[CriterionOut]
    works: list[StaffWorkOut]

    @classmethod
    def whole(cls, acting: Acting, found: Round) -> "StaffRoundOut":
        """Return how a round looks to staff."""
        members, scores = actions.members_by_id(acting), scores_of(acting.session, found)
        said = said_in(acting.session, found)
        return cls(
            id=found.public_id,
            assignment=found.assignment,
            title=found.title,
            form=form_of(found),
            phase=phase_at(found, acting.now),
            **asdict(times_held(found)),
            k=found.k,
            anonymity=found.anonymity,
            method=found.score,
            opened_at=found.opened_at,
            closed_at=found.closed_at,
            released_at=found.released_at,
            staff_release=found.staff_release,
            rules=rules_of(found),
            seed=str(found.seed),
            offsets=found.offsets,
            certificate=found.certificate,
            in_words=certificate_in_words(found.certificate, found.seed),
            unavoidable=sentences.shortfalls(found.certificate["unavoidable"]),
            rubric=rubric_out(rubric_of(found)),
            works=[StaffWorkOut.of(acting, work, members, scores, said) for work in found.works],
        )
