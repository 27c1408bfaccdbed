"""Releasing assignments to learners."""

import httpx

from tests.service.classroom import FILES, NOTEBOOK, START, Classroom, ok, refused


def names(room: Classroom, account: str) -> list[tuple[str, int]]:
    return [(one["assignment"], one["version"]) for one in room.items(account, "releases")]


def test_what_the_course_room_releases_learners_fetch(room: Classroom) -> None:
    done = room.release()
    (found,) = room.items("ada", "releases")
    assert found == done
    assert [file["path"] for file in found["files"]] == ["data/penguins.csv", "ps1.ipynb"]
    path = f"{room.root}/releases/{done['id']}/files/ps1.ipynb"
    assert room.client("ada").get(path).content == NOTEBOOK
    (state,) = [one for one in room.items("ada", "assignments") if one["name"] == "ps1"]
    assert (state["released"], state["release"], state["title"]) == (True, done["id"], "Cleaning")


def test_an_instructor_may_release_and_others_may_not(room: Classroom) -> None:
    room.upload(room.client("ines"), "releases", FILES, assignment="ps1")
    for account in ("ada", "mo"):
        refused(room.begin(room.client(account), "releases", FILES, assignment="ps1"), 403, "may not")


def test_a_new_version_takes_the_place_of_the_old_one_which_is_kept(room: Classroom) -> None:
    old = room.release()
    room.release(files={"ps1.ipynb": b"corrected"})
    assert names(room, "ada") == [("ps1", 2)]
    path = f"{room.root}/releases/{old['id']}/files/ps1.ipynb"
    assert room.client("ada").get(path).content == NOTEBOOK


def test_an_open_release_is_not_seen(room: Classroom) -> None:
    begun = ok(room.begin(room.room, "releases", FILES, assignment="ps1"))
    assert names(room, "ada") == []
    refused(room.client("ada").get(f"{room.root}/releases/{begun['id']}/files/ps1.ipynb"), 404, "no such release")
    refused(room.commit(room.room, "releases", begun["id"]), 409, "2 files")
    room.put_needed(room.room, begun, FILES)
    first = ok(room.commit(room.room, "releases", begun["id"]))
    assert ok(room.commit(room.room, "releases", begun["id"])) == first
    assert names(room, "ada") == [("ps1", 1)]


def test_a_withdrawn_release_is_gone_for_learners_and_the_older_one_does_not_come_back(room: Classroom) -> None:
    room.release()
    second = room.release()
    refused(room.client("ada").delete(f"{room.root}/releases/{second['id']}"), 403, "may not")
    assert ok(room.room.delete(f"{room.root}/releases/{second['id']}"))["withdrawn_at"] is not None
    ok(room.room.delete(f"{room.root}/releases/{second['id']}"))
    assert names(room, "ada") == []
    refused(room.client("ada").get(f"{room.root}/releases/{second['id']}/files/ps1.ipynb"), 404, "not any more")
    assert room.release()["version"] == 3
    assert names(room, "ada") == [("ps1", 3)]


def test_what_is_released_before_its_time_learners_see_at_its_time(room: Classroom) -> None:
    done = room.release("later")
    path = f"{room.root}/releases/{done['id']}/files/ps1.ipynb"
    assert names(room, "ada") == []
    assert names(room, "mo") == names(room, "ines") == [("later", 1)]
    refused(room.client("ada").get(path), 404, "not yet")
    assert [one["released"] for one in room.items("ada", "assignments")] == [False, False, False]
    room.service.set_clock(START.replace(day=26))
    assert names(room, "ada") == [("later", 1)]
    assert room.client("ada").get(path).content == NOTEBOOK


def test_an_assignment_that_settings_do_not_know_is_released_without_times(room: Classroom) -> None:
    room.release("extra")
    extra = room.items("ada", "assignments")[-1]
    assert (extra["name"], extra["due_at"], extra["late"], extra["released"]) == ("extra", None, None, True)


def test_assignments_tell_times_and_late_policy(room: Classroom) -> None:
    states = {one["name"]: one for one in room.items("ada", "assignments")}
    assert list(states) == ["ps1", "late-ok", "later"]
    assert states["late-ok"]["late"]["policy"] == "accept"
    assert states["late-ok"]["closes_at"] == "2026-01-23T22:59:00Z"
    assert states["ps1"]["due_at"] == states["ps1"]["closes_at"] == "2026-01-16T22:59:00Z"


def test_releases_of_other_cohorts_are_out_of_reach(room: Classroom) -> None:
    done = room.release()
    other = f"{room.cohort}-b"
    ok(room.admin.post("/cohorts", json={"id": other, "title": "Other"}))
    room2 = room.client(f"course-{other}")
    refused(room2.get(f"{room.root}/releases"), 403, "not a member")
    refused(room2.get(f"/cohorts/{other}/releases/{done['id']}/files/ps1.ipynb"), 404, "no such release")
    refused(room2.delete(f"/cohorts/{other}/releases/{done['id']}"), 404, "no such release")


def test_without_a_token_nothing_is_told(room: Classroom) -> None:
    for path in ("releases", "submissions", "feedback", "assignments", "extensions"):
        assert httpx.get(f"{room.service.url}api/v1{room.root}/{path}", timeout=60).status_code == 401
