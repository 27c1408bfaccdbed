"""The kind of interaction that this feature logs."""

from pydantic import BaseModel, ConfigDict

from nbcohort.store.interactions import InteractionKind


class CheckedPayload(BaseModel):
    """Which submission, and how it went; logged for each submitter."""

    model_config = ConfigDict(extra="forbid")

    check: str
    submission: str
    assignment: str
    version: int
    passed: bool


KINDS = [InteractionKind("submission.checked", 1, CheckedPayload)]
