"""A round of peer review, from its opening to what authors get, on a running service."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from nbcohort.testing import RunningService, wait_until
from tests.service.classroom import START, ok, refused
from tests.service.review_room import CLOSES, FULL, RUBRIC, ReviewRoom, notebook


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review()
    return room


@pytest.fixture
def open_room(room: ReviewRoom) -> ReviewRoom:
    room.everybody_hands_in()
    room.open_round()
    return room


class TestOpening:
    def test_before_it_opens_everybody_sees_when_it_will_and_there_are_no_tasks(self, room: ReviewRoom) -> None:
        room.everybody_hands_in()
        (one,) = room.items("ada", "review/rounds")
        assert (one["id"], one["phase"]) == (None, "waiting")
        assert one["opens_at"].startswith("2026-01-19T08:00:00")
        assert room.tasks("ada") == []
        refused(room.get("ada", "received", assignment="ps1"), 409, "opens at 2026-01-19 09:00")

    def test_every_submission_gets_k_reviews_by_the_rules(self, open_room: ReviewRoom) -> None:
        whole = open_room.round()
        work_of = {author["account"]: work["pseudonym"] for work in whole["works"] for author in work["authors"]}
        assert set(work_of) == {"ada", "ben", "cleo", "dora", "emil", "fay", "gus", "hana"}
        assert len(whole["works"]) == 7
        given = [(task["reviewer"]["account"], work["pseudonym"]) for work in whole["works"] for task in work["tasks"]]
        assert all(len(work["tasks"]) == 2 for work in whole["works"])
        assert all(work_of[reviewer] != work for reviewer, work in given)
        arcs = {(work_of[reviewer], work) for reviewer, work in given}
        assert not [arc for arc in arcs if arc[::-1] in arcs]
        loads = Counter(reviewer for reviewer, _work in given)
        assert set(loads) == set(work_of)
        assert sorted(loads.values()) == [1, 1, 2, 2, 2, 2, 2, 2]
        assert whole["certificate"]["mutual_pairs"] == 0
        assert whole["unavoidable"] != []
        assert len(whole["offsets"]) == 2

    def test_each_reviewer_has_the_tasks_that_staff_see_and_today_lists_them(self, open_room: ReviewRoom) -> None:
        whole = open_room.round()
        for account in ("ada", "hana"):
            given = {
                task["id"]
                for work in whole["works"]
                for task in work["tasks"]
                if task["reviewer"]["account"] == account
            }
            assert {task["id"] for task in open_room.tasks(account)} == given
            today = [task for task in open_room.items(account, "tasks") if task["activity"] == "review"]
            assert {task["id"] for task in today} == given
            assert not any(task["done"] for task in today)
            assert ok(open_room.client(account).get(today[0]["link"]))["id"] == today[0]["id"]

    def test_ticking_again_or_starting_again_opens_nothing_twice(self, open_room: ReviewRoom) -> None:
        before = open_room.round()
        open_room.service.stop()
        open_room.service.start()
        assert open_room.round() == before

    def test_what_is_handed_in_after_the_swap_changes_nothing_for_reviewers(self, room: ReviewRoom) -> None:
        room.hand_in("ada", files={"ps1.ipynb": notebook("first")})
        room.hand_in("ben", files={"ps1.ipynb": notebook("other")})
        ok(
            room.admin.post(
                f"{room.root}/extensions",
                json={
                    "assignment": "ps1",
                    "member": room.members["ada"],
                    "due_at": "2026-01-30T22:59:00Z",
                    "reason": "ill",
                },
            )
        )
        room.open_round()
        room.hand_in("ada", files={"ps1.ipynb": notebook("second")})
        (task,) = room.tasks("ben")
        assert b"first" in room.get("ben", f"tasks/{task['id']}/files/ps1.ipynb").content

    def test_only_the_newest_attempt_is_swapped(self, room: ReviewRoom) -> None:
        room.hand_in("ada", files={"ps1.ipynb": notebook("first")})
        room.hand_in("ada", files={"ps1.ipynb": notebook("second")})
        room.hand_in("ben")
        room.open_round()
        assert len(room.round()["works"]) == 2
        (task,) = room.tasks("ben")
        assert b"second" in room.get("ben", f"tasks/{task['id']}/files/ps1.ipynb").content

    def test_partners_who_handed_in_apart_do_not_review_each_other(self, room: ReviewRoom) -> None:
        room.pair("gus", "hana")
        for account in ("gus", "hana"):
            room.hand_in(account, files={"ps1.ipynb": notebook(account)}, alone=True)
        for account in ("ada", "ben", "cleo", "dora", "emil"):
            room.hand_in(account)
        room.open_round()
        works = {work["authors"][0]["account"]: work for work in room.round()["works"]}
        for one, other in (("gus", "hana"), ("hana", "gus")):
            assert other not in {task["reviewer"]["account"] for task in works[one]["tasks"]}

    def test_who_left_neither_reviews_nor_is_reviewed(self, room: ReviewRoom) -> None:
        for account in ("ada", "ben", "cleo", "dora"):
            room.hand_in(account)
        ok(room.admin.patch(f"{room.root}/members/{room.members['dora']}", json={"ends_at": START.isoformat()}))
        room.open_round()
        authors = {author["account"] for work in room.round()["works"] for author in work["authors"]}
        assert authors == {"ada", "ben", "cleo"}

    def test_with_one_submission_there_is_nothing_to_swap_and_it_is_said(self, room: ReviewRoom) -> None:
        room.hand_in("ada")
        room.open_round()
        whole = room.round()
        assert whole["works"][0]["tasks"] == []
        assert "nothing to swap" in whole["unavoidable"][0]
        room.close_round()
        (one,) = room.items("ada", "review/received")
        assert one["score"]["overall"] is None
        assert "nobody to review it" in one["score"]["note"]

    def test_a_round_whose_time_is_over_already_is_not_held(self, room: ReviewRoom) -> None:
        room.everybody_hands_in()
        room.service.set_clock(CLOSES + timedelta(days=1))
        room.wait_for_phase("not-held")
        assert room.tasks("ada") == []


class TestReviewing:
    def test_a_draft_is_kept_and_does_not_count(self, open_room: ReviewRoom) -> None:
        task = open_room.tasks("ada")[0]["id"]
        assert ok(open_room.get("ada", f"tasks/{task}/review"))["version"] == 0
        draft = ok(open_room.put_review("ada", task, {"overall": "half a thought", "scores": {"clear": 0}}))
        assert (draft["version"], draft["submitted"], draft["state"]) == (1, False, "draft")
        assert draft["submitted_version"] is None
        assert ok(open_room.get("ada", f"tasks/{task}/review"))["overall"] == "half a thought"

    def test_a_review_can_be_revised_until_it_is_due_and_every_version_is_kept(self, open_room: ReviewRoom) -> None:
        task = open_room.tasks("ada")[0]["id"]
        assert ok(open_room.put_review("ada", task))["version"] == 1
        assert ok(open_room.put_review("ada", task))["version"] == 1, "the same again is no new version"
        assert ok(open_room.put_review("ada", task, {**FULL, "overall": "On second thoughts."}))["version"] == 2
        draft = ok(open_room.put_review("ada", task, {**FULL, "overall": "Hm.", "submit": False}))
        assert (draft["version"], draft["submitted_version"], draft["state"]) == (3, 2, "submitted")
        (mine,) = [one for work in open_room.round()["works"] for one in work["tasks"] if one["id"] == task]
        assert (mine["versions"], mine["overall"]) == (3, "On second thoughts.")
        (today,) = [one for one in open_room.items("ada", "tasks") if one["id"] == task]
        assert today["done"]

    def test_what_does_not_fit_the_rubric_is_refused_with_a_sentence(self, open_room: ReviewRoom) -> None:
        task = open_room.tasks("ada")[0]["id"]
        refusals: list[tuple[dict[str, Any], str]] = [
            ({"scores": {"correct": 2, "clear": 1, "style": 1}}, 'no criterion "style"; it has correct, clear'),
            ({"comments": {"style": "!"}}, 'no criterion "style"'),
            ({"scores": {"correct": 3, "clear": 1}}, '"correct" has the levels 0 to 2, not 3'),
            ({"scores": {"correct": -1, "clear": 1}}, "not -1"),
            ({"scores": {"clear": 1}}, "Choose a level for correct before you submit"),
            ({"overall": " \n"}, "Write an overall comment before you submit"),
        ]
        for change, sentence in refusals:
            refused(open_room.put_review("ada", task, {**FULL, **change}), 422, sentence)
        for change in ({"scores": {"clear": "1"}}, {"rating": 5}, {"overall": "\0"}):
            assert open_room.put_review("ada", task, {**FULL, **change}).status_code == 422
        assert ok(open_room.get("ada", f"tasks/{task}/review"))["version"] == 0

    def test_somebody_elses_task_is_not_there(self, open_room: ReviewRoom) -> None:
        task = open_room.tasks("ada")[0]["id"]
        reviewers = {one["reviewer"]["account"] for work in open_room.round()["works"] for one in work["tasks"]}
        for account in sorted((reviewers | {"ivo", "ines", "mo"}) - {"ada"}):
            for path in ("", "/files", "/files/ps1.ipynb", "/review"):
                refused(open_room.get(account, f"tasks/{task}{path}"), 404, "no such review task for you")
            refused(open_room.put_review(account, task), 404, "no such review task for you")

    def test_after_the_due_time_nothing_can_be_changed(self, open_room: ReviewRoom) -> None:
        task = open_room.tasks("ada")[0]["id"]
        ok(open_room.put_review("ada", task, {"overall": "almost"}))
        open_room.close_round()
        refused(open_room.put_review("ada", task), 409, "were due at 2026-01-23 23:59")
        assert ok(open_room.get("ada", f"tasks/{task}"))["state"] == "missed"

    def test_a_later_due_time_in_the_settings_counts_for_a_round_under_way(self, open_room: ReviewRoom) -> None:
        applied = open_room.apply_review(due="week 3 fri 23:59", k=3)
        assert "its reviews are now due week 3 fri 23:59" in applied["notes"][0]
        assert "k stay as they were" in applied["notes"][1]
        wait_until(lambda: open_room.round()["due_at"].startswith("2026-01-30"), what="the new due time")
        assert open_room.round()["k"] == 2


class TestAtTheClose:
    def test_authors_get_reviews_by_pseudonym_and_a_score(self, open_room: ReviewRoom) -> None:
        first, second = open_room.work_of("gus")["tasks"]
        ok(open_room.put_review(first["reviewer"]["account"], first["id"]))
        ok(
            open_room.put_review(
                second["reviewer"]["account"], second["id"], {**FULL, "scores": {"correct": 1, "clear": 0}}
            )
        )
        refused(
            open_room.get("gus", "received", assignment="ps1"), 409, "under way; reviews are shown after 2026-01-23"
        )
        assert open_room.items("gus", "review/received") == []
        open_room.close_round()
        for account in ("gus", "hana"):
            (one,) = open_room.items(account, "review/received", assignment="ps1")
            assert one["score"]["overall"] == {"percent": 68.75, "spread": 44.19, "low": None, "high": None}
            assert one["score"]["criteria"]["correct"]["percent"] == 75
            assert one["score"]["note"] is None
            assert {review["reviewer"] for review in one["reviews"]} == {first["pseudonym"], second["pseudonym"]}
            assert one["reviews"][0]["comments"] == FULL["comments"]
            assert [criterion["id"] for criterion in one["rubric"]] == [criterion["id"] for criterion in RUBRIC]

    def test_fewer_reviews_make_a_partial_score_and_none_make_none(self, open_room: ReviewRoom) -> None:
        works = open_room.round()["works"]
        task = works[0]["tasks"][0]
        ok(open_room.put_review(task["reviewer"]["account"], task["id"]))
        open_room.close_round()
        (partly,) = open_room.items(works[0]["authors"][0]["account"], "review/received")
        assert "rests on 1 of 2 reviews" in partly["score"]["note"]
        assert partly["score"]["partial"]
        (none,) = open_room.items(works[1]["authors"][0]["account"], "review/received")
        assert none["score"]["overall"] is None
        assert "none of the reviews came in" in none["score"]["note"]

    def test_staff_read_what_somebody_received_and_learners_only_their_own(self, open_room: ReviewRoom) -> None:
        open_room.close_round()
        assert len(ok(open_room.get("ines", "received", account="ada"))["items"]) == 1
        refused(open_room.get("ben", "received", account="ada"), 403, "may not")
        refused(open_room.get("ines", "received", account="nobody"), 404, "not a member")
        refused(open_room.get("ines", "received", account="ada", assignment="ps9"), 404, 'no peer review of "ps9"')
        assert open_room.items("ivo", "review/received", assignment="ps1") == []

    def test_where_it_is_open_names_are_known_on_both_sides(self, room: ReviewRoom) -> None:
        room.apply_review(anonymity="open", k=1)
        room.hand_in("dora", files={"ps1.ipynb": notebook("by Dora")})
        room.hand_in("emil")
        room.open_round()
        (task,) = room.tasks("emil")
        assert task["authors"] == ["Dora Kowalczyk"]
        assert b"by Dora" in room.get("emil", f"tasks/{task['id']}/files/ps1.ipynb").content
        ok(room.put_review("emil", task["id"]))
        room.close_round()
        (one,) = room.items("dora", "review/received")
        assert one["reviews"][0]["reviewer"] == "Emil Ångström"


def test_only_staff_see_who_reviews_whom(open_room: ReviewRoom) -> None:
    public_id = open_room.round()["id"]
    for account in ("ada", "ivo"):
        refused(open_room.get(account, f"rounds/{public_id}"), 403, "may not")
    for account in ("mo", f"course-{open_room.cohort}", "root"):
        client = open_room.service.as_account(account, admin=account == "root")
        ok(client.get(f"{open_room.root}/review/rounds/{public_id}"))
    refused(open_room.get("ines", "rounds/rnd_none"), 404, "no such review round")
