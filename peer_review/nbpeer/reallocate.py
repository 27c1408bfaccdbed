"""Nobody gets stuck: what becomes of review tasks that are not begun in time, given back, or missing.

A task is a lease: one that is not begun by its `start_by`, or is given back, is its reviewer's no more. Its work then
has fewer reviews than it should, as has one that came late, and each missing review goes to the first of

1. whoever volunteers: `next_task` says what to offer, the work with the fewest reviews first;
2. the member with the least load who has time, once the work has waited as long as `Policy.volunteers_for`;
3. staff: a task with a name, for what no member can take, and for every work that has no review at the close.

All of it is a function of the round as it is (`State`) to what is to be done (`Decision`), so that the service can ask
every minute, and again after a crash: once the decisions are carried out, the same state asks for nothing more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush

from nbpeer.allocate import Conflicts


class TaskState(StrEnum):
    """How far a task is; its reviewer, its work and when it must be begun never change."""

    ASSIGNED = "assigned"
    """Not begun."""
    STARTED = "started"
    SUBMITTED = "submitted"
    GIVEN_BACK = "given-back"
    """By its reviewer, or because they left."""
    LAPSED = "lapsed"
    """Not begun in time."""


PROMISED = frozenset({TaskState.ASSIGNED, TaskState.STARTED, TaskState.SUBMITTED})
"""What counts as a review that a work has or will have."""


@dataclass(frozen=True)
class Task:
    """That `reviewer` is to review `work`; None is staff. Whoever had a task once does not get it again."""

    reviewer: str | None
    work: str
    state: TaskState
    start_by: datetime
    """When it must have been begun."""
    gave_up_at: datetime | None = None
    """When it lapsed or was given back."""

    @property
    def ended_at(self) -> datetime:
        """When a task ended without a review: at the latest when it had to be begun, if nobody wrote it down."""
        return self.gave_up_at or self.start_by


@dataclass(frozen=True)
class WorkToReview:
    """A work, when it came in (or the round opened, if that is later), and how many reviews it should get."""

    key: str
    submitters: frozenset[str]
    since: datetime
    wanted: int


@dataclass(frozen=True)
class Policy:
    """How long what waits."""

    lease: timedelta = timedelta(days=2)
    """From when a task is given to when it must have been begun."""
    volunteers_for: timedelta = timedelta(hours=12)
    """How long a missing review is left to volunteers before a member is given it."""
    most_extra: int = 2
    """How many tasks a member is given without asking, beyond what they had at first."""


@dataclass(frozen=True)
class State:
    """A round as it is now: its works, all tasks that there ever were, and its members."""

    works: Sequence[WorkToReview]
    tasks: Sequence[Task]
    members: frozenset[str]
    """Who may review: submitters who are still there."""
    closes: datetime
    share: Mapping[str, int]
    """How many tasks each member was given when the round opened."""
    conflicts: Conflicts = frozenset()
    unwilling: frozenset[str] = frozenset()
    """Members to whom nothing is given unless they ask. Whoever gave a task back or let it lapse is one unnamed."""


class Why(StrEnum):
    """Why something is decided."""

    NOT_STARTED = "not-started"
    VOLUNTEERED = "volunteered"
    LEAST_LOAD = "least-load"
    NOBODY_CAN = "nobody-can"
    """No member may review it who has time."""
    NO_REVIEW_AT_CLOSE = "no-review-at-close"


@dataclass(frozen=True)
class Decision:
    """That a task lapses, or that a new one is given: the task as it is then, whose state says which."""

    task: Task
    why: Why


def lapsed(state: State, now: datetime) -> list[Decision]:
    """Return the tasks that were not begun in time, or whose reviewer has left, sorted by work and reviewer."""

    def is_late(task: Task) -> bool:
        left = task.reviewer not in state.members and task.state in (TaskState.ASSIGNED, TaskState.STARTED)
        return left or (task.state is TaskState.ASSIGNED and task.start_by < now)

    late = [task for task in state.tasks if task.reviewer is not None and is_late(task)]
    late.sort(key=lambda task: (task.work, task.reviewer or ""))
    return [Decision(replace(task, state=TaskState.LAPSED, gave_up_at=now), Why.NOT_STARTED) for task in late]


def next_task(state: State, volunteer: str, policy: Policy, now: datetime) -> Decision | None:
    """Return the task that a volunteer pulls, or None where there is nothing that they may review.

    First the work with the fewest reviews promised, then the one that has waited longest; never one of their own, one
    with a conflict, one that they had, or one that has all its reviews.
    """
    if volunteer not in state.members or now > state.closes:
        return None
    book = _Book(state)
    work = next((work for work in book.neediest_first() if book.may(volunteer, work)), None)
    return None if work is None else Decision(_given(volunteer, work, policy, state, now), Why.VOLUNTEERED)


def reassign(state: State, policy: Policy, now: datetime) -> list[Decision]:
    """Return what is to be done now without anybody asking: tasks that lapse, and tasks given to members and to staff.

    After the close, only staff are given tasks: one for each work without a review.
    """
    decisions = lapsed(state, now) if now <= state.closes else []
    state = apply(state, decisions)
    if now > state.closes:
        return [*decisions, *_at_close(state, policy, now)]
    return [*decisions, *_give_all(_Book(state), policy, now)]


def apply(state: State, decisions: Iterable[Decision]) -> State:
    """Return the state once the decisions are carried out."""
    new = {(one.task.reviewer, one.task.work): one.task for one in decisions}
    kept = [new.pop((task.reviewer, task.work), task) for task in state.tasks]
    return replace(state, tasks=(*kept, *new.values()))


class _Book:
    """What is known of works and members, kept up while tasks are given."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.promised = dict.fromkeys((work.key for work in state.works), 0)
        self.submitted = dict.fromkeys(self.promised, 0)
        self.load = dict.fromkeys(state.members, 0)
        self.had: set[tuple[str | None, str]] = set()
        self.idle: list[tuple[int, str]] = []
        self.last_lapse: dict[str, datetime] = {}
        self.unwilling = set(state.unwilling)
        for task in state.tasks:
            self.add(task)

    def add(self, task: Task) -> None:
        self.had.add((task.reviewer, task.work))
        if task.state in PROMISED:
            self.promised[task.work] += 1
            self.submitted[task.work] += task.state is TaskState.SUBMITTED
            if task.reviewer in self.load:
                self.load[task.reviewer] += 1
        elif task.reviewer is not None:
            self.unwilling.add(task.reviewer)
            self.last_lapse[task.work] = max(self.last_lapse.get(task.work, task.ended_at), task.ended_at)

    def short_since(self, work: WorkToReview) -> datetime:
        """Return since when a work has lacked a review: since a task ended without one, or since it came in."""
        return self.last_lapse.get(work.key, work.since)

    def queue(self, members: Iterable[str], policy: Policy) -> None:
        """Put those of `members` who have time where `least_loaded` looks."""
        for one in members:
            if self.has_time(one, policy):
                heappush(self.idle, (self.load[one], one))

    def least_loaded(self, work: WorkToReview) -> str | None:
        """Take the member with the least load who may review a work out of the queue, and return them."""
        passed: list[tuple[int, str]] = []
        found = None
        while self.idle and found is None:
            first = heappop(self.idle)
            if self.may(first[1], work):
                found = first[1]
            else:
                passed.append(first)
        for one in passed:
            heappush(self.idle, one)
        return found

    def has_time(self, member: str, policy: Policy) -> bool:
        """Say whether a member may be given one more without asking."""
        return member not in self.unwilling and self.load[member] < self.state.share.get(member, 0) + policy.most_extra

    def neediest_first(self) -> list[WorkToReview]:
        """Return the works that have fewer reviews promised than wanted."""
        short = [work for work in self.state.works if self.promised[work.key] < work.wanted]
        return sorted(short, key=lambda work: (self.promised[work.key], work.since, work.key))

    def may(self, member: str, work: WorkToReview) -> bool:
        if member in work.submitters or (member, work.key) in self.had:
            return False
        return not any(frozenset((member, one)) in self.state.conflicts for one in work.submitters)


