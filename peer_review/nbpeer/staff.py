"""What staff do to a round: move its times, re-open it, give and take tasks, override a score, release."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from nbcohort.api import Acting, Conflict, Invalid, NotFound, RosterEntry, _, active_members
from nbpeer.actions import read_round
from nbpeer.conflicts import barred
from nbpeer.leases import hand_to_staff, start_by
from nbpeer.models import ReviewTask, Round, ScoreOverride, Work
from nbpeer.plans import phase_at, times_held
from nbpeer.rounds import close, release
from nbpeer.score_book import keep_scores
from nbpeer.tasks import end, give, lock, postpone, standing


@dataclass(frozen=True)
class NewTimes:
    """Where to move the times of a round; None: leave one as it is."""

    due_at: datetime | None = None
    late_until: datetime | None = None
    replies_due_at: datetime | None = None
    release_at: datetime | None = None


def change_times(acting: Acting, round_id: str, times: NewTimes, reason: str) -> Round:
    """Move the times of a round; one that is closed is open again when reviews are due in the future.

    Replies and release that would come too early move along.

    Raises:
        Invalid: nothing is to be moved; or something into the past, or before what it has to follow.
    """
    acting.require("review.round.change")
    found = _held(acting, round_id)
    named = {name: value for name, value in vars(times).items() if value is not None}
    if not named:
        raise Invalid(_("Say which time is to be moved."))
    for name, value in named.items():
        if value <= acting.now:
            raise Invalid(_("{name} should be in the future.").format(name=name))
    before, closed_before = {name: _text(getattr(found, name)) for name in named}, times_held(found).closes_at
    if times.due_at is not None:
        postpone(found, times.due_at - found.due_at)
    for name, value in named.items():
        setattr(found, name, value)
    _move_along(found, closed_before, named.keys())
    after = {name: _text(value) for name, value in named.items()}
    acting.audit("review.round.change", found.public_id, before=before, after=after, reason=reason)
    if found.closed_at is not None and acting.now <= times_held(found).closes_at:
        found.closed_at = found.released_at = None
        acting.audit("review.round.reopen", found.public_id, reason=reason)
    return found


def _move_along(found: Round, closed_before: datetime, named: Collection[str]) -> None:
    """Let what follows the end of reviewing follow it still."""
    closes_at = times_held(found).closes_at
    for name in ("replies_due_at", "release_at"):
        value = getattr(found, name)
        if value is None or value > closes_at:
            continue
        if name in named:
            raise Invalid(
                _("{name} should be after the end of reviewing, {closes}.").format(
                    name=name, closes=closes_at.isoformat()
                )
            )
        setattr(found, name, value + (closes_at - closed_before))


def add_reviewer(acting: Acting, round_id: str, work: str, account: str, reason: str) -> ReviewTask:
    """Give the review of a work (by pseudonym) to a learner, a mentor or an instructor.

    Raises:
        NotFound: there is no such work, or nobody with that account here now.
        Conflict: an author, or somebody who may not review one; a task that stands; or it is too late for it.
    """
    acting.require("review.task.give")
    found = _held(acting, round_id)
    reviewed, reviewer = _work(found, work), _member(acting, account)
    staff = reviewer.role != "learner"
    if phase_at(found, acting.now) != "reviewing" and not (staff and found.released_at is None):
        raise Conflict(_("Reviewing of {title} is over; extend it first, or ask staff.").format(title=found.title))
    if reviewer.id in barred(acting, reviewed):
        raise Conflict(
            _("{account} is an author of this work, an author's partner, or has a conflict with one.").format(
                account=account
            )
        )
    if any(task.reviewer == reviewer.id for task in standing(reviewed)):
        raise Conflict(_("{account} reviews this work already.").format(account=account))
    task = (
        give(acting, reviewed, reviewer.id, "staff")
        if staff
        else give(acting, reviewed, reviewer.id, "added", start_by(found, acting.now))
    )
    acting.audit("review.task.reason", task.public_id, reason=reason)
    return task


def remove_reviewer(acting: Acting, round_id: str, task_id: str, reason: str) -> ReviewTask:
    """Take a task away from its reviewer; a review that came in no longer counts. Nothing is deleted.

    If the work has no other review after the close, somebody of staff is named for it.

    Raises:
        NotFound: there is no such task in the round, or it was taken away already.
    """
    acting.require("review.task.end")
    found = _held(acting, round_id)
    tasks = (task for work in found.works for task in work.tasks)
    task = next((one for one in tasks if one.public_id == task_id and one.ended_at is None), None)
    if task is None:
        raise NotFound(_("There is no such task in this round, or it was taken away already."))
    end(acting, task, "removed")
    acting.audit("review.task.reason", task.public_id, reason=reason)
    if found.closed_at is not None:
        acting.session.flush()
        hand_to_staff(acting, found)
    return task


def override_score(
    acting: Acting, round_id: str, work: str, percent: float | None, reason: str, *, on_quality: bool = True
) -> Work:
    """Let a work's score be `percent` (0-100) whatever its reviews say; None takes an earlier override back.

    `on_quality`: whether it says how good the work is; then it also tells of those who reviewed it.
    """
    acting.require("review.score.override")
    found = _held(acting, round_id)
    scored = _work(found, work)
    scored.overrides.append(
        ScoreOverride(
            version=len(scored.overrides) + 1,
            percent=percent,
            on_quality=on_quality,
            reason=reason,
            made_at=acting.now,
            made_by=acting.name,
        )
    )
    acting.session.flush()
    acting.audit("review.score.override", found.public_id, work=scored.submission, percent=percent, reason=reason)
    if found.closed_at is not None:
        keep_scores(acting, found)
    for author in scored.authors:
        acting.log("review.score.overridden", target=author.member, round=found.public_id, percent=percent)
    return scored


def release_scores(acting: Acting, round_id: str) -> Round:
    """Show authors their scores now; what is released already stays so.

    Raises:
        Conflict: reviewing is not over.
    """
    acting.require("review.round.release")
    found = _held(acting, round_id)
    if phase_at(found, acting.now) == "reviewing":
        raise Conflict(_("Reviewing of {title} is not over; scores can wait.").format(title=found.title))
    if found.closed_at is None:  # no tick has come since
        close(acting, found)
    if found.released_at is None:
        release(acting, found)
    return found


def _held(acting: Acting, round_id: str) -> Round:
    found = read_round(acting, round_id)
    lock(acting, found)
    return found


def _work(found: Round, pseudonym: str) -> Work:
    work = next((one for one in found.works if one.pseudonym == pseudonym), None)
    if work is None:
        raise NotFound(_("There is no work {pseudonym} in this round.").format(pseudonym=pseudonym))
    return work


def _member(acting: Acting, account: str) -> RosterEntry:
    for one in active_members(acting.session, acting.cohort, acting.now):
        if one.account == account:
            return one
    raise NotFound(
        _('{account} is not a member of cohort "{cohort}" now.').format(account=account, cohort=acting.cohort)
    )


def _text(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
