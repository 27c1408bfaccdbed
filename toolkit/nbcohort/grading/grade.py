"""Grade the submissions of an assignment, one after the other, each on its own.

nbgrader's converters do the work, in the sandbox, into nbgrader's gradebook. What is already graded is skipped unless
it was handed in again later; manual grades stay (nbgrader's rules). One submission's failure is that submission's: it
gets a sentence, and the others are graded.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from traitlets.config import Config

from nbcohort.errors import NotFound
from nbcohort.grading.complaints import explain, refuse_links
from nbcohort.grading.course_room import CourseRoom, about, known_warnings
from nbcohort.i18n import _

Outcome = Literal["graded", "already graded", "failed"]


@dataclass(frozen=True)
class Result:
    """What became of one submission."""

    account: str
    outcome: Outcome
    reason: str | None
    """Why it failed."""
    score: float | None
    max_score: float | None
    needs_manual_grade: bool
    """Whether a person has to look at it still."""
    seconds: float


class _Recording:
    """Mixed into a converter: remembers why it failed and whether it had anything to do; nbgrader only logs it."""

    failure: Exception | None = None
    processed = False

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        self.processed = super().init_destination(assignment_id, student_id)  # type: ignore[misc]
        return bool(self.processed)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        self._remember(super().init_assignment, assignment_id, student_id)  # type: ignore[misc]

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self._remember(super().convert_single_notebook, notebook_filename)  # type: ignore[misc]

    def _remember(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as error:
            self.failure = error
            raise

    def attempt(self) -> Exception | None:
        """Do it; return why it failed, None if it did not."""
        try:
            self.start()  # type: ignore[attr-defined]
        except NbGraderException as error:
            return self.failure or error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this submission's and not the class's
            return error
        return None


class _Autograde(_Recording, Autograde):
    pass


class _GenerateFeedback(_Recording, GenerateFeedback):
    pass


def choose(submitted: dict[str, Path], only: Iterable[str]) -> dict[str, Path]:
    """Return the submissions of the accounts in `only`, of all if it is empty; an unknown account gets a sentence."""
    wanted = list(only)
    for account in wanted:
        if account not in submitted:
            raise NotFound(_("{account} has not handed in.").format(account=account))
    return {account: folder for account, folder in submitted.items() if not wanted or account in wanted}


def grade(
    room: CourseRoom,
    assignment: str,
    submissions: dict[str, Path],
    *,
    force: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Result]:
    """Grade each submission and write its feedback; yield what became of each as soon as it is known."""
    notebooks = room.require_generated(assignment)
    for account, folder in submissions.items():
        started = clock()
        outcome: Outcome
        outcome, reason = _grade_one(room, assignment, account, folder, notebooks, force=force)
        score, max_score, manual = (None, None, False) if reason else _score(room, assignment, account)
        yield Result(account, outcome, reason, score, max_score, manual, clock() - started)


def _grade_one(
    room: CourseRoom, assignment: str, account: str, folder: Path, notebooks: tuple[str, ...], *, force: bool
) -> tuple[Outcome, str | None]:
    complaint = refuse_links(folder)
    if complaint:
        return "failed", complaint
    with about(room.courses, assignment, account), known_warnings():
        autograde = _Autograde(coursedir=room.courses, parent=room.api)
        autograde.force = force
        failure = autograde.attempt()
        if failure:
            return "failed", explain(failure, folder, notebooks)
        feedback = _GenerateFeedback(coursedir=room.courses, parent=room.api)
        feedback.update_config(Config({"HTMLExporter": {"template_name": "feedback"}}))
        feedback.force = True  # grades given by hand since then belong into it
        failure = feedback.attempt()
        if failure:
            return "failed", _("No feedback: {why}").format(why=explain(failure, folder, notebooks))
    return ("graded" if autograde.processed else "already graded"), None


def _score(room: CourseRoom, assignment: str, account: str) -> tuple[float | None, float | None, bool]:
    with room.gradebook() as gradebook:
        try:
            submission = gradebook.find_submission(assignment, account)
        except MissingEntry:
            return None, None, False
        return float(submission.score), float(submission.max_score), bool(submission.needs_manual_grade)
