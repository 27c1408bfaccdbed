"""A round at a glance: who waits for whom."""

from dataclasses import dataclass, field

from nbpeer.models import Review, ReviewTask, Round, Work
from nbpeer.scores import counting_review, counting_tasks, wanted_of
from nbpeer.tasks import open_tasks


@dataclass(frozen=True)
class WorkState:
    """How far the reviews of a work are: wanted, in (and counting), and promised by the members it waits for."""

    work: Work
    wanted: int
    came_in: int
    waits_for: tuple[str, ...]


@dataclass
class MemberState:
    """How far a member is with the tasks that stand, and whose reviews of the own work are awaited."""

    member: str
    tasks: int = 0
    drafts: int = 0
    done: int = 0
    late: int = 0
    lapsed: int = 0
    waits_for: list[str] = field(default_factory=list)


def works_at_a_glance(found: Round) -> list[WorkState]:
    """Return the works of a round, those first that lack most."""
    states = [
        WorkState(
            work,
            wanted_of(work),
            len(counting_tasks(work)),
            tuple(task.reviewer for task in open_tasks(work)),
        )
        for work in found.works
    ]
    return sorted(states, key=lambda state: (state.came_in - state.wanted, state.work.pseudonym))


def members_at_a_glance(found: Round) -> list[MemberState]:
    """Return everybody who is an author or a reviewer in a round, by member."""
    states: dict[str, MemberState] = {}

    def of(member: str) -> MemberState:
        return states.setdefault(member, MemberState(member))

    for work in found.works:
        awaited = [task.reviewer for task in open_tasks(work)]
        for author in work.authors:
            of(author.member).waits_for += awaited
        for task in work.tasks:
            _count(of(task.reviewer), task)
    return [states[member] for member in sorted(states)]


def _count(state: MemberState, task: ReviewTask) -> None:
    state.lapsed += task.lapsed_at is not None or task.ended_because == "lapsed"
    if task.ended_at is not None or task.origin == "self":
        return
    state.tasks += 1
    if counting_review(task) is None:
        state.drafts += bool(task.reviews)
        return
    state.done += 1
    state.late += is_late(task)


def first_submitted(task: ReviewTask) -> Review | None:
    """Return the oldest version that was submitted: it says whether a review was on time."""
    return next((review for review in task.reviews if review.submitted), None)


def is_late(task: ReviewTask) -> bool:
    """Whether a review came in after it was due."""
    first = first_submitted(task)
    return first is not None and first.saved_at > task.work.round.due_at
