"""What the Lab asks for authors and staff after the reviews, of the real service; no server of Jupyter in between."""

from collections.abc import Iterator
from functools import partial

import pytest

from nbcohort.client import ServiceClient, ServiceRefused
from nbcohort.lab import after
from nbcohort.lab import round as rounds
from nbcohort.lab.service import Service
from nbcohort.testing import RunningService
from tests.service.classroom import ok
from tests.service.review_room import ReviewRoom

# What is said in a terminal or in the Lab does not depend on the database: the operations behind it have tests on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

REASON = {"reason": "One of us is ill."}


@pytest.fixture(scope="module")
def database_url() -> str:
    """A file: what is between the Lab and the service knows no database."""
    return ""


@pytest.fixture(scope="module")
def room(shared_service: RunningService) -> ReviewRoom:
    room = ReviewRoom(shared_service)
    room.apply_review()
    room.everybody_hands_in()
    room.open_round()
    return room


@pytest.fixture
def clients(room: ReviewRoom) -> Iterator[dict[str, ServiceClient]]:
    made = {}
    for account in ("ada", "mo", "ines"):
        environ = room.service.environment(account)
        made[account] = ServiceClient(environ["NBCOHORT_URL"], environ["JUPYTERHUB_API_TOKEN"])
    yield made
    for client in made.values():
        client.close()


def test_mentors_see_a_round_whole_and_change_nothing_and_learners_see_it_not(
    room: ReviewRoom, clients: dict[str, ServiceClient]
) -> None:
    (planned,) = rounds.rounds(clients["ada"], room.cohort)["items"]
    held = planned["id"]
    whole = rounds.whole(clients["mo"], room.cohort, held)

    assert len(whole["glance"]["works"]) == len(whole["round"]["works"]) == 7
    assert {"account": "mo", "name": "mo", "role": "mentor"} in whole["members"]
    with pytest.raises(ServiceRefused) as refused:
        rounds.whole(clients["ada"], room.cohort, held)
    assert refused.value.status == 403
    with pytest.raises(ServiceRefused) as refused:
        rounds.release(clients["mo"], room.cohort, held)
    assert refused.value.status == 403


def test_an_instructor_gives_and_takes_a_task_with_a_reason(
    room: ReviewRoom, clients: dict[str, ServiceClient]
) -> None:
    held, work, ines = room.round()["id"], room.work_of("dora")["pseudonym"], clients["ines"]
    said = {"work": work, "account": "mo"}
    with pytest.raises(ServiceRefused) as refused:
        rounds.add_reviewer(ines, room.cohort, held, said)
    assert refused.value.status == 422
    given = rounds.add_reviewer(ines, room.cohort, held, {**said, **REASON})
    with pytest.raises(ServiceRefused):
        rounds.remove_reviewer(ines, room.cohort, held, given["id"], {})
    rounds.remove_reviewer(ines, room.cohort, held, given["id"], REASON)

    states = {task["reviewer"]["account"]: task["state"] for task in room.work_of("dora")["tasks"]}
    assert states["mo"] == "removed"


def test_whoever_opens_a_review_in_the_lab_has_begun_it(room: ReviewRoom, clients: dict[str, ServiceClient]) -> None:
    task = room.tasks("ada")[0]
    opened = Service(lambda: clients["ada"]).review(room.cohort, task["id"])

    assert task["start_by"] is not None
    assert opened["task"]["start_by"] is None


def test_an_author_sees_the_submission_that_was_swapped_with_what_came_of_it(
    room: ReviewRoom, clients: dict[str, ServiceClient]
) -> None:
    first = room.work_of("ada")["tasks"][0]
    ok(room.put_review(first["reviewer"]["account"], first["id"]))
    room.close_round()
    (work,) = after.received(clients["ada"], room.cohort)["items"]

    assert work["round"]["phase"] == "closed"
    assert after.files(clients["ada"], room.cohort, work["submission"])["items"][0]["path"] == "ps1.ipynb"
    (review,) = work["reviews"]
    after.answer(clients["ada"], room.cohort, review["id"], {"helpful": 5, "reason": "It helps."})
    after.flag(clients["ada"], room.cohort, review["id"], {"kind": "other", "reason": "By mistake."})
    (work,) = after.received(clients["ada"], room.cohort)["items"]
    assert work["reviews"][0]["mine"]["helpful"] == 5
    assert work["reviews"][0]["flag"]["decision"] is None
    assert after.answered(clients["ada"], room.cohort)["items"] == []


def test_staff_learn_where_to_look_first_and_what_is_known_of_reviewers_and_learners_do_not(
    room: ReviewRoom, clients: dict[str, ServiceClient]
) -> None:
    held = room.round()["id"]
    looks = rounds.triage(clients["mo"], room.cohort, held, "2")["items"]

    assert [(look["rank"], look["uncertainty"]) for look in looks] == [(1, None), (2, None)]
    assert rounds.reviewers(clients["mo"], room.cohort, held)["items"] == []  # one review tells nothing
    for refuses in (partial(rounds.triage, budget="2"), rounds.reviewers):
        with pytest.raises(ServiceRefused) as refused:
            refuses(clients["ada"], room.cohort, held)
        assert refused.value.status == 403


def test_a_reviewer_reads_how_good_their_reviews_were_when_the_round_is_over(
    room: ReviewRoom, clients: dict[str, ServiceClient]
) -> None:
    (mine,) = after.mine(clients["ada"], room.cohort)["items"]

    assert (mine["assignment"], mine["done"]) == ("ps1", 0)
    assert all(part["sentence"] for part in mine["parts"])
