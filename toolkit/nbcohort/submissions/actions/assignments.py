"""The assignments of a cohort, as the caller meets them."""

from dataclasses import dataclass

from sqlalchemy import func, select

from nbcohort.courses import roster
from nbcohort.courses.schedule import AssignmentTimes
from nbcohort.service.acting import Acting
from nbcohort.submissions import lookup
from nbcohort.submissions.actions.releases import list_releases
from nbcohort.submissions.models import Submission, Submitter


@dataclass(frozen=True)
class AssignmentState:
    """An assignment: `times` with the caller's extension (None if settings do not know it), `release` if to be seen."""

    name: str
    title: str
    times: AssignmentTimes | None
    release: str | None
    submissions: int
    """How many attempts the caller has handed in."""


def list_assignments(acting: Acting) -> list[AssignmentState]:
    """Return the assignments in the settings, in their order, then those that were only released."""
    acting.require("assignment.list")
    session, member = acting.session, acting.member
    dates = lookup.read_dates(session, acting.house, acting.cohort)
    releases = {row.assignment: row.public_id for row in list_releases(acting)}
    known = list(dates.calendar.assignments) if dates.calendar else []
    counted = _counted(acting)

    def state(name: str) -> AssignmentState:
        together = roster.partners_of(session, acting.cohort, member, name, acting.now) if member else ()
        return AssignmentState(
            name=name,
            title=dates.titles.get(name, name),
            times=dates.times(name, together),
            release=releases.get(name),
            submissions=counted.get(name, 0),
        )

    return [state(name) for name in [*known, *sorted(releases.keys() - set(known))]]


def _counted(acting: Acting) -> dict[str, int]:
    if acting.member is None:
        return {}
    rows = acting.session.execute(
        select(Submission.assignment, func.count().label("attempts"))
        .join(Submitter, Submitter.submission_pk == Submission.pk)
        .where(
            Submission.cohort == acting.cohort,
            Submission.attempt.is_not(None),
            Submitter.member == acting.member,
        )
        .group_by(Submission.assignment)
    ).all()
    return {row.assignment: row.attempts for row in rows}
