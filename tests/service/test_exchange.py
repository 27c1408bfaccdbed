"""nbgrader's commands over the real service: what members do, and what goes wrong."""

import itertools
import json
import os
import shutil
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc

from nbcohort.submissions.receipt_file import token_in
from nbcohort.testing import RunningService
from tests.service.exchange_desks import DUE, WEEK1, Classroom, Desk, open_classroom, write_notebook

# What nbgrader's commands do does not depend on the service's database: the operations behind them have tests on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NUMBERS = itertools.count(1)


@pytest.fixture
def room(shared_service: RunningService, tmp_path: Path) -> Classroom:
    """A cohort in its first week: ida instructs, ada and ben learn."""
    return open_classroom(
        shared_service, f"cohort{next(NUMBERS)}", tmp_path, ida="instructor", ada="learner", ben="learner"
    )


def fetched(desk: Desk, assignment: str = "ps1") -> Desk:
    outcome = desk.nbgrader("fetch_assignment", assignment)
    assert outcome.code == 0, outcome.log
    return desk


def submitted(desk: Desk, assignment: str = "ps1") -> str:
    outcome = desk.nbgrader("submit", assignment)
    assert outcome.code == 0, outcome.log
    return outcome.log


def submissions(room: Classroom, **params: str) -> list[dict[str, object]]:
    answer = room.admin.get(f"/cohorts/{room.cohort}/submissions", params=params).json()
    items: list[dict[str, object]] = answer["items"]
    return items


def time_of(folder: Path) -> datetime:
    at: datetime = parse_utc((folder / "timestamp.txt").read_text())
    return at


def test_an_assignment_goes_out_and_comes_back(room: Classroom) -> None:
    course_room = room.released()
    ada = room.desk("ada")
    assert f"{room.cohort} ps1" in ada.nbgrader("list").log
    fetched(ada)
    assert (ada.home / "ps1" / "data" / "table.csv").read_text() == "a,b\n1,2\n"
    assert f"{room.cohort} ps1 (already downloaded)" in ada.nbgrader("list").log
    write_notebook(ada.home / "ps1" / "p1.ipynb", "answer = 42")
    log = submitted(ada)
    assert "attempt 1" in log
    (submission,) = submissions(room)
    assert token_in((ada.home / "ps1.receipt-1.txt").read_text()) == submission["receipt"]
    assert str(submission["manifest_sha256"])[:12] in log
    assert "attempt 2" in submitted(ada)
    assert len(submissions(room)) == 2
    outcome = course_room.nbgrader("collect", "ps1")
    assert outcome.code == 0, outcome.log
    collected = course_room.home / "submitted" / "ada" / "ps1"
    assert "answer = 42" in (collected / "p1.ipynb").read_text()
    assert (collected / "data" / "table.csv").exists()


def test_releasing_twice_needs_force_and_makes_a_version(room: Classroom) -> None:
    course_room = room.released()
    again = course_room.nbgrader("release_assignment", "ps1")
    assert (again.code, "add --force" in again.log) == (1, True)
    assert course_room.nbgrader("release_assignment", "ps1", "--force").code == 0
    (release,) = room.admin.get(f"/cohorts/{room.cohort}/releases").json()["items"]
    assert release["version"] == 2


def test_a_withdrawn_release_is_gone_for_learners(room: Classroom) -> None:
    course_room = room.released()
    assert course_room.nbgrader("list", "ps1", "--remove").code == 0
    assert room.desk("ada").nbgrader("list").log.strip().endswith("Released assignments:")
    assert room.desk("ada").nbgrader("fetch_assignment", "ps1").code == 1


