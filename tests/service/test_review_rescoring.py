"""Scores that the next tick makes anew, while staff decide something in the same round, on PostgreSQL."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, func, select, text, update
from sqlalchemy.orm import Session

from nbcohort.testing import RunningService, wait_until
from nbpeer.models import Round, ScoresMade
from tests.service.review_room import ReviewRoom

# On SQLite, transactions that write come one after another.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def room(shared_service: RunningService) -> ReviewRoom:
    """A round that is closed."""
    room = ReviewRoom(shared_service)
    room.apply_review()
    room.everybody_hands_in()
    room.open_round()
    room.close_round()
    return room


@pytest.fixture
def engine(room: ReviewRoom) -> Iterator[Engine]:
    """The service's database."""
    engine = create_engine(room.service.environ["NBCOHORT_DATABASE"])
    yield engine
    engine.dispose()


def waiting(engine: Engine) -> int:
    """Return how many connections wait for a lock."""
    with Session(engine) as session:
        return int(session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) or 0)


def test_a_tick_and_somebody_of_staff_who_make_the_same_scores_wait_for_each_other(
    room: ReviewRoom, engine: Engine
) -> None:
    log = room.service.data.parent / "service.log"
    before = log.stat().st_size
    mine = select(Round.pk).where(Round.cohort == room.cohort)

    def newest() -> ScoresMade:
        query = select(ScoresMade).where(ScoresMade.round_pk.in_(mine)).order_by(ScoresMade.version.desc())
        with Session(engine) as session:
            return session.scalars(query.limit(1)).one()

    made = newest()
    with Session(engine) as staff, staff.begin():
        staff.scalars(mine.with_for_update()).one()
        with Session(engine) as session, session.begin():
            session.execute(update(ScoresMade).where(ScoresMade.pk == made.pk).values(made_of="something else"))
        wait_until(lambda: waiting(engine) > 0, what="the tick")
        staff.add(
            ScoresMade(
                round_pk=made.round_pk,
                version=made.version + 1,
                made_of="what staff decided",
                scores=made.scores,
                made_at=func.now(),
            )
        )
    wait_until(lambda: newest().made_of == made.made_of, what="the tick's scores")

    assert newest().version == made.version + 2
    assert b"Traceback" not in log.read_bytes()[before:]
