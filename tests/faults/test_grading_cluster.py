"""Notebooks run on a Dask cluster, whose workers may die; what travels there knows nothing of the course."""

import json
import os
import pickle
import signal
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from distributed import Client, LocalCluster
from nbformat.v4 import new_notebook
from traitlets.config import Config

from nbcohort.errors import Invalid
from nbcohort.grading.course_room import open_course
from nbcohort.grading.executor import SandboxedExecute
from nbcohort.grading.grade import Options, grade
from nbcohort.grading.pool import ClusterFailed, cluster
from nbcohort.grading.task import pack, perform, unpack
from nbcohort.sandbox import SandboxUnavailable, probe
from tests.faults.grading import Class, dice, make_class
from tests.unit.grading.course import ASSIGNMENT, code, make_course

KILLS = 5
WAITING = """
import os, time
open({begun!r}, "a").write("{account}\\n")
while not os.path.exists({go!r}):
    time.sleep(0.01)
"""


@pytest.fixture
def workers() -> Iterator[LocalCluster]:
    """A real cluster of two processes."""
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(**settings) as made:  # type: ignore[no-untyped-call]
        yield made


def address(workers: LocalCluster) -> str:
    return str(workers.scheduler_address).replace("tcp://", "dask://")


@pytest.fixture
def learners(tmp_path: Path) -> Iterator[Class]:
    made = make_class(tmp_path, 6)
    yield made
    made.end()


def wait_in_the_middle(learners: Class) -> tuple[Path, Path]:
    """Let each notebook say that it has begun, and wait; return where it says so, and what ends the wait."""
    begun, go = learners.course.folder.parent / "begun", learners.course.folder.parent / "go"
    for account in learners.accounts:
        path = learners.course.folder / "submitted" / account / ASSIGNMENT / "ps1.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, code(WAITING.format(begun=str(begun), go=str(go), account=account)))
        nbformat.write(notebook, path)
    return begun, go


def test_what_a_killed_worker_ran_is_run_by_another_one(learners: Class, workers: LocalCluster) -> None:
    begun, go = wait_in_the_middle(learners)
    program = learners.start("--executor", address(workers))
    assert learners.wait_for(lambda: begun.exists() and len(begun.read_text().split()) == 2, program)

    with Client(workers, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        victim = workers.workers[0]
        victim.process.process._process.kill()
        client.wait_for_workers(2)  # the killed one's successor  # type: ignore[no-untyped-call]
    go.touch()
    report = learners.report_of(program)

    assert {one["outcome"] for one in report.values()} == {"graded"}
    learners.assert_all_right()
    assert len(begun.read_text().split()) == learners.count + 1


def test_workers_killed_at_random_moments_over_200_submissions_cost_no_score(
    tmp_path: Path, workers: LocalCluster
) -> None:
    rng = dice()
    learners = make_class(tmp_path, 210)
    try:
        program = learners.start("--executor", address(workers))
        for _kill in range(KILLS):
            more = learners.runs().total() + rng.randint(5, 30)
            assert learners.wait_for(lambda more=more: learners.runs().total() >= more, program)  # type: ignore[misc]
            alive = [nanny.pid for nanny in workers.workers.values() if nanny.pid]
            os.kill(rng.choice(alive), signal.SIGKILL)
        report = learners.report_of(program)
    finally:
        learners.end()

    assert {one["outcome"] for one in report.values()} == {"graded"}
    learners.assert_all_right()
    assert set(learners.runs()) == set(learners.accounts)
    assert learners.runs().total() <= learners.count + 2 * KILLS  # what a worker ran, and had not told yet


def test_files_travel_both_ways_and_the_course_does_not(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "course" / "folder", tmp_path / "elsewhere"
    (folder / "data").mkdir(parents=True)
    elsewhere.mkdir()
    (folder / "data" / "in.txt").write_text("1")
    (folder / "same.txt").write_text("2")
    notebook = new_notebook(cells=[code("open('data/in.txt', 'a').write('3')\nopen('out.txt', 'w').write('4')")])
    settings = SandboxedExecute(unsafe=True, preload=[]).settings()

    task = pack(folder, {"ps1": notebook}, settings)
    done = perform(pickle.loads(pickle.dumps(task)))  # noqa: S301
    notebooks = unpack(done, elsewhere)

    assert str(tmp_path).encode() not in pickle.dumps(task)
    assert {path.name: path.read_text() for path in elsewhere.rglob("*.txt")} == {"in.txt": "13", "out.txt": "4"}
    assert notebooks["ps1"].cells[0].outputs[0]["data"]["text/plain"] == "1"
    assert json.loads(done.notebooks[0][1])["cells"][0]["execution_count"] == 1


def test_notebooks_run_in_the_sandbox_of_a_workers_machine(tmp_path: Path, workers: LocalCluster) -> None:
    try:
        probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    course = make_course(tmp_path / "course")
    course.hand_in(
        "ana", course.answered(double="from helper import double"), {"helper.py": b"def double(x): return 2*x"}
    )
    room = open_course(course.folder, Config({"SandboxedExecute": {"preload": []}}))

    (result,) = grade(room, ASSIGNMENT, room.submitted(ASSIGNMENT), Options(feedback=False, executor=address(workers)))

    assert (result.outcome, result.score) == ("graded", 6.5)


@pytest.mark.parametrize(
    ("given", "complaint", "sentence"),
    [
        ("localhost:8786", Invalid, "An executor is given as dask://host:port"),
        ("dask://localhost", Invalid, "An executor is given as dask://host:port"),
        ("dask://127.0.0.1:1", ClusterFailed, "There is no Dask scheduler at dask://127.0.0.1:1"),
    ],
)
def test_an_address_that_is_none_gets_a_sentence(given: str, complaint: type[Exception], sentence: str) -> None:
    with pytest.raises(complaint, match=sentence), cluster(given):
        pass
