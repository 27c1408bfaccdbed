"""A submission goes into the gradebook as a whole, on SQLite and on PostgreSQL, and nbgrader finds it there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output
from nbgrader import api
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from traitlets.config import Config

from nbcohort.errors import NotFound
from nbcohort.grading.course_room import tools_on_path
from nbcohort.grading.master import Master, read_master
from nbcohort.grading.record import Book, GradebookAway, Recorder
from nbcohort.grading.sheet import Standing
from nbcohort.testing import PostgresServer
from tests.new_gradebooks import alembic_version
from tests.unit.grading.course import prose, test_cell

WHEN = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - UTC, as nbgrader has it


@pytest.fixture(scope="module", autouse=True)
def new_gradebooks() -> Iterator[None]:
    """Gradebooks are made sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "get_alembic_version", alembic_version)
        yield


@dataclass
class Kept:
    """A gradebook with one assignment: a test, and a text that is graded by hand."""

    url: str
    folder: Path

    def nbgrader(self) -> Gradebook:
        with tools_on_path():
            return Gradebook(self.url, "ds1")

    def book(self) -> Book:
        return Book(self.url, sleep=lambda _seconds: None)

    def master(self) -> Master:
        with self.book() as book:
            return book.read(lambda session: read_master(session, "ps1", self.folder))

    def recorder(self, **settings: bool) -> Recorder:
        converter = Autograde(coursedir=CourseDirectory(root=str(self.folder)), config=Config({"Autograde": settings}))
        return Recorder(self.master(), converter)

    def record(self, account: str, *, passed: bool = True, timestamp: datetime | None = WHEN) -> Standing:
        with self.book() as book:
            recorder = self.recorder()
            return book.write(lambda session: recorder.record(session, account, {"ps1": ran(passed)}, timestamp))


def ran(passed: bool) -> NotebookNode:
    test, text = (
        test_cell("test", "assert True", 2),
        prose("Because.", grade_id="why", grade=True, solution=True, points=3),
    )
    if not passed:
        test.outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    return new_notebook(cells=[test, text])


