"""The kinds of interaction that this feature logs."""

from pydantic import BaseModel, ConfigDict

from nbcohort.store.interactions import InteractionKind


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MemberPayload(_Payload):
    """In which role."""

    role: str


class PairPayload(_Payload):
    """Which pair, on which assignment (None: all)."""

    pair: str
    assignment: str | None


KINDS = [
    InteractionKind("member.joined", 1, MemberPayload),
    InteractionKind("member.left", 1, MemberPayload),
    InteractionKind("pair.made", 1, PairPayload),
    InteractionKind("pair.ended", 1, PairPayload),
]