def _give_all(book: _Book, policy: Policy, now: datetime) -> Iterator[Decision]:
    """Yield what is given to whom, one review for each work in turn, while there is anything to give."""
    book.queue(book.load, policy)
    works = book.neediest_first()
    while works:
        given = [one for work in works if (one := _give(book, work, policy, now)) is not None]
        yield from given
        again = {one.task.work for one in given}
        works = [work for work in book.neediest_first() if work.key in again]


def _give(book: _Book, work: WorkToReview, policy: Policy, now: datetime) -> Decision | None:
    """Return to whom a missing review goes now: nobody yet, the member with the least load, or staff."""
    if now - book.short_since(work) < policy.volunteers_for and now + policy.volunteers_for < book.state.closes:
        return None
    member = book.least_loaded(work)
    if member is None and (book.promised[work.key] or (None, work.key) in book.had):
        return None
    given = _given(member, work, policy, book.state, now)
    book.add(given)
    book.queue([] if member is None else [member], policy)
    return Decision(given, Why.NOBODY_CAN if member is None else Why.LEAST_LOAD)


def _at_close(state: State, policy: Policy, now: datetime) -> list[Decision]:
    book = _Book(state)
    return [
        Decision(_given(None, work, policy, state, now), Why.NO_REVIEW_AT_CLOSE)
        for work in sorted(state.works, key=lambda work: work.key)
        if not book.submitted[work.key] and (None, work.key) not in book.had
    ]


def _given(reviewer: str | None, work: WorkToReview, policy: Policy, state: State, now: datetime) -> Task:
    """Return a new task, to be begun within the lease, or by the close where that is earlier."""
    start_by = now + policy.lease
    return Task(reviewer, work.key, TaskState.ASSIGNED, start_by if now > state.closes else min(start_by, state.closes))
