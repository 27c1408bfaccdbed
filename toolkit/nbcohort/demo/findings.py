"""What there is to report, as plain data, gathered from the running service through its public interface."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from nbcohort.demo import story
from nbcohort.demo.answers import Comparison, compare, read_expected
from nbcohort.demo.rules import Swapped, violations
from nbcohort.demo.story import FIRST, IRIS, LEARNERS
from nbcohort.demo.world import World, gradebook
from nbcohort.submissions.receipts import BadReceipt, verify


@dataclass(frozen=True)
class Attempt:
    """Something that was handed in. `receipt`: its id if it is genuine, or None."""

    number: int
    accounts: tuple[str, ...]
    at: datetime
    late_seconds: float
    files: int
    receipt: str | None


@dataclass(frozen=True)
class Grade:
    """What the gradebook has for somebody, beside what was written down beforehand."""

    comparison: Comparison
    score: float | None
    best: float | None
    late_penalty: float
    to_grade: int


@dataclass(frozen=True)
class ReviewGiven:
    """A review task: whose, and what they said, if they did.

    Args:
        reviewer: account.
        state: as the service has it, such as `submitted` or `missed`.
        overall: the comment on the whole.
        levels: (criterion, level that was chosen).
        weakest: the comment on the criterion that came off worst.
    """

    reviewer: str
    state: str
    overall: str
    levels: tuple[tuple[str, str], ...]
    weakest: str


@dataclass(frozen=True)
class WorkReviewed:
    """A work in a round, and what came of it."""

    pseudonym: str
    authors: tuple[str, ...]
    percent: float | None
    spread: float | None
    note: str | None
    reviews: tuple[ReviewGiven, ...]


@dataclass(frozen=True)
class RoundHeld:
    """A round of peer review; `broken` are the rules that its tasks break."""

    phase: str
    k: int
    works: tuple[WorkReviewed, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True)
class ToDo:
    """What is left to do for somebody."""

    account: str
    what: str
    due_at: datetime | None


@dataclass(frozen=True)
class Findings:
    """All of the report."""

    now: datetime
    names: Mapping[str, str]
    extensions: tuple[tuple[str, datetime, str], ...]
    """(account, new due time, reason)."""
    attempts: tuple[Attempt, ...]
    grades: tuple[Grade, ...]
    round: RoundHeld | None
    absent: tuple[str, ...]
    """Learners who handed nothing in."""
    undone: tuple[str, ...]
    """Learners who left a review task undone."""
    to_do: tuple[ToDo, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every score is the one written down beforehand, every receipt genuine and every rule kept."""
        scores = all(not grade.comparison.differences for grade in self.grades) and bool(self.grades)
        receipts = all(attempt.receipt is not None for attempt in self.attempts) and bool(self.attempts)
        return scores and receipts and self.round is not None and not self.round.broken


def gather(world: World, now: datetime) -> Findings:
    """Ask the service, as the instructor and as each learner, and the course room's gradebook."""
    learners = [one.account for one in LEARNERS]
    attempts = _attempts(world)
    held = _round(world)
    book = gradebook(world, FIRST)
    handed_in = {account for attempt in attempts for account in attempt.accounts}
    tasks = {account: world.review_tasks(account) for account in learners}
    return Findings(
        now=now,
        names={one.account: one.name for one in story.CAN_LOG_IN},
        extensions=tuple(
            (one["account"], _instant(one["due_at"]), one["reason"]) for one in world.items(IRIS.account, "/extensions")
        ),
        attempts=attempts,
        grades=_grades(book),
        round=held,
        absent=tuple(account for account in learners if account not in handed_in),
        undone=tuple(account for account in learners if any(task["state"] == "missed" for task in tasks[account])),
        to_do=tuple(_to_do(world, book)),
    )


