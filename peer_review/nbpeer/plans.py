"""What the settings say about the rounds of a cohort, and how rounds under way follow when they change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nbcohort.api import Acting, AppliedSettings, AssignmentSettings, read_settings
from nbpeer.check import instant_of, review_settings, times_of
from nbpeer.models import Round
from nbpeer.phases import Phase, Times, phase_of
from nbpeer.settings import BY_STAFF, ReviewSettings, RoundRules
from nbpeer.tasks import postpone

FOLLOWED = ("due_at", "late_until", "replies_due_at", "release_at", "staff_release")
"""What a round under way goes on taking from the settings."""


@dataclass(frozen=True)
class Plan:
    """What the settings say about the round of an assignment."""

    assignment: AssignmentSettings
    review: ReviewSettings
    times: Times
    late_until: datetime | None
    revisions_until: datetime | None

    def planned(self) -> Mapping[str, datetime | bool | None]:
        """Return the values of `FOLLOWED`."""
        return {
            "due_at": self.times.due_at,
            "late_until": self.late_until,
            "replies_due_at": self.times.replies_due_at,
            "release_at": self.times.release_at,
            "staff_release": self.review.release == BY_STAFF,
        }


def plans(settings: AppliedSettings | None) -> dict[str, Plan]:
    """Return the plan of each assignment that is reviewed, by name, in the order of the course."""
    if settings is None:
        return {}
    return {
        assignment.name: Plan(
            assignment,
            review,
            times_of(review, settings.calendar),
            instant_of(review.late_until, settings.calendar),
            instant_of(review.revisions_until, settings.calendar),
        )
        for assignment in settings.course.assignments
        if (review := review_settings(assignment)) is not None
    }


def times_held(found: Round) -> Times:
    """Return the instants of a round that has opened, as settings and staff have set them."""
    closes_at = found.due_at if found.late_until is None else max(found.due_at, found.late_until)
    return Times(
        opens_at=found.opens_at,
        due_at=found.due_at,
        closes_at=closes_at,
        replies_due_at=found.replies_due_at,
        release_at=found.release_at,
    )


def phase_at(found: Round, now: datetime) -> Phase:
    """Return the phase of a round that has opened."""
    closed, released = found.closed_at is not None, found.released_at is not None
    return phase_of(now, times_held(found), opened=True, closed=closed, released=released)


def scores_shown(found: Round, now: datetime) -> bool:
    """Whether authors see their scores: from the release on, or with the end of reviewing where there is no release."""
    phase = phase_at(found, now)
    waits = found.staff_release or found.release_at is not None
    return phase == "released" or (not waits and phase in ("replying", "closed"))


def reviews_shown(found: Round, now: datetime) -> bool:
    """Whether authors see their reviews."""
    if rules_of(found).reviews_shown == "released":
        return scores_shown(found, now)
    return phase_at(found, now) in ("replying", "closed", "released")


def revised_until(acting: Acting, held: Round) -> datetime | None:
    """Return until when revisions are taken that are not graded, as the settings say now; None: none are."""
    plan = plans(read_settings(acting.session, acting.house, acting.cohort)).get(held.assignment)
    return None if plan is None else plan.revisions_until


def rules_of(found: Round) -> RoundRules:
    """Return the rules with which a round opened; one that opened before there were any has the usual ones."""
    return RoundRules.model_validate(found.rules)


def departs(found: Round, plan: Plan | None) -> dict[str, datetime | bool | None]:
    """Return those of `FOLLOWED` that the settings have changed since they were last followed.

    What staff have moved meanwhile is left alone: a setting that stays as it was says nothing new.
    """
    if plan is None:
        return {}
    before = found.planned or {"due_at": text_of(found.due_at)}
    return {name: value for name, value in plan.planned().items() if text_of(value) != before.get(name)}


def text_of(value: datetime | bool | None) -> str | bool | None:
    """Return `value` as JSON keeps it; what is not set, and `false`, as none."""
    return value.isoformat() if isinstance(value, datetime) else value or None


def follow(acting: Acting, found: Round, plan: Plan) -> None:
    """Give a round the times that the settings have changed, and write it down."""
    changed = departs(found, plan)
    if "due_at" in changed:
        postpone(found, plan.times.due_at - found.due_at)
        before, after = found.due_at.isoformat(), plan.times.due_at.isoformat()
        acting.audit("review.round.due", found.public_id, before=before, after=after)
    others = {name: text_of(value) for name, value in changed.items() if name != "due_at"}
    if others:
        acting.audit("review.round.times", found.public_id, **others)
    for name, value in changed.items():
        setattr(found, name, value)
    found.planned = kept(plan)


def kept(plan: Plan) -> dict[str, str | bool | None]:
    """Return what a round keeps of the settings' times, to tell later what they have changed."""
    return {name: text_of(value) for name, value in plan.planned().items()}
