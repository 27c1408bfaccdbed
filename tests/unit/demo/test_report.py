"""The report reads well on narrow and wide terminals, and says plainly what is wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, RenderableType

from nbcohort.demo.answers import Comparison
from nbcohort.demo.findings import Attempt, Findings, Grade, ReviewGiven, RoundHeld, ToDo, WorkReviewed
from nbcohort.demo.report import addresses, duration, report

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 1, 15, 16, 40, tzinfo=UTC)
ADA_ON_BO = ReviewGiven("ada", "submitted", "Good [work], go on.", (("Code", "Clear"),), "Shorter lines.")
FOUND = Findings(
    now=AT,
    names={"ada": "Ada Okafor", "bo": "Bo Nguyen", "hana": "Hana Novotná"},
    extensions=(("bo", AT, "Was ill."),),
    attempts=(Attempt(1, ("ada",), AT, 0.0, 2, "c46e63e49d"), Attempt(2, ("bo",), AT, 2880.0, 2, "a13a06798e")),
    grades=(
        Grade(Comparison("ada", "right", 14, 14.0, ()), 14.0, 20.0, 0.0, 1),
        Grade(Comparison("bo", "second_attempt", 12, 12.0, ()), 10.8, 20.0, 1.2, 0),
    ),
    round=RoundHeld(
        "closed",
        1,
        (
            WorkReviewed("34CQ", ("bo",), 80.0, None, None, (ADA_ON_BO,)),
            WorkReviewed("9SJJ", ("ada",), None, None, "No review came.", (ReviewGiven("bo", "missed", "", (), ""),)),
        ),
        (),
    ),
    absent=("hana",),
    undone=("bo",),
    to_do=(ToDo("ada", "Chance or change?", AT),),
)


def text(what: RenderableType, width: int = 100) -> str:
    console = Console(width=width, file=StringIO(), record=True)
    console.print(what)
    return console.export_text()


def test_it_tells_who_handed_in_what_they_scored_who_reviewed_and_who_did_not() -> None:
    said = text(report(FOUND, "Two weeks", BERLIN))
    for part in (
        "Thu 15 Jan 17:40",
        "48 min",
        "✓ c46e63e49d",
        "Bo Nguyen had an extension until Thu 15 Jan 17:40: Was ill.",
        "second attempt",
        "less 1.2 (late)",
        "Bo (undone)",
        "Ada: Good [work], go on.",
        "“Shorter lines.”",
        "No review came.",
        "Hana Novotná handed nothing in.",
        "Bo Nguyen left a review undone.",
    ):
        assert part in said
    assert "✗" not in said
    assert FOUND.as_expected


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    said = text(report(FOUND, "Two weeks", BERLIN), width)
    assert max(len(line.rstrip()) for line in said.splitlines()) <= width
    assert "less 1.2 (late)" in said


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            replace(FOUND, grades=(Grade(Comparison("ada", "right", 14, 12.0, ("a: 0 instead of 2",)), 12, 20, 0, 0),)),
            "✗ 1 scores differ",
        ),
        (replace(FOUND, grades=()), "✗ nothing was graded"),
        (replace(FOUND, attempts=(replace(FOUND.attempts[0], receipt=None),)), "✗ 1 receipts are not genuine"),
        (replace(FOUND, round=None), "✗ no round of peer review was held"),
        (
            replace(FOUND, round=RoundHeld("closed", 2, (), ("ada reviews 9SJJ, which is their own",))),
            "✗ ada reviews 9SJJ",
        ),
    ],
)
def test_whatever_is_wrong_is_said_and_counts(wrong: Findings, sentence: str) -> None:
    assert sentence in text(report(wrong, "Two weeks", BERLIN))
    assert not wrong.as_expected


def test_the_addresses_name_logins_and_what_is_to_do() -> None:
    room = "http://course-ds-demo.hub.localhost:8000/user/course-ds-demo"
    said = text(addresses(FOUND, "http://hub.localhost:8000", room, "kg3c-e5k5-bnpr", ["iris", "bo"], BERLIN))
    assert "http://hub.localhost:8000/hub/spawn/course-ds-demo" in said
    assert f"{room}/formgrader" in said
    assert "Chance or change? is due Thu 15 Jan 17:40" in said
    assert said.count("kg3c-e5k5-bnpr") == 3


def test_a_login_is_named_though_nothing_is_left_to_do_for_it() -> None:
    done = replace(FOUND, to_do=())
    room = "http://127.0.0.1:8000/user/course-ds-demo"
    said = text(addresses(done, "http://127.0.0.1:8000", room, "kg3c-e5k5-bnpr", ["iris", "ada"], BERLIN))
    assert [line.split()[0] for line in said.splitlines() if "nothing at present" in line] == ["iris", "ada"]


def test_times_are_told_in_two_units_at_most() -> None:
    assert [duration(seconds) for seconds in (40, 2880, 7260, 90_000)] == ["1 min", "48 min", "2 h 1 min", "1 d 1 h"]
