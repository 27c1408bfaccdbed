"""Handing in to a running service."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from nbcohort.submissions.manifest import Entry, digest
from nbcohort.submissions.receipts import verify
from nbcohort.testing import wait_until
from tests.service.classroom import DUE, FILES, NOTEBOOK, START, Classroom, described, ok, refused, sha

MINUTE = timedelta(minutes=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class TestHandingIn:
    def test_a_hand_in_gets_a_receipt_that_verifies_offline(self, room: Classroom) -> None:
        done = room.hand_in("ada")
        receipt = verify(done["receipt"], room.keys())
        manifest = [Entry(file["path"], file["size"], file["sha256"]) for file in described(FILES)]
        assert receipt.manifest_sha256 == done["manifest_sha256"] == digest(manifest)
        assert receipt.submitters == (room.members["ada"],)
        assert (receipt.cohort, receipt.assignment, receipt.submission) == (room.cohort, "ps1", done["id"])
        assert (receipt.attempt, receipt.late, receipt.files) == (1, False, 2)
        assert receipt.created_at == instant(done["created_at"])
        assert START <= receipt.created_at <= receipt.committed_at
        assert done["submitters"] == ["ada"]
        assert instant(done["due_at"]) == DUE
        assert [file["path"] for file in done["files"]] == ["data/penguins.csv", "ps1.ipynb"]

    def test_the_files_come_back_byte_for_byte_and_are_never_shown_by_a_browser(self, room: Classroom) -> None:
        done = room.hand_in("ada", files={"ä b/x y.html": b"<script>alert(1)</script>"})
        answer = room.client("ada").get(f"{room.root}/submissions/{done['id']}/files/ä b/x y.html")
        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''x%20y.html"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Content-Length"] == "25"

    def test_every_attempt_is_kept_and_numbered(self, room: Classroom) -> None:
        for number in range(1, 4):
            assert room.hand_in("ada", files={"ps1.ipynb": b"%d" % number})["attempt"] == number
        assert [one["attempt"] for one in room.items("ada", "submissions")] == [1, 2, 3]
        assert [one["attempt"] for one in room.items("ada", "submissions", latest=True)] == [3]
        assert room.hand_in("ben")["attempt"] == 1

    def test_nothing_is_seen_before_the_commit(self, room: Classroom) -> None:
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        assert begun["attempt"] == 1
        room.put_needed(ada, begun, FILES)
        assert room.items("ines", "submissions") == []
        assert ok(ada.get(f"{room.root}/assignments"))["items"][0]["submissions"] == 0
        refused(ada.get(f"{room.root}/submissions/{begun['id']}"), 404, "no such submission")
        refused(ada.get(f"{room.root}/submissions/{begun['id']}/files/ps1.ipynb"), 404, "no such submission")
        ok(room.commit(ada, "submissions", begun["id"]))
        assert len(room.items("ines", "submissions")) == 1
        assert ok(ada.get(f"{room.root}/assignments"))["items"][0]["submissions"] == 1

    def test_a_commit_with_missing_files_names_them_and_can_be_made_good(self, room: Classroom) -> None:
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.put(ada, begun["snapshot"], NOTEBOOK)
        problem = refused(room.commit(ada, "submissions", begun["id"]), 409, "1 files have not arrived")
        assert problem["missing"] == [sha(b"species,mass\n")]
        room.put(ada, begun["snapshot"], b"species,mass\n")
        ok(room.commit(ada, "submissions", begun["id"]))

    def test_committing_again_gives_the_same_receipt(self, room: Classroom) -> None:
        done = room.hand_in("ada")
        again = ok(room.commit(room.client("ada"), "submissions", done["id"]))
        assert again == done
        assert len(room.items("ada", "submissions")) == 1

    def test_a_repeated_begin_with_one_key_begins_once(self, room: Classroom) -> None:
        ada = room.client("ada")
        body = {"assignment": "ps1", "files": described(FILES)}
        headers = {"Idempotency-Key": "a-key-for-this"}
        first = ok(ada.post(f"{room.root}/submissions", json=body, headers=headers))
        assert ok(ada.post(f"{room.root}/submissions", json=body, headers=headers)) == first

    def test_only_files_sent_before_by_the_same_member_are_skipped(self, room: Classroom) -> None:
        room.hand_in("ada")
        mine = ok(room.begin(room.client("ada"), "submissions", {**FILES, "new": b"new"}, assignment="ps1"))
        assert mine["needed"] == [sha(b"new")]
        ben = room.client("ben")
        theirs = ok(room.begin(ben, "submissions", FILES, assignment="ps1"))
        assert sorted(theirs["needed"]) == sorted(sha(data) for data in FILES.values())
        refused(room.commit(ben, "submissions", theirs["id"]), 409, "2 files")

    def test_a_hash_cannot_be_claimed_with_another_size(self, room: Classroom) -> None:
        room.hand_in("ada")
        files = [{"path": "ps1.ipynb", "size": 3, "sha256": sha(NOTEBOOK)}]
        answer = room.client("ada").post(f"{room.root}/submissions", json={"assignment": "ps1", "files": files})
        refused(answer, 409, "size of ps1.ipynb")

    def test_two_uploads_of_one_member_at_once_both_arrive(self, room: Classroom) -> None:
        done: list[dict[str, Any]] = []

        def upload(number: int) -> None:
            client = room.service.as_account("ada")
            files = {"ps1.ipynb": b"%d" % number, "same.csv": b"same" * 10_000}
            done.append(room.upload(client, "submissions", files, assignment="ps1"))

        threads = [threading.Thread(target=upload, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one["attempt"] for one in done) == [1, 2, 3, 4, 5, 6]
        assert len({one["receipt"] for one in done}) == 6

    def test_empty_files_are_taken(self, room: Classroom) -> None:
        done = room.hand_in("ada", files={"empty": b""})
        assert done["files"][0]["size"] == 0
        assert room.client("ada").get(f"{room.root}/submissions/{done['id']}/files/empty").content == b""


class TestFilesThatComeWithTheCommit:
    @pytest.fixture
    def begun(self, room: Classroom) -> dict[str, Any]:
        begun: dict[str, Any] = ok(room.begin(room.client("ada"), "submissions", {**FILES, "e": b""}, assignment="ps1"))
        return begun

    def test_two_requests_are_a_whole_hand_in(self, room: Classroom, begun: dict[str, Any]) -> None:
        ada = room.client("ada")
        done = ok(room.commit_with(ada, "submissions", begun["id"], b"", *FILES.values()))
        assert verify(done["receipt"], room.keys()).files == 3
        for path, data in {**FILES, "e": b""}.items():
            assert ada.get(f"{room.root}/submissions/{done['id']}/files/{path}").content == data
        assert ok(room.begin(ada, "submissions", FILES, assignment="ps1"))["needed"] == []

    def test_releases_and_feedback_can_do_it_too(self, room: Classroom) -> None:
        done = room.hand_in("ada")
        release = ok(room.begin(room.room, "releases", FILES, assignment="ps1"))
        feedback = ok(room.begin(room.room, "feedback", {"ps1.html": b"<p>Good.</p>"}, submission=done["id"]))
        ok(room.commit_with(room.room, "releases", release["id"], *FILES.values()))
        ok(room.commit_with(room.room, "feedback", feedback["id"], b"<p>Good.</p>"))
        ada = room.client("ada")
        assert ada.get(f"{room.root}/feedback/{feedback['id']}/files/ps1.html").content == b"<p>Good.</p>"
        assert ada.get(f"{room.root}/releases/{release['id']}/files/ps1.ipynb").content == NOTEBOOK

    def test_some_may_be_put_before(self, room: Classroom, begun: dict[str, Any]) -> None:
        ada = room.client("ada")
        room.put(ada, begun["snapshot"], NOTEBOOK)
        problem = refused(room.commit_with(ada, "submissions", begun["id"], b""), 409, "1 files have not arrived")
        assert problem["missing"] == [sha(FILES["data/penguins.csv"])]
        ok(room.commit_with(ada, "submissions", begun["id"], b"", FILES["data/penguins.csv"]))

    def test_asking_again_gives_the_same_receipt(self, room: Classroom, begun: dict[str, Any]) -> None:
        ada, sent = room.client("ada"), [*FILES.values(), b""]
        headers = {"Idempotency-Key": "a-key-for-that"}
        done = ok(room.commit_with(ada, "submissions", begun["id"], *sent, headers=headers))
        assert ok(room.commit_with(ada, "submissions", begun["id"], *sent, headers=headers)) == done
        assert ok(room.commit_with(ada, "submissions", begun["id"], *sent)) == done
        assert ok(room.commit(ada, "submissions", begun["id"])) == done

    def test_wrong_bytes_commit_nothing(self, room: Classroom, begun: dict[str, Any]) -> None:
        ada = room.client("ada")
        path, named = f"{room.root}/submissions/{begun['id']}/commit", {"sha256": sha(NOTEBOOK)}
        refused(ada.post(path, params=named, content=NOTEBOOK[:-1] + b"x"), 422, "not what was announced")
        refused(ada.post(path, params=named, content=NOTEBOOK + b"x"), 422, "bytes where")
        refused(ada.post(path, content=NOTEBOOK), 422, "bytes where")
        refused(ada.post(path, params=named), 422, "bytes where")
        refused(ada.post(path, params={"sha256": "nonsense"}, content=NOTEBOOK), 422, "sha256")
        refused(room.commit_with(ada, "submissions", begun["id"], b"other"), 404, "No file of this upload")
        assert len(refused(room.commit(ada, "submissions", begun["id"]), 409, "3 files")["missing"]) == 3
        assert list((room.service.data / "blobs" / "incoming").iterdir()) == []

    def test_only_who_began_may_send_them(self, room: Classroom) -> None:
        begun = ok(room.begin(room.client("ada"), "submissions", {"new": b"ada's alone"}, assignment="ps1"))
        for account in ("ben", "ines"):
            answer = room.commit_with(room.client(account), "submissions", begun["id"], b"ada's alone")
            refused(answer, 404, "begun no such upload")
        hashed = sha(b"ada's alone")
        assert not (room.service.data / "blobs" / hashed[:2] / hashed).exists()

    def test_a_hand_in_is_counted_from_its_beginning(self, room: Classroom) -> None:
        room.service.set_clock(DUE - timedelta(minutes=1))
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.service.set_clock(DUE + timedelta(minutes=5))
        done = ok(room.commit_with(ada, "submissions", begun["id"], *FILES.values()))
        assert not done["late"]


class TestBlobs:
    @pytest.fixture
    def begun(self, room: Classroom) -> dict[str, Any]:
        begun: dict[str, Any] = ok(room.begin(room.client("ada"), "submissions", FILES, assignment="ps1"))
        return begun

    def test_a_blob_nobody_announced_is_refused(self, room: Classroom, begun: dict[str, Any]) -> None:
        refused(room.put(room.client("ada"), begun["snapshot"], b"other"), 404, "No file of this upload")

    def test_only_the_one_who_began_may_send_and_commit(self, room: Classroom, begun: dict[str, Any]) -> None:
        for account in ("ben", "ines"):
            client = room.client(account)
            refused(room.put(client, begun["snapshot"], NOTEBOOK), 404, "begun no such upload")
            refused(room.commit(client, "submissions", begun["id"]), 404, "begun no such submission")

    def test_wrong_bytes_are_refused_and_not_kept(self, room: Classroom, begun: dict[str, Any]) -> None:
        ada = room.client("ada")
        wrong = b"x" * len(NOTEBOOK)
        refused(room.put(ada, begun["snapshot"], wrong, sha(NOTEBOOK)), 422, "not what was announced")
        refused(room.put(ada, begun["snapshot"], NOTEBOOK + b"x", sha(NOTEBOOK)), 422, "bytes where")
        refused(room.put(ada, begun["snapshot"], NOTEBOOK[:-1], sha(NOTEBOOK)), 422, "bytes where")

        def endless() -> Iterator[bytes]:
            for _ in range(1000):
                yield b"x" * 10_000

        path = f"{room.root}/snapshots/{begun['snapshot']}/blobs/{sha(NOTEBOOK)}"
        refused(ada.put(path, content=endless()), 413, "larger than")
        refused(room.commit(ada, "submissions", begun["id"]), 409, "2 files")
        blobs = room.service.data / "blobs"
        assert list((blobs / "incoming").iterdir()) == []
        assert not (blobs / sha(wrong)[:2] / sha(wrong)).exists()

    def test_an_upload_that_breaks_off_leaves_nothing_and_can_be_repeated(
        self, room: Classroom, begun: dict[str, Any]
    ) -> None:
        def half() -> Iterator[bytes]:
            yield NOTEBOOK[:10]
            raise ConnectionAbortedError

        path = f"{room.root}/snapshots/{begun['snapshot']}/blobs/{sha(NOTEBOOK)}"
        with pytest.raises(ConnectionAbortedError):
            room.client("ada").put(path, content=half())
        room.put_needed(room.client("ada"), begun, FILES)
        ok(room.commit(room.client("ada"), "submissions", begun["id"]))
        incoming = room.service.data / "blobs" / "incoming"
        wait_until(lambda: not list(incoming.iterdir()), what="that nothing is left of it")

    def test_nothing_is_added_to_a_committed_snapshot(self, room: Classroom, begun: dict[str, Any]) -> None:
        ada = room.client("ada")
        room.put_needed(ada, begun, FILES)
        ok(room.commit(ada, "submissions", begun["id"]))
        refused(room.put(ada, begun["snapshot"], NOTEBOOK), 409, "complete")

    def test_a_hash_that_is_none_is_refused(self, room: Classroom, begun: dict[str, Any]) -> None:
        answer = room.put(room.client("ada"), begun["snapshot"], NOTEBOOK, "nonsense")
        assert answer.status_code == 422


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("../ps1.ipynb", "leads out"),
            ("/etc/passwd", "absolute"),
            ("a\\b", "backslash"),
            ("C:x", "drive"),
            ("a\u0000b", "control"),
            ("u\u0308.txt", "NFC"),
            ("x" * 300, "too long"),
        ],
    )
    def test_bad_paths(self, room: Classroom, path: str, sentence: str) -> None:
        refused(room.begin(room.client("ada"), "submissions", {path: b"x"}, assignment="ps1"), 422, sentence)

    def test_a_path_that_is_not_unicode(self, room: Classroom) -> None:
        file = '{"path": "\\udcff", "size": 1, "sha256": "' + sha(b"x") + '"}'
        body = '{"assignment": "ps1", "files": [' + file + "]}"
        answer = room.client("ada").post(
            f"{room.root}/submissions", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422
        assert answer.json()["detail"]

    def test_collisions(self, room: Classroom) -> None:
        ada = room.client("ada")
        refused(room.begin(ada, "submissions", {"a": b"1", "A": b"2"}, assignment="ps1"), 422, "upper and lower")
        refused(room.begin(ada, "submissions", {"a": b"1", "a/b": b"2"}, assignment="ps1"), 422, "file and a folder")
        refused(room.begin(ada, "submissions", {}, assignment="ps1"), 422, "no files")

    def test_limits_of_the_course(self, room: Classroom) -> None:
        room.apply(limits={"max_files": 2, "max_file_mb": 1, "max_total_mb": 1})
        ada = room.client("ada")
        many = {str(number): b"x" for number in range(3)}
        refused(room.begin(ada, "submissions", many, assignment="ps1"), 413, "3 files, and at most 2")
        files = [{"path": "big", "size": 1_000_001, "sha256": sha(b"")}]
        answer = ada.post(f"{room.root}/submissions", json={"assignment": "ps1", "files": files})
        refused(answer, 413, "at most 1 MB")

    def test_unknown_assignment_cohort_and_people(self, room: Classroom) -> None:
        ada = room.client("ada")
        refused(room.begin(ada, "submissions", FILES, assignment="ps9"), 404, 'no assignment "ps9"')
        refused(ada.post("/cohorts/nowhere/submissions", json={}), 422, "")
        body = {"assignment": "ps1", "files": described(FILES)}
        refused(ada.post("/cohorts/nowhere/submissions", json=body), 404, 'no cohort "nowhere"')
        stranger = room.client("stranger")
        refused(room.begin(stranger, "submissions", FILES, assignment="ps1"), 403, "not a member of cohort")

    def test_the_course_room_and_admins_do_not_hand_in(self, room: Classroom) -> None:
        refused(room.begin(room.room, "submissions", FILES, assignment="ps1"), 403, "course room may not")
        refused(room.begin(room.admin, "submissions", FILES, assignment="ps1"), 403, "admin may not")

    def test_a_membership_that_is_over(self, room: Classroom) -> None:
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.put_needed(ada, begun, FILES)
        now = START + MINUTE
        ok(room.admin.patch(f"{room.root}/members/{room.members['ada']}", json={"ends_at": now.isoformat()}))
        room.service.set_clock(now + MINUTE)
        refused(room.commit(ada, "submissions", begun["id"]), 403, "is over")

    def test_unknown_fields(self, room: Classroom) -> None:
        answer = room.begin(room.client("ada"), "submissions", FILES, assignment="ps1", student="ben")
        refused(answer, 422, "student")


class TestLateness:
    def test_before_its_release_nothing_is_taken(self, room: Classroom) -> None:
        answer = room.begin(room.client("ada"), "submissions", FILES, assignment="later")
        refused(answer, 403, "later has not been released yet")

    def test_after_the_due_time_it_is_refused_where_no_policy_allows_it(self, room: Classroom) -> None:
        room.service.set_clock(DUE + MINUTE)
        answer = room.begin(room.client("ada"), "submissions", FILES, assignment="ps1")
        refused(answer, 403, "was due 2026-01-16 23:59 (Europe/Berlin), and late hand-ins are not taken")

    def test_where_late_is_accepted_it_is_marked(self, room: Classroom) -> None:
        room.service.set_clock(DUE + 60 * MINUTE)
        begun = ok(room.begin(room.client("ada"), "submissions", FILES, assignment="late-ok"))
        assert begun["late"] is True
        done = room.hand_in("ada", "late-ok")
        assert done["late"] is True
        assert 3600 <= done["late_seconds"] < 3700
        assert verify(done["receipt"], room.keys()).late
        room.service.set_clock(DUE + timedelta(days=7, minutes=1))
        answer = room.begin(room.client("ada"), "submissions", FILES, assignment="late-ok")
        refused(answer, 403, "time for late hand-ins is over")

    def test_beginning_in_time_counts_if_it_is_finished_within_ten_minutes(self, room: Classroom) -> None:
        room.service.set_clock(DUE - MINUTE)
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.put_needed(ada, begun, FILES)
        room.service.set_clock(DUE + 8 * MINUTE)
        done = ok(room.commit(ada, "submissions", begun["id"]))
        assert done["late"] is False
        assert done["handed_in_at"] == done["created_at"]
        assert instant(done["committed_at"]) > DUE

    def test_after_ten_minutes_the_end_counts(self, room: Classroom) -> None:
        room.service.set_clock(DUE - MINUTE)
        ada, ben = room.client("ada"), room.client("ben")
        strict = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        lenient = ok(room.begin(ben, "submissions", FILES, assignment="late-ok"))
        room.put_needed(ada, strict, FILES)
        room.put_needed(ben, lenient, FILES)
        room.service.set_clock(DUE + 12 * MINUTE)
        refused(room.commit(ada, "submissions", strict["id"]), 403, "late hand-ins are not taken")
        done = ok(room.commit(ben, "submissions", lenient["id"]))
        assert done["late"] is True
        assert done["handed_in_at"] == done["committed_at"]

    def test_an_assignment_that_was_only_released_has_no_due_time(self, room: Classroom) -> None:
        room.release("extra")
        done = room.hand_in("ada", "extra")
        assert done["due_at"] is None
        assert done["late"] is False


class TestExtensions:
    def grant(self, room: Classroom, account: str, due_at: datetime, by: str = "ines", **body: Any) -> httpx.Response:
        body = {
            "assignment": "ps1",
            "member": room.members[account],
            "due_at": due_at.isoformat(),
            "reason": "ill",
        } | body
        return room.client(by).post(f"{room.root}/extensions", json=body)

    def test_one_granted_before_there_is_a_submission_moves_the_due_time_for_that_member(self, room: Classroom) -> None:
        due = DUE + timedelta(days=2)
        granted = ok(self.grant(room, "ada", due))
        assert (granted["account"], granted["reason"], instant(granted["due_at"])) == ("ada", "ill", due)
        assert instant(room.items("ada", "assignments")[0]["due_at"]) == due
        assert instant(room.items("ben", "assignments")[0]["due_at"]) == DUE
        room.service.set_clock(DUE + timedelta(days=1))
        done = room.hand_in("ada")
        assert done["late"] is False
        assert instant(done["due_at"]) == due
        refused(room.begin(room.client("ben"), "submissions", FILES, assignment="ps1"), 403, "was due")

    def test_the_newest_counts_and_older_ones_are_kept(self, room: Classroom) -> None:
        for days in (5, 3):
            ok(self.grant(room, "ada", DUE + timedelta(days=days)))
        assert len(room.items("ines", "extensions", assignment="ps1")) == 2
        assert instant(room.items("ada", "assignments")[0]["due_at"]) == DUE + timedelta(days=3)

    def test_one_granted_afterwards_takes_the_late_mark_off_but_leaves_the_receipt(self, room: Classroom) -> None:
        room.service.set_clock(DUE + 60 * MINUTE)
        done = room.hand_in("ada", "late-ok")
        ok(self.grant(room, "ada", DUE + timedelta(days=1), assignment="late-ok"))
        (now,) = room.items("ines", "submissions")
        assert (now["late"], now["late_seconds"]) == (False, 0)
        assert now["receipt"] == done["receipt"]

    def test_what_was_on_time_stays_so_when_the_due_time_moves_forward(self, room: Classroom) -> None:
        room.service.set_clock(DUE - MINUTE)
        room.hand_in("ada")
        earlier = [{**COURSE_PS1, "due": "week 1 wed 12:00"}]
        room.apply(assignments=earlier)
        (now,) = room.items("ada", "submissions")
        assert now["late"] is False

    def test_a_partners_extension_counts_for_the_common_work(self, room: Classroom) -> None:
        room.pair("ada", "ben")
        ok(self.grant(room, "ben", DUE + timedelta(days=2)))
        room.service.set_clock(DUE + timedelta(days=1))
        assert room.hand_in("ada")["submitters"] == ["ada", "ben"]
        answer = room.begin(room.client("ada"), "submissions", FILES, assignment="ps1", alone=True)
        refused(answer, 403, "was due")

    def test_only_staff_grant_and_learners_see_their_own(self, room: Classroom) -> None:
        ok(self.grant(room, "ada", DUE + MINUTE))
        refused(self.grant(room, "ada", DUE + MINUTE, by="ada"), 403, "may not")
        refused(self.grant(room, "ada", DUE + MINUTE, by="mo"), 403, "may not")
        assert len(room.items("ada", "extensions")) == 1
        assert room.items("ben", "extensions") == []
        assert len(room.items("mo", "extensions")) == 1

    def test_unknown_members_and_assignments_get_a_sentence(self, room: Classroom) -> None:
        refused(self.grant(room, "ada", DUE, member="mem_x"), 404, "no member")
        refused(self.grant(room, "ada", DUE, assignment="ps9"), 404, 'no assignment "ps9"')

    @pytest.mark.parametrize("due", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"])
    def test_a_due_time_that_cannot_be_shown_everywhere_is_refused(self, room: Classroom, due: str) -> None:
        granted = {"assignment": "ps1", "member": room.members["ada"], "due_at": due}
        refused(room.client("ines").post(f"{room.root}/extensions", json=granted), 422, "from 1970 to 2999")
        end = {"ends_at": due}
        refused(room.client("ines").patch(f"{room.root}/members/{room.members['ben']}", json=end), 422, "1970 to 2999")


COURSE_PS1: dict[str, Any] = {"name": "ps1", "title": "Cleaning", "release": "week 1 mon 08:00"}


class TestPairs:
    def test_a_pairs_submission_counts_for_both(self, room: Classroom) -> None:
        room.pair("ada", "ben")
        done = room.hand_in("ada")
        assert done["submitters"] == ["ada", "ben"]
        assert set(verify(done["receipt"], room.keys()).submitters) == {room.members["ada"], room.members["ben"]}
        for account in ("ada", "ben"):
            assert [one["id"] for one in room.items(account, "submissions")] == [done["id"]]
            path = f"{room.root}/submissions/{done['id']}/files/ps1.ipynb"
            assert room.client(account).get(path).content == NOTEBOOK
        assert room.hand_in("ben")["attempt"] == 2

    def test_handing_in_alone_is_possible(self, room: Classroom) -> None:
        room.pair("ada", "ben")
        assert room.hand_in("ada", alone=True)["submitters"] == ["ada"]
        assert room.items("ben", "submissions") == []

    def test_a_pair_for_another_assignment_does_not_count(self, room: Classroom) -> None:
        room.pair("ada", "ben", assignment="late-ok")
        assert room.hand_in("ada")["submitters"] == ["ada"]
        assert room.hand_in("ada", "late-ok")["submitters"] == ["ada", "ben"]

    def test_nobody_hands_in_for_a_partner_of_the_past(self, room: Classroom) -> None:
        pair = room.pair("ada", "ben")
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.put_needed(ada, begun, FILES)
        ok(room.admin.delete(f"{room.root}/pairs/{pair}"))
        mine = room.hand_in("ben", files={"ps1.ipynb": b"mine"})
        room.service.set_clock(START + 11 * MINUTE)

        refused(room.commit(ada, "submissions", begun["id"]), 409, "no longer in the pair")

        assert [one["id"] for one in room.items("ben", "submissions", latest=True)] == [mine["id"]]
        assert room.hand_in("ada")["submitters"] == ["ada"]

    def test_a_pair_that_ends_while_its_files_arrive_still_hands_in_together(self, room: Classroom) -> None:
        pair = room.pair("ada", "ben")
        ada = room.client("ada")
        begun = ok(room.begin(ada, "submissions", FILES, assignment="ps1"))
        room.put_needed(ada, begun, FILES)
        ok(room.admin.delete(f"{room.root}/pairs/{pair}"))
        room.service.set_clock(START + 9 * MINUTE)

        assert ok(room.commit(ada, "submissions", begun["id"]))["submitters"] == ["ada", "ben"]

    def test_attempts_rise_for_each_submitter(self, room: Classroom) -> None:
        room.hand_in("ada")
        room.hand_in("ada")
        room.pair("ada", "ben")
        common = room.hand_in("ben")
        assert common["attempt"] == 3
        alone = room.hand_in("ben", alone=True)
        assert alone["attempt"] == 4
        latest = {one["id"] for one in room.items("ines", "submissions", latest=True)}
        assert latest == {common["id"], alone["id"]}
        assert [one["id"] for one in room.items("ines", "submissions", latest=True, account="ada")] == [common["id"]]
        assert [one["id"] for one in room.items("ben", "submissions", latest=True)] == [alone["id"]]


class TestReading:
    def test_a_learner_sees_only_the_own_staff_and_course_room_all(self, room: Classroom) -> None:
        ada, ben = room.hand_in("ada"), room.hand_in("ben", files={"ps1.ipynb": b"ben"})
        assert [one["id"] for one in room.items("ada", "submissions")] == [ada["id"]]
        for account in ("ines", "mo", f"course-{room.cohort}"):
            assert [one["id"] for one in room.items(account, "submissions")] == [ada["id"], ben["id"]]
            assert [one["id"] for one in room.items(account, "submissions", account="ben")] == [ben["id"]]
        client = room.client("ada")
        refused(client.get(f"{room.root}/submissions/{ben['id']}"), 403, "may not")
        refused(client.get(f"{room.root}/submissions/{ben['id']}/files/ps1.ipynb"), 403, "may not")
        refused(client.get(f"{room.root}/submissions", params={"account": "ben"}), 403, "may not")
        refused(room.client("stranger").get(f"{room.root}/submissions"), 403, "not a member")
        refused(room.client("ines").get(f"{room.root}/submissions", params={"account": "zoe"}), 404, "zoe")

    def test_another_cohort_sees_nothing(self, room: Classroom) -> None:
        other = f"{room.cohort}-b"
        done = room.hand_in("ada")
        ok(room.admin.post("/cohorts", json={"id": other, "title": "Other"}))
        ok(room.admin.post(f"/cohorts/{other}/members", json={"account": "ines", "role": "instructor"}))
        ines = room.client("ines")
        refused(ines.get(f"/cohorts/{other}/submissions/{done['id']}"), 404, "no such submission")
        assert ok(ines.get(f"/cohorts/{other}/submissions"))["items"] == []
        refused(room.client("ada").get(f"/cohorts/{other}/submissions/{done['id']}"), 403, "not a member")

    def test_lists_come_in_pages(self, room: Classroom) -> None:
        made = [room.hand_in("ada", files={"n": b"%d" % number})["id"] for number in range(5)]
        found: list[str] = []
        after = None
        while True:
            params = {"limit": 2} | ({"after": after} if after else {})
            page = ok(room.client("ines").get(f"{room.root}/submissions", params=params))
            found += [one["id"] for one in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert found == made
        refused(room.client("ines").get(f"{room.root}/submissions", params={"after": "sub_x"}), 422, "no such item")

    def test_a_file_that_is_not_in_it(self, room: Classroom) -> None:
        done = room.hand_in("ada")
        for path in ("nothing", "../ps1.ipynb", "%2e%2e/ps1.ipynb"):
            answer = room.client("ada").get(f"{room.root}/submissions/{done['id']}/files/{path}")
            assert answer.status_code == 404


def test_receipt_keys_are_for_everybody(room: Classroom) -> None:
    keys = httpx.get(f"{room.service.url}api/v1/receipt-keys", timeout=60).json()["keys"]
    assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x"]]


def test_receipts_of_before_a_restart_hold_after_it(room: Classroom) -> None:
    done = room.hand_in("ada")
    room.service.stop()
    room.service.start()
    verify(done["receipt"], room.keys())
    assert room.hand_in("ada")["attempt"] == 2
