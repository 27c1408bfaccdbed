"""What peer review has to say elsewhere: on *Today*, and when settings change."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.api import Acting, CourseSettings, Task, _, read_settings
from nbpeer.actions import can_write, my_tasks, state_of
from nbpeer.calibration import my_samples, my_score
from nbpeer.check import review_settings, rubric_to_use
from nbpeer.models import Round
from nbpeer.plans import plans, rules_of
from nbpeer.settings import RoundRules

FROZEN = ("k", "anonymity", "form", "score")
"""Settings that a round keeps from its opening on."""


def tasks(acting: Acting) -> list[Task]:
    """Return the reviews that the acting member has to write, or has written, in rounds under way."""
    if acting.member is None:
        return []
    return _samples(acting) + [
        Task(
            id=task.public_id,
            activity="review",
            title=_("Review work {pseudonym} of {title}").format(
                pseudonym=task.work.pseudonym, title=task.work.round.title
            ),
            due_at=task.work.round.due_at,
            link=f"/cohorts/{acting.cohort}/review/tasks/{task.public_id}",
            done=state_of(task, acting.now) == "submitted",
        )
        for task in my_tasks(acting)
        if can_write(task, acting.now)
    ]


def _samples(acting: Acting) -> list[Task]:
    """Return the samples that the acting learner can score."""
    if not acting.may("review.sample.score", own=True):
        return []
    return [
        Task(
            id=sample.public_id,
            activity="review",
            title=_("Score sample {pseudonym} of {title}").format(
                pseudonym=sample.pseudonym, title=plan.assignment.title
            ),
            due_at=plan.times.opens_at,
            link=f"/cohorts/{acting.cohort}/review/samples/{sample.public_id}",
            done=my_score(acting, sample) is not None,
        )
        for assignment, plan in plans(read_settings(acting.session, acting.house, acting.cohort)).items()
        if plan.times.calibrates_at is not None
        for sample in my_samples(acting, assignment)
    ]


def settings_notes(session: Session, cohort: str, before: CourseSettings | None, after: CourseSettings) -> list[str]:
    """Return sentences that say what `after` does to rounds under way."""
    notes = []
    for found in session.scalars(select(Round).where(Round.cohort == cohort, Round.closed_at.is_(None))):
        was = before.assignment(found.assignment) if before else None
        becomes = after.assignment(found.assignment)
        review_was = review_settings(was) if was else None
        review = review_settings(becomes) if becomes else None
        if review is None or becomes is None:
            notes.append(
                _("The review of {title} is under way; it goes on and closes as planned.").format(title=found.title)
            )
            continue
        if review_was is not None and review_was.due != review.due:
            notes.append(
                _("The review of {title} is under way; its reviews are now due {due}.").format(
                    title=found.title, due=review.due
                )
            )
        rules, becoming = rules_of(found), review.rules()
        frozen = [name for name in FROZEN if getattr(review, name) != getattr(found, name)]
        frozen += [name for name in RoundRules.model_fields if getattr(rules, name) != getattr(becoming, name)]
        if [criterion.model_dump(mode="json") for criterion in rubric_to_use(becomes, review)] != found.rubric:
            frozen.append("rubric")
        if frozen:
            notes.append(
                _("The review of {title} is under way; {keys} stay as they were when it opened.").format(
                    title=found.title, keys=", ".join(frozen)
                )
            )
    return notes
