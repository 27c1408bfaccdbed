"""Grading works inside a server that itself runs in a sandbox, as the demo's course rooms do."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import nbcohort
from nbcohort.sandbox import Policy, SandboxUnavailable, probe, python_environment, wrap
from tests.hostile import attacks, program
from tests.unit.grading.course import make_course, scores

pytestmark = [pytest.mark.hostile, pytest.mark.slow]

TOKEN = "s3cret-f00d"
USER = 61234
ALL_RIGHT = {"double_test": 2, "root_test": 3, "parts": 1.5, "by_hand": None, "why": None}


def course_room(home: Path, command: list[str], *, nestable: bool) -> list[str]:
    """Return `command` in a sandbox such as a server gets: network, its own home, its environment."""
    try:
        tier = probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    if tier.privileged:
        for path in (home, *home.rglob("*")):
            os.chown(path, USER, USER)
    toolkit = Path(nbcohort.__file__).parent.parent
    policy = Policy(
        python_environment(toolkit),
        home=home,
        network=True,
        environment=None,
        limits=None,
        nestable=nestable,
        user=USER,
    )
    return wrap(command, policy, tier)


@pytest.mark.parametrize(
    ("nestable", "inner"), [(True, "namespaces (user)"), (False, "namespaces (user, without /proc)")]
)
def test_hostile_notebooks_are_graded_in_a_sandbox_in_the_servers_sandbox(
    nestable: bool, inner: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    course = make_course(home / "course", "c.SandboxedExecute.processes = 200\nc.Execute.timeout = 30")
    known = {"course": str(course.folder), "token": TOKEN}
    hostile = {"looks": attacks.LOOK_EVERYWHERE, "token": attacks.FIND_TOKEN, "bomb": attacks.FORK_BOMB}
    for account, attack in hostile.items():
        course.hand_in(account, course.answered(double=attack.format(**known) + attacks.SOLUTION))
    course.hand_in("zz-honest", course.answered(), {"classmates-work.txt": b"mine"})

    command = program.nbcohort(
        *("grade", "ps1", "--course", str(course.folder), "--no-collect", "--no-release", "--json")
    )
    room = program.start(course_room(home, command, nestable=nestable), HOME=str(home), JUPYTERHUB_API_TOKEN=TOKEN)
    try:
        printed, complained = room.communicate(timeout=300)
    finally:
        room.kill()
        room.wait()

    assert room.returncode == 0, complained
    report: dict[str, Any] = json.loads(printed)
    assert report["sandbox"] == inner
    found = scores(course)
    for account in ("looks", "token", "zz-honest"):
        assert {cell: automatic for cell, (automatic, _final, _by_hand) in found[account].items()} == ALL_RIGHT
    for account in hostile:
        notebook = (course.folder / "autograded" / account / "ps1" / "ps1.ipynb").read_text()
        outputs = [output for cell in json.loads(notebook)["cells"] for output in cell.get("outputs", [])]
        assert "LEAK" not in "".join("".join(output.get("text", "")) for output in outputs)
        assert TOKEN not in json.dumps(outputs)


AN_ORDINARY_USERS_HUB = """
import subprocess, sys
from pathlib import Path
import nbcohort
from nbcohort.sandbox import Policy, probe, python_environment, wrap

toolkit = Path(nbcohort.__file__).parent.parent
policy = Policy(
    python_environment(toolkit), home=Path.home(), network=True, environment=None, limits=None, nestable=True
)
code = "from nbcohort.sandbox import probe; print(probe().name, open('/proc/self/status').read())"
sys.exit(subprocess.run(wrap([sys.executable, "-c", code], policy, probe())).returncode)
"""


def test_a_server_that_an_ordinary_user_starts_can_make_sandboxes_and_has_no_capabilities(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    hub = program.start(course_room(home, [sys.executable, "-c", AN_ORDINARY_USERS_HUB], nestable=True), HOME=str(home))
    printed, complained = hub.communicate(timeout=60)

    assert hub.returncode == 0, complained
    assert printed.startswith("namespaces (user) ")
    assert "CapEff:\t0000000000000000" in printed
