"""A class with hostile notebooks is graded: none gets what it should not, and everyone's score is right."""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nbcohort.sandbox import SandboxUnavailable, probe
from tests.hostile import attacks
from tests.hostile.program import nbcohort, start
from tests.unit.grading.course import Course, Scores, make_course, scores

pytestmark = [pytest.mark.hostile, pytest.mark.slow]

TOKEN = "s3cret-f00d"
MARKER = "nbcohort-left-behind"
LIMITS = """
c.SandboxedExecute.memory = 1 << 30
c.SandboxedExecute.disk = 64 << 20
c.SandboxedExecute.processes = 200
c.SandboxedExecute.notebook_timeout = 120
c.Execute.timeout = 40
"""


def grade(course: Course, *options: str) -> list[str]:
    return nbcohort("grade", "ps1", "--course", str(course.folder), "--no-collect", "--no-release", *options)


def processes_with(marker: str) -> list[int]:
    """Return the processes on this machine that have `marker` among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


@dataclass
class Listener:
    """Sockets on which hostile code might call; `heard` is what it said."""

    folder: Path
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.abstract = f"nbcohort-{os.getpid()}"
        self.path = str(self.folder / "door")
        self.sockets = [
            socket.create_server(("127.0.0.1", 0)),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX),
        ]
        self.sockets[1].bind(("127.0.0.1", 0))
        for one, address in zip(self.sockets[2:], (f"\0{self.abstract}", self.path), strict=True):
            one.bind(address)
            one.listen()
        self.threads = [threading.Thread(target=self._listen, args=(one,)) for one in self.sockets]
        self._stop = False
        for thread in self.threads:
            thread.start()

    def _listen(self, one: socket.socket) -> None:
        one.settimeout(0.2)
        while not self._stop:
            with contextlib.suppress(TimeoutError):
                if one.type == socket.SOCK_DGRAM:
                    self.heard.append(one.recv(99))
                else:
                    connection, _address = one.accept()
                    connection.close()
                    self.heard.append(b"a connection")

    def close(self) -> None:
        self._stop = True
        for thread in self.threads:
            thread.join()
        for one in self.sockets:
            one.close()

    @property
    def addresses(self) -> dict[str, Any]:
        tcp, udp = (one.getsockname()[1] for one in self.sockets[:2])
        return {"tcp": tcp, "udp": udp, "abstract": self.abstract, "path": self.path}


@pytest.fixture(scope="module")
def sandboxed() -> None:
    try:
        probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))


@dataclass(frozen=True)
class Graded:
    course: Course
    report: dict[str, dict[str, Any]]
    scores: dict[str, Scores]
    heard: list[bytes]

    def notebook(self, account: str) -> str:
        return (self.course.folder / "autograded" / account / "ps1" / "ps1.ipynb").read_text()

    def automatic(self, account: str) -> dict[str, float | None]:
        return {cell: score for cell, (score, _final, _by_hand) in self.scores[account].items()}


ATTACKS = {
    "looks-everywhere": attacks.LOOK_EVERYWHERE,
    "writes-gradebook": attacks.WRITE_GRADEBOOK,
    "finds-token": attacks.FIND_TOKEN,
    "calls-home": attacks.CALL_HOME,
    "fork-bomb": attacks.FORK_BOMB,
    "memory-bomb": attacks.MEMORY_BOMB,
    "fills-disks": attacks.FILL_DISKS,
    "prints": attacks.PRINT_200_MB,
    "leaves-children": attacks.LEAVE_CHILDREN,
    "kills-parents": attacks.KILL_PARENTS,
    "changes-python": attacks.CHANGE_ENVIRONMENT,
    "swaps-sockets": attacks.SWAP_SOCKETS,
}
ALL_RIGHT = {"double_test": 2, "root_test": 3, "parts": 1.5, "by_hand": None, "why": None}


@pytest.fixture(scope="module")
def graded(sandboxed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """Grade a class in which everybody but the first and the last attacks."""
    folder = tmp_path_factory.mktemp("hostile")
    course = make_course(folder / "course", LIMITS)
    (course.folder / "submitted").mkdir()
    listener = Listener(folder)
    try:
        known = {"course": str(course.folder), "token": TOKEN, "marker": MARKER} | listener.addresses
        course.hand_in("aa-honest", course.answered(), {"classmates-work.txt": b"mine"})
        for account, attack in ATTACKS.items():
            course.hand_in(account, course.answered(double=attack.format(**known) + attacks.SOLUTION))
        linked = course.hand_in("links", course.answered())
        (linked / "data.csv").symlink_to(course.folder / "gradebook.db")
        course.hand_in("zz-honest", course.answered())
        program = start(grade(course, "--json"), JUPYTERHUB_API_TOKEN=TOKEN)
        try:
            printed, complained = program.communicate(timeout=400)
        finally:
            program.kill()
            program.wait()
        assert printed, complained
        report = {one["account"]: one for one in json.loads(printed)["submissions"]}
        yield Graded(course, report, scores(course), listener.heard)
    finally:
        listener.close()


@pytest.mark.parametrize("account", ATTACKS)
def test_no_attack_gets_anything(account: str, graded: Graded) -> None:
    outputs = [output for cell in json.loads(graded.notebook(account))["cells"] for output in cell.get("outputs", [])]
    text = json.dumps(outputs)

    assert graded.report[account]["outcome"] == "graded"
    assert "LEAK" not in "".join("".join(output.get("text", "")) for output in outputs)
    assert TOKEN not in text


@pytest.mark.parametrize("account", ["aa-honest", "zz-honest"])
def test_the_honest_before_and_after_have_the_right_score(account: str, graded: Graded) -> None:
    assert graded.automatic(account) == ALL_RIGHT


@pytest.mark.parametrize("account", sorted(set(ATTACKS) - {"fork-bomb", "memory-bomb", "kills-parents"}))
def test_who_attacks_in_vain_and_solves_the_task_has_the_score_for_the_task(account: str, graded: Graded) -> None:
    assert graded.automatic(account) == ALL_RIGHT


def test_who_uses_up_all_memory_has_no_points_for_what_did_not_run(graded: Graded) -> None:
    assert graded.automatic("memory-bomb") == {
        "double_test": 0,
        "root_test": 0,
        "parts": 0,
        "by_hand": None,
        "why": None,
    }
    assert "used more memory than it may" in graded.notebook("memory-bomb")


def test_the_fork_bomb_stops_at_the_limit(graded: Graded) -> None:
    assert "stopped at" in graded.notebook("fork-bomb")


def test_nobody_hears_from_the_sandbox(graded: Graded) -> None:
    assert graded.heard == []


def test_nothing_outlives_the_run(graded: Graded) -> None:
    assert processes_with(MARKER) == []


def test_a_submission_with_a_link_is_refused_with_a_sentence(graded: Graded) -> None:
    assert graded.report["links"]["outcome"] == "failed"
    assert graded.report["links"]["reason"] == "data.csv is a link or a device, not a file."
    assert not (graded.course.folder / "autograded" / "links").exists()


def test_200_mb_of_output_are_not_kept(graded: Graded) -> None:
    assert len(graded.notebook("prints")) < 1 << 20
    assert "over the limit" in graded.notebook("prints")


def test_the_environment_is_as_before(graded: Graded) -> None:
    assert not list(Path(sys.prefix).rglob(f"{MARKER}*"))
    assert not list(Path(sys.base_prefix).rglob(f"{MARKER}*"))


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
    program = start(grade(small), PATH=str(tmp_path))
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
