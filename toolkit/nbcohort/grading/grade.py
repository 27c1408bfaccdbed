"""Grade the submissions of an assignment, each on its own, as many at once as there is room for.

Each is prepared and run in a thread (`workshop`), and recorded here, in one transaction (`record`). What is already
graded is skipped unless it was handed in again later; manual grades stay (nbgrader's rules). One submission's failure
is that submission's: it gets a sentence, and the others are graded. What a killed run has finished is not run again.

A course that has changed nbgrader's steps is graded by nbgrader's own converter, one submission after the other.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nbgrader.converters import Autograde

from nbcohort.errors import Conflict, NbcohortError, NotFound
from nbcohort.grading import converter as by_nbgrader
from nbcohort.grading.complaints import explain, refuse_links
from nbcohort.grading.course_room import CourseRoom
from nbcohort.grading.master import Master
from nbcohort.grading.place import share
from nbcohort.grading.pool import Perform, cluster, in_threads, workers_here
from nbcohort.grading.record import Book, GradebookAway, Recorder
from nbcohort.grading.sheet import Standing
from nbcohort.grading.steps import sentence_on, what_is_unusual
from nbcohort.grading.submission import Ready, Submission, find_submission, read_graded
from nbcohort.grading.workshop import Workshop
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
    repairs: tuple[dict[str, Any], ...] = ()
    """What was repaired before it was graded: notebook, kind, cells and a sentence."""
    flags: tuple[dict[str, Any], ...] = ()
    """What is odd, for a person to look at: notebook, cell, kind, a sentence, and evidence."""


@dataclass(frozen=True)
class Options:
    """How to grade."""

    force: bool = False
    """Also what is graded already."""
    workers: int | None = None
    """How many at once; None for as many as the machine, or the cluster, has room for."""
    executor: str | None = None
    """A Dask cluster, as dask://host:port."""
    feedback: bool = True
    tell: Callable[[str], None] = field(default=lambda _sentence: None)
    """Hears sentences about the whole run."""


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
    options: Options | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Result, None, None]:
    """Grade each submission and write its feedback; yield what became of each as soon as it is known.

    Raises `NotFound` if the assignment is not there, `Conflict` if someone grades it at this moment, and
    `GradebookAway`; what was run until then is taken up by the next run, and so it is when this generator is closed.
    """
    options = options or Options()
    settings = Autograde(coursedir=room.courses, parent=room.api)
    with _alone(room, assignment), room.book() as book:
        master = room.master(book, assignment)
        unusual = what_is_unusual(settings)
        if unusual:
            options.tell(sentence_on(unusual))
            yield from _one_by_one(room, book, master, submissions, options, clock)
        else:
            run = _Run(room, book, master, settings, options, clock)
            yield from run.grade(submissions)


