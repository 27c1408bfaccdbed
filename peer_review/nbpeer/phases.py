"""The phases of a round: a function of the clock."""

from datetime import datetime
from typing import Literal

Phase = Literal["waiting", "reviewing", "closed", "not-held"]
TaskState = Literal["todo", "draft", "submitted", "missed"]


def phase_of(now: datetime, opens_at: datetime, due_at: datetime, *, opened: bool) -> Phase:
    """Return the phase at `now`. `opened` says that submissions were swapped; at the due instant itself reviews count.

    A round that could not open before its due time (because its settings came too late) is not held.
    """
    if opened:
        return "reviewing" if now <= due_at else "closed"
    return "waiting" if now <= due_at else "not-held"


def task_state(phase: Phase, *, saved: bool, submitted: bool) -> TaskState:
    """Return how far a reviewer is with a task, of which a version was saved, or submitted."""
    if submitted:
        return "submitted"
    if phase != "reviewing":
        return "missed"
    return "draft" if saved else "todo"
