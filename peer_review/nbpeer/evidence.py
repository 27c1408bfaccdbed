"""What the scores of a cohort's rounds are made of, read from the tables as columns: a course has thousands of reviews.

`fingerprints` tells in a few small queries whether any of it has changed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from nbcohort.api import Criterion
from nbpeer.aggregate import Review as Given
from nbpeer.aggregate import Scale, total
from nbpeer.forms import scales_of
from nbpeer.models import Review, ReviewTask, Round, Sample, SampleReview, ScoreOverride, Work
from nbpeer.scoring import Evidence

VERSION = 1
"""Raised when the same reviews are to make other scores than before."""


def fingerprints(session: Session, cohort: str) -> dict[int, str]:
    """Return, by the key of each round of a cohort, what its scores are made of, in short.

    Versions of reviews and overrides are only added: how many there are, and the last one, tell them all.
    """
    rounds = _rounds(session, cohort)
    parts: dict[int, list[str]] = {one.pk: [] for one in rounds}
    of_works = (Work, Work.pk == ReviewTask.work_pk)
    mine = Work.round_pk.in_(parts)
    reviews = select(Work.round_pk, func.count(), func.max(Review.pk)).join(ReviewTask, Review.task_pk == ReviewTask.pk)
    overrides = select(Work.round_pk, func.count(), func.max(ScoreOverride.pk)).join(
        Work, Work.pk == ScoreOverride.work_pk
    )
    odd = or_(ReviewTask.ended_at.is_not(None), ReviewTask.set_aside, ReviewTask.origin == "staff")
    tasks = select(
        Work.round_pk, ReviewTask.pk, ReviewTask.ended_at.is_not(None), ReviewTask.set_aside, ReviewTask.origin
    )
    for query in (
        reviews.join(*of_works).where(mine, Review.submitted).group_by(Work.round_pk),
        overrides.where(mine).group_by(Work.round_pk),
        tasks.join(*of_works).where(mine, odd).order_by(ReviewTask.pk),
    ):
        for row in session.execute(query):
            parts[row[0]].append(repr(tuple(row[1:])))
    samples: dict[str, list[str]] = {}
    for row in session.execute(_samples(cohort)):
        samples.setdefault(row[0], []).append(repr(tuple(row[1:])))
    found, before = {}, hashlib.sha256(f"scores {VERSION}".encode())
    for one in rounds:
        before.update(repr((one.public_id, one.score, parts[one.pk], samples.get(one.assignment, []))).encode())
        found[one.pk] = before.hexdigest()
    return found


def _samples(cohort: str) -> Any:
    return (
        select(Sample.assignment, Sample.pk, func.count(SampleReview.pk), func.max(SampleReview.pk))
        .outerjoin(SampleReview)
        .where(Sample.cohort == cohort, Sample.removed_at.is_(None))
        .group_by(Sample.assignment, Sample.pk)
        .order_by(Sample.pk)
    )


def _rounds(session: Session, cohort: str) -> Sequence[Row[Any]]:
    """Return the rounds of a cohort in the order in which they opened."""
    columns = (Round.pk, Round.public_id, Round.assignment, Round.score, Round.rubric, Round.form)
    return session.execute(select(*columns).where(Round.cohort == cohort).order_by(Round.opened_at, Round.pk)).all()


def evidence_for(session: Session, found: Round) -> Evidence:
    """Return what the scores of a round are made of; a round of comparisons gives no percentages to any."""
    rounds = _rounds(session, found.cohort)
    until = [one.pk for one in rounds].index(found.pk) + 1
    gathered = _Gathered(found.public_id)
    before = {one.pk: (one.public_id, _scales(one.rubric)) for one in rounds[:until] if one.form == "rubric"}
    columns = (Work.round_pk, Work.submission, ReviewTask.reviewer, ReviewTask.origin, Review.scores)
    for row in session.execute(counting_reviews(before, *columns)):
        gathered.add_review(*before[row.round_pk], row)
    for row in session.execute(_overrides(before)):
        name, _scale = before[row.round_pk]
        if row.percent is not None:
            gathered.decided[name, row.submission] = row.percent
    gathered.add_samples(_scored_samples(session, found.cohort, [one.assignment for one in rounds[:until]]))
    return gathered.evidence()


@dataclass
class _Gathered:
    """Evidence in the making."""

    round: str
    peers: list[Given] = field(default_factory=list)
    by_staff: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    decided: dict[tuple[str, str], float] = field(default_factory=dict)
    criteria: dict[bool, dict[str, list[Given]]] = field(default_factory=lambda: {True: {}, False: {}})

    def add_review(self, name: str, scales: Mapping[str, Scale], row: Row[Any]) -> None:
        """Add a review of a round that is called so."""
        if not scales:
            return
        staff, percent = row.origin == "staff", total(scales, row.scores)
        if staff:
            self.by_staff.setdefault((name, row.submission), []).append(percent)
        else:
            self.peers.append(Given(row.submission, row.reviewer, percent, name))
        if name == self.round:
            for criterion, scale in scales.items():
                each = Given(row.submission, row.reviewer, scale.percent(row.scores[criterion]), name)
                self.criteria[staff].setdefault(criterion, []).append(each)

    def add_samples(self, samples: Iterable[Sample]) -> None:
        """Add how reviewers scored samples, and staff."""
        for sample in samples:
            scales, name = _scales(sample.rubric), f"samples of {sample.assignment}"
            if not scales or not sample.reviews:
                continue
            self.by_staff[name, sample.public_id] = [total(scales, sample.scores)]
            self.peers += [
                Given(sample.public_id, one.member, total(scales, one.scores), name) for one in sample.reviews
            ]

    def evidence(self) -> Evidence:
        """Return it as a whole."""
        staff = {key: fmean(percents) for key, percents in self.by_staff.items()} | self.decided
        mine = {work for name, work in self.by_staff if name == self.round}
        criteria = {
            criterion: (
                *self.criteria[True].get(criterion, ()),
                *(one for one in self.criteria[False].get(criterion, ()) if one.submission not in mine),
            )
            for criterion in {**self.criteria[True], **self.criteria[False]}
        }
        return Evidence(self.round, tuple(self.peers), staff, criteria)


def counting_reviews(rounds: Iterable[int], *columns: Any, set_aside: bool = False) -> Any:
    """Select `columns` of tasks that stand, their works, and the newest version that was submitted of their reviews.

    With `set_aside`, reviews that staff have set aside, too.
    """
    newest = (
        select(Review.task_pk, func.max(Review.version).label("version"))
        .where(Review.submitted)
        .group_by(Review.task_pk)
        .subquery()
    )
    query = (
        select(*columns)
        .select_from(Work)
        .join(ReviewTask, ReviewTask.work_pk == Work.pk)
        .join(newest, newest.c.task_pk == ReviewTask.pk)
        .join(Review, and_(Review.task_pk == newest.c.task_pk, Review.version == newest.c.version))
        .where(Work.round_pk.in_(rounds), ReviewTask.ended_at.is_(None), ReviewTask.origin != "self")
    )
    return query if set_aside else query.where(~ReviewTask.set_aside)


def _overrides(rounds: Iterable[int]) -> Any:
    newest = (
        select(ScoreOverride.work_pk, func.max(ScoreOverride.version).label("version"))
        .group_by(ScoreOverride.work_pk)
        .subquery()
    )
    same = and_(ScoreOverride.work_pk == newest.c.work_pk, ScoreOverride.version == newest.c.version)
    return (
        select(Work.round_pk, Work.submission, ScoreOverride.percent)
        .join(ScoreOverride, ScoreOverride.work_pk == Work.pk)
        .join(newest, same)
        .where(Work.round_pk.in_(rounds), ScoreOverride.on_quality)
    )


def _scored_samples(session: Session, cohort: str, assignments: Sequence[str]) -> Iterable[Sample]:
    query = (
        select(Sample)
        .where(Sample.cohort == cohort, Sample.assignment.in_(assignments), Sample.removed_at.is_(None))
        .options(joinedload(Sample.reviews))
    )
    return session.scalars(query).unique()


def _scales(rubric: Sequence[Any]) -> dict[str, Scale]:
    return scales_of([Criterion.model_validate(criterion) for criterion in rubric])
