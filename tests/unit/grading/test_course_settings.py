"""What a course can set: nbgrader's settings keep their meaning, and there are some of ours."""

import stat
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from nbcohort.grading.course_room import open_course
from nbcohort.grading.grade import Options, Result, grade
from nbcohort.grading.submission import read_graded
from tests.unit.grading.course import ASSIGNMENT, Course, code, make_course, scores

pytestmark = pytest.mark.slow

WARNS = "import warnings\ndef double(x):\n    warnings.warn('slow')\n    return 2 * x"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def graded(course: Course, told: list[str] | None = None, **settings: Any) -> dict[str, Result]:
    config = Config({"SandboxedExecute": {"unsafe": True, "preload": [], **settings.pop("SandboxedExecute", {})}})
    config.merge(Config(settings))
    room = open_course(course.folder, config)
    options = Options(workers=2, feedback=False, tell=(told if told is not None else []).append)
    return {one.account: one for one in grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), options)}


def notes(result: Result) -> list[str]:
    return [one["sentence"] for one in result.repairs]


def test_a_warning_costs_nothing_unless_the_course_says_so(course: Course) -> None:
    course.hand_in("ana", course.answered(double=WARNS))

    lenient = graded(course)["ana"].score
    as_nbgrader = make_course(course.folder.parent / "other", "c.SaveScores.stderr_fails_tests = True")
    as_nbgrader.hand_in("ana", as_nbgrader.answered(double=WARNS))
    strict = graded(as_nbgrader)["ana"].score

    assert (lenient, strict) == (6.5, 3)


@pytest.mark.parametrize("points", ["99", "-9", "float('nan')", "float('inf')"])
def test_points_that_cannot_be_are_left_to_a_person(course: Course, points: str) -> None:
    answer = f"class Root:\n    def __init__(self, x): pass\n    def __eq__(self, other): return {points}"
    course.hand_in("ana", course.answered(root=f"{answer}\nroot = Root"))

    result = graded(course)["ana"]

    assert (result.outcome, result.needs_manual_grade) == ("graded", True)
    assert scores(course)["ana"]["parts"] == (None, 0, True)


def test_a_file_that_hides_a_module_gets_a_note_and_hides_nothing(course: Course) -> None:
    files = {"math.py": b"raise SystemExit", "nbformat.py": b"", "helper.py": b"", "data.csv": b""}
    course.hand_in("ana", course.answered(), files)

    result = graded(course)["ana"]

    assert result.score == 6.5
    assert notes(result) == [
        "`math.py`, `nbformat.py`: an installed module has this name, and importing it gives the installed one."
    ]


def test_a_notebook_that_is_too_large_gets_a_sentence_and_costs_only_its_own(course: Course) -> None:
    large = course.answered()
    large.cells.append(code("#" * 50_000))
    course.hand_in("ana", large)
    course.hand_in("ben", course.answered())

    results = graded(course, SandboxedExecute={"notebook_size": 40_000})

    assert results["ana"].reason == "ps1.ipynb is a notebook of 0.1 MB; more than 0.038147 MB are not graded."
    assert results["ben"].outcome == "graded"


def test_a_course_that_adds_nobody_grades_only_whom_it_knows(course: Course) -> None:
    course.hand_in("ana", course.answered())
    course.hand_in("ben", course.answered())
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        gradebook.add_student("ana")

    results = graded(course, Autograde={"create_student": False})

    assert results["ana"].outcome == "graded", results["ana"].reason
    assert results["ben"].reason == "ben is not in the gradebook, and the course says not to add anyone."
    assert set(scores(course)) == {"ana"}


def test_what_instructors_share_belongs_to_their_group(course: Course) -> None:
    course.hand_in("ana", course.answered(), {"data/x.csv": b"1"})

    graded(course, CourseDirectory={"groupshared": True})

    top = course.folder / "autograded"
    folders = [top, top / "ana", top / "ana" / ASSIGNMENT, top / "ana" / ASSIGNMENT / "data"]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o2770 for path in folders} == {0o2770}
    assert stat.S_IMODE((folders[-1] / "x.csv").stat().st_mode) == 0o664


class Shout(NbGraderPreprocessor):  # type: ignore[misc]
    """A course's own step."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        for cell in nb.cells:
            cell.source = cell.source.replace("x * x", "2 * x")
        return nb, resources


def double_in_place(notebooks: list[str], **_more: Any) -> None:
    """A course's own hook."""
    for path in map(Path, notebooks):
        path.write_text(path.read_text().replace("x * x", "2 * x"))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (
            "c.Autograde.sanitize_preprocessors.append('tests.unit.grading.test_course_settings.Shout')",
            "Autograde.sanitize_preprocessors",
        ),
        (
            "c.Autograde.autograde_preprocessors.insert(0, 'tests.unit.grading.test_course_settings.Shout')\n"
            "from nbcohort.grading.executor import configure\nconfigure(c)",
            "Autograde.autograde_preprocessors",
        ),
        (
            "import tests.unit.grading.test_course_settings as ours\n"
            "c.Autograde.pre_convert_hook = ours.double_in_place",
            "Autograde.pre_convert_hook",
        ),
    ],
)
def test_a_course_with_steps_of_its_own_is_graded_by_nbgrader_which_is_said(
    tmp_path: Path, settings: str, named: str
) -> None:
    course = make_course(tmp_path / "course", settings)
    course.hand_in("ana", course.answered(double="def double(x):\n    return x * x"))
    told: list[str] = []

    result = graded(course, told)["ana"]

    assert (result.outcome, result.score) == ("graded", 6.5)
    assert told == [
        f"The course sets {named}, so nbgrader grades the submissions itself: one after the other, unrepaired."
    ]


def test_the_kernel_and_the_set_up_are_the_instructors(course: Course) -> None:
    notebook = course.answered()
    notebook.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "x"}
    notebook.cells[1].source = "limit = -1"
    course.hand_in("ana", notebook)

    result = graded(course)["ana"]

    kept = read_graded(course.folder / "autograded" / "ana" / ASSIGNMENT)["ps1"]
    assert result.score == 6.5
    assert notes(result) == ["The cell `setup` was edited; what counts is the original."]
    assert kept.metadata["kernelspec"]["name"] == "python3"


def test_a_time_that_is_none_gets_a_sentence(course: Course) -> None:
    (course.hand_in("ana", course.answered()) / "timestamp.txt").write_text("yesterday, or so")
    course.hand_in("ben", course.answered())

    results = graded(course)

    assert results["ana"].reason == "timestamp.txt does not say a time."
    assert results["ben"].outcome == "graded"
