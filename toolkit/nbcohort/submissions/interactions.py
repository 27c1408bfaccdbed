"""The kinds of interaction that this feature logs."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from nbcohort.store.interactions import InteractionKind


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReleasePayload(_Payload):
    """Which version of which assignment."""

    release: str
    assignment: str
    version: int


class SubmissionPayload(_Payload):
    """What was handed in, a `revision` after hand-in had closed; logged for each submitter, of whom one did it."""

    submission: str
    assignment: str
    attempt: int
    late: bool
    revision: bool = False
    handed_in_by: str


class FeedbackPayload(_Payload):
    """On what; logged for each submitter."""

    feedback: str
    submission: str
    assignment: str
    version: int


class ExtensionPayload(_Payload):
    """On what, until when."""

    extension: str
    assignment: str
    due_at: AwareDatetime


KINDS = [
    InteractionKind("assignment.released", 1, ReleasePayload),
    InteractionKind("assignment.withdrawn", 1, ReleasePayload),
    InteractionKind("submission.received", 1, SubmissionPayload),
    InteractionKind("feedback.released", 1, FeedbackPayload),
    InteractionKind("extension.granted", 1, ExtensionPayload),
]