def add_notebook(gradebook: Gradebook, name: str) -> None:
    gradebook.add_notebook(name, "ps1")
    gradebook.add_grade_cell("test", name, "ps1", max_score=2, cell_type="code")
    gradebook.add_grade_cell("why", name, "ps1", max_score=3, cell_type="markdown")
    gradebook.add_solution_cell("why", name, "ps1")
    for cell, kind in (("test", "code"), ("why", "markdown")):
        gradebook.add_source_cell(
            cell, name, "ps1", cell_type=kind, locked=cell == "test", source="", checksum="0" * 32
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    url = f"sqlite:///{tmp_path}/gradebook.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
    found = Kept(url, tmp_path)
    with found.nbgrader() as gradebook:
        gradebook.add_assignment("ps1", course_id="ds1")
        add_notebook(gradebook, "ps1")
    return found


def test_nbgrader_finds_what_was_recorded(kept: Kept) -> None:
    standing = kept.record("ana")

    assert standing == Standing(2, needs_manual_grade=True)
    with kept.nbgrader() as gradebook, kept.book() as book:
        submission = gradebook.find_submission("ps1", "ana")
        assert (submission.timestamp, submission.score, submission.max_score) == (WHEN, 2, 5)
        assert gradebook.find_grade("test", "ps1", "ps1", "ana").to_dict()["auto_score"] == 2
        assert gradebook.find_grade("why", "ps1", "ps1", "ana").needs_manual_grade
        assert gradebook.find_comment("why", "ps1", "ps1", "ana").auto_comment is None
        assert book.standings("ps1") == {"ana": standing}


def test_grading_again_keeps_what_people_gave_and_asks_them_to_look_again(kept: Kept) -> None:
    kept.record("ana")
    with kept.nbgrader() as gradebook:
        grade = gradebook.find_grade("test", "ps1", "ps1", "ana")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        gradebook.find_comment("why", "ps1", "ps1", "ana").manual_comment = "Well."
        gradebook.db.commit()

    standing = kept.record("ana", passed=False, timestamp=None)

    assert standing == Standing(1.75, needs_manual_grade=True)
    with kept.nbgrader() as gradebook:
        grade = gradebook.find_grade("test", "ps1", "ps1", "ana")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (0, 1.5, True)
        assert gradebook.find_comment("why", "ps1", "ps1", "ana").comment == "Well."
        assert gradebook.find_submission("ps1", "ana").timestamp == WHEN


def test_nothing_of_a_submission_is_there_when_something_goes_wrong(kept: Kept) -> None:
    recorder = kept.recorder()

    def fails(session: object) -> None:
        recorder.record(session, "ana", {"ps1": ran(True)}, WHEN)  # type: ignore[arg-type]
        raise ZeroDivisionError

    with kept.book() as book:
        with pytest.raises(ZeroDivisionError):
            book.write(fails)
        assert book.standings("ps1") == {}
    with kept.nbgrader() as gradebook:
        assert gradebook.students == []


def test_a_grade_that_is_given_at_the_same_moment_waits_and_is_not_lost(kept: Kept) -> None:
    kept.record("ana")
    recorder = kept.recorder()
    sqlite = kept.url.startswith("sqlite")
    other = create_engine(kept.url, connect_args={"timeout": 0} if sqlite else {"options": "-c lock_timeout=10"})
    give = text("UPDATE grade SET manual_score = 1 WHERE auto_score IS NOT NULL")

    def record_while_someone_gives_a_grade(session: object) -> None:
        recorder.record(session, "ana", {"ps1": ran(False)}, WHEN)  # type: ignore[arg-type]
        with pytest.raises(OperationalError), other.begin() as connection:
            connection.execute(give)

    with kept.book() as book:
        book.write(record_while_someone_gives_a_grade)
    with other.begin() as connection:
        connection.execute(give)
    other.dispose()

    with kept.nbgrader() as gradebook:
        grade = gradebook.find_grade("test", "ps1", "ps1", "ana")
        assert (grade.auto_score, grade.manual_score) == (0, 1)


def test_a_notebook_that_the_assignment_got_later_has_its_grades_too(kept: Kept) -> None:
    kept.record("ana")
    with kept.nbgrader() as gradebook:
        add_notebook(gradebook, "ps2")

    standing = kept.record("ana")

    assert standing == Standing(2, needs_manual_grade=True)
    with kept.nbgrader() as gradebook:
        assert gradebook.find_grade("test", "ps2", "ps1", "ana").auto_score == 0
        assert len(gradebook.find_submission("ps1", "ana").notebooks) == 2


def test_an_extension_without_a_due_time_makes_nobody_late(kept: Kept) -> None:
    kept.record("ana")
    with kept.nbgrader() as gradebook:
        gradebook.find_submission("ps1", "ana").extension = timedelta(days=1)
        gradebook.db.commit()

    assert kept.record("ana").score == 2


def test_who_must_be_known_and_is_not_gets_a_sentence(kept: Kept) -> None:
    recorder = kept.recorder(create_student=False)
    with kept.book() as book, pytest.raises(NotFound, match="ana is not in the gradebook"):
        book.write(lambda session: recorder.record(session, "ana", {}, None))


def test_a_database_that_does_not_come_back_gets_a_sentence_after_patience(tmp_path: Path) -> None:
    waited: list[float] = []
    for url in ("postgresql+psycopg://test:x@127.0.0.1:1/none", f"sqlite:///{tmp_path}/no/such/folder.db"):
        with (
            Book(url, sleep=waited.append) as book,
            pytest.raises(GradebookAway, match=r"The gradebook cannot be used: .+"),
        ):
            book.has_tables()

    assert sum(waited) > 60
    assert waited == sorted(waited)


def test_what_the_database_does_not_take_is_that_submissions_trouble(kept: Kept) -> None:
    recorder = kept.recorder()
    if kept.url.startswith("sqlite"):  # which takes names of any length
        with create_engine(kept.url).begin() as connection:
            connection.execute(text("CREATE TRIGGER no BEFORE INSERT ON student BEGIN SELECT RAISE(ABORT, 'no'); END"))

    with kept.book() as book:
        with pytest.raises((DataError, IntegrityError)):
            book.write(lambda session: recorder.record(session, "a" * 200, {"ps1": ran(True)}, WHEN))
        assert book.standings("ps1") == {}
