"""The Assignment List and formgrader, nbgrader's extensions of JupyterLab, over the real service, with real grading."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbgrader
import pytest
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from nbcohort.assignment_list import Assignments
from nbcohort.exchange import configure
from nbcohort.testing import RunningService
from tests.service.exchange_desks import Classroom, Desk, open_classroom, write_notebook

# What is said in a terminal or in the Lab does not depend on the database: the operations behind it have tests on both.
pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)

NOTEBOOK = Path(nbgrader.__file__).parent / "tests" / "apps" / "files" / "test.ipynb"


@pytest.fixture
def room(service: RunningService, tmp_path: Path) -> Classroom:
    return open_classroom(service, "ds1", tmp_path, ada="learner")


@pytest.fixture
def ada(room: Classroom) -> Desk:
    return room.desk("ada")


def assignment_list(desk: Desk) -> Assignments:
    extension = Assignments()
    extension.root_dir = str(desk.home)
    return extension


def shown(desk: Desk) -> list[dict[str, Any]]:
    with desk.at():
        answer = assignment_list(desk).list_assignments(course_id="ds1")
    assert answer["success"], answer["value"]
    value: list[dict[str, Any]] = json.loads(json.dumps(answer["value"]))
    return value


@pytest.fixture
def formgrader(room: Classroom) -> Iterator[tuple[Desk, NbGraderAPI]]:
    """nbgrader's API, which formgrader calls, in the course room."""
    desk = room.desk("course-ds1")
    (desk.home / "source" / "ps1").mkdir(parents=True)
    shutil.copy(NOTEBOOK, desk.home / "source" / "ps1" / "p1.ipynb")
    with desk.at():
        config = Config()
        configure(config)
        config.CourseDirectory.course_id = "ds1"
        config.CourseDirectory.root = str(desk.home)
        yield desk, NbGraderAPI(config=config)


@pytest.mark.slow
def test_a_learner_and_an_instructor_click_through_an_assignment(
    ada: Desk, formgrader: tuple[Desk, NbGraderAPI]
) -> None:
    desk, api = formgrader
    assert (api.exchange_missing, api.exchange_root) == (False, "")
    with desk.at():
        assert api.generate_assignment("ps1")["success"]
        assert api.get_released_assignments() == set()
        assert api.release_assignment("ps1")["success"]
        assert api.get_released_assignments() == {"ps1"}
    assert [(one["assignment_id"], one["status"]) for one in shown(ada)] == [("ps1", "released")]
    with ada.at():
        assert assignment_list(ada).fetch_assignment("ds1", "ps1") == {"success": True}
    (fetched,) = shown(ada)
    assert (fetched["status"], fetched["path"], fetched["notebooks"][0]["path"]) == ("fetched", "ps1", "ps1/p1.ipynb")
    with ada.at():
        assert assignment_list(ada).submit_assignment("ds1", "ps1") == {"success": True}
    submitted = [one for one in shown(ada) if one["status"] == "submitted"]
    assert [one["has_exchange_feedback"] for one in submitted[0]["submissions"]] == [False]
    with desk.at():
        collected = api.collect("ps1")
        assert collected["success"], collected
        assert api.get_submitted_students("ps1") == {"ada"}
        graded = api.autograde("ps1", "ada")
        assert graded["success"], graded
        assert api.generate_feedback("ps1", "ada")["success"]
        released = api.release_feedback("ps1", "ada")
        assert released["success"], released
        assert "Feedback released" in released["log"]
    with ada.at():
        assert assignment_list(ada).fetch_feedback("ds1", "ps1") == {"success": True}
    (group,) = [one for one in shown(ada) if one["status"] == "submitted"]
    (submission,) = group["submissions"]
    assert submission["has_local_feedback"] is True
    assert submission["local_feedback_path"] == f"ps1/feedback/{submission['timestamp']}"
    assert "<html" in (ada.home / submission["local_feedback_path"] / "p1.html").read_text().lower()
    with desk.at():
        assert api.unrelease("ps1")["success"]
        assert api.get_released_assignments() == set()


def test_with_the_service_down_the_extensions_say_so_and_go_on(
    room: Classroom, ada: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbcohort.client.PAUSES", ())
    room.service.stop()
    with ada.at():
        config = Config()
        configure(config)
        config.CourseDirectory.course_id = "ds1"
        assert NbGraderAPI(config=config).exchange_missing is True
        (ada.home / "ps1").mkdir()
        listed = assignment_list(ada).list_assignments(course_id="ds1")
        refused = assignment_list(ada).submit_assignment("ds1", "ps1")
    for answer in (listed, refused):
        assert answer["success"] is False
        assert "Your files stay where they are" in answer["value"]
        assert "Traceback" not in answer["value"]


def test_a_broken_notebook_is_refused_with_a_sentence_and_no_traceback(room: Classroom, ada: Desk) -> None:
    write_notebook(room.desk("course-ds1").home / "release" / "ps1" / "p1.ipynb", "answer = 1")
    assert room.desk("course-ds1").nbgrader("release_assignment", "ps1").code == 0
    with ada.at():
        assert assignment_list(ada).fetch_assignment("ds1", "ps1") == {"success": True}
        (ada.home / "ps1" / "p1.ipynb").write_text("this is no JSON")
        refused = assignment_list(ada).submit_assignment("ds1", "ps1")
    assert refused["success"] is False
    assert "p1.ipynb" in refused["value"]
    assert len(refused["value"].splitlines()) == 1
