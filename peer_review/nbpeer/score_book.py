"""The scores of rounds: made once, kept, and made anew when what they are made of has changed.

What is kept is of rounds that are closed. It is made at the close, after what staff decide, and (for changes in earlier
rounds, and reviews that staff write later) by the next tick. Whoever reads scores gets those that are kept if they
are made of what there is, and otherwise new ones: at no time old ones.
"""

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.api import Acting, House, as_service, cohort_ids, take_lease
from nbpeer.comparison_scores import score_comparisons
from nbpeer.comparisons import decisions, is_compared
from nbpeer.evidence import evidence_for, fingerprints
from nbpeer.models import Round, ScoresMade
from nbpeer.scores import method_of
from nbpeer.scoring import RoundScores, score_round
from nbpeer.tasks import lock

LEASE = timedelta(minutes=5)


def scores_of(session: Session, found: Round) -> RoundScores:
    """Return the scores of a round, made of the reviews there are now."""
    kept = _newest(session, found)
    if kept is not None and kept.made_of == fingerprints(session, found.cohort)[found.pk]:
        return RoundScores.of_json(kept.scores)
    return _make(session, found)


def keep_scores(acting: Acting, found: Round) -> RoundScores:
    """Make the scores of a round, which is locked, unless they are kept, and keep them."""
    made_of = fingerprints(acting.session, found.cohort)[found.pk]
    kept = _newest(acting.session, found)
    if kept is not None and kept.made_of == made_of:
        return RoundScores.of_json(kept.scores)
    return _keep(acting, found, made_of, _make(acting.session, found), 1 + (kept.version if kept else 0))


def rescore(house: House, now: datetime) -> None:
    """Make the scores of closed rounds anew of which something has changed: what takes long, outside of transactions.

    A round that cannot be scored does not stop the others; what went wrong is raised at the end, as an ExceptionGroup.
    """
    problems: list[Exception] = []
    with house.database.read() as session:
        changed = [pk for cohort in cohort_ids(session) for pk in _changed(session, cohort)]
    for pk in changed:
        try:
            _rescore(house, pk, now)
        except Exception as problem:  # noqa: BLE001  # raised below
            problems.append(problem)
    if problems:
        raise ExceptionGroup("rounds of peer review could not be scored", problems)


def _changed(session: Session, cohort: str) -> list[int]:
    """Return the closed rounds of a cohort whose scores are made of something else than there is now."""
    closed = session.scalars(select(Round).where(Round.cohort == cohort, Round.closed_at.is_not(None))).all()
    if not closed:
        return []
    made_of = fingerprints(session, cohort)
    newest = ((found.pk, _newest(session, found)) for found in closed)
    return [pk for pk, kept in newest if kept is None or kept.made_of != made_of[pk]]


def _rescore(house: House, pk: int, now: datetime) -> None:
    with house.database.read() as session:
        found = session.get_one(Round, pk)
        made_of, made = fingerprints(session, found.cohort)[pk], _make(session, found)
    with house.database.write() as session:
        found = session.get_one(Round, pk)
        acting = as_service(house, session, found.cohort, now)
        if not take_lease(session, f"review:{found.cohort}:{found.assignment}", house.holder, now, LEASE):
            return
        lock(acting, found)  # as whoever else keeps scores has: there is one next version
        kept = _newest(session, found)
        if fingerprints(session, found.cohort)[pk] == made_of and (kept is None or kept.made_of != made_of):
            _keep(acting, found, made_of, made, 1 + (kept.version if kept else 0))


def _newest(session: Session, found: Round) -> ScoresMade | None:
    query = select(ScoresMade).where(ScoresMade.round_pk == found.pk).order_by(ScoresMade.version.desc())
    return session.scalar(query.limit(1))


def _make(session: Session, found: Round) -> RoundScores:
    """Score a round; the seed of its swap makes this repeatable."""
    if is_compared(found):
        return score_comparisons(decisions(session, found))
    return score_round(evidence_for(session, found), method_of(found), np.random.default_rng([found.seed, 1]))


def _keep(acting: Acting, found: Round, made_of: str, made: RoundScores, version: int) -> RoundScores:
    row = ScoresMade(round_pk=found.pk, version=version, made_of=made_of, scores=made.as_json(), made_at=acting.now)
    acting.session.add(row)
    acting.session.flush()
    acting.audit("review.scores.make", found.public_id, version=version, method=made.method)
    return made
