"""The section `[kudos]` of a course.toml."""

from pydantic import Field

from nbcohort.api import Settings, Weekly, hook


class KudosSettings(Settings):
    """How many thanks a week are asked of each member, and until when."""

    per_week: int = Field(1, ge=1, le=3)
    due: Weekly = "sun 20:00"


course_settings = hook(lambda: ("kudos", KudosSettings))
