"""In a course room, files of submissions that formgrader serves do nothing, and its pages about them are ours."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from nbgrader.api import Gradebook

from nbcohort.formgrader_files import PATTERN
from nbcohort.ports import free_port
from nbcohort.spawner import CONFIGURATION
from tests.unit.grading.course import ASSIGNMENT, code, make_course, nbgrader

PAGE = b"<script>ran()</script>"


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("0123/plot.png", True),
        ("0123/data/evil.html", True),
        ("0123/nextdoor.html", True),
        ("0123/next/evil.html", True),
        ("0123", False),
        ("0123/", False),
        ("0123/next", False),
        ("0123/prev_incorrect/", False),
        ("components/jquery.js", False),
    ],
)
def test_only_files_of_submissions_are_answered(path: str, is_file: bool) -> None:
    assert bool(re.fullmatch(PATTERN, f"formgrader/submissions/{path}")) == is_file


class Room:
    """A course room's server, and how to ask it."""

    def __init__(self, port: int, submission: str) -> None:
        self.address, self.submission = f"http://127.0.0.1:{port}", submission

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.address}/{path}", headers={"Authorization": "token secret"}, timeout=60)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A server as the Hub starts it for a course room, with a graded submission; the course configures nothing."""
    home = tmp_path_factory.mktemp("home")
    course = make_course(home / "course")
    notebook = course.answered()
    notebook.cells.append(code("from IPython.display import HTML\nHTML('<img src=x onerror=ran()><i>slanted</i>')"))
    course.hand_in("mallory", notebook, {"evil.html": PAGE, "paper.pdf": b"%PDF-1.4", "drawing.svg": PAGE})
    done = nbgrader("autograde", ASSIGNMENT, folder=course.folder)
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db", "ds1") as gradebook:
        submission = gradebook.find_submission_notebook("ps1", ASSIGNMENT, "mallory").id
    port = free_port()
    environ = {
        "HOME": str(home),
        "JUPYTER_CONFIG_PATH": str(CONFIGURATION / "course_room"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "NBCOHORT_COHORT": "ds1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--IdentityProvider.token=secret", f"--ServerApp.root_dir={home}", "--ServerApp.port_retries=0"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=home, env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        made = Room(port, submission)
        _wait(made, server, home / "log")
        yield made
    finally:
        server.terminate()
        server.wait(30)


def _wait(room: Room, server: subprocess.Popen[bytes], log: Path) -> None:
    for _try in range(600):
        assert server.poll() is None, log.read_text()
        try:
            room.get("api/status")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.mark.slow
def test_formgrader_shows_a_submission_without_what_acts(room: Room) -> None:
    answer = room.get(f"formgrader/submissions/{room.submission}/")
    page = answer.text

    assert answer.status_code == 200
    assert "<i>slanted</i>" in page
    assert "onerror" not in re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert 'http-equiv="Content-Security-Policy"' in page
    assert "assert double(-1.5) == -3" in re.sub("<[^>]*>", "", page)  # graders see hidden tests


@pytest.mark.slow
@pytest.mark.parametrize("name", ["evil.html", "drawing.svg"])
def test_a_page_that_was_handed_in_is_in_a_sandbox(name: str, room: Room) -> None:
    answer = room.get(f"formgrader/submissions/{room.submission}/{name}")

    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.slow
def test_a_paper_can_be_read(room: Room) -> None:
    answer = room.get(f"formgrader/submissions/{room.submission}/paper.pdf")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" not in answer.headers["Content-Security-Policy"]


@pytest.mark.slow
def test_formgraders_other_addresses_are_its_own(room: Room) -> None:
    following = room.get(f"formgrader/submissions/{room.submission}/next")
    grades = room.get(f"formgrader/api/grades?submission_id={room.submission}")

    assert (following.status_code, following.headers["Location"]) == (302, f"/formgrader/gradebook/{ASSIGNMENT}/ps1")
    assert len(grades.json()) == 5
