"""Who may do what: a matrix written by hand, held against the running service.

`+` it is done (2xx); `-` it is refused (403) or not there for this account (404); `!` nobody is asking (401).
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from nbcohort.checks.results import result
from nbcohort.testing import RunningService, wait_until

# ben owns what is asked for; cyd is a learner of the same cohort, mia its mentor, ada its instructor, room its course
# room; ira is an instructor and lou a learner of another cohort; eve is in none; root is the Hub's administrator.
ACCOUNTS = ["ben", "cyd", "mia", "ada", "room", "ira", "lou", "eve", "root", "nobody"]

MATRIX = """
                                      ben cyd mia ada room ira lou eve root nobody
who am I                               +   +   +   +   +    +   +   +   +    !
keys of receipts                       +   +   +   +   +    +   +   +   +    +
make a cohort                          -   -   -   -   -    -   -   -   +    !
read the cohort                        +   +   +   +   +    -   -   -   +    !
read the settings                      -   -   +   +   +    -   -   -   +    !
apply settings                         -   -   -   +   +    -   -   -   +    !
list the members                       -   -   +   +   +    -   -   -   +    !
add a member                           -   -   -   +   +    -   -   -   +    !
change a member                        -   -   -   +   +    -   -   -   +    !
make a pair                            -   -   -   +   +    -   -   -   +    !
end a pair                             -   -   -   +   +    -   -   -   +    !
list the assignments                   +   +   +   +   +    -   -   -   +    !
list my tasks                          +   +   +   +   +    -   -   -   +    !
release an assignment                  -   -   -   +   +    -   -   -   -    !
fetch a released file                  +   +   +   +   +    -   -   -   +    !
withdraw a release                     -   -   -   +   +    -   -   -   -    !
hand in                                +   +   +   +   -    -   -   -   -    !
put a file into ben's upload           +   -   -   -   -    -   -   -   -    !
commit ben's upload                    +   -   -   -   -    -   -   -   -    !
read ben's submission                  +   -   +   +   +    -   -   -   +    !
read a file of ben's submission        +   -   +   +   +    -   -   -   +    !
... by way of the other cohort         -   -   -   -   -    -   -   -   -    !
give feedback to ben                   -   -   -   +   +    -   -   -   -    !
read ben's feedback                    +   -   +   +   +    -   -   -   +    !
keep what checks of ben's work found   -   -   -   -   +    -   -   -   -    !
read what checks of ben's work found   +   -   +   +   +    -   -   -   +    !
see what waits for checks              -   -   -   +   +    -   -   -   -    !
grant ben an extension                 -   -   -   +   +    -   -   -   +    !
list the rounds                        +   +   +   +   +    -   -   -   +    !
see who reviews whom                   -   -   +   +   +    -   -   -   +    !
see which works to look at first       -   -   +   +   +    -   -   -   +    !
see how reliable reviewers are         -   -   +   +   +    -   -   -   +    !
see how good my own reviews were       +   +   +   +   -    -   -   -   -    !
read ben's review task                 +   -   -   -   -    -   -   -   -    !
read a file of ben's review task       +   -   -   -   -    -   -   -   -    !
read the checks of ben's review task   +   -   -   -   -    -   -   -   -    !
write ben's review                     +   -   -   -   -    -   -   -   -    !
declare a conflict of ben's            +   -   -   +   +    -   -   -   +    !
list conflicts                         +   +   +   +   +    -   -   -   +    !
withdraw a conflict of ben's           +   -   -   +   +    -   -   -   +    !
ask who I am to reviewers              +   +   +   +   +    -   -   -   +    !
ask what of ben stays in the work      +   -   -   -   -    -   -   -   -    !
"""

COURSE: dict[str, Any] = {
    "id": "ds",
    "title": "Data science",
    "skills": {"pandas.clean": "Clean a table"},
    "assignments": [
        {
            "name": "ps1",
            "title": "One",
            "release": "week 1 mon 09:00",
            "due": "week 1 sun 23:59",
            "rubric": [
                {
                    "id": "clear",
                    "title": "Clear",
                    "levels": [{"points": 0, "title": "no"}, {"points": 2, "title": "yes"}],
                }
            ],
            "activities": {"review": {"k": 1, "opens": "week 2 mon 09:00", "due": "week 2 fri 23:59"}},
        },
        {"name": "ps2", "title": "Two", "release": "week 1 mon 09:00", "due": "week 9 sun 23:59"},
    ],
}
COHORT = {"title": "Spring", "start": "2026-03-02", "time_zone": "Europe/Berlin"}
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
SHA = hashlib.sha256(NOTEBOOK).hexdigest()
FILES = [{"path": "ps.ipynb", "size": len(NOTEBOOK), "sha256": SHA}]

numbers = itertools.count()


def made(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def begin(client: httpx.Client, kind: str, **body: Any) -> Any:
    return made(client.post(f"/cohorts/ds1/{kind}", json={**body, "files": FILES}))


def put(client: httpx.Client, begun: Any) -> httpx.Response:
    return client.put(f"/cohorts/ds1/snapshots/{begun['snapshot']}/blobs/{SHA}", content=NOTEBOOK)


def upload(client: httpx.Client, kind: str, **body: Any) -> str:
    begun = begin(client, kind, **body)
    if begun["needed"]:
        assert put(client, begun).is_success
    made(client.post(f"/cohorts/ds1/{kind}/{begun['id']}/commit"))
    return str(begun["id"])


@dataclass
class World:
    """Two cohorts, and in the first one of everything that is ben's."""

    service: RunningService
    clients: dict[str, httpx.Client]
    members: dict[str, str] = field(default_factory=dict)
    release: str = ""
    submission: str = ""
    feedback: str = ""
    round: str = ""
    task: str = ""
    task_file: str = ""


