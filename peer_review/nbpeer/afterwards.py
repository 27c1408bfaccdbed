"""What follows the reviews: authors rate them and reply, appeal and flag; staff decide; reviewers see what helped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from nbcohort.api import Acting, Conflict, Invalid, NotFound, _, new_id
from nbpeer.actions import my_task, reviewer_shown
from nbpeer.compared import Said
from nbpeer.comparisons import decisions_to_reviewer, said_unnamed
from nbpeer.leases import hand_to_staff
from nbpeer.models import Answer, Appeal, Flag, Review, ReviewTask, Round, Work, WorkAuthor
from nbpeer.plans import phase_at, reviews_shown, rules_of
from nbpeer.score_book import keep_scores
from nbpeer.scores import counting_review, counting_tasks
from nbpeer.staff import override_score
from nbpeer.tasks import lock

FlagKind = Literal["abusive", "empty", "other"]
Decision = Literal["set-aside", "kept"]
Outcome = Literal["upheld", "rejected"]


@dataclass(frozen=True)
class Reply:
    """What an author says of a review: how helpful it was (1 not at all, 5 very), why, a reply, what will change."""

    helpful: int | None
    reason: str
    reply: str
    will_change: str


@dataclass(frozen=True)
class OtherReview:
    """What somebody else wrote on the work that I reviewed."""

    reviewer: str
    review: Review
    compared: tuple[Said, ...]
    """What it says of the work and others, which are not told."""


def answer_review(acting: Acting, review_id: str, said: Reply) -> Answer:
    """Rate a review of the acting member's work, reply to it, and say what will change; a new version each time.

    Raises:
        NotFound: there is no such review of a work of theirs, or it is not shown (any more).
        Invalid: nothing is said, or a rating has no reason.
        Conflict: replies were due.
    """
    acting.require("review.answer.write", own=True)
    task = _received(acting, review_id)
    held = task.work.round
    if held.replies_due_at is not None and acting.now > held.replies_due_at:
        raise Conflict(_("Replies to reviews of {title} were due; you can still appeal.").format(title=held.title))
    if said.helpful is None and not (said.reply.strip() or said.will_change.strip()):
        raise Invalid(_("Say how helpful the review was, reply, or say what you will change."))
    if said.helpful is not None and not said.reason.strip():
        raise Invalid(_("Say in a few words why the review was helpful, or was not: the reviewer learns from it."))
    lock(acting, held)
    mine = [one for one in task.answers if one.member == acting.member]
    answer = Answer(
        member=acting.member or "",
        version=len(mine) + 1,
        helpful=said.helpful,
        reason=said.reason,
        reply=said.reply,
        will_change=said.will_change,
        saved_at=acting.now,
    )
    task.answers.append(answer)
    acting.session.flush()
    acting.audit("review.answer", task.public_id, version=answer.version, helpful=said.helpful)
    acting.log("review.answered", target=task.reviewer, round=held.public_id, task=task.public_id, helpful=said.helpful)
    return answer


def newest_answers(task: ReviewTask) -> list[Answer]:
    """Return the newest answer of each author to a review, in the order of their first ones."""
    newest: dict[str, Answer] = {}
    for answer in task.answers:
        newest[answer.member] = answer
    return list(newest.values())


def answers_to_me(acting: Acting, task_id: str) -> list[Answer]:
    """Return what authors said of the acting member's review."""
    return newest_answers(my_task(acting, task_id))


def others_on_the_same(acting: Acting, task_id: str) -> list[OtherReview]:
    """Return what others wrote on the work of one of the acting member's tasks.

    Raises:
        Conflict: the own review is not submitted, or the round's rules show it later, or never.
    """
    task = my_task(acting, task_id)
    held = task.work.round
    shown = rules_of(held).others_shown
    if shown == "never":
        raise Conflict(_("In this round reviewers do not see what others wrote."))
    if counting_review(task) is None:
        raise Conflict(_("Submit your own review first; then you see what others wrote."))
    if shown == "closed" and phase_at(held, acting.now) == "reviewing":
        raise Conflict(_("You see what others wrote when reviewing is over."))
    decided = decisions_to_reviewer(acting.session, task)
    return [
        OtherReview(reviewer_shown(acting, other), review, tuple(said_unnamed(decided, other.public_id)))
        for other in counting_tasks(task.work)
        if other is not task and (review := counting_review(other)) is not None
    ]


def appeal(acting: Acting, work: str, assignment: str, text: str) -> Appeal:
    """Ask staff to look at the score of a work of the acting member's (by pseudonym).

    Raises:
        NotFound: there is no such work of theirs.
        Conflict: its reviews are not shown yet, or an appeal about it waits for its answer.
    """
    acting.require("review.appeal.make", own=True)
    query = (
        select(Work)
        .join(Round)
        .join(WorkAuthor)
        .where(Round.cohort == acting.cohort, Round.assignment == assignment, Work.pseudonym == work)
        .where(WorkAuthor.member == (acting.member or ""))
    )
    found = acting.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such work of yours."))
    lock(acting, found.round)
    if not reviews_shown(found.round, acting.now):
        raise Conflict(_("Reviews of {title} are not shown yet.").format(title=found.round.title))
    if any(one.outcome is None for one in found.appeals):
        raise Conflict(_("An appeal about this work waits for its answer."))
    made = Appeal(public_id=new_id("apl"), member=acting.member or "", text=text, made_at=acting.now)
    found.appeals.append(made)
    acting.session.flush()
    acting.audit("review.appeal", made.public_id, round=found.round.public_id, work=found.submission)
    acting.log("review.appealed", round=found.round.public_id, appeal=made.public_id)
    return made


