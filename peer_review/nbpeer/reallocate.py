"""Nobody gets stuck: what becomes of review tasks that are not begun in time, taken away, or missing. Pure.

A task is a lease: one that is not begun by its `start_by`, or whose reviewer has left, lapses. Its work then has fewer
reviews than it should, as has one that came late, and each missing review goes to the first of

1. whoever volunteers: `next_task` says what to offer, the work that lacks most first;
2. the member with least to do who has time, once volunteers had `Policy.volunteers_for`;
3. staff, by name: a work that no member can take, and every work that has no review at the close.

Who was late can still do it, until somebody else has: many write on the last day, and a review too many does no harm.
Staff are not asked for what has another review, since a score may rest on fewer than planned.

All of it is a function of the round as it is (`Situation`) to what is to be done (`Decision`), so that the service can
ask every minute, and again after a crash: once the decisions are carried out, the same situation asks for nothing more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from nbpeer.situation import (
    WAITED_FOR,
    Book,
    Decision,
    Give,
    Lapse,
    Offer,
    Situation,
    Task,
    TaskState,
    Why,
    WorkToReview,
    apply,
)


@dataclass(frozen=True)
class Policy:
    """How long what waits, and who is asked for how much.

    Args:
        k: tasks that a member has as a rule.
        due_at: until when reviews are due.
        start_within: share of the time left until then in which a task must be begun; 1: it does not lapse.
        volunteers_for: how long a missing review is left to volunteers before a member is asked.
        not_in_the_last: how long before `due_at` nobody is asked any more; what is missing then is staff's.
        most_extra: for how many reviews above k a member is asked; who volunteers may do more.
    """

    k: int
    due_at: datetime
    start_within: float = 0.5
    volunteers_for: timedelta = timedelta(hours=12)
    not_in_the_last: timedelta = timedelta(hours=12)
    most_extra: int = 2

    def start_by(self, now: datetime) -> datetime | None:
        """Return until when a task that is given at `now` has to be begun; None: it does not lapse."""
        if self.start_within >= 1 or now >= self.due_at:
            return None
        return now + self.start_within * (self.due_at - now)

    def is_too_late(self, now: datetime) -> bool:
        """Whether nobody is asked any more."""
        return now > self.due_at - self.not_in_the_last


def next_task(situation: Situation, volunteer: str, policy: Policy, now: datetime) -> Give | None:
    """Return the task that a volunteer takes, or None where there is nothing that they may review.

    First the work that lacks most, rather none that makes a mutual pair, then the one that lacks a review longest. Who
    has fewer than k tasks, as latecomers have, gets one also where nothing is missing: of the work with fewest.
    """
    if volunteer not in situation.members:
        return None
    book = Book(situation)
    has_few = book.to_do[volunteer] + book.done[volunteer] < policy.k
    open_to = [
        work
        for work in situation.works
        if (book.missing(work) > 0 or (has_few and work.wanted > 0)) and book.may(volunteer, work)
    ]
    if not open_to:
        return None
    chosen = min(
        open_to,
        key=lambda work: (
            -book.missing(work),
            book.is_mutual(volunteer, work),
            book.promised[work.key],
            work.short_since or now,
            work.key,
        ),
    )
    return Give(Task(volunteer, chosen.key, TaskState.ASSIGNED, policy.start_by(now), "pulled"), Why.VOLUNTEERED)


def reassign(situation: Situation, policy: Policy, now: datetime) -> list[Decision]:
    """Return what is to be done while reviews are written, without anybody asking."""
    lapses = list(_lapses(situation, now))
    situation = apply(situation, lapses)
    book = Book(situation)
    offers = list(_offers(situation, book, now))
    situation = apply(situation, offers)
    gives = [] if policy.is_too_late(now) else list(_gives(situation, book, policy, now))
    filled = [Offer(work.key, None) for work in situation.works if work.short_since and book.missing(work) <= 0]
    return [*lapses, *offers, *gives, *filled]


def at_close(situation: Situation) -> list[Give]:
    """Return whom of staff what is named for: each work that has no review, unless somebody is named already."""
    book = Book(situation)
    gives: list[Give] = []
    for work in sorted(situation.works, key=lambda work: work.key):
        if not book.submitted[work.key] and work.key not in book.with_staff:
            gives += _to_staff(situation, book, work, Why.NO_REVIEW_AT_CLOSE)
    return gives


def not_needed(tasks: Iterable[Task], wanted: int) -> Task | None:
    """Return whose task of a work is not needed, now that somebody who was late has begun after all; None: nobody's.

    It is one that was given in their place, and that has not been begun.
    """
    tasks = list(tasks)
    promised = sum(task.state in WAITED_FOR or task.state is TaskState.SUBMITTED for task in tasks)
    instead = [task for task in tasks if task.origin == "passed-on" and task.state is TaskState.ASSIGNED]
    return instead[-1] if instead and promised > wanted else None


def replaced(tasks: Iterable[Task], submitted: Task) -> Task | None:
    """Return the lapsed task of a work that need not be done, now that `submitted` has come in; None: there is none."""
    instead = submitted.origin in ("pulled", "passed-on", "added", "staff")
    return next((task for task in tasks if instead and task.state is TaskState.LAPSED), None)


def _lapses(situation: Situation, now: datetime) -> Iterator[Lapse]:
    there = {*situation.members, *situation.staff}
    for task in situation.tasks:
        overdue = task.state is TaskState.ASSIGNED and task.start_by is not None and task.start_by <= now
        if overdue or (task.state in WAITED_FOR and task.reviewer not in there):
            yield Lapse(task)


def _offers(situation: Situation, book: Book, now: datetime) -> Iterator[Offer]:
    for work in situation.works:
        lacks = book.missing(work) > 0
        if lacks != (work.short_since is not None):
            yield Offer(work.key, now if lacks else None)


def _gives(situation: Situation, book: Book, policy: Policy, now: datetime) -> Iterator[Give]:
    """Yield who is asked for what, one review for each work in turn, while there is anybody to ask."""
    queue = _Queue(situation, book, policy)
    long_ago = now - policy.volunteers_for
    waiting = [work for work in situation.works if work.short_since is not None and work.short_since <= long_ago]
    while waiting:
        waiting = [work for work in waiting if book.missing(work) > 0]
        waiting.sort(key=lambda work: (-book.missing(work), work.key))
        again = []
        for work in waiting:
            found = queue.take(work)
            if found is not None:
                given = Task(found, work.key, TaskState.ASSIGNED, policy.start_by(now), "passed-on")
                book.add(given)
                queue.put(found)
                yield Give(given, Why.LEAST_LOAD)
                again.append(work)
            elif not book.promised[work.key]:
                yield from _to_staff(situation, book, work, Why.NOBODY_CAN)
        waiting = again


def _to_staff(situation: Situation, book: Book, work: WorkToReview, why: Why) -> Iterator[Give]:
    """Yield who of staff reviews a work, if there is anybody: who has least to do in the round."""
    able = [one for one in situation.staff if book.may(one, work)]
    if able:
        chosen = min(able, key=lambda one: book.to_do[one] + book.lapsed[one])
        given = Task(chosen, work.key, TaskState.ASSIGNED, None, "staff")
        book.add(given)
        yield Give(given, why)


class _Queue:
    """The members who can be asked, those with least to do first; nobody who let a task lapse and did none."""

    def __init__(self, situation: Situation, book: Book, policy: Policy) -> None:
        self._book, self._most = book, policy.k + policy.most_extra
        self._members = [self._entry(one) for one in situation.members if self._has_time(one)]
        heapify(self._members)

    def put(self, member: str) -> None:
        """Put a member back, if they still have time."""
        if self._has_time(member):
            heappush(self._members, self._entry(member))

    def take(self, work: WorkToReview) -> str | None:
        """Take who is asked to review a work, and return them: of those with least to do rather one not mutual."""
        passed: list[tuple[int, int, str]] = []
        mutual: tuple[int, int, str] | None = None
        found: tuple[int, int, str] | None = None
        while self._members and found is None:
            first = heappop(self._members)
            if mutual is not None and first[0] > mutual[0]:
                passed.append(first)
                break
            if not self._book.may(first[2], work):
                passed.append(first)
            elif not self._book.is_mutual(first[2], work):
                found = first
            elif mutual is None:
                mutual = first
            else:
                passed.append(first)
        if found is not None and mutual is not None:
            passed.append(mutual)
        for one in passed:
            heappush(self._members, one)
        chosen = found or mutual
        return None if chosen is None else chosen[2]

    def _has_time(self, member: str) -> bool:
        book = self._book
        return not book.is_absent(member) and book.to_do[member] + book.done[member] < self._most

    def _entry(self, member: str) -> tuple[int, int, str]:
        return self._book.to_do[member] + self._book.lapsed[member], self._book.done[member], member
