"""The grader itself: killed, without a sandbox, and told to do without one."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from nbcohort.sandbox import SandboxUnavailable, probe
from tests.hostile.harness import LIMITS, processes_with
from tests.hostile.program import nbcohort, start
from tests.unit.grading.course import Course, make_course

pytestmark = [pytest.mark.hostile, pytest.mark.slow]

MARKER = "nbcohort-left-behind"


def grade(course: Course, *options: str) -> list[str]:
    return nbcohort("grade", "ps1", "--course", str(course.folder), "--no-collect", "--no-release", *options)


@pytest.fixture(scope="module")
def sandboxed() -> None:
    try:
        probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))


def test_a_killed_grader_takes_the_sandbox_with_it(sandboxed: None, tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", LIMITS)
    marker = f"{MARKER}-{os.getpid()}"
    waiting = f"import subprocess\nsubprocess.run(['sh', '-c', 'sleep 300; : {marker}'])"
    course.hand_in("ana", course.answered(double=waiting))
    program = start(grade(course), TMPDIR=str(tmp_path))
    try:
        deadline = time.monotonic() + 90
        while not processes_with(marker):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        program.send_signal(signal.SIGKILL)
        program.communicate()
    deadline = time.monotonic() + 10
    while processes_with(marker) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert processes_with(marker) == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = make_course(tmp_path_factory.mktemp("small") / "course")
    course.hand_in("ana", course.answered())
    return course


def test_without_a_sandbox_grading_refuses_and_says_what_to_install(small: Course, tmp_path: Path) -> None:
    program = start(grade(small), PATH=str(tmp_path), NBCOHORT_SANDBOX="namespaces")
    printed, complained = program.communicate(timeout=60)

    assert program.returncode == 1
    assert "bubblewrap is not installed (apt-get install bubblewrap)" in complained
    assert printed == ""
    assert not (small.folder / "autograded").exists()


def test_unsafe_grades_without_a_sandbox_and_says_so_in_the_notebook(small: Course, tmp_path: Path) -> None:
    program = start(grade(small, "--unsafe", "--json"), PATH=str(tmp_path))
    printed, complained = program.communicate(timeout=120)

    assert program.returncode == 0, complained
    (result,) = json.loads(printed)["submissions"]
    graded = json.loads((small.folder / "autograded" / "ana" / "ps1" / "ps1.ipynb").read_text())
    assert (result["score"], graded["metadata"]["nbcohort"]["sandbox"]) == (6.5, "none")