def answer_appeal(acting: Acting, appeal_id: str, outcome: Outcome, answer: str, percent: float | None) -> Appeal:
    """Answer an appeal; `percent` overrides the score of the work at the same time.

    Raises:
        NotFound: there is no such appeal.
        Conflict: it was answered.
        Invalid: a rejected appeal does not change the score.
    """
    acting.require("review.appeal.decide")
    query = select(Appeal).join(Work).join(Round).where(Round.cohort == acting.cohort, Appeal.public_id == appeal_id)
    found = acting.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such appeal in this cohort."))
    held = found.work.round
    lock(acting, held)
    if found.outcome is not None:
        raise Conflict(_("This appeal was answered already."))
    if outcome == "rejected" and percent is not None:
        raise Invalid(_("An appeal that is rejected changes no score; uphold it, or leave the score out."))
    found.outcome, found.answer, found.answered_at, found.answered_by = outcome, answer, acting.now, acting.name
    acting.session.flush()
    acting.audit("review.appeal.answer", found.public_id, outcome=outcome)
    acting.log("review.appeal.answered", target=found.member, round=held.public_id, appeal=found.public_id)
    if percent is not None:
        override_score(acting, held.public_id, found.work.pseudonym, percent, answer)
    return found


def flag(acting: Acting, review_id: str, kind: FlagKind, reason: str) -> Flag:
    """Tell staff that a review of the acting member's work is abusive or empty.

    Raises:
        NotFound: there is no such review of a work of theirs, or it is not shown (any more).
        Conflict: they flagged it, and staff have not decided.
    """
    acting.require("review.flag.make", own=True)
    task = _received(acting, review_id)
    lock(acting, task.work.round)
    if any(one.member == acting.member and one.decision is None for one in task.flags):
        raise Conflict(_("You flagged this review; staff will decide."))
    made = Flag(public_id=new_id("flg"), member=acting.member or "", kind=kind, reason=reason, made_at=acting.now)
    task.flags.append(made)
    acting.session.flush()
    held = task.work.round.public_id
    acting.audit("review.flag", made.public_id, round=held, task=task.public_id, kind=kind)
    acting.log("review.flagged", target=task.reviewer, round=held, task=task.public_id, wrong=kind)
    return made


def decide_flag(acting: Acting, flag_id: str, decision: Decision, reason: str) -> Flag:
    """Set a flagged review aside, so that it is neither shown nor counted, or keep it; a later decision counts.

    If a work has no other review after the close, somebody of staff is named for it.

    Raises:
        NotFound: there is no such flag.
    """
    acting.require("review.flag.decide")
    query = (
        select(Flag)
        .join(ReviewTask)
        .join(Work)
        .join(Round)
        .where(Round.cohort == acting.cohort, Flag.public_id == flag_id)
    )
    found = acting.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such flag in this cohort."))
    task = found.task
    lock(acting, task.work.round)
    found.decision, found.decided_because = decision, reason
    found.decided_at, found.decided_by = acting.now, acting.name
    task.set_aside = decision == "set-aside"
    acting.session.flush()
    if task.work.round.closed_at is not None:
        hand_to_staff(acting, task.work.round)
        keep_scores(acting, task.work.round)
    held = task.work.round.public_id
    acting.audit("review.flag.decide", found.public_id, task=task.public_id, decision=decision, reason=reason)
    acting.log("review.flag.decided", target=found.member, round=held, task=task.public_id, decision=decision)
    return found


def appeals_of(found: Round) -> Sequence[Appeal]:
    """Return the appeals about works of a round, those that wait first, oldest first."""
    appeals = [one for work in found.works for one in work.appeals]
    return sorted(appeals, key=lambda one: (one.outcome is not None, one.made_at, one.public_id))


def flags_of(found: Round) -> Sequence[Flag]:
    """Return the flags on reviews of a round, those that wait first, oldest first."""
    flags = [one for work in found.works for task in work.tasks for one in task.flags]
    return sorted(flags, key=lambda one: (one.decision is not None, one.made_at, one.public_id))


def _received(acting: Acting, review_id: str) -> ReviewTask:
    """Return the task of a review, by any version of it, of a work of the acting member's that is shown to them."""
    query = (
        select(ReviewTask)
        .join(Review)
        .join(Work, Work.pk == ReviewTask.work_pk)
        .join(Round)
        .join(WorkAuthor, WorkAuthor.work_pk == Work.pk)
        .where(Round.cohort == acting.cohort, Review.public_id == review_id)
        .where(WorkAuthor.member == (acting.member or ""))
    )
    task = acting.session.scalar(query)
    shown = task is not None and task in counting_tasks(task.work) and reviews_shown(task.work.round, acting.now)
    if task is None or not shown:
        raise NotFound(_("There is no such review of a work of yours."))
    return task
