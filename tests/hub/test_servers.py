"""What a person's server can reach, and what it cannot."""

import json
import time
from pathlib import Path

import pytest

from nbcohort.demo.hub_process import RunningHub
from tests.hub.place import Place

pytestmark = pytest.mark.hub

TRY_TO_READ = """
import json, pathlib
found = {}
for path in PATHS:
    try:
        path = pathlib.Path(path)
        found[str(path)] = sorted(p.name for p in path.iterdir()) if path.is_dir() else path.read_bytes()[:20].hex()
    except OSError as error:
        found[str(path)] = type(error).__name__
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def two_servers(hub: RunningHub) -> RunningHub:
    for account in ("ada", "cyd"):
        hub.start_server(account)
    hub.run("cyd", "open('diary.txt', 'w').write('secret')")
    return hub


def test_a_learner_reaches_the_service_through_the_hub(hub: RunningHub) -> None:
    with hub.acting("ada") as client:
        answer = client.get("/services/nbcohort/api/v1/me")
    assert answer.status_code == 200
    assert answer.json()["account"] == "ada"


def test_a_server_reaches_the_service_with_the_token_it_was_given(two_servers: RunningHub) -> None:
    printed = two_servers.run(
        "ada",
        "from nbcohort.client import ServiceClient\nprint(ServiceClient.from_environment().get('/me')['account'])",
    )
    assert printed.strip() == "ada"


def test_a_server_sees_neither_other_homes_nor_what_the_hub_and_the_service_keep(
    two_servers: RunningHub, place: Place
) -> None:
    diary = place.state / "homes" / "cyd" / "diary.txt"
    kept = [place.state / "hub" / "jupyterhub.sqlite", *(place.state / "service").iterdir()]
    assert diary.exists()
    assert len(kept) > 2
    paths = [str(path) for path in (diary, diary.parent, place.state / "hub", place.log, *kept)]
    found = json.loads(two_servers.run("ada", TRY_TO_READ.replace("PATHS", repr(paths))))
    assert set(found.values()) == {"FileNotFoundError"}
    homes = str(place.state / "homes")
    assert json.loads(two_servers.run("ada", TRY_TO_READ.replace("PATHS", repr([homes])))) == {homes: ["ada"]}


def test_a_server_sees_no_process_of_others_and_reads_no_environment_but_its_own(two_servers: RunningHub) -> None:
    printed = two_servers.run(
        "ada", "import subprocess; print(subprocess.run(['ps', '-eo', 'args'], capture_output=True, text=True).stdout)"
    )
    assert "nbcohort.singleuser" in printed
    assert "cyd" not in printed
    assert "nbcohort.service" not in printed


def test_a_server_cannot_change_the_python_that_others_use(two_servers: RunningHub) -> None:
    code = "import nbcohort, sys, os; print(os.access(sys.prefix, os.W_OK), os.access(nbcohort.__file__, os.W_OK))"
    assert two_servers.run("ada", code).split() == ["False", "False"]


def test_what_a_person_writes_is_there_after_a_restart_of_the_server(two_servers: RunningHub) -> None:
    two_servers.run("ada", "open('mine.txt', 'w').write('kept')")
    assert two_servers.api("DELETE", "users/ada/server").status_code in (202, 204)
    for _half_second in range(60):
        if not two_servers.api("GET", "users/ada").json()["servers"]:
            break
        time.sleep(0.5)
    two_servers.start_server("ada")
    assert two_servers.run("ada", "print(open('mine.txt').read())").strip() == "kept"


def test_kernels_listen_on_no_port_that_another_account_could_listen_in_on(two_servers: RunningHub) -> None:
    code = "from ipykernel.kernelapp import IPKernelApp; print(IPKernelApp.instance().transport)"
    assert two_servers.run("ada", code).strip() == "ipc"


def test_the_token_inside_a_server_reads_nobody_else_and_starts_nothing(two_servers: RunningHub) -> None:
    code = """
import os, httpx
api, token = os.environ["JUPYTERHUB_API_URL"], os.environ["JUPYTERHUB_API_TOKEN"]
with httpx.Client(headers={"Authorization": f"token {token}"}) as client:
    for request in ["GET users", "GET users/cyd", "POST users/cyd/server", "POST users/ada/tokens"]:
        method, path = request.split()
        print(client.request(method, f"{api}/{path}", json={}).status_code)
"""
    assert set(two_servers.run("ada", code).split()) <= {"403", "404"}


def test_a_sandbox_for_grading_works_inside_a_server(two_servers: RunningHub) -> None:
    code = """
import subprocess, sys
from nbcohort.sandbox import Policy, probe, python_environment, wrap
tier = probe()
print(tier.proc)
program = [sys.executable, "-c", "import os; print(sorted(os.listdir('/home/learner')))"]
command = wrap(program, Policy(python_environment()), tier)
result = subprocess.run(command, capture_output=True, text=True)
print(result.stdout, result.stderr)
"""
    assert two_servers.run("ada", code).split() == ["True", "['work']"]


def test_a_learners_server_does_not_see_the_solutions_that_come_with_nbcohort(two_servers: RunningHub) -> None:
    code = """
from pathlib import Path
import nbcohort
package = Path(nbcohort.__file__).parent
inside = [package / "_data", package / "demo" / "answers"]
beside = [package.parents[1] / "course_template", package.parents[1] / "exercises"]
print([str(path) for place in inside + beside for path in place.glob("*")])
"""
    assert two_servers.run("ada", code).split() == ["[]"]


def test_collaboration_and_formgrader_are_off_and_the_assignment_list_is_on(two_servers: RunningHub) -> None:
    with two_servers.acting("ada") as client:
        assert client.get("/user/ada/formgrader").status_code == 404
        assert client.get("/user/ada/formgrader/api/assignments").status_code == 404
        assert (
            client.put(
                "/user/ada/api/collaboration/session/x.ipynb", json={"format": "json", "type": "notebook"}
            ).status_code
            == 404
        )
        assert client.get("/user/ada/assignments", params={"course_id": "x"}).status_code != 404
        page = client.get("/user/ada/lab").text
    assert "@jupyter/nbgrader:formgrader" in page.split('"disabledExtensions"')[1].split("]")[0]


def test_homes_are_for_their_owners_alone(two_servers: RunningHub, place: Place) -> None:
    homes = [place.state / "homes" / name for name in ("ada", "cyd")]
    assert [oct(home.stat().st_mode & 0o777) for home in homes] == ["0o700", "0o700"]
    if Path("/proc/self").stat().st_uid == 0:
        assert len({home.stat().st_uid for home in homes} | {0}) == 3
