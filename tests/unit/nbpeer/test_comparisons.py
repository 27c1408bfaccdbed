"""Comparisons in the tables: which count, and that they give other rounds nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from nbcohort.store.database import Database
from nbcohort.store.migrate import upgrade
from nbpeer.comparisons import decisions, others_of, said_in, said_so_far
from nbpeer.evidence import evidence_for, fingerprints
from nbpeer.models import Review, ReviewTask, Round, ScoreOverride, Work
from nbpeer.plugin import migrations
from nbpeer.records import export, forget

NOW = datetime(2026, 1, 24, tzinfo=UTC)
RUBRIC = [
    {"id": "correct", "title": "Correct", "levels": [{"points": 0, "title": "No"}, {"points": 2, "title": "Yes"}]}
]


def review(task: str, version: int = 1, *, submitted: bool = True, **comparisons: bool) -> Review:
    said = {f"tsk_{name}": {"better": better, "why": f"{version}: so"} for name, better in comparisons.items()}
    return Review(
        public_id=f"rev_{task}_{version}",
        version=version,
        submitted=submitted,
        scores={},
        comments={},
        overall="Well.",
        comparisons=said,
        saved_at=NOW,
    )


def work(name: str, *reviews: Review, **task: Any) -> Work:
    """A work that dan has the task of reviewing."""
    mine = ReviewTask(public_id=f"tsk_{name}", reviewer="dan", reviewer_pseudonym="DDDD", reviews=list(reviews), **task)
    return Work(submission=f"sub_{name}", pseudonym=f"{name}{name}", files=[], tasks=[mine])


def held(name: str, opened_at: datetime, *works: Work, **more: Any) -> Round:
    return Round(
        public_id=f"rnd_{name}",
        cohort="ds1",
        assignment=name,
        title=name,
        k=3,
        anonymity="double",
        score="bayes",
        opens_at=opened_at,
        due_at=opened_at,
        opened_at=opened_at,
        closed_at=NOW,
        seed=1,
        offsets=[],
        certificate={"unavoidable": []},
        secret="00",
        works=list(works),
        **more,
    )


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A round in which dan found b better than a, and both better than c (a draft says otherwise); one after it."""
    database = Database(f"sqlite:///{tmp_path / 'review.db'}")
    upgrade(database, [migrations()])
    a = work("a", review("a"))
    a.overrides = [ScoreOverride(version=1, percent=10.0, reason="I looked.", made_at=NOW, made_by="ines")]
    b = work("b", review("b", a=True))
    c = work("c", review("c", a=False, b=False), review("c", 2, submitted=False, a=True))
    with database.write() as session:
        session.add(held("compared", NOW - timedelta(days=7), a, b, c, form="comparisons", rubric=[]))
        session.add(held("rated", NOW, work("d", review("d")), rubric=RUBRIC))
        session.flush()
        session.query(Review).filter_by(public_id="rev_d_1").one().scores = {"correct": 1}
        session.flush()
        yield session
    database.close()


def round_of(session: Session, assignment: str) -> Round:
    return session.query(Round).filter_by(assignment=assignment).one()


def task_of(session: Session, name: str) -> ReviewTask:
    return session.query(ReviewTask).filter_by(public_id=f"tsk_{name}").one()


def counted(session: Session) -> set[tuple[str, str]]:
    return {(one.better.work, one.worse.work) for one in decisions(session, round_of(session, "compared"))}


def test_the_newest_submitted_version_counts_and_the_newest_of_all_is_shown_to_its_reviewer(session: Session) -> None:
    assert counted(session) == {("sub_b", "sub_a"), ("sub_a", "sub_c"), ("sub_b", "sub_c")}
    a, others = task_of(session, "a"), said_so_far(session, task_of(session, "a"))
    assert {task: one.better for task, one in others.items()} == {"tsk_b": False, "tsk_c": False}
    assert [(one.task, one.submitted) for one in others_of(session, a)] == [("tsk_b", True), ("tsk_c", True)]


@pytest.mark.parametrize(
    "change", [{"ended_at": NOW}, {"set_aside": True}, {"origin": "self"}], ids=["taken away", "set aside", "own work"]
)
def test_a_task_that_does_not_count_takes_its_comparisons_along(session: Session, change: dict[str, Any]) -> None:
    before = fingerprints(session, "ds1")
    for name, value in change.items():
        setattr(task_of(session, "c"), name, value)
    session.flush()
    assert counted(session) == {("sub_b", "sub_a")}
    assert ("tsk_c" in said_in(session, round_of(session, "compared"))) == ("set_aside" in change)
    if "origin" not in change:
        assert fingerprints(session, "ds1") != before


def test_a_new_statement_changes_what_scores_are_made_of(session: Session) -> None:
    before = fingerprints(session, "ds1")
    task_of(session, "a").reviews.append(review("a", 2, b=True))
    session.flush()
    assert ("sub_a", "sub_b") in counted(session)
    assert fingerprints(session, "ds1") != before


def test_comparisons_give_no_percentages_to_other_rounds(session: Session) -> None:
    evidence = evidence_for(session, round_of(session, "rated"))
    assert [one.submission for one in evidence.reviews] == ["sub_d"]
    assert evidence.staff == {}
    assert decisions(session, round_of(session, "rated")) == []
    assert others_of(session, task_of(session, "d")) == []


def test_who_is_forgotten_leaves_which_work_is_better_and_no_words(session: Session) -> None:
    before = counted(session)
    assert export(session, "ds1")["dan"]["review:compared:given"] == 3
    forget(session, "dan")
    session.flush()
    assert counted(session) == before
    assert {said["why"] for one in session.query(Review) for said in one.comparisons.values()} == {""}
