"""Cohorts are added to a Hub that runs, and each has a course room for its instructors alone."""

import time

import httpx
import pytest

from nbcohort.demo.hub_process import RunningHub
from tests.hub.place import Place

pytestmark = pytest.mark.hub


def add_cohort(hub: RunningHub, cohort: str, instructor: str, learner: str) -> None:
    """As an administrator does."""
    with hub.acting("grace") as client:
        service = "/services/nbcohort/api/v1"
        answer = client.post(
            f"{service}/cohorts",
            json={"id": cohort, "title": cohort},
            headers={"Idempotency-Key": f"new-cohort-{cohort}"},
        )
        assert answer.status_code in (200, 201), answer.text
        for account, role in ((instructor, "instructor"), (learner, "learner")):
            answer = client.post(
                f"{service}/cohorts/{cohort}/members",
                json={"account": account, "role": role},
                headers={"Idempotency-Key": f"member-{cohort}-{account}"},
            )
            assert answer.status_code in (200, 201), answer.text


def wait_for_room(hub: RunningHub, cohort: str, instructor: str) -> None:
    for _half_second in range(40):
        shares = hub.api("GET", f"shares/course-{cohort}/")
        if shares.status_code == 200 and instructor in shares.text:
            return
        time.sleep(0.5)
    raise AssertionError(shares.text)


@pytest.fixture(scope="module")
def two_cohorts(hub: RunningHub) -> RunningHub:
    add_cohort(hub, "ds1", "ida", "leo")
    add_cohort(hub, "ds2", "ivo", "liv")
    wait_for_room(hub, "ds1", "ida")
    wait_for_room(hub, "ds2", "ivo")
    hub.start_server("course-ds1", acting="ida")
    return hub


def test_an_instructor_starts_and_enters_the_course_room_of_a_cohort_added_while_the_hub_runs(
    two_cohorts: RunningHub,
) -> None:
    with two_cohorts.acting("ida") as client:
        assert client.get("/user/course-ds1/api/status").status_code == 200
        assert client.get("/user/course-ds1/lab").status_code == 200


def test_an_instructor_who_looks_after_no_hub_starts_the_course_room_in_a_browser(
    two_cohorts: RunningHub, place: Place
) -> None:
    with httpx.Client(base_url=two_cohorts.url, timeout=60) as browser:
        place.log_in_with(browser, "ivo")
        assert browser.get("/hub/spawn/course-ds1").status_code in (403, 404)
        answer = browser.get("/hub/spawn/course-ds2")
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith("/hub/spawn-pending/course-ds2")


@pytest.mark.parametrize("account", ["leo", "ivo", "liv", "mallory"])
def test_nobody_but_its_instructors_starts_or_enters_a_course_room(two_cohorts: RunningHub, account: str) -> None:
    with two_cohorts.acting(account) as client:
        assert client.get("/user/course-ds1/api/status").status_code == 403
        assert client.get("/user/course-ds1/api/contents").status_code == 403
        assert client.post("/hub/api/users/course-ds1/server", json={}).status_code in (403, 404)
        assert client.delete("/hub/api/users/course-ds1/server").status_code in (403, 404)
        assert client.post("/hub/api/shares/course-ds1/", json={"user": account}).status_code in (403, 404)


def test_an_instructor_cannot_hand_the_course_room_on(two_cohorts: RunningHub) -> None:
    with two_cohorts.acting("ida") as client:
        answer = client.post("/hub/api/shares/course-ds1/", json={"user": "leo"})
    assert answer.status_code in (403, 404)


def test_the_course_room_is_the_cohort_to_the_service_and_has_its_course_folder(two_cohorts: RunningHub) -> None:
    code = """
import os
from nbcohort.client import ServiceClient
print(ServiceClient.from_environment().get("/me"))
from nbgrader.apps import NbGrader
app = NbGrader(); app.load_config_file()
course = app.config.CourseDirectory
print(os.path.basename(os.getcwd()), course.course_id, course.root == os.getcwd())
"""
    printed = two_cohorts.run("course-ds1", code, acting="ida")
    assert "course-ds1" in printed
    assert "course room" in printed
    assert printed.splitlines()[-1] == "course ds1 True"


def test_the_course_rooms_server_checks_what_is_handed_in(two_cohorts: RunningHub) -> None:
    code = """
from pathlib import Path
lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
print(sum(b"nbcohort.checks" in line for line in lines))
"""
    assert two_cohorts.run("course-ds1", code, acting="ida").split() == ["1"]


def test_formgrader_opens_in_the_course_room(two_cohorts: RunningHub) -> None:
    with two_cohorts.acting("ida") as client:
        page = client.get("/user/course-ds1/formgrader/manage_assignments", follow_redirects=True)
        assert page.status_code == 200
        assert "formgrader" in page.text
        assert client.get("/user/course-ds1/formgrader/api/assignments").json() == []
        lab = client.get("/user/course-ds1/lab").text
    assert "@jupyter/nbgrader:formgrader" not in lab.split('"disabledExtensions"')[1].split("]")[0]


def test_the_groups_carry_nbgraders_own_names(two_cohorts: RunningHub) -> None:
    def group(name: str) -> set[str]:
        users: list[str] = two_cohorts.api("GET", f"groups/{name}").json()["users"]
        return set(users)

    assert group("nbgrader-ds1") == {"leo"}
    assert {"ida"} <= group("formgrade-ds1")
    assert "leo" not in group("formgrade-ds1")
