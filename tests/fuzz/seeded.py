"""A cohort in which something of everything is there, so that each operation of the API can succeed for somebody."""

import hashlib
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemathesis.core import NOT_SET

from nbcohort.checks.results import result
from nbcohort.testing import RunningService, wait_until
from tests.service.classroom import FILES, described, ok
from tests.service.review_room import FULL, OPENS, REVIEW, RUBRIC, ReviewRoom

ROLES = ("learner", "mentor", "instructor", "course room", "admin", "outsider", "nobody")
GENEROUS = "100000"
"""Fuzzing is faster than any rate."""


def reviewed(name: str, title: str, handed_in: str, **review: Any) -> dict[str, Any]:
    """Return an assignment, until when it is `handed_in` and how it is reviewed."""
    taught = {"name": name, "title": title, "release": "week 1 mon 08:00", "due": handed_in, "rubric": RUBRIC}
    return {**taught, "activities": {"review": {"k": 2, **review}}}


FIRST = {"opens": "week 1 wed 09:00", "due": "week 1 thu 12:00"}
ASSIGNMENTS: list[dict[str, Any]] = [
    reviewed("ps0", "Warming up", "week 1 tue 12:00", calibrates="week 1 tue 13:00", **FIRST),
    reviewed("ps1", "Cleaning", "week 1 fri 23:59", calibrates="week 1 sat 12:00", **REVIEW),
    {"name": "ps2", "title": "Open for long", "release": "week 1 mon 08:00", "due": "week 40 fri 23:59"},
    reviewed("story0", "A story", "week 1 tue 12:00", form="comparisons", **FIRST),
    reviewed("story1", "One more", "week 1 fri 23:59", form="comparisons", **{**REVIEW, "due": "week 2 fri 12:00"}),
]
EVERYBODY = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus")
"""Who hands in; gus and hana as a pair."""
STORYTELLERS = EVERYBODY[:4]
"""Who hand in stories, which are compared."""
ROOT = "root"
LATE_FILE = b"sent by a test\n"
SCORED = {"scores": FULL["scores"], "comments": {}, "overall": "Sound; the units are missing."}
"""How a sample is scored."""
BETTER = {"better": True, "why": "It says what it counts."}
"""What is said of two works."""
QUERIES = {"nbpeer_samples": {"assignment": "ps1"}, "nbpeer_remove_reviewer": {"reason": "It is not needed."}}
"""Operation -> query without which it is refused."""


