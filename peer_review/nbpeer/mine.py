"""What a round comes to for oneself: the own score, and the quality of the own reviews, once that is known."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from nbcohort.api import Acting, Conflict, NotFound, _
from nbpeer.calibration import differences
from nbpeer.models import ReviewTask, Round, Work, WorkAuthor
from nbpeer.plans import phase_at, rules_of, scores_shown
from nbpeer.results import Result, results_of
from nbpeer.score_book import scores_of


@dataclass(frozen=True)
class Mine:
    """A round that is over, and my result of it; `shown`: whether I may know my score."""

    round: Round
    result: Result
    shown: bool

    @property
    def weights(self) -> tuple[float, float]:
        """How much submission and reviews count in the result."""
        rules = rules_of(self.round)
        return rules.submission_weight, rules.review_weight


def my_results(acting: Acting, assignment: str | None = None) -> list[Mine]:
    """Return what came of the rounds that the acting member took part in, as far as they are over.

    While authors still rate reviews, the quality of the own ones is not told: who watches it change as a rating comes
    in could tell whose it was.

    Raises:
        NotFound: the acting member had no part in the review of `assignment`.
        Conflict: it is not over.
    """
    acting.require("review.task.read", own=True)
    rounds = [found for found in _rounds(acting) if assignment in (None, found.assignment)]
    if assignment is not None and not rounds:
        raise NotFound(_('You had no part in a peer review of "{assignment}".').format(assignment=assignment))
    over = [found for found in rounds if _is_over(acting, found)]
    if assignment is not None and not over:
        raise Conflict(
            _("How good your reviews of {title} were is told when reviewing and replying are over.").format(
                title=rounds[0].title
            )
        )
    return [mine for found in over if (mine := _mine(acting, found)) is not None]


def _rounds(acting: Acting) -> list[Round]:
    stands = ReviewTask.ended_at.is_(None)
    mine = or_(
        Work.authors.any(WorkAuthor.member == acting.member),
        Work.tasks.any((ReviewTask.reviewer == acting.member) & (stands | (ReviewTask.ended_because == "lapsed"))),
    )
    query = select(Round).where(Round.cohort == acting.cohort, Round.works.any(mine)).order_by(Round.opened_at)
    return list(acting.session.scalars(query)) if acting.member else []


def _is_over(acting: Acting, found: Round) -> bool:
    replying = found.replies_due_at is not None and acting.now <= found.replies_due_at
    return phase_at(found, acting.now) != "reviewing" and not replying


def _mine(acting: Acting, found: Round) -> Mine | None:
    """Return my result of a round, from those of its works that I wrote or reviewed; staff have none."""
    session = acting.session
    related = or_(
        Work.authors.any(WorkAuthor.member == acting.member), Work.tasks.any(ReviewTask.reviewer == acting.member)
    )
    works = session.scalars(select(Work).where(Work.round_pk == found.pk, related)).all()
    samples = differences(session, acting.cohort, found.assignment)
    results = results_of(rules_of(found), works, scores_of(session, found), samples)
    result = next((one for one in results if one.member == acting.member), None)
    return None if result is None else Mine(found, result, scores_shown(found, acting.now))
