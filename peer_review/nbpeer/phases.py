"""The phases of a round: a function of the clock and of what was done so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Phase = Literal["waiting", "calibrating", "reviewing", "replying", "closed", "released", "not-held"]
TaskState = Literal["todo", "draft", "submitted", "missed", "removed", "lapsed"]


@dataclass(frozen=True)
class Times:
    """The instants of a round. None: there is no such phase.

    Args:
        due_at: until when reviews are on time.
        closes_at: until when they are taken at all; at the instant itself they still are.
        release_at: from when scores are shown; None also where staff release them, or where there is no release.
    """

    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    calibrates_at: datetime | None = None
    replies_due_at: datetime | None = None
    release_at: datetime | None = None


def phase_of(now: datetime, times: Times, *, opened: bool, closed: bool = False, released: bool = False) -> Phase:
    """Return the phase at `now`.

    A round that could not open before its reviews were due (because its settings came too late) is not held. What was
    done is not undone by a clock that is put back: `opened` says that submissions were swapped, `closed` that reviewing
    was ended, and `released` that scores were released.
    """
    if not opened:
        if now > times.closes_at:
            return "not-held"
        calibrating = times.calibrates_at is not None and times.calibrates_at <= now
        return "calibrating" if calibrating and now < times.opens_at else "waiting"
    if now <= times.closes_at and not closed:
        return "reviewing"
    if released or (times.release_at is not None and times.release_at <= now):
        return "released"
    return "replying" if times.replies_due_at is not None and now <= times.replies_due_at else "closed"


def task_state(open_: bool, *, saved: bool, submitted: bool) -> TaskState:
    """Return how far a reviewer is with a task, of which a version was saved, or submitted.

    `open_` says that its review can be written.
    """
    if submitted:
        return "submitted"
    if not open_:
        return "missed"
    return "draft" if saved else "todo"