class SeededRoom(ReviewRoom):
    """A round by a rubric and one of comparisons are over, two more go on, and another assignment can be handed in."""

    def __init__(self, service: RunningService) -> None:
        super().__init__(service)
        self.settings: dict[str, dict[str, Any]] = {
            "course": {"id": "ds", "title": "Data science", "assignments": ASSIGNMENTS},
            "cohort": {"id": self.cohort, "title": "DS 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"},
        }
        ok(self.admin.put(f"{self.root}/settings", json=self.settings))
        self.pair("gus", "hana")
        for assignment in (one["name"] for one in ASSIGNMENTS):
            self.release(assignment)
            for account in STORYTELLERS if assignment.startswith("story") else EVERYBODY:
                self.hand_in(account, assignment, {**FILES, "ps.md": f"# {account}".encode()})
        self.for_samples = {name: self.hand_in("ines", name)["id"] for name in ("ps0", "ps1")}
        self.service.set_clock(datetime.fromisoformat("2026-01-14T10:00:00+00:00"))
        wait_until(lambda: len(self.tasks("ada")) == 4, 60, "the first rounds' opening")
        for account in (*EVERYBODY, "hana"):
            for task in self.tasks(account):
                ok(self.put_review(account, task["id"], self.full(task)))
        self.service.set_clock(OPENS)
        wait_until(lambda: len(self.tasks("ada")) == 8, 60, "the second rounds' opening")
        for account in STORYTELLERS:
            for task in self.of_story1(account):
                ok(self.put_review(account, task["id"], self.full(task)))
        self.compared = {task["id"]: self.full(task) for task in self.of_story1("ada")}
        self.ids = self._collect()
        self.ids |= self._review_goes_on()
        self.addresses = self._addresses()

    def tokens(self) -> dict[str, str | None]:
        """The token of somebody of each role."""
        hub = self.service.hub
        accounts = {
            "learner": "ada",
            "mentor": "mo",
            "instructor": "ines",
            "course room": f"course-{self.cohort}",
            "outsider": "olaf",
        }
        return {
            **{role: hub.token(account) for role, account in accounts.items()},
            "admin": hub.token(ROOT, admin=True),
            "nobody": None,
        }

    def of_story1(self, account: str) -> list[dict[str, Any]]:
        """Tasks of the round of comparisons that goes on."""
        return [task for task in self.tasks(account) if task["assignment"] == "story1"]

    def full(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """A review with all that is asked: by the rubric, or how the work compares."""
        if task["form"] == "rubric":
            return dict(FULL)
        comparisons = {other["task"]: BETTER for other in task["compared_with"]}
        return {"overall": FULL["overall"], "scores": {}, "comments": {}, "comparisons": comparisons, "submit": True}

    def _collect(self) -> dict[str, list[str]]:
        """Ids of what is there, by the name of the path parameter that takes them."""
        submission = self.items("ada", "submissions", assignment="ps2")[0]
        feedback = self.upload(self.room, "feedback", {"ps1.html": b"<p>Good.</p>"}, submission=submission["id"])
        sends = {"late.txt": LATE_FILE}
        begun = {
            "learner": ok(self.begin(self.client("ada"), "submissions", sends, assignment="ps2")),
            "room's release": ok(self.begin(self.room, "releases", sends, assignment="ps2")),
            "room's feedback": ok(self.begin(self.room, "feedback", sends, submission=submission["id"])),
        }
        extension = {"assignment": "ps2", "member": self.members["ben"], "due_at": "2026-12-01T00:00:00Z"}
        ok(self.client("ines").post(f"{self.root}/extensions", json=extension))
        over = ("ps0", "story0")
        wait_until(lambda: all(self._round(name)["closed_at"] for name in over), 60, "the first rounds' close")
        for account in EVERYBODY:
            more_time = {**extension, "assignment": "ps0", "member": self.members[account]}
            ok(self.client("ines").post(f"{self.root}/extensions", json=more_time))
            self.hand_in(account, "ps0", {**FILES, "ps.md": f"# {account}, revised".encode()})
        conflicts = [self._declare(account) for account in STORYTELLERS]
        victims = [
            ok(self.admin.post(f"{self.root}/members", json={"account": f"victim{number}"}))["id"]
            for number in range(8)
        ]
        pairs = []
        for one, other in zip(victims[:3], victims[3:6], strict=True):
            pair = {"members": [one, other], "assignment": None}
            pairs.append(ok(self.admin.post(f"{self.root}/pairs", json=pair))["id"])
        return {
            "cohort": [self.cohort],
            "release": [one["id"] for one in self.items("ada", "releases")] + [begun["room's release"]["id"]],
            "submission": [submission["id"], begun["learner"]["id"]],
            "feedback": [feedback["id"], begun["room's feedback"]["id"]],
            "snapshot": [one["snapshot"] for one in begun.values()],
            "sha256": [hashlib.sha256(LATE_FILE).hexdigest(), "0" * 64],
            "path": [*FILES, "ps.md", "ps1.html"],
            "task": [task["id"] for task in self.tasks("ada")],
            "round_id": [one["id"] for one in self.items("ines", "review/rounds")],
            "member": victims,
            "pair": pairs,
            "conflict": conflicts,
            "assignment": [one["name"] for one in ASSIGNMENTS],
            "work": [
                work["pseudonym"] for one in ("ps0", "story0", "story1", "ps1") for work in self._round(one)["works"]
            ],
        }

    def _review_goes_on(self) -> dict[str, list[str]]:
        """Let ada score a sample, flag a review of hers, and find one more to write; and ben appeal."""
        ines, ada = self.client("ines"), self.client("ada")
        sample = {"assignment": "ps1", "submission": self.for_samples["ps1"], **SCORED}
        samples = [ok(ines.post(f"{self.root}/review/samples", json=sample))["id"] for _number in range(3)]
        ok(ada.put(f"{self.root}/review/samples/{samples[0]}/score", json=SCORED))
        (received,) = self.items("ada", "review/received", assignment="ps0")
        reviews = [one["id"] for one in received["reviews"]]
        flag = {"kind": "empty", "reason": "It says nothing."}
        flagged = ok(ada.post(f"{self.root}/review/received/{reviews[-1]}/flag", json=flag))
        appeal = {"assignment": "ps0", "work": self._work_of("ben", "ps0")["pseudonym"], "text": "Look again, please."}
        appealed = ok(self.client("ben").post(f"{self.root}/review/appeals", json=appeal))
        path = f"{self.root}/review/rounds/{self._round('ps1')['id']}/tasks/{self._others_task('ada')}"
        ok(ines.delete(path, params=QUERIES["nbpeer_remove_reviewer"]))
        return {
            "sample": samples,
            "review": reviews,
            "flag": [flagged["id"]],
            "appeal": [appealed["id"]],
            "work of ada": [self._work_of("ada", "ps0")["pseudonym"]],
        }

    def _addresses(self) -> dict[str, dict[str, str]]:
        """Path parameters of operations that need ids which go together, or spoil them for others."""
        over, goes_on = (self._round(name)["id"] for name in ("ps0", "ps1"))
        todo = next(task["id"] for task in self.tasks("ada") if task["assignment"] == "ps1")
        return {
            "nbpeer_score_sample": {"sample": self.ids["sample"][1]},
            "nbpeer_remove_sample": {"sample": self.ids["sample"][2]},
            "nbpeer_flag_review": {"review": self.ids["review"][0]},
            "nbpeer_save_review": {"task": todo},
            "nbpeer_others": {"task": next(iter(self.compared))},
            "nbpeer_release_scores": {"round_id": over},
            "nbpeer_add_reviewer": {"round_id": goes_on},
            "nbpeer_override_score": {"round_id": over, "work": self._work_of("cleo", "ps0")["pseudonym"]},
            "nbpeer_revision_of_work": {"round_id": over, "work": self._work_of("cleo", "ps0")["pseudonym"]},
            "nbpeer_remove_reviewer": {"round_id": goes_on, "task": self._others_task("ben")},
        }

    def _others_task(self, account: str) -> str:
        """A task, of the round that goes on, of a work that `account` neither wrote nor reviews."""
        standing = [
            (work, [task["id"] for task in work["tasks"] if task["state"] == "todo"])
            for work in self._round("ps1")["works"]
        ]
        for work, todo in sorted(standing, key=lambda one: len(one[1])):
            people = {one["account"] for one in (*work["authors"], *(task["reviewer"] for task in work["tasks"]))}
            if account not in people and todo:
                return str(todo[0])
        raise AssertionError(f"{account} knows each work")

    def _work_of(self, account: str, assignment: str) -> Any:
        works = self._round(assignment)["works"]
        return next(work for work in works if account in {author["account"] for author in work["authors"]})

    def _round(self, assignment: str) -> Any:
        found = next(one["id"] for one in self.items("ines", "review/rounds") if one["assignment"] == assignment)
        return ok(self.get("ines", f"rounds/{found}"))

    def _declare(self, account: str) -> str:
        body = {"other": "ivo", "reason": "They share a flat."}
        return str(ok(self.client(account).post(f"{self.root}/review/conflicts", json=body))["id"])

    def seed(self, case: Any, luck: random.Random) -> None:
        """Let a generated request be, mostly, about something that is there."""
        for name in case.path_parameters or {}:
            if luck.random() < 0.8:
                case.path_parameters[name] = luck.choice(self.ids.get(name, ["there-is-none"]))
        known = {"assignment": "ps2", "account": "ada", "member": self.members["ada"], **self._body_of(case)}
        for place in (case.query, case.body):
            if isinstance(place, dict):
                place.update({name: known[name] for name in place.keys() & known if luck.random() < 0.6})
                if place.get("account") == ROOT:
                    place["account"] = (
                        "newcomer"  # an administrator who is enrolled as a learner may do what learners may
                    )

    def make_sensible(self, case: Any) -> None:
        """Let a request be about what is there, and say nothing that is wrong."""
        operation = case.operation.definition.raw["operationId"]
        fitting = self.addresses.get(operation, {})
        for name in case.path_parameters or {}:
            case.path_parameters[name] = fitting.get(name) or self.ids.get(name, ["there-is-none"])[0]
        case.query = dict(QUERIES.get(operation, {}))
        case.body = self.sensible().get(operation, NOT_SET)

    def _body_of(self, case: Any) -> Mapping[str, Any]:
        operation = case.operation.definition.raw["operationId"]
        body = self.sensible().get(operation)
        if operation == "nbpeer_save_review":
            body = self.compared.get(str((case.path_parameters or {}).get("task")), body)
        return body if isinstance(body, dict) else {}

    def sensible(self) -> Mapping[str, Any]:
        """A body for each operation that takes one, with which it succeeds."""
        member, other = self.ids["member"][6:8]
        files = described({"new.txt": b"new"})
        return {
            "create_cohort": {"id": "another", "title": "Another"},
            "put_blob": LATE_FILE,
            "begin_release": {"assignment": "ps2", "files": files},
            "begin_submission": {"assignment": "ps2", "files": files, "alone": True},
            "begin_feedback": {"submission": self.ids["submission"][0], "files": files},
            "put_check": {"submission": self.ids["submission"][0], "result": result().model_dump(mode="json")},
            "grant_extension": {"assignment": "ps2", "member": member, "due_at": "2026-12-02T00:00:00+01:00"},
            "apply_settings": {**self.settings, "dry_run": True},
            "add_member": {"account": "newcomer", "name": "New Comer", "role": "learner"},
            "change_member": {"ends_at": "2027-01-01T00:00:00Z"},
            "make_pair": {"members": [member, other]},
            "nbpeer_save_review": dict(FULL),
            **self._sensible_review(),
            "nbpeer_declare_conflict": {"other": "hana", "account": "gus", "reason": "They share a flat."},
        }

    def _sensible_review(self) -> Mapping[str, Any]:
        """The same, for what staff and authors do about reviews."""
        return {
            "nbpeer_take_next": {"assignment": "ps1"},
            "nbpeer_answer_review": {"helpful": 4, "reason": "I know now what to name."},
            "nbpeer_flag_review": {"kind": "other", "reason": "It is about another work."},
            "nbpeer_decide_flag": {"decision": "kept", "reason": "It says enough."},
            "nbpeer_make_appeal": {
                "assignment": "ps0",
                "work": self.ids["work of ada"][0],
                "text": "The mean is right.",
            },
            "nbpeer_decide_appeal": {"outcome": "upheld", "answer": "You are right.", "percent": 80},
            "nbpeer_add_sample": {"assignment": "ps0", "submission": self.for_samples["ps0"], **SCORED},
            "nbpeer_score_sample": SCORED,
            "nbpeer_change_times": {"replies_due_at": "2026-02-01T00:00:00Z", "reason": "More time to reply."},
            "nbpeer_add_reviewer": {"work": self.ids["work"][-1], "account": "mo", "reason": "A second look."},
            "nbpeer_override_score": {"percent": 75, "reason": "The data are another year's."},
        }
