"""Cohorts, members, pairs and settings, through the running service."""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from nbcohort.testing import RunningService, free_port, wait_until


def test_an_admin_makes_a_cohort_and_its_course_room_while_the_hub_runs(service: RunningService) -> None:
    admin = service.as_account("root", admin=True)
    made = admin.post("/cohorts", json={"id": "ds1", "title": "Data science"})
    assert made.status_code == 201, made.text
    assert made.json()["room"] == "course-ds1"
    assert "course-ds1" in service.hub.users
    room = service.as_account("course-ds1")
    assert room.get("/me").json()["cohorts"] == [
        {"cohort": "ds1", "title": "Data science", "role": "course room", "member": None}
    ]


def test_members_get_the_hub_groups_of_their_role_and_instructors_the_course_room(service: RunningService) -> None:
    admin = service.as_account("root", admin=True)
    admin.post("/cohorts", json={"id": "ds1", "title": "Data science"})
    for account, role in [("ada", "instructor"), ("ben", "learner"), ("cyd", "mentor")]:
        added = admin.post("/cohorts/ds1/members", json={"account": account, "role": role})
        assert added.status_code == 201, added.text
    assert service.hub.groups["nbgrader-ds1"] == {"ben"}
    assert service.hub.groups["formgrade-ds1"] == {"ada", "course-ds1"}
    assert service.hub.groups["mentor-ds1"] == {"cyd"}
    assert service.hub.shares["course-ds1"] == {"ada"}


def test_the_same_request_with_the_same_key_is_done_once(service: RunningService) -> None:
    admin = service.as_account("root", admin=True)
    admin.post("/cohorts", json={"id": "ds1", "title": "Data science"})
    key = {"Idempotency-Key": "0123456789abcdef"}
    body = {"account": "ben", "role": "learner"}
    first = admin.post("/cohorts/ds1/members", json=body, headers=key)
    again = admin.post("/cohorts/ds1/members", json=body, headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert len(admin.get("/cohorts/ds1/members").json()["items"]) == 1
    other = admin.post("/cohorts/ds1/members", json={"account": "cyd"}, headers=key)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]


def test_who_is_no_member_is_told_so_in_a_sentence(service: RunningService) -> None:
    service.as_account("root", admin=True).post("/cohorts", json={"id": "ds1", "title": "Data science"})
    answer = service.as_account("eve").get("/cohorts/ds1")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == 'You (eve) are not a member of cohort "ds1"; ask its instructor to add you.'


COURSE: dict[str, Any] = {
    "id": "ds",
    "title": "Data science",
    "skills": {"pandas.clean": "Clean a table"},
    "assignments": [{"name": "ps1", "title": "One", "release": "week 1 mon 09:00", "due": "week 1 sun 23:59"}],
}
COHORT = {"id": "ds1", "title": "Spring", "start": "2026-03-02", "time_zone": "Europe/Berlin"}


def cohort_of(service: RunningService, **roles: str) -> dict[str, str]:
    """Make the cohort ds1 with accounts of the given roles; return account -> member id."""
    admin = service.as_account("root", admin=True)
    assert admin.post("/cohorts", json={"id": "ds1", "title": "Data science"}).status_code == 201
    return {
        account: admin.post("/cohorts/ds1/members", json={"account": account, "role": role}).json()["id"]
        for account, role in roles.items()
    }


def test_settings_show_what_changes_keep_versions_and_change_nothing_when_dry(service: RunningService) -> None:
    cohort_of(service, ada="instructor")
    ada = service.as_account("ada")
    dry = ada.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": COHORT, "dry_run": True}).json()
    assert (dry["applied"], dry["version"]) == (False, 0)
    first = ada.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": COHORT}).json()
    assert (first["applied"], first["version"]) == (True, 1)
    again = ada.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": COHORT}).json()
    assert (again["applied"], again["version"], again["changes"]) == (False, 1, [])
    later = {**COURSE, "assignments": [{**COURSE["assignments"][0], "due": "week 2 sun 23:59"}]}
    second = ada.put("/cohorts/ds1/settings", json={"course": later, "cohort": COHORT}).json()
    assert second["version"] == 2
    assert [(change["before"], change["after"]) for change in second["changes"]] == [
        ("week 1 sun 23:59", "week 2 sun 23:59")
    ]
    kept = ada.get("/cohorts/ds1/settings", params={"version": 1}).json()
    assert kept["course"]["assignments"][0]["due"] == "week 1 sun 23:59"
    assert ada.get("/cohorts/ds1").json()["time_zone"] == "Europe/Berlin"


