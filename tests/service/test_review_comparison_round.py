"""A whole round in which works are compared, on a running service: from the swap to scores, and what staff do then."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nbcohort.testing import RunningService
from nbpeer.aggregate import Comparison, rank
from nbpeer.cli import commands
from tests.service.classroom import ok
from tests.service.review_room import ReviewRoom

# On PostgreSQL, fuzzing and test_review_comparisons see works compared.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BEST_FIRST = ("ada", "ben", "cleo", "dora", "emil", "fay")
"""Whose work is better than whose."""
OVERALL = "Works; next, name the units, since a reader cannot guess them."


class ComparedRoom(ReviewRoom):
    """A round of six who compare three works each, and agree; fay has reviewed two of hers, and emil none."""

    def __init__(self, service: RunningService) -> None:
        super().__init__(service)
        self.apply_review(form="comparisons", k=3, review_weight=1, replies_due="week 3 fri 23:59")
        for account in BEST_FIRST:
            self.hand_in(account)
        self.open_round()
        self.author = {task["id"]: work["authors"][0]["account"] for work, task in self.all_tasks()}
        self.reviewed: dict[str, list[str]] = {}
        for account, count in (("ada", 2), ("ben", 3), ("cleo", 3), ("dora", 3), ("fay", 2)):
            for task in self.tasks(account)[:count]:
                self.review(account, task["id"])

    def all_tasks(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return [(work, task) for work in self.round()["works"] for task in work["tasks"]]

    def review(self, account: str, task: str) -> None:
        comparisons = {
            other: {"better": self.is_better(task, other), "why": f"{account} says so."}
            for other in self.reviewed.get(account, [])
        }
        body = {"overall": OVERALL, "comparisons": comparisons, "submit": True}
        ok(self.put_review(account, task, body))
        self.reviewed.setdefault(account, []).append(task)

    def is_better(self, task: str, other: str) -> bool:
        return BEST_FIRST.index(self.author[task]) < BEST_FIRST.index(self.author[other])

    def expected(self) -> dict[str, dict[str, Any]]:
        """Author -> what the comparisons that were made come to."""
        pairs = [
            Comparison(
                *((self.author[a], self.author[b]) if self.is_better(a, b) else (self.author[b], self.author[a]))
            )
            for tasks in self.reviewed.values()
            for a, b in combinations(tasks, 2)
        ]
        won = [one.better for one in pairs]
        return {
            one.submission: {
                "percent": round(one.percent, 2),
                "low": round(one.percent_low, 2),
                "high": round(one.percent_high, 2),
                "count": one.count,
                "won": won.count(one.submission),
            }
            for one in rank(pairs)
        }

    def found(self) -> dict[str, dict[str, Any]]:
        """The same as the service says it, where there is a score."""
        found = {}
        for work in self.round()["works"]:
            score = work["score"]
            if score["overall"] is not None:
                overall = {name: score["overall"][name] for name in ("percent", "low", "high")}
                found[work["authors"][0]["account"]] = {**overall, "count": score["count"], "won": score["won"]}
        return found

    def cli(self, account: str, *arguments: str) -> str:
        environment = {**self.service.environment(account), "NBCOHORT_COHORT": self.cohort, "COLUMNS": "200"}
        result = CliRunner().invoke(commands, list(arguments), env=environment)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output


@pytest.fixture
def room(shared_service: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ComparedRoom:
    """The round, which ada finishes in the terminal; then it is closed."""
    monkeypatch.chdir(tmp_path)
    room = ComparedRoom(shared_service)
    last = room.tasks("ada")[2]["id"]
    room.cli("ada", "fetch", last, "work")
    form = Path("work/review.toml")
    text = form.read_text("utf-8").replace('overall = """\n', f'overall = """\n{OVERALL}')
    head, *tables = text.split("[compared.")
    for i, table in enumerate(tables):
        better = "this" if room.is_better(last, table.split('"')[1]) else "other"
        tables[i] = table.replace('better = "?"', f'better = "{better}"').replace(
            'why = """\n', 'why = """\nada says so.'
        )
    form.write_text("[compared.".join([head, *tables]), "utf-8")
    assert room.cli("ada", "submit", last, str(form)) == "Submitted, version 1.\n"
    room.reviewed["ada"].append(last)
    room.close_round()
    return room


def test_a_round_of_comparisons_from_the_swap_to_what_staff_decide(room: ComparedRoom, tmp_path: Path) -> None:
    found = room.found()
    assert found == room.expected()
    assert found["ada"]["won"] == found["ada"]["count"] > found["fay"]["won"] == 0
    authors_read_why(room)
    staff_see_it_with_every_command(room, tmp_path)
    reviews_are_as_good_as_they_are_helpful(room)
    what_staff_take_away_or_override_stops_counting(room)


def authors_read_why(room: ComparedRoom) -> None:
    (mine,) = room.items("ben", "review/received")
    score, counts = mine["score"], room.expected()["ben"]
    assert (mine["form"], mine["rubric"], score["method"], score["mean"]) == ("comparisons", [], "comparisons", None)
    first = f"Of {counts['count']} comparisons with other works, it was found better in {counts['won']}."
    assert score["reasons"][0] == first
    compared = [one for review in mine["reviews"] for one in review["compared"]]
    assert len(compared) == counts["count"]
    assert sum(one["better"] for one in compared) == counts["won"]
    assert all(one["why"].endswith(" says so.") for one in compared)
    tasks = [task["id"] for _work, task in room.all_tasks()]
    assert not any(task in str(mine) for task in tasks), "which other work it was, authors do not learn"
    text = room.cli("ben", "received", "ps1")
    assert first in text
    assert text.count(" says so.") == counts["count"]


def staff_see_it_with_every_command(room: ComparedRoom, tmp_path: Path) -> None:
    works = room.cli("ines", "rounds", "ps1")
    assert f"{room.found()['ada']['percent']:.0f} %" in works
    assert "comparisons" in room.cli("ines", "triage", "ps1")
    looks = room.items("ines", f"review/rounds/{room.round()['id']}/triage", budget=9)
    unsure = [look["uncertainty"] for look in looks]
    assert len(looks) == len(BEST_FIRST)
    assert unsure == sorted(unsure, reverse=True)
    assert "too few reviews" in room.cli("ines", "reviewers", "ps1")
    assert "waits for" in room.cli("ines", "glance", "ps1")
    results = {
        one["member"]["account"]: one for one in room.items("ines", f"review/rounds/{room.round()['id']}/results")
    }
    assert [results["ben"][name] for name in ("agreement", "helpfulness", "calibration", "quality")] == [None] * 3 + [
        100
    ]
    assert (results["emil"]["done"], results["emil"]["quality"]) == (0, 0)
    room.cli("ines", "results", "ps1", "--csv", str(tmp_path / "results.csv"))
    assert (tmp_path / "results.csv").read_text().count("\n") == len(BEST_FIRST) + 1


def what_staff_take_away_or_override_stops_counting(room: ComparedRoom) -> None:
    before = room.found()
    gone = room.reviewed["ben"].pop(0)
    room.cli(
        "ines", "remove-reviewer", "ps1", room.work_of(room.author[gone])["pseudonym"], "ben", "--reason", "copied"
    )
    after = room.found()
    assert after == room.expected() != before
    assert all(len(task["comparisons"]) <= 2 for _work, task in room.all_tasks())

    work = room.work_of("fay")["pseudonym"]
    room.cli("ines", "override", "ps1", work, "85", "--reason", "I looked at it.")
    score = room.work_of("fay")["score"]
    assert (score["percent"], score["override"]["percent"]) == (85.0, 85.0)
    assert score["overall"]["percent"] == after["fay"]["percent"], "what comparisons say is shown beside it"


def reviews_are_as_good_as_they_are_helpful(room: ComparedRoom) -> None:
    (received,) = room.items("ada", "review/received")
    for review in received["reviews"]:
        answer = {"helpful": 5, "reason": "It says why."}
        ok(room.client("ada").put(f"{room.root}/review/received/{review['id']}/answer", json=answer))
    rated = {task["reviewer"]["account"] for work, task in room.all_tasks() if task["answers"]}
    results = room.items("ines", f"review/rounds/{room.round()['id']}/results")
    helpful = {one["member"]["account"] for one in results if one["helpfulness"] == 100}
    assert helpful == rated != set()
