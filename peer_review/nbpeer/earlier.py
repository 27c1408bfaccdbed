"""What the earlier rounds of a cohort say for a swap: who had whom, and how well members did. From our own tables."""

from collections import defaultdict

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from nbpeer.models import Review, ReviewTask, Round, Work, WorkAuthor
from nbpeer.score_book import scores_of
from nbpeer.scores import final_percent


def who_had_whom(session: Session, cohort: str) -> list[tuple[str, str]]:
    """Return (reviewer, author) for each review that was begun in any round of a cohort, each once, sorted."""
    query = (
        select(ReviewTask.reviewer, WorkAuthor.member)
        .join(Work, Work.pk == ReviewTask.work_pk)
        .join(Round)
        .join(WorkAuthor, WorkAuthor.work_pk == Work.pk)
        .where(
            Round.cohort == cohort,
            ReviewTask.origin != "self",
            or_(ReviewTask.started_at.is_not(None), ReviewTask.reviews.any(Review.submitted)),
        )
        .distinct()
    )
    return sorted((reviewer, author) for reviewer, author in session.execute(query))


def strengths(session: Session, cohort: str) -> dict[str, float]:
    """Return member -> mean score (0-100) of what they handed in for the rounds that are closed, where there is one."""
    works = selectinload(Round.works)
    query = (
        select(Round)
        .where(Round.cohort == cohort, Round.closed_at.is_not(None))
        .options(works.selectinload(Work.tasks).selectinload(ReviewTask.reviews))
        .options(works.selectinload(Work.authors), works.selectinload(Work.overrides))
    )
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for found in session.scalars(query).all():
        made = scores_of(session, found)
        for work in found.works:
            percent = final_percent(work, made)
            if percent is not None:
                for author in work.authors:
                    scores[author.member].append(percent)
    return {member: sum(found) / len(found) for member, found in scores.items()}