def test_settings_with_mistakes_or_of_another_cohort_are_refused_and_nothing_changes(service: RunningService) -> None:
    cohort_of(service, ada="instructor")
    ada = service.as_account("ada")
    broken = ada.put("/cohorts/ds1/settings", json={"course": {**COURSE, "titel": "x"}, "cohort": COHORT})
    assert 400 <= broken.status_code < 500
    assert "titel" in broken.json()["detail"]
    other = ada.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": {**COHORT, "id": "ds2"}})
    assert other.status_code == 422
    assert "ds2" in other.json()["detail"]
    assert ada.get("/cohorts/ds1/settings").status_code == 404


def test_a_membership_that_ended_opens_nothing_any_more(service: RunningService) -> None:
    members = cohort_of(service, ada="instructor", ben="learner")
    ada, ben = service.as_account("ada"), service.as_account("ben")
    assert ben.get("/cohorts/ds1").status_code == 200
    now = service.as_account("root", admin=True).get("/cohorts/ds1/members").json()["items"][0]["starts_at"]
    ended = ada.patch(f"/cohorts/ds1/members/{members['ben']}", json={"ends_at": now})
    assert ended.status_code == 200, ended.text
    answer = ben.get("/cohorts/ds1")
    assert (answer.status_code, answer.json()["detail"]) == (403, 'Your time in cohort "ds1" is over.')
    assert service.hub.groups["nbgrader-ds1"] == set()


def test_a_roster_kept_by_the_hub_is_followed_and_not_written(service: RunningService) -> None:
    cohort_of(service, ada="instructor")
    ada = service.as_account("ada")
    service.hub.groups.update({"nbgrader-ds1": {"ben"}, "formgrade-ds1": {"ada", "course-ds1"}})
    assert ada.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": {**COHORT, "roster": "hub"}}).is_success

    def accounts() -> dict[str, bool]:
        items = ada.get("/cohorts/ds1/members").json()["items"]
        return {item["account"]: item["ends_at"] is None for item in items}

    wait_until(lambda: accounts() == {"ada": True, "ben": True}, what="ben's joining")
    refused = ada.post("/cohorts/ds1/members", json={"account": "cyd"})
    assert refused.status_code == 409
    service.hub.groups["nbgrader-ds1"] = {"cyd"}
    wait_until(lambda: accounts() == {"ada": True, "ben": False, "cyd": True}, what="cyd for ben")
    assert service.hub.groups["nbgrader-ds1"] == {"cyd"}


PEOPLE = {"nbgrader-ds1": {"ben", "cyd"}, "formgrade-ds1": {"ada"}, "mentor-ds1": {"dot"}}


def _groups_with_people(service: RunningService) -> httpx.Client:
    service.hub.groups.update({group: set(accounts) for group, accounts in PEOPLE.items()})
    return service.as_account("root", admin=True)


def _apply(admin: httpx.Client, **changes: str) -> None:
    answer = admin.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": {**COHORT, **changes}})
    assert answer.is_success, answer.text


def _accounts(admin: httpx.Client) -> set[str]:
    return {one["account"] for one in admin.get("/cohorts/ds1/members").json()["items"] if one["ends_at"] is None}


def test_who_makes_a_cohort_whose_groups_have_people_must_say_who_keeps_its_members(service: RunningService) -> None:
    admin = _groups_with_people(service)
    refused = admin.post("/cohorts", json={"id": "ds1", "title": "DS 1"})
    assert refused.status_code == 409
    assert "(ada, ben, cyd, dot)" in refused.json()["detail"]
    assert "--roster" in refused.json()["detail"]
    assert admin.get("/cohorts").json()["items"] == []
    assert service.hub.groups.items() >= PEOPLE.items()
    service.hub.groups["nbgrader-ds1"].update({"eli", "fay"})
    many = admin.post("/cohorts", json={"id": "ds1", "title": "DS 1"})
    assert "(ada, ben, cyd, dot, eli and 1 more)" in many.json()["detail"]
    asked = service.as_account("ben").post("/cohorts", json={"id": "ds1", "title": "DS 1"})
    assert (asked.status_code, "ada" in asked.text) == (403, False)


def test_groups_that_have_only_the_course_room_are_no_reason_to_ask(service: RunningService) -> None:
    service.hub.groups["formgrade-ds1"] = {"course-ds1"}
    admin = service.as_account("root", admin=True)
    assert admin.post("/cohorts", json={"id": "ds1", "title": "DS 1"}).status_code == 201