@pytest.fixture(scope="module")
def world(shared_service: RunningService) -> Iterator[World]:
    service = shared_service
    with httpx.Client(base_url=f"{service.url}api/v1", timeout=60) as nobody:
        service.set_clock(datetime(2026, 3, 3, 9, tzinfo=UTC))
        clients = {name: service.as_account(name, admin=name == "root") for name in ACCOUNTS}
        clients["nobody"] = nobody
        clients["room"] = service.as_account("course-ds1")
        world = World(service, clients)
        build(world)
        yield world


def build(world: World) -> None:
    root = world.clients["root"]
    roles = {
        "ds1": {"ada": "instructor", "mia": "mentor", **dict.fromkeys(("ben", "cyd", "dot", "eli"), "learner")},
        "ds2": {"ira": "instructor", "lou": "learner"},
    }
    for cohort, members in roles.items():
        made(root.post("/cohorts", json={"id": cohort, "title": cohort}))
        made(root.put(f"/cohorts/{cohort}/settings", json={"course": COURSE, "cohort": {**COHORT, "id": cohort}}))
        for account, role in members.items():
            body = {"account": account, "role": role}
            world.members[account] = made(root.post(f"/cohorts/{cohort}/members", json=body))["id"]
    ada, ben = world.clients["ada"], world.clients["ben"]
    world.release = upload(ada, "releases", assignment="ps1")
    upload(ada, "releases", assignment="ps2")
    for account in ("cyd", "dot", "eli"):
        upload(world.service.as_account(account), "submissions", assignment="ps1")
    world.submission = upload(ben, "submissions", assignment="ps1")
    world.feedback = upload(ada, "feedback", submission=world.submission)
    world.service.set_clock(datetime(2026, 3, 10, 9, tzinfo=UTC))
    wait_until(lambda: bool(made(ben.get("/cohorts/ds1/review/tasks"))["items"]), 30, "the round's opening")
    world.round = next(one["id"] for one in made(ada.get("/cohorts/ds1/review/rounds"))["items"] if one["id"])
    world.task = made(ben.get("/cohorts/ds1/review/tasks"))["items"][0]["id"]
    files = made(ben.get(f"/cohorts/ds1/review/tasks/{world.task}/files"))
    world.task_file = (files["items"] if isinstance(files, dict) else files)[0]["path"]


Act = Callable[[World, httpx.Client], httpx.Response]


def put_a_check(world: World, client: httpx.Client) -> httpx.Response:
    body = {"submission": world.submission, "result": result().model_dump(mode="json")}
    return client.post("/cohorts/ds1/checks", json=body)


def read_bens_checks(world: World, client: httpx.Client) -> httpx.Response:
    """Ask for ben's by name; a list of nothing is no answer to that."""
    return client.get("/cohorts/ds1/checks", params={"account": "ben"})


