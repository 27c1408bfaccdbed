"""The section `[assignments.<name>.review]` of a course.toml."""

from typing import Literal

from pydantic import Field

from nbcohort.api import Relative, Settings

SECTION = "review"

Anonymity = Literal["single", "double", "open"]


class ReviewSettings(Settings):
    """Peer review of an assignment: when a round is held, and how."""

    k: int = Field(3, ge=1, le=6, strict=True, description="Reviews for each submission, and tasks for each reviewer.")
    opens: Relative = Field(description="When submissions are swapped: after hand-in has closed.")
    due: Relative = Field(description="Until when reviews can be handed in and revised; then authors see them.")
    anonymity: Anonymity = Field(
        "double",
        description=(
            "double: neither knows the other; single: reviewers know the authors, who do not know them; "
            "open: both know each other."
        ),
    )
    score: Literal["mean", "median"] = Field("mean", description="How the reviews of a submission make its score.")
