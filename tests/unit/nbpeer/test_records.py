from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from nbcohort.store.database import Database
from nbcohort.store.migrate import upgrade
from nbpeer.models import Review, ReviewTask, Round, Work, WorkAuthor
from nbpeer.plugin import migrations
from nbpeer.records import export, forget

NOW = datetime(2026, 1, 24, tzinfo=UTC)
RUBRIC = [
    {"id": "correct", "title": "Correct", "levels": [{"points": 0, "title": "No"}, {"points": 2, "title": "Yes"}]}
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{tmp_path / 'review.db'}")
    upgrade(database, [migrations()])
    with database.write() as session:
        session.add(closed_round())
        session.flush()
        yield session
    database.close()


def closed_round() -> Round:
    review = Review(
        public_id="rev_1",
        version=1,
        submitted=True,
        scores={"correct": 1},
        comments={"correct": "I, Ben, like it."},
        overall="Ben says well done.",
        saved_at=NOW,
    )
    tasks = [
        ReviewTask(public_id="tsk_1", reviewer="ben", reviewer_pseudonym="BBBB", reviews=[review]),
        ReviewTask(public_id="tsk_2", reviewer="cyd", reviewer_pseudonym="CCCC"),
    ]
    work = Work(
        submission="sub_1",
        pseudonym="WWWW",
        files=[],
        authors=[WorkAuthor(member="ada"), WorkAuthor(member="ann")],
        tasks=tasks,
    )
    return Round(
        public_id="rnd_1",
        cohort="ds1",
        assignment="ps1",
        title="Cleaning",
        k=2,
        anonymity="double",
        score="mean",
        rubric=RUBRIC,
        opens_at=NOW,
        due_at=NOW,
        opened_at=NOW,
        closed_at=NOW,
        seed=1,
        offsets=[],
        certificate={"unavoidable": []},
        secret="00",
        works=[work],
    )


def test_the_grade_export_has_what_authors_received_and_reviewers_gave(session: Session) -> None:
    assert export(session, "ds1") == {
        "ada": {"review:ps1:score": 100.0},
        "ann": {"review:ps1:score": 100.0},
        "ben": {"review:ps1:given": 1, "review:ps1:due": 1},
        "cyd": {"review:ps1:given": 0, "review:ps1:due": 1},
    }
    assert export(session, "ds2") == {}


def test_a_person_who_is_forgotten_leaves_levels_and_no_words(session: Session) -> None:
    forget(session, "ben")
    review = session.query(Review).one()
    assert (review.comments, review.overall, review.scores) == ({}, "", {"correct": 1})
    assert export(session, "ds1")["ada"] == {"review:ps1:score": 100.0}
