"""A round as it stands: what is to be reviewed, how far each task is, and who is there. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from nbpeer.allocate import Conflicts

Origin = Literal["allocated", "self", "added", "pulled", "passed-on", "staff"]
"""How a reviewer came to a task: by the swap, as the author, by staff's hand, by asking for one, since another let it
lapse, or as a member of staff."""


class TaskState(StrEnum):
    """How far a task is."""

    ASSIGNED = "assigned"
    """Not begun."""
    STARTED = "started"
    SUBMITTED = "submitted"
    LAPSED = "lapsed"
    """Not begun in time; its reviewer can still do it, until somebody else has."""
    REPLACED = "replaced"
    """Lapsed, and somebody else did it."""
    ENDED = "ended"
    """Taken away for good; what was written does not count."""


WAITED_FOR = frozenset({TaskState.ASSIGNED, TaskState.STARTED})
PROMISED = WAITED_FOR | {TaskState.SUBMITTED}
"""What counts as a review that a work has or will have."""


@dataclass(frozen=True)
class Task:
    """That `reviewer` is to review `work`; there is one for each two. `start_by`: until when it must be begun."""

    reviewer: str
    work: str
    state: TaskState
    start_by: datetime | None = None
    origin: Origin = "allocated"


@dataclass(frozen=True)
class WorkToReview:
    """A work, how many reviews it is to get, and since when it has lacked one (None: it does not, as far as known)."""

    key: str
    authors: frozenset[str]
    wanted: int
    short_since: datetime | None = None


@dataclass(frozen=True)
class Situation:
    """A round as it is now.

    Args:
        works: what is to be reviewed.
        tasks: all that ever were, but those that were only not needed: who had one of those can be asked again.
        members: who may review: authors who are learners and still there.
        staff: mentors and instructors, in the order in which they are named.
        conflicts: who may not review whose work.
    """

    works: Sequence[WorkToReview]
    tasks: Sequence[Task]
    members: Collection[str]
    staff: Sequence[str] = ()
    conflicts: Conflicts = frozenset()


class Why(StrEnum):
    """Why somebody is given a task."""

    VOLUNTEERED = "volunteered"
    LEAST_LOAD = "least-load"
    NOBODY_CAN = "nobody-can"
    """No member may review it who has time."""
    NO_REVIEW_AT_CLOSE = "no-review-at-close"


@dataclass(frozen=True)
class Lapse:
    """That a task lapses."""

    task: Task


@dataclass(frozen=True)
class Offer:
    """That a work lacks a review since `since`, which volunteers can take; None: it lacks none any more."""

    work: str
    since: datetime | None


@dataclass(frozen=True)
class Give:
    """That a task is given."""

    task: Task
    why: Why


Decision = Lapse | Offer | Give


class Book:
    """What a situation comes to for works and members, kept up while tasks are given."""

    def __init__(self, situation: Situation) -> None:
        self.works = {work.key: work for work in situation.works}
        self.promised = dict.fromkeys(self.works, 0)
        self.submitted = dict.fromkeys(self.works, 0)
        self.with_staff: set[str] = set()
        self.to_do: dict[str, int] = dict.fromkeys((*situation.members, *situation.staff), 0)
        self.done, self.lapsed = dict(self.to_do), dict(self.to_do)
        self._had: set[tuple[str, str]] = set()
        self._reviewed_by: dict[str, set[str]] = {}
        self._adverse: dict[str, set[str]] = {}
        for one, other in map(tuple, situation.conflicts):
            self._adverse.setdefault(one, set()).add(other)
            self._adverse.setdefault(other, set()).add(one)
        for task in situation.tasks:
            self.add(task)

    def add(self, task: Task) -> None:
        """Enter a task."""
        reviewer, waited_for = task.reviewer, task.state in WAITED_FOR
        self._had.add((reviewer, task.work))
        if task.state in PROMISED:
            self.promised[task.work] += 1
            self.submitted[task.work] += not waited_for
            for author in self.works[task.work].authors:
                self._reviewed_by.setdefault(author, set()).add(reviewer)
        if waited_for and task.origin == "staff":
            self.with_staff.add(task.work)
        if reviewer in self.to_do:
            self.to_do[reviewer] += waited_for
            self.done[reviewer] += task.state is TaskState.SUBMITTED
            self.lapsed[reviewer] += task.state in (TaskState.LAPSED, TaskState.REPLACED)

    def missing(self, work: WorkToReview) -> int:
        """Return how many reviews of a work nobody has promised."""
        return work.wanted - self.promised[work.key]

    def is_absent(self, member: str) -> bool:
        """Whether nothing was seen of a member, though it was time."""
        return self.lapsed[member] > 0 and self.done[member] == 0

    def may(self, member: str, work: WorkToReview) -> bool:
        """Whether a member may review a work: no author, without a conflict, and not given it before."""
        adverse = self._adverse.get(member, set())
        return member not in work.authors and (member, work.key) not in self._had and not (adverse & work.authors)

    def is_mutual(self, member: str, work: WorkToReview) -> bool:
        """Whether an author of a work reviews one of the member's."""
        return bool(self._reviewed_by.get(member, set()) & work.authors)


def apply(situation: Situation, decisions: Sequence[Decision]) -> Situation:
    """Return the situation once the decisions are carried out."""
    changed: dict[tuple[str, str], Task] = {}
    since: dict[str, datetime | None] = {}
    for one in decisions:
        match one:
            case Offer():
                since[one.work] = one.since
            case Lapse(task):
                changed[task.reviewer, task.work] = Task(
                    task.reviewer, task.work, TaskState.LAPSED, task.start_by, task.origin
                )
            case Give(task):
                changed[task.reviewer, task.work] = task
    works = [_offered(work, since) for work in situation.works]
    tasks = [changed.pop((task.reviewer, task.work), task) for task in situation.tasks]
    return Situation(works, [*tasks, *changed.values()], situation.members, situation.staff, situation.conflicts)


def _offered(work: WorkToReview, since: Mapping[str, datetime | None]) -> WorkToReview:
    when = since.get(work.key, work.short_since)
    return work if when == work.short_since else WorkToReview(work.key, work.authors, work.wanted, when)