def test_a_cohort_is_not_made_while_nobody_knows_who_is_in_its_groups(service: RunningService) -> None:
    admin = _groups_with_people(service)
    assert admin.get("/me").status_code == 200  # the Hub's answer is believed for ten seconds
    service.hub.down = True
    refused = admin.post("/cohorts", json={"id": "ds1", "title": "DS 1"})
    assert refused.status_code == 502
    assert refused.json()["detail"].startswith("JupyterHub refused GET groups/")
    service.hub.down = False
    assert admin.get("/cohorts").json()["items"] == []


def test_people_who_are_in_the_groups_before_the_cohort_is_made_become_members(service: RunningService) -> None:
    admin = _groups_with_people(service)
    assert admin.post("/cohorts", json={"id": "ds1", "title": "DS 1", "roster": "hub"}).is_success
    wait_until(lambda: _accounts(admin) == {"ada", "ben", "cyd", "dot"}, what="their being members")
    _apply(admin)
    service.hub.groups["nbgrader-ds1"] = {"ben", "eli"}
    wait_until(lambda: _accounts(admin) == {"ada", "ben", "dot", "eli"}, what="the Hub's keeping the roster")
    assert service.hub.groups["nbgrader-ds1"] == {"ben", "eli"}


def test_groups_stay_as_they_are_until_somebody_says_who_belongs_to_the_cohort(service: RunningService) -> None:
    admin = service.as_account("root", admin=True)
    assert admin.post("/cohorts", json={"id": "ds1", "title": "DS 1"}).is_success
    _groups_with_people(service)
    _apply(admin)
    assert service.hub.groups.items() >= PEOPLE.items()
    _apply(admin, roster="hub")
    wait_until(lambda: _accounts(admin) == {"ada", "ben", "cyd", "dot"}, what="their being members")


def test_who_is_in_the_groups_stays_a_member_when_nbcohort_keeps_them_from_now_on(service: RunningService) -> None:
    service.environ["NBCOHORT_TICK_SECONDS"] = "3600"
    service.stop()
    service.start()
    admin = _groups_with_people(service)
    assert admin.post("/cohorts", json={"id": "ds1", "title": "DS 1", "roster": "hub"}).is_success
    _apply(admin, roster="nbcohort")
    assert _accounts(admin) == {"ada", "ben", "cyd", "dot"}
    assert admin.post("/cohorts/ds1/members", json={"account": "eli"}).is_success
    assert service.hub.groups["nbgrader-ds1"] == {"ben", "cyd", "eli"}


def test_a_clock_that_is_broken_for_a_while_stops_nothing_for_good(service: RunningService) -> None:
    admin = service.as_account("root", admin=True)
    assert admin.post("/cohorts", json={"id": "ds1", "title": "DS 1", "roster": "hub"}).is_success
    log = service.data.parent / "service.log"
    (service.data / "clock.json").write_text("no clock")
    wait_until(lambda: "a tick failed" in log.read_text(), what="a failed tick")
    service.hub.groups["nbgrader-ds1"] = {"ben"}
    service.set_clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    wait_until(lambda: bool(admin.get("/cohorts/ds1/members").json()["items"]), what="ben's joining")


def test_a_hub_that_is_away_is_told_later(service: RunningService) -> None:
    cohort_of(service, ada="instructor")
    ada = service.as_account("ada")
    assert ada.get("/me").status_code == 200  # the Hub's answer is believed for ten seconds
    service.hub.down = True
    assert ada.post("/cohorts/ds1/members", json={"account": "ben"}).status_code == 201
    assert "ben" not in service.hub.groups["nbgrader-ds1"]
    service.hub.down = False
    wait_until(lambda: "ben" in service.hub.groups["nbgrader-ds1"], what="the Hub's knowing of ben")


