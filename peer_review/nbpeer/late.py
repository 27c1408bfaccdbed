"""What is handed in while a round is under way."""

from sqlalchemy import select

from nbcohort.api import Acting
from nbpeer.models import Round, Work, WorkAuthor
from nbpeer.opening import join_late
from nbpeer.plans import phase_at
from nbpeer.tasks import lock


def submission_received(acting: Acting, submitters: tuple[str, ...]) -> None:
    """Let what was just handed in join the round of its assignment, if one is under way without its submitters."""
    query = select(Round).where(Round.cohort == acting.cohort, Round.closed_at.is_(None))
    for held in acting.session.scalars(query).all():
        known = select(WorkAuthor.member).join(Work).where(Work.round_pk == held.pk, WorkAuthor.member.in_(submitters))
        newcomers = set(submitters) - set(acting.session.scalars(known))
        if newcomers and phase_at(held, acting.now) == "reviewing":
            lock(acting, held)
            join_late(acting, held)
