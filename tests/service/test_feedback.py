"""Giving feedback back to those who handed in."""

from tests.service.classroom import Classroom, ok, refused

HTML = {"ps1.html": b"<h1>Well done</h1>"}


def test_feedback_reaches_its_submitter_and_nobody_else(room: Classroom) -> None:
    done = room.hand_in("ada")
    room.hand_in("ben")
    given = room.upload(room.room, "feedback", HTML, submission=done["id"])
    assert (given["submission"], given["assignment"], given["version"]) == (done["id"], "ps1", 1)
    assert room.items("ada", "feedback") == [given]
    assert room.items("ben", "feedback") == []
    path = f"{room.root}/feedback/{given['id']}/files/ps1.html"
    assert room.client("ada").get(path).content == HTML["ps1.html"]
    refused(room.client("ben").get(path), 403, "may not")
    refused(room.client("ben").get(f"{room.root}/feedback", params={"account": "ada"}), 403, "may not")
    assert room.client("mo").get(path).status_code == 200


def test_both_of_a_pair_read_the_feedback_on_their_common_work(room: Classroom) -> None:
    room.pair("ada", "ben")
    done = room.hand_in("ada")
    given = room.upload(room.room, "feedback", HTML, submission=done["id"])
    for account in ("ada", "ben"):
        assert room.items(account, "feedback") == [given]
        answer = room.client(account).get(f"{room.root}/feedback/{given['id']}/files/ps1.html")
        assert answer.content == HTML["ps1.html"]


def test_the_newest_feedback_counts_and_the_old_one_is_kept(room: Classroom) -> None:
    done = room.hand_in("ada")
    old = room.upload(room.room, "feedback", HTML, submission=done["id"])
    new = room.upload(room.client("ines"), "feedback", {"ps1.html": b"better"}, submission=done["id"])
    assert new["version"] == 2
    assert room.items("ada", "feedback") == [new]
    answer = room.client("ada").get(f"{room.root}/feedback/{old['id']}/files/ps1.html")
    assert answer.content == HTML["ps1.html"]


def test_open_feedback_is_not_seen_and_committing_twice_is_once(room: Classroom) -> None:
    done = room.hand_in("ada")
    begun = ok(room.begin(room.room, "feedback", HTML, submission=done["id"]))
    room.put_needed(room.room, begun, HTML)
    assert room.items("ada", "feedback") == []
    refused(room.client("ada").get(f"{room.root}/feedback/{begun['id']}/files/ps1.html"), 404, "no such feedback")
    first = ok(room.commit(room.room, "feedback", begun["id"]))
    assert ok(room.commit(room.room, "feedback", begun["id"])) == first


def test_lists_can_be_narrowed(room: Classroom) -> None:
    ps1, other = room.hand_in("ada"), room.hand_in("ben", "late-ok")
    for done in (ps1, other):
        room.upload(room.room, "feedback", HTML, submission=done["id"])
    account = f"course-{room.cohort}"
    assert [one["submission"] for one in room.items(account, "feedback")] == [ps1["id"], other["id"]]
    assert [one["submission"] for one in room.items(account, "feedback", assignment="ps1")] == [ps1["id"]]
    assert [one["submission"] for one in room.items(account, "feedback", account="ben")] == [other["id"]]


def test_learners_and_mentors_give_none_and_unknown_submissions_get_a_sentence(room: Classroom) -> None:
    done = room.hand_in("ada")
    for account in ("ada", "ben", "mo"):
        refused(room.begin(room.client(account), "feedback", HTML, submission=done["id"]), 403, "may not")
    refused(room.begin(room.room, "feedback", HTML, submission="sub_x"), 404, "no such submission")
    begun = ok(room.begin(room.client("ada"), "submissions", HTML, assignment="ps1"))
    refused(room.begin(room.room, "feedback", HTML, submission=begun["id"]), 404, "no such submission")