def test_what_two_changes_at_once_tell_the_hub_is_what_the_roster_says_in_the_end(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort_of(service, ada="instructor")
    answer, meanwhile = service.hub.answer, ["cyd"]

    def slow(method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        if method == "POST" and path.startswith("users/course-ds1") and meanwhile:
            other = service.as_account("ada").post("/cohorts/ds1/members", json={"account": meanwhile.pop()})
            assert other.status_code == 201, other.text
        return answer(method, path, token, body)

    monkeypatch.setattr(service.hub, "answer", slow)
    assert service.as_account("ada").post("/cohorts/ds1/members", json={"account": "ben"}).status_code == 201
    wait_until(lambda: service.hub.groups["nbgrader-ds1"] == {"ben", "cyd"}, what="the Hub's knowing of both")


def test_pairs_are_two_or_three_active_learners_once_each(service: RunningService) -> None:
    members = cohort_of(service, ada="instructor", ben="learner", cyd="learner", dot="learner", eli="learner")
    ada = service.as_account("ada")

    def pair(*accounts: str, assignment: str | None = None) -> int:
        body = {"members": [members[account] for account in accounts], "assignment": assignment}
        return ada.post("/cohorts/ds1/pairs", json=body).status_code

    assert pair("ben", "ben") == 422
    assert pair("ben") == 422
    assert pair("ben", "ada") == 422
    assert pair("ben", "cyd") == 201
    assert pair("cyd", "dot") == 409
    assert pair("cyd", "dot", "eli", assignment="ps1") == 201
    assert len(service.as_account("cyd").get("/cohorts/ds1/pairs").json()["items"]) == 2
    mine = service.as_account("ben").get("/cohorts/ds1/pairs").json()["items"]
    assert [set(one["members"]) for one in mine] == [{members["ben"], members["cyd"]}]
    ended = ada.delete(f"/cohorts/ds1/pairs/{mine[0]['id']}")
    assert ended.json()["ends_at"] is not None
    assert service.as_account("ben").get("/cohorts/ds1/pairs").json()["items"] == []


def test_lists_come_in_pages(service: RunningService) -> None:
    cohort_of(service, **{f"m{number}": "learner" for number in range(5)})
    admin = service.as_account("root", admin=True)
    seen, after = [], None
    for _page in range(3):
        page = admin.get("/cohorts/ds1/members", params={"limit": 2, **({"after": after} if after else {})}).json()
        seen += [item["account"] for item in page["items"]]
        after = page["next"]
    assert (seen, after) == (["m0", "m1", "m2", "m3", "m4"], None)


def test_what_is_not_json_or_not_known_or_not_there_is_a_problem_detail(service: RunningService) -> None:
    cohort_of(service, ada="instructor")
    ada = service.as_account("ada")
    answers = [
        (ada.post("/cohorts/ds1/members", content=b"{", headers={"Content-Type": "application/json"}), 422),
        (ada.post("/cohorts/ds1/members", json={"account": "ben", "admin": True}), 422),
        (ada.get("/cohorts/ds9"), 404),
        (ada.get("/cohorts/ds1/settings", params={"version": 2**70}), 422),
        (ada.get("/nothing"), 404),
        (ada.delete("/me"), 405),
        (service.as_account("ada").get("/me", headers={"Authorization": ""}), 401),
        (service.as_account("ada").get("/me", headers={"Authorization": "Bearer forged"}), 401),
    ]
    for answer, status in answers:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["detail"]


def test_health_says_which_time_it_is_and_the_clock_cannot_be_set_over_http(service: RunningService) -> None:
    service.set_clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    health = httpx.get(f"{service.url}health", timeout=60).json()
    assert health["demo_clock"] is True
    assert health["now"].startswith("2026-03-02T09:00")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert httpx.request(method, f"{service.url}health", json={"now": "2030-01-01"}, timeout=60).status_code == 405


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_a_second_service_on_the_same_sqlite_file_is_refused(service: RunningService) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "nbcohort.service"],
        env={**service.environ, "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{free_port()}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].startswith("nbcohort service: Another nbcohort service runs on")


def test_a_membership_that_will_end_leaves_the_hub_groups_when_its_time_comes(service: RunningService) -> None:
    service.set_clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    members = cohort_of(service, ada="instructor", ben="learner")
    ada = service.as_account("ada")
    assert ada.patch(f"/cohorts/ds1/members/{members['ben']}", json={"ends_at": "2026-03-09T00:00:00Z"}).is_success
    assert service.hub.groups["nbgrader-ds1"] == {"ben"}
    service.set_clock(datetime(2026, 3, 9, 1, tzinfo=UTC))
    wait_until(lambda: service.hub.groups["nbgrader-ds1"] == set(), what="ben's leaving the group")


def test_a_body_larger_than_any_manifest_is_refused_before_it_is_read_whole(service: RunningService) -> None:
    admin = service.as_account("root", admin=True)
    answer = admin.post("/cohorts", content=b" " * 9_000_000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
