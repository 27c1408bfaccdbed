"""The section `[assignments.<name>.review]` of a course.toml."""

from typing import Annotated, Literal

from pydantic import Field

from nbcohort.api import Relative, Settings

SECTION = "review"

Anonymity = Literal["single", "double", "open"]

ReviewForm = Literal["rubric", "comparisons"]

Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]

BY_STAFF = "staff"
"""Instead of an instant of release: staff release when they are ready."""


class RoundRules(Settings):
    """What a round keeps from its opening on, besides its times."""

    self_review: bool = Field(False, description="Authors also review their own work; that never counts in its score.")
    start_within: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of the time until `due` in which a task has to be started, or others can have it; 1: none.",
    )
    reviews_shown: Literal["closed", "released"] = Field(
        "closed", description="When authors see their reviews: once reviewing is over, or with the release."
    )
    others_shown: Literal["submitted", "closed", "never"] = Field(
        "submitted", description="When a reviewer sees what others wrote on the same submission."
    )
    submission_weight: float = Field(
        1.0, ge=0, le=100, allow_inf_nan=False, description="How much the score of the submission counts in the result."
    )
    review_weight: float = Field(
        0.0, ge=0, le=100, allow_inf_nan=False, description="How much the quality of the own reviews counts in it."
    )
    agreement_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="How much it counts in the quality of reviews that they are near those of the others.",
    )
    helpfulness_weight: float = Field(
        1.0, ge=0, le=100, allow_inf_nan=False, description="The same, of how helpful their authors find them."
    )
    calibration_weight: float = Field(
        1.0, ge=0, le=100, allow_inf_nan=False, description="The same, of how near staff the samples were scored."
    )
    tolerance: float = Field(
        50.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="The mean difference, in percentage points, at which nothing is left of agreement and calibration.",
    )
    gradebook_points: float = Field(
        100.0, gt=0, le=100_000, allow_inf_nan=False, description="How many points the round has in the gradebook."
    )
    gradebook_cell: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description=(
            "A cell of the assignment, graded by hand, that gets the round's result as its grade, of its own points; "
            "without it, the gradebook has a column for the round."
        ),
    )


class SwapSettings(Settings):
    """What each wish that the swap does not meet costs. Rules are no wishes: no weight makes one broken."""

    repeat: Weight = Field(8.0, description="A reviewer who had an author of the work in an earlier round.")
    strong: Weight = Field(4.0, description="A submission without a strong reviewer.")
    stronger: Weight = Field(2.0, description="A reviewer without a submission that is stronger than their own.")
    near: Weight = Field(2.0, description="A reviewer without a submission of about their own strength.")
    overlap: Weight = Field(1.0, description="Two submissions that have two reviewers in common.")


class ReviewSettings(RoundRules):
    """Peer review of an assignment: when a round is held, and how."""

    form: ReviewForm = Field(
        "rubric",
        description=(
            "rubric: reviewers fill in the assignment's rubric; comparisons: they say which of two works is better, "
            "and why, of each two that they review."
        ),
    )
    k: int = Field(3, ge=1, le=6, strict=True, description="Reviews for each submission, and tasks for each reviewer.")
    calibrates: Relative | None = Field(
        None,
        description="From when reviewers score samples that staff have scored; without it, there is no such phase.",
    )
    opens: Relative = Field(description="When submissions are swapped: after hand-in has closed.")
    due: Relative = Field(description="Until when reviews are on time; they can be revised until then.")
    late_until: Relative | None = Field(
        None, description="Until when late reviews are taken, and marked as late; without it, none are."
    )
    replies_due: Relative | None = Field(
        None, description="Until when authors rate reviews, reply and appeal; without it, there is no such phase."
    )
    revisions_until: Relative | None = Field(
        None,
        description=(
            "Until when authors who have their reviews hand in a revision, which is shown beside the first and not "
            "graded; without it, they can while hand-in is open, and that is graded."
        ),
    )
    release: Relative | Literal["staff"] | None = Field(
        None,
        description='From when authors see scores: an instant, or "staff" (when they say so); else with the reviews.',
    )
    anonymity: Anonymity = Field(
        "double",
        description=(
            "double: neither knows the other; single: reviewers know the authors, who do not know them; "
            "open: both know each other."
        ),
    )
    swap: SwapSettings = Field(
        SwapSettings(),
        description="What the swap wishes beyond its rules, as weights; strong is who scored well in earlier rounds.",
    )
    score: Literal["bayes", "mean", "median"] = Field(
        "bayes",
        description="How the reviews of a submission make its score; bayes: by who is kind, strict and reliable.",
    )

    @property
    def closes(self) -> str:
        """When reviewing is over."""
        return self.late_until or self.due

    def rules(self) -> RoundRules:
        """Return what a round keeps of it."""
        return RoundRules(**{name: getattr(self, name) for name in RoundRules.model_fields})
