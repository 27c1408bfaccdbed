"""Whether a hand-in is on time. Pure.

What counts is when the hand-in began, so that a slow line or a large file makes nobody late; but only if it was
finished soon after, or else beginning one early and filling it later would be a way around the due time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nbcohort.courses.schedule import AssignmentTimes
from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

COMMIT_WITHIN = timedelta(minutes=10)
"""How soon after its beginning a hand-in has to be finished for its beginning to count."""


class NotOpen(NbcohortError):
    """The assignment takes no hand-ins at this time."""

    status = 403
    slug = "not-open"


@dataclass(frozen=True, slots=True)
class Lateness:
    """When something was handed in, against when it was due (None: never)."""

    handed_in_at: datetime
    due_at: datetime | None

    @property
    def seconds(self) -> float:
        """How many seconds late; 0 if it was on time."""
        if self.due_at is None:
            return 0.0
        return max(0.0, (self.handed_in_at - self.due_at).total_seconds())

    @property
    def late(self) -> bool:
        """Whether it came after the due time."""
        return self.seconds > 0


def handed_in(created_at: datetime, committed_at: datetime) -> datetime:
    """Return the instant that counts: the beginning if the end followed within `COMMIT_WITHIN`, else the end."""
    return created_at if committed_at - created_at <= COMMIT_WITHIN else committed_at


def require_open(assignment: str, times: AssignmentTimes, instant: datetime, shown_due: str) -> None:
    """Raise `NotOpen` with the reason unless `assignment` is open at `instant`; `shown_due` is for the reader."""
    if instant < times.release_at:
        raise NotOpen(_("{assignment} has not been released yet.").format(assignment=assignment))
    if times.accepts(instant):
        return
    if times.late.policy == "refuse":
        raise NotOpen(
            _(
                "{assignment} was due {due}, and late hand-ins are not taken. "
                "If you have a reason, ask your instructor for an extension."
            ).format(assignment=assignment, due=shown_due)
        )
    raise NotOpen(
        _("{assignment} was due {due}, and the time for late hand-ins is over, too.").format(
            assignment=assignment, due=shown_due
        )
    )