def end_a_pair(world: World, client: httpx.Client) -> httpx.Response:
    members = [world.members["dot"], world.members["eli"]]
    body = {"members": members, "assignment": f"end{next(numbers)}"}
    pair = made(world.clients["ada"].post("/cohorts/ds1/pairs", json=body))
    return client.delete(f"/cohorts/ds1/pairs/{pair['id']}")


def change_a_member(world: World, client: httpx.Client) -> httpx.Response:
    return client.patch(f"/cohorts/ds1/members/{world.members['eli']}", json={"role": "learner"})


def make_a_pair(world: World, client: httpx.Client) -> httpx.Response:
    members = [world.members["dot"], world.members["eli"]]
    return client.post("/cohorts/ds1/pairs", json={"members": members, "assignment": f"make{next(numbers)}"})


def withdraw(world: World, client: httpx.Client) -> httpx.Response:
    release = upload(world.clients["ada"], "releases", assignment=f"extra{next(numbers)}")
    return client.delete(f"/cohorts/ds1/releases/{release}")


def hand_in(world: World, client: httpx.Client) -> httpx.Response:
    return client.post("/cohorts/ds1/submissions", json={"assignment": "ps2", "files": FILES})


def put_into_bens_upload(world: World, client: httpx.Client) -> httpx.Response:
    return put(client, begin(world.clients["ben"], "submissions", assignment="ps2"))


def commit_bens_upload(world: World, client: httpx.Client) -> httpx.Response:
    begun = begin(world.clients["ben"], "submissions", assignment="ps2")
    return client.post(f"/cohorts/ds1/submissions/{begun['id']}/commit")


def apply_settings(world: World, client: httpx.Client) -> httpx.Response:
    return client.put("/cohorts/ds1/settings", json={"course": COURSE, "cohort": {**COHORT, "id": "ds1"}})


def extend(world: World, client: httpx.Client) -> httpx.Response:
    body = {"assignment": "ps2", "member": world.members["ben"], "due_at": "2026-06-01T00:00:00Z", "reason": "ill"}
    return client.post("/cohorts/ds1/extensions", json=body)


def review(world: World, client: httpx.Client) -> httpx.Response:
    body = {"scores": {"clear": 1}, "comments": {}, "overall": "Clear throughout.", "submit": False}
    return client.put(f"/cohorts/ds1/review/tasks/{world.task}/review", json=body)


def declare_a_conflict(world: World, client: httpx.Client) -> httpx.Response:
    body = {"account": "ben", "other": "dot", "reason": "They share a flat."}
    return client.post("/cohorts/ds1/review/conflicts", json=body)


def withdraw_a_conflict(world: World, client: httpx.Client) -> httpx.Response:
    ben = world.clients["ben"]
    mine = made(ben.get("/cohorts/ds1/review/conflicts"))["items"] or [made(declare_a_conflict(world, ben))]
    return client.delete(f"/cohorts/ds1/review/conflicts/{mine[0]['id']}")


