"""Submissions side by side: the same ones are run once, and whatever ends a run, the next one goes on from there."""

from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from nbcohort.errors import Conflict
from nbcohort.grading.course_room import CourseRoom, open_course
from nbcohort.grading.grade import Options, Result, grade
from nbcohort.grading.place import Place
from nbcohort.grading.record import Book
from nbcohort.grading.submission import read_graded
from nbcohort.grading.task import run_in
from tests.unit.grading.course import ASSIGNMENT, Course, make_course, scores

pytestmark = pytest.mark.slow


class Counted:
    """The accounts whose submissions are run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.accounts: list[str] = []

        def counted(folder: Path, *arguments: Any) -> Any:
            self.accounts.append(folder.parent.name)
            return run_in(folder, *arguments)

        monkeypatch.setattr("nbcohort.grading.workshop.run_in", counted)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def room_of(course: Course, **settings: Any) -> CourseRoom:
    return open_course(course.folder, Config({"SandboxedExecute": {"unsafe": True, "preload": []}, **settings}))


def graded(course: Course, *, force: bool = False, workers: int = 3, **settings: Any) -> dict[str, Result]:
    room = room_of(course, **settings)
    options = Options(force=force, workers=workers, feedback=False)
    return {one.account: one for one in grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), options)}


def place(course: Course, account: str) -> Path:
    return course.folder / "autograded" / account / ASSIGNMENT


def test_the_same_is_run_once_and_everyone_gets_all_of_it(course: Course, runs: Counted) -> None:
    writes = course.answered(by_hand="open('plot.txt', 'w').write('a line')\nopen('data.txt', 'a').write('2')")
    for account in ("ana", "ben", "cid"):
        folder = course.hand_in(account, writes, {"data.txt": b"1"})
        (folder / "timestamp.txt").write_text(f"2026-03-01 12:00:0{len(account)} UTC")
    course.hand_in("dan", writes, {"data.txt": b"another"})
    course.hand_in("eva", course.answered())

    results = graded(course)

    assert len(runs.accounts) == 3
    assert {result.score for result in results.values()} == {6.5}
    assert len({str(found) for found in scores(course).values()}) == 1
    for account in ("ana", "ben", "cid"):
        assert (place(course, account) / "plot.txt").read_text() == "a line"
        assert (place(course, account) / "data.txt").read_text() == "12"
        assert read_graded(place(course, account))["ps1"].cells[7].outputs != []
    assert (place(course, "dan") / "data.txt").read_text() == "another2"


def test_when_what_came_of_the_same_is_gone_as_it_could_not_be_recorded_the_next_is_run(
    course: Course, runs: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("abe", course.answered())
    course.hand_in("ana", course.answered())
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        gradebook.add_student("ana")
    read = read_graded

    def not_that_of_abe(folder: Path) -> Any:
        if folder.parent.name == "abe":
            raise FileNotFoundError(folder)
        return read(folder)

    monkeypatch.setattr("nbcohort.grading.workshop.read_graded", not_that_of_abe)
    results = graded(course, workers=1, Autograde={"create_student": False})

    assert (results["abe"].outcome, results["ana"].outcome) == ("failed", "graded")
    assert runs.accounts == ["abe", "ana"]


def test_each_of_the_same_has_its_own_repairs(course: Course, runs: Counted) -> None:
    lost = course.answered()
    lost.cells = [cell for cell in lost.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "double_test"]
    course.hand_in("ana", lost)
    course.hand_in("ben", course.answered())

    results = graded(course)

    assert len(runs.accounts) == 1
    assert [len(results[account].repairs) for account in ("ana", "ben")] == [1, 0]
    notes = [
        [cell.source for cell in read_graded(place(course, account))["ps1"].cells if "nbcohort" in cell.metadata]
        for account in ("ana", "ben")
    ]
    assert notes == [["**Before this was graded:**\n\n- The cell `double_test` was deleted; it is put back."], []]


def test_a_hand_in_again_of_the_same_is_not_run_again_unless_it_is_forced(course: Course, runs: Counted) -> None:
    folder = course.hand_in("ana", course.answered())
    first = graded(course)["ana"]
    (folder / "timestamp.txt").write_text("2026-03-05 12:00:00 UTC")
    again = graded(course)["ana"]
    once_more = graded(course)["ana"]
    assert runs.accounts == ["ana"]
    forced = graded(course, force=True)["ana"]

    assert runs.accounts == ["ana", "ana"]
    assert [one.outcome for one in (first, again, once_more, forced)] == [
        "graded",
        "graded",
        "already graded",
        "graded",
    ]
    assert (place(course, "ana") / "timestamp.txt").read_text() == "2026-03-05 12:00:00 UTC"
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "ana").timestamp.day == 5


def test_other_settings_run_the_same_again(course: Course, runs: Counted) -> None:
    folder = course.hand_in("ana", course.answered())
    graded(course)
    (folder / "timestamp.txt").write_text("2026-03-05 12:00:00 UTC")
    graded(course, Execute={"timeout": 5})

    assert runs.accounts == ["ana", "ana"]


class Killed(BaseException):
    """As if the process had been killed: nothing that follows happens."""


def _killed(*_arguments: Any) -> None:
    raise Killed


def killed_at(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, course: Course, *, force: bool = False
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, _killed)
        with pytest.raises(Killed):
            graded(course, force=force)


def test_what_is_ready_when_a_run_is_killed_is_recorded_by_the_next_and_not_run_again(
    course: Course, runs: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("ana", course.answered())
    killed_at(monkeypatch, Book, "write", course)
    assert not scores(course)
    killed_at(monkeypatch, Place, "publish", course)
    assert scores(course)["ana"]["double_test"] == (2, 2, False)
    assert not place(course, "ana").exists()

    result = graded(course)["ana"]

    assert (result.outcome, result.score) == ("graded", 6.5)
    assert runs.accounts == ["ana"]
    assert [path.name for path in place(course, "ana").parent.iterdir()] == [ASSIGNMENT]


def test_what_is_ready_does_not_count_when_something_newer_was_handed_in(
    course: Course, runs: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("ana", course.answered(double="double = 1"))
    killed_at(monkeypatch, Place, "publish", course)
    (course.hand_in("ana", course.answered()) / "timestamp.txt").write_text("2026-03-05 12:00:00 UTC")

    assert graded(course)["ana"].score == 6.5
    assert runs.accounts == ["ana", "ana"]


def test_what_was_to_be_graded_again_when_a_run_was_killed_is_graded_again_by_the_next(
    course: Course, runs: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in ("ana", "ben"):
        course.hand_in(account, course.answered(by_hand=f"print('{account}')"))
    graded(course)
    runs.accounts.clear()
    killed_at(monkeypatch, Place, "publish", course, force=True)
    ran = list(runs.accounts)

    results = graded(course)

    assert sorted({*runs.accounts}) == ["ana", "ben"]
    assert len(runs.accounts) == 2 or runs.accounts[len(ran) :] != ran
    assert {result.outcome for result in results.values()} == {"graded"}
    assert {result.outcome for result in graded(course).values()} == {"already graded"}


def test_a_newer_attempt_that_cannot_be_graded_leaves_what_is_there(course: Course) -> None:
    course.hand_in("ana", course.answered())
    graded(course)
    broken = course.hand_in("ana", None, {"ps1.ipynb": b"{"})
    (broken / "timestamp.txt").write_text("2026-03-05 12:00:00 UTC")

    result = graded(course)["ana"]

    assert (result.outcome, result.reason) == ("failed", "ps1.ipynb is not valid JSON, so it is no notebook.")
    assert (place(course, "ana") / "ps1.ipynb").exists()
    assert scores(course)["ana"]["double_test"] == (2, 2, False)
    assert [path.name for path in place(course, "ana").parent.iterdir()] == [ASSIGNMENT]


def test_when_it_is_stopped_what_is_done_stays_and_nothing_more_is_begun(course: Course, runs: Counted) -> None:
    accounts = [f"a{number}" for number in range(9)]
    for account in accounts:
        course.hand_in(account, course.answered(by_hand=f"print('{account}')"))
    room = room_of(course)

    results = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), Options(workers=1, feedback=False))
    first = next(results)
    results.close()
    done = {path.parent.name for path in course.folder.glob(f"autograded/*/{ASSIGNMENT}")}
    rest = graded(course)

    assert done == {first.account}
    assert rest[first.account].outcome == "already graded"
    assert {result.score for result in rest.values()} == {6.5}
    assert len(set(runs.accounts)) == 9
    assert runs.accounts.count(first.account) == 1


def test_nobody_else_grades_the_same_assignment_meanwhile(course: Course) -> None:
    course.hand_in("ana", course.answered())
    room = room_of(course)
    results = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), Options(workers=1, feedback=False))
    next(results)

    with pytest.raises(Conflict, match="Someone is grading ps1 at this moment"):
        graded(course)
    results.close()

    assert graded(course)["ana"].outcome == "already graded"
