"""Cohorts, members, pairs and settings, through the running service."""

from nbcohort.testing import RunningService


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
