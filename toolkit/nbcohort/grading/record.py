"""Record what came of a submission in nbgrader's gradebook: one transaction for each.

What is recorded is decided by nbgrader's own steps. They look for grades and comments one by one, and commit each; here
they get all of a submission's on a `sheet`, which goes into the gradebook as a whole.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from nbformat import NotebookNode
from nbgrader.api import Assignment, Grade, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Engine, case, create_engine, event, func, insert, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.orm import Session

from nbcohort.errors import NbcohortError, NotFound
from nbcohort.grading.master import Master
from nbcohort.grading.scores import SaveScores
from nbcohort.grading.sheet import Sheet, Standing, score_of
from nbcohort.i18n import _

Result = TypeVar("Result")

_PAUSES = (0.1, 0.3, 1.0, 3.0, 6.0, 10.0, 20.0, 20.0)
"""Seconds between attempts to reach a database that does not answer: one that restarts is back by then."""
_WAIT_SECONDS = 60
"""How long others may write to an SQLite file before we give up."""


class GradebookAway(NbcohortError):
    """The gradebook's database cannot be reached, or does not let us write."""

    status = 503
    slug = "gradebook-away"


class Book:
    """A gradebook, with one connection for a whole run; for one thread."""

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._engine = _engine(url)
        self._sleep = sleep

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._engine.dispose()

    def has_tables(self) -> bool:
        """Return whether nbgrader has ever been here."""
        return bool(self.read(lambda session: inspect(session.connection()).has_table("assignment")))

    def read(self, function: Callable[[Session], Result]) -> Result:
        """Return what `function` makes of a session, in a transaction of its own. Raises `GradebookAway`."""
        try:
            return self._patiently(function)
        except DBAPIError as error:
            raise GradebookAway(_("The gradebook cannot be used: {why}").format(why=_why(error))) from error

    def write(self, function: Callable[[Session], Result]) -> Result:
        """Return what `function` makes of a session, in a transaction that is committed when it is done.

        When the connection is lost, it is called again with a new one. Raises `GradebookAway` when that does not help,
        and other errors of SQLAlchemy if the database does not take what `function` writes.
        """

        def once(session: Session) -> Result:
            result = function(session)
            session.commit()
            return result

        return self._patiently(once)

    def _patiently(self, function: Callable[[Session], Result]) -> Result:
        for pause in _PAUSES:
            try:
                return self._once(function)
            except (GradebookAway, IntegrityError) as error:  # or someone else has just added the same student
                if isinstance(error, GradebookAway) and self._engine.dialect.name == "sqlite":
                    raise  # it has been waited for already, or is no matter of waiting
                self._sleep(pause)
        return self._once(function)

    def _once(self, function: Callable[[Session], Result]) -> Result:
        try:
            with Session(self._engine) as session:
                return function(session)
        except DBAPIError as error:
            if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
                raise GradebookAway(_("The gradebook cannot be used: {why}").format(why=_why(error))) from error
            raise
        except PendingRollbackError as error:  # the connection was lost, and someone did not see why
            raise GradebookAway(_("The gradebook cannot be used: {why}").format(why=error)) from error

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
    engine = create_engine(url, pool_pre_ping=not sqlite, connect_args={"timeout": _WAIT_SECONDS} if sqlite else {})
    if sqlite:

        @event.listens_for(engine, "connect")
        def leave_transactions_to_us(connection: Any, _record: object) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _why(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


class Recorder:
    """Records submissions of one assignment."""

    def __init__(self, master: Master, converter: Autograde) -> None:
        """Args: `converter`: nbgrader's, configured as the course wants it."""
        self._master = master
        self._create_student = bool(converter.create_student)
        self._scores = SaveScores(parent=converter)
        self._penalties = Penalties(parent=converter)

    def record(
        self, session: Session, account: str, notebooks: Mapping[str, NotebookNode], timestamp: datetime | None
    ) -> Standing:
        """Put the scores and comments of a submission's graded `notebooks` into the gradebook.

        Those that the submission does not have get no points. Raises `NotFound` if the account has to be there, and is
        not.
        """
        self._find_or_add(session, account)
        sheet = Sheet.of(session, self._master, account, timestamp)
        for name in self._master.notebooks:
            if name in notebooks:
                self._save(sheet, account, name, notebooks[name])
                sheet.penalties[name] = self._penalties.points(sheet, self._master.assignment, name, account)
            else:
                for grade in sheet.grades_of(name):
                    grade.auto_score, grade.needs_manual_grade = 0, False
        sheet.write(session)
        return sheet.standing

    def _find_or_add(self, session: Session, account: str) -> None:
        if session.scalar(select(Student.id).where(Student.id == account)) is not None:
            return
        if not self._create_student:
            raise NotFound(
                _("{account} is not in the gradebook, and the course says not to add anyone.").format(account=account)
            )
        session.execute(insert(Student.__table__), {"id": account})

    def _save(self, sheet: Sheet, account: str, name: str, notebook: NotebookNode) -> None:
        step = self._scores
        step.gradebook, step.student_id = sheet, account
        step.assignment_id, step.notebook_id = self._master.assignment, name
        for index, cell in enumerate(notebook.cells):
            step.preprocess_cell(cell, {}, index)
        for flag in notebook.metadata.get("nbcohort", {}).get("flags", ()):
            with suppress(MissingEntry):  # it is about no test
                grade = sheet.find_grade(flag["cell"], name, "", "")
                grade.needs_manual_grade = grade.manual_score is None


class Penalties(AssignLatePenalties):
    """nbgrader's step, for what is on a sheet."""

    def points(self, sheet: Sheet, assignment: str, notebook: str, account: str) -> float | None:
        """Return what being late costs in one notebook, as nbgrader's `preprocess` works it out; None for nothing."""
        if sheet.seconds_late <= 0:
            return None
        self.student_id, self.assignment_id, self.notebook_id = account, assignment, notebook
        self.init_plugin()
        score = sum(map(score_of, sheet.grades_of(notebook)))
        points = self.plugin_inst.late_submission_penalty(account, score, sheet.seconds_late)
        return None if points is None else float(self._check_late_penalty(_Scored(score), points))


@dataclass(frozen=True)
class _Scored:
    """As much of nbgrader's `SubmittedNotebook` as its check of penalties looks at."""

    score: float
