"""Requests and answers of calibration."""

from typing import Annotated

from pydantic import Field

from nbcohort.api import Acting, Schema
from nbpeer.calibration import Compared, my_score, rubric_of_sample
from nbpeer.forms import Form
from nbpeer.models import Sample
from nbpeer.schemas import CriterionOut, Name, Text, rubric_out


class ScoreSample(Schema):
    """Level index and comment per criterion, and a comment on the whole."""

    scores: dict[Name, Annotated[int, Field(strict=True)]]
    comments: dict[Name, Text] = Field(default_factory=dict)
    overall: Text

    def form(self) -> Form:
        """Return what was filled in; comments without text are none."""
        comments = {name: text for name, text in self.comments.items() if text.strip()}
        return Form(self.scores, comments, self.overall)


class AddSample(ScoreSample):
    """A submission of staff's, with the scores that it deserves and the reasons that reviewers will read."""

    assignment: Name
    submission: Name


class SampleOut(Schema):
    """A sample; `scored` says whether I have scored it."""

    id: str
    assignment: str
    pseudonym: str
    rubric: list[CriterionOut]
    scored: bool

    @classmethod
    def of(cls, acting: Acting, sample: Sample) -> "SampleOut":
        """Return how a sample looks before it is scored."""
        return cls(
            id=sample.public_id,
            assignment=sample.assignment,
            pseudonym=sample.pseudonym,
            rubric=rubric_out(rubric_of_sample(sample)),
            scored=my_score(acting, sample) is not None,
        )


class ComparedCriterion(Schema):
    """My level and staff's, as indices, and why staff chose theirs."""

    id: str
    title: str
    mine: int
    staff: int
    reason: str


class ComparedOut(Schema):
    """My scores beside staff's, criterion by criterion; `agreement` in percent."""

    sample: str
    agreement: float
    criteria: list[ComparedCriterion]
    overall: str

    @classmethod
    def of(cls, compared: Compared) -> "ComparedOut":
        """Return how a comparison looks over HTTP."""
        sample, mine = compared.sample, compared.mine
        return cls(
            sample=sample.public_id,
            agreement=compared.agreement,
            criteria=[
                ComparedCriterion(
                    id=criterion.id,
                    title=criterion.title,
                    mine=mine.scores[criterion.id],
                    staff=sample.scores[criterion.id],
                    reason=sample.comments.get(criterion.id, ""),
                )
                for criterion in rubric_of_sample(sample)
            ],
            overall=sample.overall,
        )