def test_fetching_never_touches_what_a_learner_has(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    write_notebook(ada.home / "ps1" / "p1.ipynb", "my own work")
    (ada.home / "ps1" / "data" / "table.csv").unlink()
    refused = ada.nbgrader("fetch_assignment", "ps1")
    assert (refused.code, "already have a copy" in refused.log) == (1, True)
    assert ada.nbgrader("fetch_assignment", "ps1", "--replace").code == 0
    assert "my own work" in (ada.home / "ps1" / "p1.ipynb").read_text()
    assert (ada.home / "ps1" / "data" / "table.csv").exists()
    assert sorted(one.name for one in (ada.home / "ps1").iterdir()) == ["data", "p1.ipynb"]


def test_a_mistyped_assignment_is_answered_with_the_right_one(room: Classroom) -> None:
    room.released()
    outcome = room.desk("ada").nbgrader("fetch_assignment", "ps11")
    assert (outcome.code, "Did you mean ps1?" in outcome.log) == (1, True)


def test_collect_writes_the_services_time_whatever_the_submission_says(room: Classroom) -> None:
    course_room = room.released()
    ada = fetched(room.desk("ada"))
    (ada.home / "ps1" / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    submitted(ada)
    assert "timestamp.txt" not in json.dumps(submissions(room)), "it is not even sent"
    lie = {"timestamp.txt": ada.home / "ps1" / "timestamp.txt", "p1.ipynb": ada.home / "ps1" / "p1.ipynb"}
    with ada.at():
        from nbcohort.client import ServiceClient

        with ServiceClient.from_environment() as client:  # past nbgrader
            client.upload(f"/cohorts/{room.cohort}/submissions", {"assignment": "ps1"}, lie)
    assert course_room.nbgrader("collect", "ps1").code == 0
    at = time_of(course_room.home / "submitted" / "ada" / "ps1")
    assert WEEK1.replace(tzinfo=None) <= at < WEEK1.replace(tzinfo=None) + timedelta(hours=1)


def test_a_folder_called_like_the_note_of_the_time_keeps_nobody_from_being_collected(room: Classroom) -> None:
    course_room = room.released()
    ada = fetched(room.desk("ada"))
    notebook = ada.home / "ps1" / "p1.ipynb"
    with ada.at():
        from nbcohort.client import ServiceClient

        with ServiceClient.from_environment() as client:  # past nbgrader
            trap = {"timestamp.txt/trap": notebook, "p1.ipynb": notebook}
            client.upload(f"/cohorts/{room.cohort}/submissions", {"assignment": "ps1"}, trap)
    submitted(fetched(room.desk("ben")))

    outcome = course_room.nbgrader("collect", "ps1")

    assert outcome.code == 0, outcome.log
    for account in ("ada", "ben"):
        assert time_of(course_room.home / "submitted" / account / "ps1") >= WEEK1.replace(tzinfo=None)


def test_collecting_again_updates_only_when_asked(room: Classroom) -> None:
    course_room = room.released()
    ada = fetched(room.desk("ada"))
    submitted(ada)
    assert course_room.nbgrader("collect", "ps1").code == 0
    folder = course_room.home / "submitted" / "ada" / "ps1"
    first = time_of(folder)
    write_notebook(ada.home / "ps1" / "p1.ipynb", "second thoughts")
    submitted(ada)
    assert "use --update" in course_room.nbgrader("collect", "ps1").log
    assert time_of(folder) == first
    assert "Updating" in course_room.nbgrader("collect", "ps1", "--update").log
    assert time_of(folder) > first
    assert "second thoughts" in (folder / "p1.ipynb").read_text()
    assert "No newer submission" in course_room.nbgrader("collect", "ps1", "--update").log
    assert [one.name for one in folder.parent.iterdir()] == ["ps1"], "nothing is left beside it"


def test_in_a_course_folder_that_a_group_shares_the_group_can_change_what_was_collected(room: Classroom) -> None:
    course_room = room.released()
    ada = room.desk("ada")
    fetched(ada)
    submitted(ada)
    with (course_room.home / "nbgrader_config.py").open("a") as settings:
        settings.write("c.CourseDirectory.groupshared = True\n")
    assert course_room.nbgrader("collect", "ps1").code == 0
    folder = course_room.home / "submitted" / "ada" / "ps1"
    for path in (folder.parent, folder, folder / "data"):
        assert path.stat().st_mode & 0o2770 == 0o2770, path
    for path in (folder / "p1.ipynb", folder / "data" / "table.csv", folder / "timestamp.txt"):
        assert path.stat().st_mode & 0o660 == 0o660, path
    assert folder.stat().st_mode & 0o002 == 0, "not everybody"


def test_a_pairs_submission_is_collected_for_each_of_them(room: Classroom) -> None:
    course_room = room.released()
    room.post("pairs", {"members": [room.members["ada"], room.members["ben"]]})
    assert "It counts for" in submitted(fetched(room.desk("ada")))
    outcome = course_room.nbgrader("collect", "ps1")
    assert outcome.code == 0, outcome.log
    for student in ("ada", "ben"):
        assert (course_room.home / "submitted" / student / "ps1" / "p1.ipynb").exists()
    (listed,) = room.desk("ben").list(room.cohort, cached=True)
    assert (listed["student_id"], len(listed["submissions"])) == ("ben", 1)


def test_extensions_and_due_times_reach_nbgraders_gradebook(room: Classroom) -> None:
    course_room = room.released("ps2")
    with course_room.at(), Gradebook(f"sqlite:///{course_room.home}/gradebook.db", room.cohort) as gradebook:
        gradebook.add_assignment("ps2", duedate="2001-01-01 00:00:00 UTC")
    later = DUE + timedelta(days=2)
    room.post("extensions", {"assignment": "ps2", "member": room.members["ada"], "due_at": later.isoformat()})
    for account in ("ada", "ben"):
        fetched(room.desk(account), "ps2")
    room.service.set_clock(DUE + timedelta(days=1))
    assert "late" not in submitted(room.desk("ada"), "ps2")
    assert "It is late by 1 day" in submitted(room.desk("ben"), "ps2")
    outcome = course_room.nbgrader("collect", "ps2")
    assert outcome.code == 0, outcome.log
    late = {str(one["submitters"]): one["late_seconds"] for one in submissions(room)}
    with course_room.at(), Gradebook(f"sqlite:///{course_room.home}/gradebook.db", room.cohort) as gradebook:
        assert gradebook.find_assignment("ps2").duedate == DUE.replace(tzinfo=None)
        for account in ("ada", "ben"):  # as autograde does
            at = time_of(course_room.home / "submitted" / account / "ps2")
            gradebook.update_or_create_student(account)
            submission = gradebook.update_or_create_submission("ps2", account, timestamp=at)
            assert submission.total_seconds_late == late[str([account])]


def test_names_reach_the_gradebook_and_replace_none_that_a_person_put_there(room: Classroom) -> None:
    room.post("members", {"account": "cleo", "role": "learner", "name": "Cleo de la Cruz"})
    room.post("members", {"account": "dan", "role": "learner", "name": "Dan Park"})
    course_room = room.released("ps1")
    url = f"sqlite:///{course_room.home}/gradebook.db"
    with course_room.at(), Gradebook(url, room.cohort) as gradebook:
        gradebook.add_assignment("ps1")
        gradebook.add_student("dan", last_name="Park", first_name="Daniel")
    for account in ("ada", "cleo", "dan"):
        submitted(fetched(room.desk(account)))
    assert course_room.nbgrader("collect", "ps1").code == 0
    with course_room.at(), Gradebook(url, room.cohort) as gradebook:
        names = {one.id: (one.last_name, one.first_name) for one in gradebook.students}
    assert names == {"cleo": ("Cleo de la Cruz", "cleo"), "dan": ("Park", "Daniel")}


def test_a_release_tells_the_gradebook_when_it_is_due(room: Classroom) -> None:
    course_room = room.desk(f"course-{room.cohort}")
    url = f"sqlite:///{course_room.home}/gradebook.db"
    with course_room.at(), Gradebook(url, room.cohort) as gradebook:
        gradebook.add_assignment("ps1")
    room.released("ps1")
    with course_room.at(), Gradebook(url, room.cohort) as gradebook:
        assert gradebook.find_assignment("ps1").duedate == DUE.replace(tzinfo=None)


def test_an_extension_granted_after_collecting_arrives_with_the_next_collect(room: Classroom) -> None:
    course_room = room.released("ps2")
    url = f"sqlite:///{course_room.home}/gradebook.db"
    with course_room.at(), Gradebook(url, room.cohort) as gradebook:
        gradebook.add_assignment("ps2")
    fetched(room.desk("ada"), "ps2")
    room.service.set_clock(DUE + timedelta(hours=2))
    submitted(room.desk("ada"), "ps2")
    course_room.nbgrader("collect", "ps2")
    later = DUE + timedelta(hours=3)
    room.post("extensions", {"assignment": "ps2", "member": room.members["ada"], "due_at": later.isoformat()})
    course_room.nbgrader("collect", "ps2")
    with course_room.at(), Gradebook(url, room.cohort) as gradebook:
        assert gradebook.find_submission("ps2", "ada").extension == timedelta(hours=3)


def test_with_before_duedate_the_last_submission_in_time_is_collected(room: Classroom) -> None:
    course_room = room.released("ps2")
    ada = fetched(room.desk("ada"), "ps2")
    submitted(ada, "ps2")
    room.service.set_clock(DUE + timedelta(hours=2))
    submitted(ada, "ps2")
    submitted(fetched(room.desk("ben"), "ps2"), "ps2")
    assert course_room.nbgrader("collect", "ps2", "--before-duedate").code == 0
    assert time_of(course_room.home / "submitted" / "ada" / "ps2") < DUE.replace(tzinfo=None)
    assert time_of(course_room.home / "submitted" / "ben" / "ps2") > DUE.replace(tzinfo=None)
    assert course_room.nbgrader("collect", "ps2", "--update").code == 0
    assert time_of(course_room.home / "submitted" / "ada" / "ps2") > DUE.replace(tzinfo=None)


def test_feedback_reaches_those_who_handed_in(room: Classroom) -> None:
    course_room = room.released()
    ada = fetched(room.desk("ada"))
    submitted(ada)
    course_room.nbgrader("collect", "ps1")
    submitted(ada)  # a second attempt, on which there is no feedback
    collected = course_room.home / "submitted" / "ada" / "ps1"
    folder = course_room.home / "feedback" / "ada" / "ps1"
    folder.mkdir(parents=True)
    (folder / "p1.html").write_text("<p>Well done.</p>")
    (folder / "timestamp.txt").write_text((collected / "timestamp.txt").read_text())
    before = ada.nbgrader("list", "--cached").log
    assert before.count("no feedback available") == 2
    outcome = course_room.nbgrader("release_feedback", "ps1")
    assert outcome.code == 0, outcome.log
    assert ada.nbgrader("list", "--cached").log.count("feedback ready to be fetched") == 1
    outcome = ada.nbgrader("fetch_feedback", "ps1")
    assert outcome.code == 0, outcome.log
    (listed,) = ada.list(room.cohort, cached=True)
    first, second = listed["submissions"]
    assert (first["has_local_feedback"], first["feedback_updated"]) == (True, False)
    assert (Path(first["local_feedback_path"]) / "p1.html").read_text() == "<p>Well done.</p>"
    assert first["notebooks"][0]["has_local_feedback"] is True
    assert second["has_exchange_feedback"] is False
    (folder / "p1.html").write_text("<p>Look again.</p>")
    course_room.nbgrader("release_feedback", "ps1")
    (listed,) = ada.list(room.cohort, cached=True)
    assert listed["submissions"][0]["feedback_updated"] is True
    ada.nbgrader("fetch_feedback", "ps1")
    assert (Path(first["local_feedback_path"]) / "p1.html").read_text() == "<p>Look again.</p>"
    assert room.desk("ben").nbgrader("fetch_feedback", "ps1").code == 0
    assert not (room.desk("ben").home / "ps1").exists()


def test_a_pair_gets_the_feedback_that_was_generated_last(room: Classroom) -> None:
    course_room = room.released()
    room.post("pairs", {"members": [room.members["ada"], room.members["ben"]]})
    submitted(fetched(room.desk("ada")))
    course_room.nbgrader("collect", "ps1")
    for age, student in ((100, "ada"), (0, "ben")):
        folder = course_room.home / "feedback" / student / "ps1"
        folder.mkdir(parents=True)
        shutil.copy(course_room.home / "submitted" / student / "ps1" / "timestamp.txt", folder)
        (folder / "p1.html").write_text(f"as {student}'s was graded")
        at = time.time() - age
        os.utime(folder / "p1.html", (at, at))
    outcome = course_room.nbgrader("release_feedback", "ps1")
    assert (outcome.code, outcome.log.count("Feedback released")) == (0, 1)
    for student in ("ada", "ben"):
        desk = room.desk(student)
        assert desk.nbgrader("fetch_feedback", "ps1").code == 0
        (html,) = (desk.home / "ps1" / "feedback").rglob("*.html")
        assert html.read_text() == "as ben's was graded"


def test_a_damaged_gradebook_gets_a_sentence_and_submissions_are_collected(room: Classroom) -> None:
    course_room = room.released()
    submitted(fetched(room.desk("ada")))
    (course_room.home / "gradebook.db").write_text("no database " * 100)
    outcome = course_room.nbgrader("collect", "ps1")
    assert (outcome.code, "could not be read or written" in outcome.log) == (1, True)
    assert (course_room.home / "submitted" / "ada" / "ps1" / "p1.ipynb").exists()


def test_feedback_is_not_part_of_the_next_submission(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    (ada.home / "ps1" / "feedback" / "then").mkdir(parents=True)
    (ada.home / "ps1" / "feedback" / "then" / "p1.html").write_text("x")
    (ada.home / "ps1" / ".ipynb_checkpoints").mkdir()
    (ada.home / "ps1" / ".ipynb_checkpoints" / "p1-checkpoint.ipynb").write_text("not json")
    submitted(ada)
    (submission,) = submissions(room)
    files = submission["files"]
    assert isinstance(files, list)
    assert [file["path"] for file in files] == ["data/table.csv", "p1.ipynb"]


def test_a_broken_notebook_is_refused(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    for content in (b"", b'{"cells": [', b'{"cells": []}', b"\xff"):
        (ada.home / "ps1" / "p1.ipynb").write_bytes(content)
        outcome = ada.nbgrader("submit", "ps1")
        assert outcome.code == 1
        assert "“p1.ipynb” is not a valid notebook" in outcome.log
        assert "Traceback" not in outcome.log
    assert submissions(room) == []


def test_a_notebook_that_changes_while_it_is_read_is_refused(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    stop = threading.Event()
    file = ada.home / "ps1" / "p1.ipynb"
    content = file.read_bytes()

    def save_and_save() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            file.write_bytes(content.replace(b"answer = 0", b"answer = %d" % number))

    saving = threading.Thread(target=save_and_save)
    saving.start()
    try:
        outcome = ada.nbgrader("submit", "ps1")
    finally:
        stop.set()
        saving.join()
    assert outcome.code == 1
    assert "changed while" in outcome.log or "not a valid notebook" in outcome.log
    assert submissions(room) == []
    submitted(ada)


def test_missing_and_renamed_notebooks_are_told_and_refused_when_strict(room: Classroom) -> None:
    room.released(p1="a", p2="b")
    ada = fetched(room.desk("ada"))
    (ada.home / "ps1" / "p1.ipynb").rename(ada.home / "ps1" / "p1 (copy).ipynb")
    strict = ada.nbgrader("submit", "ps1", "--strict")
    assert strict.code == 1
    assert submissions(room) == []
    log = submitted(ada)
    assert "Missing in your folder: p1.ipynb" in log
    assert "p1 (copy).ipynb" in log
    assert "old name" in log


def test_too_large_is_refused_or_left_out_as_nbgrader_does(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    (ada.home / "ps1" / "big.csv").write_text("x" * 3000)
    assert "It is left out" in ada.nbgrader("submit", "ps1", "--CourseDirectory.max_file_size=2").log
    (submission,) = submissions(room)
    assert "big.csv" not in json.dumps(submission)
    outcome = ada.nbgrader("submit", "ps1", "--CourseDirectory.max_dir_size=2")
    assert (outcome.code, "at most" in outcome.log) == (1, True)
    write_notebook(ada.home / "ps1" / "p1.ipynb", "x" * 5000)
    outcome = ada.nbgrader("submit", "ps1", "--CourseDirectory.max_file_size=2")
    assert (outcome.code, "Clear large outputs" in outcome.log) == (1, True)
    assert len(submissions(room)) == 1


def test_links_are_refused(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    (ada.home / "ps1" / "passwd").symlink_to("/etc/passwd")
    outcome = ada.nbgrader("submit", "ps1")
    assert (outcome.code, "is a link" in outcome.log) == (1, True)
    assert submissions(room) == []


def test_only_what_is_included_is_handed_in(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    assert ada.nbgrader("submit", "ps1", '--CourseDirectory.include=["*.ipynb"]').code == 0
    (submission,) = submissions(room)
    assert "table.csv" not in json.dumps(submission)


def test_after_the_deadline_without_late_policy_it_is_refused(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    room.service.set_clock(DUE + timedelta(minutes=1))
    outcome = ada.nbgrader("submit", "ps1")
    assert outcome.code == 1
    assert "late hand-ins are not taken" in outcome.log
    assert submissions(room) == []


def test_who_is_no_member_gets_a_sentence(room: Classroom) -> None:
    room.released()
    eve = room.desk("eve")
    for command in ("list", "fetch_assignment", "collect", "fetch_feedback", "release_feedback"):
        outcome = eve.nbgrader(command, *([] if command == "list" else ["ps1"]))
        assert outcome.code == 1
        assert "not a member of cohort" in outcome.log
        assert "Traceback" not in outcome.log


def test_a_wrong_cohort_gets_a_sentence(room: Classroom) -> None:
    outcome = room.desk("ada").nbgrader("fetch_assignment", "ps1", "--course", "nowhere")
    assert outcome.code == 1
    assert "nowhere" in outcome.log
    assert "Traceback" not in outcome.log


def test_without_a_course_only_list_works_and_shows_all_ones_cohorts(
    room: Classroom, shared_service: RunningService, tmp_path: Path
) -> None:
    other = open_classroom(shared_service, "another", tmp_path, ada="learner")
    other.released()
    room.released("ps2")
    ada = room.desk("ada")
    (ada.home / "nbgrader_config.py").write_text("from nbcohort.exchange import configure\nconfigure(get_config())\n")
    found = {(info["course_id"], info["assignment_id"]) for info in ada.list()}
    assert {("another", "ps1"), (room.cohort, "ps2")} <= found
    for command in ("fetch_assignment", "submit", "collect", "release_feedback", "fetch_feedback"):
        (ada.home / "ps1").mkdir(exist_ok=True)
        outcome = ada.nbgrader(command, "ps1")
        assert (outcome.code, "No course id specified" in outcome.log) == (1, True)


def test_a_learner_may_not_release_or_withdraw_or_collect_others(room: Classroom) -> None:
    course_room = room.released()
    submitted(fetched(room.desk("ben")))
    ada = fetched(room.desk("ada"))
    (ada.home / "release").mkdir()
    (ada.home / "ps1").rename(ada.home / "release" / "ps1")
    assert ada.nbgrader("release_assignment", "ps1", "--force").code == 1
    assert ada.nbgrader("list", "ps1", "--remove").code == 1
    ada.nbgrader("collect", "ps1")
    assert not (ada.home / "submitted").exists()
    assert ada.nbgrader("list", "--inbound").log.count("ps1") == 0
    assert course_room.nbgrader("list", "--inbound").log.count("ben ps1") == 1


def test_what_was_handed_in_cannot_be_removed(room: Classroom) -> None:
    course_room = room.released()
    submitted(fetched(room.desk("ada")))
    assert course_room.nbgrader("list", "--inbound", "--remove").code == 1
    assert course_room.nbgrader("list", "--inbound", "--cached").code == 1
    assert len(submissions(room)) == 1


def test_handing_in_for_somebody_else_is_handing_in_for_oneself(room: Classroom) -> None:
    room.released()
    ada = fetched(room.desk("ada"))
    outcome = ada.nbgrader("submit", "ps1", "--student=ben")
    assert (outcome.code, "handed in as ada" in outcome.log) == (0, True)
    assert [one["submitters"] for one in submissions(room)] == [["ada"]]
    assert ada.nbgrader("submit", "ps1", "--student=b+n").code == 1


def test_a_submission_of_somebody_who_is_no_learner_is_warned_of(room: Classroom) -> None:
    course_room = room.released()
    submitted(fetched(room.desk("ida")))
    assert "WARNING" in course_room.nbgrader("collect", "ps1").log
    assert "WARNING" not in course_room.nbgrader("collect", "ps1", "--ExchangeCollect.check_owner=False").log


def test_with_the_service_down_it_says_so_and_files_stay(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbcohort.client.PAUSES", (0.1,))
    room.released()
    ada = fetched(room.desk("ada"))
    write_notebook(ada.home / "ps1" / "p1.ipynb", "hours of work")
    before = {file: file.read_bytes() for file in (ada.home / "ps1").rglob("*") if file.is_file()}
    room.service.stop()
    try:
        for arguments in (["submit", "ps1"], ["fetch_assignment", "ps2"], ["fetch_feedback", "ps1"], ["list"]):
            outcome = ada.nbgrader(*arguments)
            assert outcome.code == 1
            assert "Your files stay where they are; try again later" in outcome.log
            assert "Traceback" not in outcome.log
    finally:
        room.service.start()
    assert {file: file.read_bytes() for file in (ada.home / "ps1").rglob("*") if file.is_file()} == before
    assert not (ada.home / "ps2").exists()
    submitted(ada)


def test_a_token_that_is_not_accepted_gets_a_sentence(room: Classroom) -> None:
    ada = room.desk("ada")
    ada.environ["JUPYTERHUB_API_TOKEN"] = "stolen"
    outcome = ada.nbgrader("list")
    assert outcome.code == 1
    assert "Traceback" not in outcome.log
    assert "token" in outcome.log