@contextmanager
def _alone(room: CourseRoom, assignment: str) -> Iterator[None]:
    """Keep others from grading the same assignment meanwhile."""
    number = os.open(room.source(assignment), os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(number, assignment)
        yield
    finally:
        os.close(number)


def _lock(number: int, assignment: str) -> None:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict(_("Someone is grading {name} at this moment.").format(name=assignment)) from error
    except OSError:  # some network file systems cannot lock: then nobody is kept from it
        return


class _Run:
    """One run over the submissions of an assignment."""

    def __init__(
        self,
        room: CourseRoom,
        book: Book,
        master: Master,
        converter: Autograde,
        options: Options,
        clock: Callable[[], float],
    ) -> None:
        self._book, self._master, self._options, self._clock = book, master, options, clock
        self._courses = room.courses
        self._stop = threading.Event()
        self._workshop = Workshop(converter, master, self._stop, anew=options.force, clock=clock)
        self._recorder = Recorder(master, converter)
        self._feedback = _Feedback(room, master, options)
        self._told = set[str]()

    def grade(self, submissions: dict[str, Path]) -> Iterator[Result]:
        to_run: list[Submission] = []
        already: list[Submission] = []
        for account, folder in submissions.items():
            try:
                submission = find_submission(self._courses, self._master.assignment, account, folder)
            except NbcohortError as error:
                yield Result(account, "failed", str(error), None, None, False, 0.0)
                continue
            if self._options.force:
                submission.place.ask_again()
            state = _state(self._courses, submission)
            if state == "ready":
                yield self._record(Ready(submission, read_graded(submission.place.ready)))
            else:
                (to_run if state == "to run" else already).append(submission)
        yield from self._all(to_run)
        yield from self._already(already)
        if self._courses.groupshared and to_run:
            share(Path(self._courses.format_path(self._courses.autograded_directory, ".", ".")))

    def _already(self, submissions: list[Submission]) -> Iterator[Result]:
        if not submissions:
            return
        standings = self._book.standings(self._master.assignment)
        for submission in submissions:
            started = self._clock()
            reason = self._feedback.write(submission.account, submission.folder)
            standing = standings.get(submission.account)
            yield self._result(submission, "already graded", reason, standing, self._clock() - started)

    def _all(self, submissions: list[Submission]) -> Iterator[Result]:
        if not submissions:
            return
        with ExitStack() as stack:
            stack.callback(self._stop.set)
            perform: Perform | None = None
            room_for = workers_here(self._workshop.settings.limits)
            if self._options.executor:
                perform, room_for = stack.enter_context(cluster(self._options.executor))
            workers = min(self._options.workers or room_for, len(submissions))
            run = self._workshop.run
            for outcome in in_threads(lambda one: run(one, perform), submissions, workers, self._stop):
                if isinstance(outcome, Ready):
                    self._tell(outcome.remarks)
                    yield self._record(outcome)
                else:
                    yield self._result(outcome.submission, "failed", outcome.reason, None, outcome.seconds)

    def _tell(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            if sentence not in self._told:
                self._told.add(sentence)
                self._options.tell(sentence)

    def _record(self, ready: Ready) -> Result:
        """Put a submission that is ready into the gradebook, and then into its place."""
        submission, started = ready.submission, self._clock()
        try:
            standing: Standing = self._book.write(
                lambda session: self._recorder.record(
                    session, submission.account, ready.notebooks, submission.timestamp
                )
            )
        except GradebookAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this submission's and not the class's
            submission.place.discard()
            why = explain(error, submission.folder, self._master.notebooks)
            return self._result(submission, "failed", why, None, ready.seconds)
        submission.place.publish()
        reason = self._feedback.write(submission.account, submission.folder)
        seconds = ready.seconds + self._clock() - started
        return self._result(submission, "graded", reason, standing, seconds, ready)

    def _result(
        self,
        submission: Submission,
        outcome: Outcome,
        reason: str | None,
        standing: Standing | None,
        seconds: float,
        ready: Ready | None = None,
    ) -> Result:
        repairs, flags = (ready.repairs, ready.flags) if ready else ((), ())
        if reason or standing is None:
            outcome = "failed" if reason else outcome
            return Result(submission.account, outcome, reason, None, None, False, seconds, repairs, flags)
        return Result(
            submission.account,
            outcome,
            None,
            standing.score,
            self._master.max_score,
            standing.needs_manual_grade,
            seconds,
            repairs,
            flags,
        )


def _state(courses: Any, submission: Submission) -> Literal["ready", "to run", "already graded"]:
    """Return what is to be done with a submission, by nbgrader's rule: what came later than what was graded is run."""
    place = submission.place
    place.tidy()

    def is_newer_than(folder: Path) -> bool:
        graded = courses.get_existing_timestamp(str(folder))
        return submission.timestamp is not None and graded is not None and submission.timestamp > graded

    if place.ready.exists():
        return "to run" if is_newer_than(place.ready) else "ready"
    if place.is_asked_again() or not place.folder.exists() or is_newer_than(place.folder):
        return "to run"
    return "already graded"


class _Feedback:
    """Writes feedback, if it is wanted."""

    def __init__(self, room: CourseRoom, master: Master, options: Options) -> None:
        self._writer = by_nbgrader.FeedbackWriter(room) if options.feedback else None
        self._master = master

    def write(self, account: str, folder: Path) -> str | None:
        """Write the feedback on a graded submission; return why it could not be written."""
        failure = self._writer.write(self._master.assignment, account) if self._writer else None
        if failure is None:
            return None
        return _("No feedback: {why}").format(why=explain(failure, folder, self._master.notebooks))


def _one_by_one(
    room: CourseRoom,
    book: Book,
    master: Master,
    submissions: dict[str, Path],
    options: Options,
    clock: Callable[[], float],
) -> Iterator[Result]:
    """Grade with nbgrader's converter."""
    feedback = _Feedback(room, master, options)
    for account, folder in submissions.items():
        started = clock()
        processed = False
        reason = refuse_links(folder)
        if not reason:
            processed, failure = by_nbgrader.autograde(room, master.assignment, account, force=options.force)
            reason = explain(failure, folder, master.notebooks) if failure else None
        reason = reason or feedback.write(account, folder)
        if reason:
            yield Result(account, "failed", reason, None, None, False, clock() - started)
            continue
        standing = book.standings(master.assignment).get(account, Standing(0.0, False))
        outcome: Outcome = "graded" if processed else "already graded"
        score, manual = standing.score, standing.needs_manual_grade
        yield Result(account, outcome, None, score, master.max_score, manual, clock() - started)
