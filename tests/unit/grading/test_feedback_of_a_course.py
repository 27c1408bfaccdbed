"""Feedback of a course, from submission to page: by nbgrader's commands, and by what formgrader's buttons call."""

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from traitlets.config import Config

from nbcohort.grading.course_room import known_warnings, open_course, tools_on_path
from tests.unit.grading.course import ASSIGNMENT, Course, code, make_course, nbgrader, prose

CONFIGURED = "from nbcohort.grading.executor import configure\nconfigure(c)\n"
LEAK = """
from pathlib import Path
from IPython.display import HTML, display
Path("leak.html").write_text("\\n".join(In))
Path("leak.txt").write_text("\\n".join(In))
display(HTML("<script>ran()</script><b id=double_test onclick=ran()>bold</b>"))
"""

pytestmark = pytest.mark.slow


def by_command(course: Course) -> None:
    for command in (["autograde"], ["generate_feedback", "--force"]):
        done = nbgrader(command[0], ASSIGNMENT, *command[1:], folder=course.folder)
        assert done.returncode == 0, done.stderr


def by_button(course: Course) -> None:
    room = open_course(course.folder)
    with known_warnings(), tools_on_path():
        assert room.api.autograde(ASSIGNMENT, "mallory")["success"]
        done = room.api.generate_feedback(ASSIGNMENT, "mallory")
    assert done["success"], done


def graded(folder: Path, how: Callable[[Course], None], settings: str = "") -> Course:
    """Return a course in which mallory's submission is graded and has feedback."""
    course = make_course(folder, f"{settings}\n{CONFIGURED}")
    notebook = course.answered(double="def double(x):\n    return abs(2 * x)")
    notebook.cells += [code(LEAK), prose("[click](files/javascript:ran()) <img src=x onerror=ran()>")]
    page, data = b"<script>ran()</script>", b"a,b\n1,2\n"
    files = {"evil.html": page, "ps2.html": page, "data/d.csv": data, "drawing.svg": page, "leak.txt": b"mine"}
    course.hand_in("mallory", notebook, files)
    how(course)
    return course


@pytest.mark.parametrize("how", [by_command, by_button])
def test_feedback_is_safe_and_tells_no_hidden_test(how: Callable[[Course], None], tmp_path: Path) -> None:
    course = graded(tmp_path / "course", how)
    feedback = course.folder / "feedback" / "mallory" / ASSIGNMENT
    html = (feedback / "ps1.html").read_text()
    page = BeautifulSoup(html, "html.parser")

    assert "Score: 4.5 / 15.5" in page.get_text()
    assert "Hidden tests: they are not shown here." in page.get_text()
    assert "Hidden tests failed." in page.get_text()
    assert "-1.5" not in page.get_text()
    assert "bold" in page.get_text()
    assert "ran()" not in "".join(str(tag) for tag in page.find_all(["script", "a", "img", "b"]))
    assert page.select_one("meta[http-equiv=Content-Security-Policy]")
    graded_notebook = (course.folder / "autograded" / "mallory" / ASSIGNMENT / "ps1.ipynb").read_text()
    assert "assert double(-1.5) == -3" in graded_notebook  # graders see it


def test_only_feedback_and_files_that_were_handed_in_go_with_it(tmp_path: Path) -> None:
    course = graded(tmp_path / "course", by_button)
    autograded = course.folder / "autograded" / "mallory" / ASSIGNMENT
    feedback = course.folder / "feedback" / "mallory" / ASSIGNMENT

    assert "-1.5" in (autograded / "leak.txt").read_text()
    assert sorted(str(path.relative_to(feedback)) for path in feedback.rglob("*") if path.is_file()) == [
        "data/d.csv",
        "ps1.html",
        "timestamp.txt",
    ]


def test_a_course_can_show_hidden_tests(tmp_path: Path) -> None:
    course = graded(tmp_path / "course", by_command, "c.HiddenTests.in_feedback = True")
    page = BeautifulSoup((course.folder / "feedback" / "mallory" / ASSIGNMENT / "ps1.html").read_text(), "html.parser")

    assert "assert double(-1.5) == -3" in page.get_text()
    assert "AssertionError" in page.get_text()


def test_other_delimiters_hide_as_well(tmp_path: Path) -> None:
    course = graded(tmp_path / "course", by_button, 'c.ClearHiddenTests.begin_test_delimeter = "double(2)"')
    page = BeautifulSoup((course.folder / "feedback" / "mallory" / ASSIGNMENT / "ps1.html").read_text(), "html.parser")

    (test,) = (one for one in page.select(".nbgrader_cell") if "double_test" in one.get_text())
    assert "assert Hidden tests: they are not shown here. == 4" in test.get_text()


def test_settings_from_the_command_line_reach_the_feedback(tmp_path: Path) -> None:
    course = graded(tmp_path / "course", by_command)
    room = open_course(course.folder, Config({"HiddenTests": {"in_feedback": True}}))

    with known_warnings():
        assert room.api.generate_feedback(ASSIGNMENT, "mallory")["success"]
    assert (
        "double(-1.5)"
        in BeautifulSoup(
            (course.folder / "feedback" / "mallory" / ASSIGNMENT / "ps1.html").read_text(), "html.parser"
        ).get_text()
    )
