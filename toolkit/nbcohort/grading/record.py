"""Record what came of a submission in nbgrader's gradebook: one transaction for each, with nbgrader's own code.

nbgrader's methods commit after each step. Here they work in a session in which a commit is a flush, and what they look
for one by one is loaded at once; the transaction ends when all of a submission is in it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Engine, case, create_engine, event, func, inspect, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, load_only

from nbcohort.errors import NbcohortError, NotFound
from nbcohort.grading.master import Master
from nbcohort.grading.scores import SaveScores
from nbcohort.i18n import _

_PAUSES = (0.1, 0.3, 1.0, 3.0, 6.0, 10.0, 20.0, 20.0)
"""Seconds between attempts to reach a database that does not answer: one that restarts is back by then."""
_WAIT_SECONDS = 60
"""How long others may write to an SQLite file before we give up."""


class GradebookAway(NbcohortError):
    """The gradebook's database cannot be reached, or does not let us write."""

    status = 503
    slug = "gradebook-away"


@dataclass(frozen=True)
class Standing:
    """What the gradebook says of a submission."""

    score: float
    needs_manual_grade: bool


class Book:
    """A gradebook, with one connection for a whole run; for one thread."""

    def __init__(self, url: str, course: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._engine = _engine(url)
        self._course = course
        self._sleep = sleep

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._engine.dispose()

    def has_tables(self) -> bool:
        """Return whether nbgrader has ever been here."""
        return bool(self.read(lambda session: inspect(session.connection()).has_table("assignment")))

    def read(self, function: Callable[[Session], Any]) -> Any:
        """Return what `function` makes of a session, in a transaction of its own."""
        return self._patiently(lambda session: function(session))

    def write(self, function: Callable[["OneTransaction"], Any]) -> Any:
        """Return what `function` makes of a gradebook whose changes are committed when it is done.

        When the connection is lost, it is called again with a new one. Raises `GradebookAway` when that does not help.
        """

        def once(session: Session) -> Any:
            result = function(OneTransaction(session, self._course))
            Session.commit(session)
            return result

        return self._patiently(once)

    def _patiently(self, function: Callable[[Session], Any]) -> Any:
        for pause in (*_PAUSES, None):
            try:
                with _Held(self._engine, autoflush=False) as session:
                    return function(session)
            except (DBAPIError, InvalidEntry) as error:
                if pause is None or not _is_passing(error, self._engine):
                    raise GradebookAway(_("The gradebook cannot be used: {why}").format(why=_why(error))) from error
                self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def standings(self, assignment: str) -> dict[str, Standing]:
        """Return what the gradebook says of all submissions of an assignment, by account."""
        statement = (
            select(
                SubmittedAssignment.student_id,
                func.coalesce(func.sum(Grade.score), 0.0),
                func.coalesce(func.sum(case((Grade.needs_manual_grade, 1), else_=0)), 0),
            )
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .where(Assignment.name == assignment)
            .group_by(SubmittedAssignment.student_id)
        )
        rows = self.read(lambda session: session.execute(statement).all())
        return {account: Standing(float(score), bool(open_grades)) for account, score, open_grades in rows}


def _engine(url: str) -> Engine:
    """Return an engine; on SQLite a transaction gets its turn before it reads, so that it need not give up later."""
    sqlite = url.startswith("sqlite")
    engine = create_engine(url, pool_pre_ping=True, connect_args={"timeout": _WAIT_SECONDS} if sqlite else {})
    if sqlite:

        @event.listens_for(engine, "connect")
        def leave_transactions_to_us(connection: Any, _record: object) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _is_passing(error: Exception, engine: Engine) -> bool:
    """Return whether a new attempt may succeed: the server went away, or someone else has just written the same.

    A file that others hold for longer than we wait, or that cannot be written, is not a matter of attempts.
    """
    if isinstance(error, InvalidEntry):
        return True
    return isinstance(error, OperationalError | InterfaceError) and engine.dialect.name != "sqlite"


def _why(error: Exception) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    lines = str(origin).strip().splitlines()
    return lines[0] if lines else type(origin).__name__


_GRADE = (
    Grade.cell_id,
    Grade.notebook_id,
    Grade.auto_score,
    Grade.manual_score,
    Grade.extra_credit,
    Grade.needs_manual_grade,
)
_COMMENT = (Comment.cell_id, Comment.notebook_id, Comment.auto_comment)


class _Held(Session):
    """A session whose commits only flush."""

    def commit(self) -> None:
        """Send what there is to the database, and go on with the transaction."""
        self.flush()


class OneTransaction(Gradebook):
    """nbgrader's gradebook within one transaction."""

    def __init__(self, session: Session, course: str) -> None:
        # Not Gradebook's own, which makes an engine, the tables and the course.
        self.db = session
        self.course_id = course
        self.authenticator = None
        self._grades: dict[tuple[str, str], Grade] = {}
        self._comments: dict[tuple[str, str], Comment] = {}

    def load(self, submission: SubmittedAssignment, master: Master) -> None:
        """Load all grades and comments of a submission, for `find_grade` and `find_comment`."""
        self.db.flush()
        keys = {cell.graded: cell for notebook in master.notebooks.values() for cell in notebook.cells}
        keys |= {cell.commented: cell for notebook in master.notebooks.values() for cell in notebook.cells}
        names = {one.id: one.notebook.name for one in submission.notebooks}
        for table, columns, found in ((Grade, _GRADE, self._grades), (Comment, _COMMENT, self._comments)):
            statement = select(table).where(table.notebook_id.in_(names), table.cell_id.in_([*filter(None, keys)]))
            for row in self.db.scalars(statement.options(load_only(*columns)).with_for_update(of=table)):
                found[names[row.notebook_id], keys[row.cell_id].name] = row

    def grades_of(self, notebook: str) -> list[Grade]:
        """Return the grades of one notebook of the submission that is loaded."""
        return [grade for (name, _cell), grade in self._grades.items() if name == notebook]

    @property
    def standing(self) -> Standing:
        """Return score and state of the submission that is loaded."""
        grades = self._grades.values()
        return Standing(sum(map(_score, grades)), any(grade.needs_manual_grade for grade in grades))

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """Return a grade of the submission that is loaded."""
        return _found(self._grades, notebook, grade_cell, assignment, student)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """Return a comment of the submission that is loaded."""
        return _found(self._comments, notebook, solution_cell, assignment, student)


class Recorder:
    """Records submissions of one assignment."""

    def __init__(self, master: Master, converter: Autograde) -> None:
        """Args: `converter`: nbgrader's, configured as the course wants it."""
        self._master = master
        self._create_student = bool(converter.create_student)
        self._scores = SaveScores(parent=converter)
        self._penalties = _Penalties(parent=converter)

    def record(
        self, work: OneTransaction, account: str, notebooks: Mapping[str, NotebookNode], timestamp: datetime | None
    ) -> Standing:
        """Put the scores and comments of a submission's graded `notebooks` into the gradebook.

        Those that the submission does not have get no points. Raises `NotFound` if the account has to be there, and is
        not.
        """
        assignment = self._master.assignment
        if self._create_student:
            work.update_or_create_student(account)
        else:
            self._require(work, account)
        known = {} if timestamp is None else {"timestamp": timestamp}
        submission = work.update_or_create_submission(assignment, account, **known)
        work.load(submission, self._master)
        for notebook in submission.notebooks:
            if notebook.name in notebooks:
                self._save(work, account, notebook.name, notebooks[notebook.name])
                self._penalties.assign(work, submission, notebook)
            elif notebook.name in self._master.notebooks:
                for grade in work.grades_of(notebook.name):
                    grade.auto_score, grade.needs_manual_grade = 0, False
        work.db.flush()
        return work.standing

    def _require(self, work: OneTransaction, account: str) -> None:
        try:
            work.find_student(account)
        except MissingEntry:
            raise NotFound(
                _("{account} is not in the gradebook, and the course says not to add anyone.").format(account=account)
            ) from None

    def _save(self, work: OneTransaction, account: str, name: str, notebook: NotebookNode) -> None:
        step = self._scores
        step.gradebook, step.student_id = work, account
        step.assignment_id, step.notebook_id = self._master.assignment, name
        for index, cell in enumerate(notebook.cells):
            step.preprocess_cell(cell, {}, index)


class _Penalties(AssignLatePenalties):
    """nbgrader's step, in a transaction of ours."""

    def assign(self, work: OneTransaction, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        """Work out what being late costs in one notebook, as nbgrader's `preprocess` does."""
        self.student_id, self.assignment_id, self.notebook_id = submission.student_id, submission.name, notebook.name
        notebook.late_submission_penalty = None
        if submission.assignment.duedate is None or submission.total_seconds_late <= 0:
            return
        self.init_plugin()
        work.db.flush()  # the score is the database's sum
        penalty = self.plugin_inst.late_submission_penalty(
            self.student_id, notebook.score, submission.total_seconds_late
        )
        if penalty is not None:
            notebook.late_submission_penalty = self._check_late_penalty(notebook, penalty)


def _found(rows: Mapping[tuple[str, str], Any], notebook: str, cell: str, assignment: str, student: str) -> Any:
    if (notebook, cell) not in rows:
        raise MissingEntry(f"No such grade or comment: {assignment}/{notebook}/{cell} for {student}")
    return rows[notebook, cell]


def _score(grade: Grade) -> float:
    """Return a grade's score, as the gradebook would work it out: by hand before automatic, and extra credit."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return 0.0 if given is None else float(given) + float(grade.extra_credit or 0.0)
