"""Grading works inside a server that itself runs in a sandbox, as the demo's course rooms do."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nbcohort.sandbox import SandboxUnavailable, probe
from tests.hostile import program
from tests.hostile.attack import RIGHT
from tests.hostile.catalogue import ATTACKS
from tests.hostile.harness import printed
from tests.hostile.known import CHECKOUT, SECRET, TOKEN, hand_in
from tests.hostile.ways import ORDINARY, as_somebody_else
from tests.unit.grading.course import make_course, scores

pytestmark = [pytest.mark.hostile, pytest.mark.slow, pytest.mark.timeout(1800)]

HOSTILE = ("looks-everywhere", "hidden-tests", "finds-token", "through-proc", "kills-all", "fork-bomb")


def require_namespaces() -> None:
    try:
        probe("namespaces")
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("nestable", [True, False])
def test_hostile_notebooks_are_graded_in_a_sandbox_in_the_servers_sandbox(nestable: bool, tmp_path: Path) -> None:
    require_namespaces()
    whole = nestable or not probe("namespaces").privileged  # bubblewrap covers parts of /proc when root starts it
    inner = "namespaces (user)" if whole else "namespaces (user, without /proc)"
    home = tmp_path / "home"
    home.mkdir()
    course = make_course(home / "course", "c.SandboxedExecute.processes = 200\nc.Execute.timeout = 30")
    known = {"course": course.folder, "token": TOKEN, "checkout": CHECKOUT, "marker": "nbcohort-nested"}
    for account in HOSTILE:
        hand_in(ATTACKS[account], account, course, known)
    course.hand_in("zz-honest", course.answered(), {"classmates-work.txt": SECRET.encode()})

    command = program.nbcohort(
        *("grade", "ps1", "--course", str(course.folder), "--no-collect", "--no-release", "--json")
    )
    command = as_somebody_else(command, home, ORDINARY, nestable=nestable)
    room = program.start(command, HOME=str(home), JUPYTERHUB_API_TOKEN=TOKEN)
    try:
        said, complained = room.communicate(timeout=300)
    finally:
        room.kill()
        room.wait()

    assert room.returncode == 0, complained
    report: dict[str, Any] = json.loads(said)
    assert report["sandbox"] == inner
    found = scores(course)
    for account in (*HOSTILE, "zz-honest"):
        assert {cell: found[account][cell][0] for cell in RIGHT} == RIGHT
    for account in HOSTILE:
        notebook = (course.folder / "autograded" / account / "ps1" / "ps1.ipynb").read_text()
        shown = printed(output for cell in json.loads(notebook)["cells"] for output in cell.get("outputs", []))
        assert not any(secret in shown for secret in ("LEAK", SECRET, TOKEN))
        assert (ATTACKS[account].shows or "") in shown


AN_ORDINARY_USERS_HUB = """
import subprocess, sys
from pathlib import Path
import nbcohort
from nbcohort.sandbox import Policy, probe, python_environment, wrap

toolkit = Path(nbcohort.__file__).parent.parent
policy = Policy(
    python_environment(toolkit), home=Path.home(), network=True, environment=None, limits=None, nestable=True
)
code = "from nbcohort.sandbox import probe; print(probe('namespaces').name, open('/proc/self/status').read())"
sys.exit(subprocess.run(wrap([sys.executable, "-c", code], policy, probe('namespaces'))).returncode)
"""


def test_a_server_that_an_ordinary_user_starts_can_make_sandboxes_and_has_no_capabilities(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    require_namespaces()
    hub = program.start(as_somebody_else([sys.executable, "-c", AN_ORDINARY_USERS_HUB], home, ORDINARY), HOME=str(home))
    printed, complained = hub.communicate(timeout=60)

    assert hub.returncode == 0, complained
    assert printed.startswith("namespaces (user) ")
    assert "CapEff:\t0000000000000000" in printed
