"""A course folder with its gradebook, as nbgrader sees it."""

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import temp_attrs
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from nbcohort.errors import NbcohortError, NotFound
from nbcohort.grading.executor import configure
from nbcohort.grading.master import Master, read_master
from nbcohort.grading.record import Book
from nbcohort.i18n import _


class ExchangeFailed(NbcohortError):
    """Collecting or releasing did not work; the sentence is the exchange's own."""

    status = 502
    slug = "exchange-failed"


@dataclass(frozen=True)
class CourseRoom:
    """A course folder, opened: nbgrader with the folder's configuration and the sandboxed executor."""

    folder: Path
    api: NbGraderAPI

    @property
    def courses(self) -> CourseDirectory:
        """Return nbgrader's idea of where things are."""
        return self.api.coursedir

    def book(self) -> Book:
        """Return the gradebook, to be used in a `with`."""
        return Book(self.courses.db_url)

    def source(self, assignment: str) -> Path:
        """Return the folder of an assignment's source; raise a sentence if there is none."""
        source = Path(self.courses.format_path(self.courses.source_directory, ".", assignment))
        if not source.is_dir():
            there = sorted(path.name for path in source.parent.glob("[!.]*") if path.is_dir())
            raise NotFound(
                _("There is no assignment {name} in {folder}; there is: {there}.").format(
                    name=assignment, folder=self.folder, there=", ".join(there) or _("none")
                )
            )
        return source

    def master(self, book: Book, assignment: str) -> Master:
        """Return the instructor's version of an assignment; raise a sentence if it cannot be graded yet."""
        source = self.source(assignment)
        if book.has_tables():
            master: Master = book.read(lambda session: read_master(session, assignment, source))
            if master.notebooks:
                master.check_tests()
                return master
        raise NotFound(
            _("The assignment {name} is not in the gradebook: run `nbgrader generate_assignment {name}`.").format(
                name=assignment
            )
        )

    def require_generated(self, assignment: str) -> tuple[str, ...]:
        """Return the names of the assignment's notebooks; raise a sentence if it cannot be graded yet."""
        self.source(assignment)
        with self.book() as book:
            return tuple(self.master(book, assignment).notebooks)

    def submitted(self, assignment: str) -> dict[str, Path]:
        """Return the submitted folders of an assignment by account, sorted, without those that the course excludes."""
        anyone = Path(self.courses.format_path(self.courses.submitted_directory, "*", assignment))
        pattern = str(anyone.relative_to(self.folder)) if anyone.is_absolute() else str(anyone)
        position = Path(pattern).parts.index("*")
        found = (path for path in self.folder.glob(pattern) if path.is_dir())
        by_account = dict(sorted((path.relative_to(self.folder).parts[position], path) for path in found))
        excluded = self.courses.student_id_exclude.split(",")
        return {account: path for account, path in by_account.items() if account not in excluded}

    def collect(self, assignment: str) -> None:
        """Get what was handed in, newer attempts instead of older ones."""
        self._exchange(self.api.collect(assignment, update=True))

    def release_feedback(self, assignment: str) -> None:
        """Let learners have the feedback that was generated."""
        self._exchange(self.api.release_feedback(assignment))

    def _exchange(self, result: dict[str, object]) -> None:
        if not result["success"]:
            raise ExchangeFailed(last_complaint(str(result.get("log", "")), str(result.get("error", ""))))


def last_complaint(log: str, error: str) -> str:
    """Return the last line of a log that is an error, or the last line of a traceback, without its decoration."""
    complaints = [line.partition("]")[2].strip() for line in log.splitlines() if line.startswith("[ERROR]")]
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    return (complaints or [line.partition(": ")[2] or line for line in lines[-1:]] or [""])[-1]


class _Silent(NbGrader):
    """nbgrader's application without its habits: no configuration from the current directory, nothing on the screen."""

    load_cwd_config = False
    name = "nbcohort-grade"

    def migrate_config(self) -> None:
        """Leave the files of an IPython of ten years ago where they are."""


def open_course(folder: Path, extra: Config | None = None) -> CourseRoom:
    """Return the course in `folder`, configured by its `nbgrader_config.py` and then by `extra`.

    Raises `NotFound` with a sentence if it is no course folder.
    """
    folder = folder.absolute()
    if not (folder / "nbgrader_config.py").is_file():
        raise NotFound(
            _(
                "{folder} is not a course folder: it has no nbgrader_config.py. Go to the course folder, or name it"
                " with --course or NBCOHORT_COURSE."
            ).format(folder=folder)
        )
    app = _Silent()
    app.log.handlers[:] = [logging.NullHandler()]
    app.log.propagate = False
    app.initialize([], root=str(folder))
    config = Config()
    config.merge(app.config)
    config.CourseDirectory.root = str(folder)
    configure(config)
    config.merge(extra or Config())
    app.update_config(config)
    courses = CourseDirectory(parent=app, root=str(folder))
    api = NbGraderAPI(courses, Authenticator(parent=app), ExchangeFactory(parent=app), parent=app)
    return CourseRoom(folder, api)


@contextmanager
def tools_on_path() -> Iterator[None]:
    """Put this environment's programs on PATH: nbgrader starts `alembic` by name when it makes a gradebook."""
    before = os.environ.get("PATH", os.defpath)
    if not shutil.which("alembic"):
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def known_warnings() -> Iterator[None]:
    """Do not show what nbgrader and nbformat warn of and no one here can mend."""
    with warnings.catch_warnings():
        # A new submission's rows meet in the session before they are added; they are, right after.
        warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)
        # nbformat gives learners' copied cells new ids.
        warnings.filterwarnings("ignore", "Non-unique cell id", DuplicateCellId)
        warnings.filterwarnings("ignore", "Cell is missing an id field", MissingIDFieldWarning)
        yield


@contextmanager
def about(courses: CourseDirectory, assignment: str, account: str) -> Iterator[None]:
    """Let nbgrader's converters see one submission only."""
    with temp_attrs(courses, assignment_id=assignment, student_id=account):
        yield