def _attempts(world: World) -> tuple[Attempt, ...]:
    keys = world.get_top(IRIS.account, "/receipt-keys")["keys"]

    def receipt(one: Any) -> str | None:
        try:
            found = verify(one["receipt"], keys)
        except BadReceipt:
            return None
        same = (found.submission, found.manifest_sha256) == (one["id"], one["manifest_sha256"])
        return found.manifest_sha256[:10] if same else None

    found = [
        Attempt(
            number=one["attempt"],
            accounts=tuple(sorted(one["submitters"])),
            at=_instant(one["handed_in_at"]),
            late_seconds=one["late_seconds"] if one["late"] else 0.0,
            files=len(one["files"]),
            receipt=receipt(one),
        )
        for one in world.items(IRIS.account, "/submissions", assignment=FIRST)
    ]
    return tuple(sorted(found, key=lambda attempt: attempt.at))


def _grades(book: Mapping[str, Any]) -> tuple[Grade, ...]:
    rows = compare(story.counted(), read_expected(), {account: one["cells"] for account, one in book.items()})
    return tuple(
        Grade(
            comparison=_with_lateness(row, one["late_penalty"] if (one := book.get(row.account)) else 0.0),
            score=one["score"] if one else None,
            best=one["max"] if one else None,
            late_penalty=one["late_penalty"] if one else 0.0,
            to_grade=one["to_grade"] if one else 0,
        )
        for row in sorted(rows, key=lambda row: row.account)
    )


def _with_lateness(row: Comparison, taken: float) -> Comparison:
    """Compare the points taken for lateness, too."""
    wanted = story.TAKEN_FOR_LATENESS.get(row.account, 0.0)
    if row.found is None or abs(taken - wanted) < 1e-9:
        return row
    sentence = f"{taken:g} points taken for lateness instead of {wanted:g}"
    return replace(row, differences=(*row.differences, sentence))


def _round(world: World) -> RoundHeld | None:
    found = world.round(FIRST)
    if found is None or found["id"] is None:
        return None
    whole = world.get(IRIS.account, f"/review/rounds/{found['id']}")
    criteria = {one["id"]: one for one in whole["rubric"]}
    works = tuple(_work(one, criteria) for one in whole["works"])
    pairs = [frozenset(story.PAIR)]
    swapped = Swapped(
        k=whole["k"],
        authors={work.pseudonym: frozenset(work.authors) for work in works},
        tasks=[(review.reviewer, work.pseudonym) for work in works for review in work.reviews],
        pairs=pairs,
    )
    return RoundHeld(whole["phase"], whole["k"], works, tuple(violations(swapped)))


def _work(one: Any, criteria: Mapping[str, Any]) -> WorkReviewed:
    overall = one["score"]["overall"]
    return WorkReviewed(
        pseudonym=one["pseudonym"],
        authors=tuple(sorted(author["account"] for author in one["authors"])),
        percent=overall["percent"] if overall else None,
        spread=overall["spread"] if overall else None,
        note=one["score"]["note"],
        reviews=tuple(_review(task, criteria) for task in one["tasks"]),
    )


def _review(task: Any, criteria: Mapping[str, Any]) -> ReviewGiven:
    scored = {name: one for name, one in criteria.items() if name in task["scores"]}
    worst = min(scored, key=lambda name: task["scores"][name] / max(1, len(scored[name]["levels"]) - 1), default="")
    return ReviewGiven(
        reviewer=task["reviewer"]["account"],
        state=task["state"],
        overall=task["overall"],
        levels=tuple((one["title"], one["levels"][task["scores"][name]]["title"]) for name, one in scored.items()),
        weakest=task["comments"].get(worst, ""),
    )


def _to_do(world: World, book: Mapping[str, Any]) -> list[ToDo]:
    found = [
        ToDo(account, one["title"], _instant(one["due_at"]) if one["due_at"] else None)
        for account in story.BUSY
        for one in world.items(account, "/assignments")
        if one["released"] and not one["submissions"]
    ]
    waiting = sum(1 for one in book.values() if one["to_grade"])
    if waiting:
        found.append(
            ToDo(
                IRIS.account,
                f"formgrader: the written answers of {waiting} learners to {FIRST} wait to be graded",
                None,
            )
        )
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
