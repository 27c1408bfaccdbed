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
from tests.service.review_room import FULL, OPENS, RUBRIC, ReviewRoom

ROLES = ("learner", "mentor", "instructor", "course room", "admin", "outsider", "nobody")
GENEROUS = "100000"
"""Fuzzing is faster than any rate."""

ASSIGNMENTS: list[dict[str, Any]] = [
    {
        "name": "ps0",
        "title": "Warming up",
        "release": "week 1 mon 08:00",
        "due": "week 1 tue 12:00",
        "rubric": RUBRIC,
        "activities": {"review": {"k": 2, "opens": "week 1 wed 09:00", "due": "week 1 thu 12:00"}},
    },
    {
        "name": "ps1",
        "title": "Cleaning",
        "release": "week 1 mon 08:00",
        "due": "week 1 fri 23:59",
        "rubric": RUBRIC,
        "activities": {"review": {"k": 2, "opens": "week 2 mon 09:00", "due": "week 2 fri 23:59"}},
    },
    {"name": "ps2", "title": "Open for long", "release": "week 1 mon 08:00", "due": "week 40 fri 23:59"},
]
LATE_FILE = b"sent by a test\n"


class SeededRoom(ReviewRoom):
    """A round of reviews is over, another one goes on, and a third assignment can be handed in."""

    def __init__(self, service: RunningService) -> None:
        super().__init__(service)
        self.settings: dict[str, dict[str, Any]] = {
            "course": {"id": "ds", "title": "Data science", "assignments": ASSIGNMENTS},
            "cohort": {"id": self.cohort, "title": "DS 1", "start": "2026-01-12", "time_zone": "Europe/Berlin"},
        }
        ok(self.admin.put(f"{self.root}/settings", json=self.settings))
        self.pair("gus", "hana")
        for assignment in ("ps0", "ps1", "ps2"):
            self.release(assignment)
            for account in ("ada", "ben", "cleo", "dora", "emil", "fay", "gus"):
                self.hand_in(account, assignment, {**FILES, "ps.md": f"# {account}".encode()})
        self.service.set_clock(datetime.fromisoformat("2026-01-14T10:00:00+00:00"))
        wait_until(lambda: bool(self.tasks("ada")), 60, "the first round's opening")
        for task in self.tasks("ada"):
            ok(self.put_review("ada", task["id"], FULL))
        self.service.set_clock(OPENS)
        wait_until(lambda: len(self.tasks("ada")) == 4, 60, "the second round's opening")
        self.ids = self._collect()

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
            "admin": hub.token("root", admin=True),
            "nobody": None,
        }

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
        wait_until(lambda: self._round("ps0")["closed_at"] is not None, 60, "the first round's close")
        for account in ("ada", "ben", "cleo", "dora", "emil", "fay", "gus"):
            more_time = {**extension, "assignment": "ps0", "member": self.members[account]}
            ok(self.client("ines").post(f"{self.root}/extensions", json=more_time))
            self.hand_in(account, "ps0", {**FILES, "ps.md": f"# {account}, revised".encode()})
        conflicts = [self._declare(account) for account in ("ada", "ben", "cleo", "dora")]
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
            "assignment": ["ps0", "ps1", "ps2"],
            "work": [work["pseudonym"] for one in ("ps0", "ps1") for work in self._round(one)["works"]],
        }

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

    def make_sensible(self, case: Any) -> None:
        """Let a request be about what is there, and say nothing that is wrong."""
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.ids.get(name, ["there-is-none"])[0]
        case.query = {}
        case.body = self.sensible().get(case.operation.definition.raw["operationId"], NOT_SET)

    def _body_of(self, case: Any) -> Mapping[str, Any]:
        body = self.sensible().get(case.operation.definition.raw["operationId"])
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
            "nbpeer_declare_conflict": {"other": "hana", "account": "gus", "reason": "They share a flat."},
        }