ACTS: dict[str, Act] = {
    "who am I": lambda world, client: client.get("/me"),
    "keys of receipts": lambda world, client: client.get("/receipt-keys"),
    "make a cohort": lambda world, client: client.post("/cohorts", json={"id": f"x{next(numbers)}", "title": "X"}),
    "read the cohort": lambda world, client: client.get("/cohorts/ds1"),
    "read the settings": lambda world, client: client.get("/cohorts/ds1/settings"),
    "apply settings": apply_settings,
    "list the members": lambda world, client: client.get("/cohorts/ds1/members"),
    "add a member": lambda world, client: client.post("/cohorts/ds1/members", json={"account": f"n{next(numbers)}"}),
    "change a member": change_a_member,
    "make a pair": make_a_pair,
    "end a pair": end_a_pair,
    "list the assignments": lambda world, client: client.get("/cohorts/ds1/assignments"),
    "list my tasks": lambda world, client: client.get("/cohorts/ds1/tasks"),
    "release an assignment": lambda world, client: client.post(
        "/cohorts/ds1/releases", json={"assignment": f"more{next(numbers)}", "files": FILES}
    ),
    "fetch a released file": lambda world, client: client.get(f"/cohorts/ds1/releases/{world.release}/files/ps.ipynb"),
    "withdraw a release": withdraw,
    "hand in": hand_in,
    "put a file into ben's upload": put_into_bens_upload,
    "commit ben's upload": commit_bens_upload,
    "read ben's submission": lambda world, client: client.get(f"/cohorts/ds1/submissions/{world.submission}"),
    "read a file of ben's submission": lambda world, client: client.get(
        f"/cohorts/ds1/submissions/{world.submission}/files/ps.ipynb"
    ),
    "... by way of the other cohort": lambda world, client: client.get(
        f"/cohorts/ds2/submissions/{world.submission}/files/ps.ipynb"
    ),
    "give feedback to ben": lambda world, client: client.post(
        "/cohorts/ds1/feedback", json={"submission": world.submission, "files": FILES}
    ),
    "read ben's feedback": lambda world, client: client.get(f"/cohorts/ds1/feedback/{world.feedback}/files/ps.ipynb"),
    "keep what checks of ben's work found": put_a_check,
    "read what checks of ben's work found": read_bens_checks,
    "see what waits for checks": lambda world, client: client.get("/cohorts/ds1/checks/waiting"),
    "grant ben an extension": extend,
    "list the rounds": lambda world, client: client.get("/cohorts/ds1/review/rounds"),
    "see who reviews whom": lambda world, client: client.get(f"/cohorts/ds1/review/rounds/{world.round}"),
    "see which works to look at first": lambda world, client: client.get(
        f"/cohorts/ds1/review/rounds/{world.round}/triage"
    ),
    "see how reliable reviewers are": lambda world, client: client.get(
        f"/cohorts/ds1/review/rounds/{world.round}/reviewers"
    ),
    "see how good my own reviews were": lambda world, client: client.get("/cohorts/ds1/review/mine"),
    "read ben's review task": lambda world, client: client.get(f"/cohorts/ds1/review/tasks/{world.task}"),
    "read a file of ben's review task": lambda world, client: client.get(
        f"/cohorts/ds1/review/tasks/{world.task}/files/{world.task_file}"
    ),
    "read the checks of ben's review task": lambda world, client: client.get(
        f"/cohorts/ds1/review/tasks/{world.task}/checks"
    ),
    "write ben's review": review,
    "declare a conflict of ben's": declare_a_conflict,
    "list conflicts": lambda world, client: client.get("/cohorts/ds1/review/conflicts"),
    "withdraw a conflict of ben's": withdraw_a_conflict,
    "ask who I am to reviewers": lambda world, client: client.get("/cohorts/ds1/review/authors/ps1"),
    "ask what of ben stays in the work": lambda world, client: client.get(
        f"/cohorts/ds1/review/submissions/{world.submission}/notices"
    ),
}


def expected() -> dict[str, dict[str, str]]:
    header, *rows = [line for line in MATRIX.splitlines() if line.strip()]
    names = header.split()
    assert names == ACCOUNTS
    return {row[:38].strip(): dict(zip(names, row[38:].split(), strict=True)) for row in rows}


def test_every_act_is_in_the_matrix() -> None:
    assert expected().keys() == ACTS.keys()


@pytest.mark.parametrize("act", ACTS)
def test_each_account_may_do_exactly_what_the_matrix_says(world: World, act: str) -> None:
    signs = {401: "!", 403: "-", 404: "-"}
    found = {}
    for account in ACCOUNTS:
        answer = ACTS[act](world, world.clients[account])
        found[account] = "+" if answer.is_success else signs.get(answer.status_code, answer.text)
    assert found == expected()[act]


@pytest.mark.parametrize("kind", ["submissions", "feedback", "extensions"])
def test_a_learner_lists_only_the_own_and_staff_everybodys(world: World, kind: str) -> None:
    made(extend(world, world.clients["ada"]))

    def owners(account: str) -> set[str]:
        items = made(world.clients[account].get(f"/cohorts/ds1/{kind}", params={"assignment": "ps1"}))["items"]
        if kind == "extensions":
            items = made(world.clients[account].get(f"/cohorts/ds1/{kind}"))["items"]
            return {one["account"] for one in items}
        if kind == "feedback":
            return {"ben" if one["submission"] == world.submission else "?" for one in items}
        return {name for one in items for name in one["submitters"]}

    everybodys = {"submissions": {"ben", "cyd", "dot", "eli"}, "feedback": {"ben"}, "extensions": {"ben"}}[kind]
    assert owners("ben") == {"ben"}
    assert owners("cyd") == ({"cyd"} if kind == "submissions" else set())
    for staff in ("mia", "ada", "room"):
        assert owners(staff) == everybodys
