"""What people do in peer review; rounds open and close by themselves (`rounds`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from nbcohort.api import (
    Acting,
    Conflict,
    NotFound,
    RosterEntry,
    _,
    new_id,
    read_settings,
    roster,
)
from nbpeer import inline
from nbpeer.compared import Said, check_complete, check_known, together
from nbpeer.comparisons import as_json, decisions, form_of, others_of, said_so_far, said_unnamed
from nbpeer.copies import Copy
from nbpeer.copying import copy_for
from nbpeer.forms import Form, check_form
from nbpeer.leases import make_room, start
from nbpeer.models import Answer, Flag, Review, ReviewTask, Round, Work, WorkAuthor
from nbpeer.phases import Phase, TaskState, Times, phase_of, task_state
from nbpeer.plans import phase_at, plans, reviews_shown, revised_until, scores_shown, times_held
from nbpeer.pseudonyms import derive
from nbpeer.rounds import find_round
from nbpeer.score_book import scores_of
from nbpeer.scores import counting_review, counting_tasks, rubric_of
from nbpeer.scoring import RoundScores
from nbpeer.settings import Anonymity, ReviewForm
from nbpeer.tasks import lock


@dataclass(frozen=True)
class PlannedRound:
    """A round as everybody may know it; `round` is None while it has not opened."""

    assignment: str
    title: str
    form: ReviewForm
    phase: Phase
    times: Times
    round: Round | None


@dataclass(frozen=True)
class ReceivedReview:
    """A review as its author's authors see it: by pseudonym, or by name where both know each other."""

    id: str
    """The public id of its version: those who wrote it do not know it."""
    reviewer: str
    by_staff: bool
    scores: Mapping[str, int]
    comments: Mapping[str, str]
    overall: str
    inline: tuple[inline.Inline, ...]
    compared: tuple[Said, ...]
    """What it says of the work and others, which are not told."""
    mine: Answer | None
    """The newest thing the acting member said of it."""
    flag: Flag | None
    """The newest flag that the acting member put on it."""


@dataclass(frozen=True)
class Received:
    """What came of one work of mine."""

    work: Work
    reviews: tuple[ReceivedReview, ...]
    scores: RoundScores | None
    """Of its round; None while scores are not shown."""
    revisions_until: datetime | None
    """Until when I can hand in a revision though hand-in has closed; None: I cannot, or no more."""


def list_rounds(acting: Acting) -> list[PlannedRound]:
    """Return the cohort's rounds, held and to come, in the order of the course."""
    acting.require("review.round.list")
    settings = read_settings(acting.session, acting.house, acting.cohort)
    if settings is None:
        return []
    planned, coming = [], plans(settings)
    for assignment in settings.course.assignments:
        plan = coming.get(assignment.name)
        found = find_round(acting.session, acting.cohort, assignment.name)
        if found is not None:
            planned.append(_held(found, acting.now))
        elif plan is not None:
            phase = phase_of(acting.now, plan.times, opened=False)
            planned.append(PlannedRound(assignment.name, assignment.title, plan.review.form, phase, plan.times, None))
    return planned


def read_round(acting: Acting, public_id: str) -> Round:
    """Return a round with everything in it, for staff; NotFound if there is none."""
    acting.require("review.round.read")
    works = selectinload(Round.works)
    tasks = works.selectinload(Work.tasks)
    query = (
        select(Round)
        .where(Round.cohort == acting.cohort, Round.public_id == public_id)
        .options(*(works.selectinload(each) for each in (Work.authors, Work.overrides, Work.appeals)))
        .options(*(tasks.selectinload(each) for each in (ReviewTask.reviews, ReviewTask.answers, ReviewTask.flags)))
    )  # all at once: one query for each table, and not for each task
    found = acting.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such review round in this cohort."))
    return found


def members_by_id(acting: Acting) -> dict[str, RosterEntry]:
    """Return everybody who is or was in the cohort, by public id."""
    return {one.id: one for one in roster(acting.session, acting.cohort)}


def my_tasks(acting: Acting) -> list[ReviewTask]:
    """Return the acting member's tasks in all rounds, newest round first, in an order that tells nothing."""
    acting.require("review.task.read", own=True)
    query = (
        select(ReviewTask)
        .join(Work)
        .join(Round)
        .where(Round.cohort == acting.cohort, ReviewTask.reviewer == acting.member, ReviewTask.ended_at.is_(None))
        .order_by(Round.due_at.desc(), Work.pseudonym)
    )
    return list(acting.session.scalars(query)) if acting.member else []


def my_task(acting: Acting, public_id: str) -> ReviewTask:
    """Return one of the acting member's tasks; NotFound for one that is not theirs, as for one that is not there."""
    acting.require("review.task.read", own=True)
    query = (
        select(ReviewTask)
        .join(Work)
        .join(Round)
        .where(
            Round.cohort == acting.cohort,
            ReviewTask.public_id == public_id,
            ReviewTask.reviewer == (acting.member or ""),
            ReviewTask.ended_at.is_(None),
        )
    )
    found = acting.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such review task for you; `nbcohort review tasks` lists yours."))
    return found


def state_of(task: ReviewTask, now: datetime) -> TaskState:
    """Return how far the reviewer is with a task."""
    if task.ended_at is not None:
        return "lapsed" if task.ended_because == "lapsed" else "removed"
    return task_state(can_write(task, now), saved=bool(task.reviews), submitted=counting_review(task) is not None)


def can_write(task: ReviewTask, now: datetime) -> bool:
    """Whether a review can be saved: while the round is open; staff help out until scores are released."""
    phase = phase_at(task.work.round, now)
    return phase == "reviewing" or (task.origin == "staff" and phase in ("replying", "closed"))


def authors_shown(acting: Acting, task: ReviewTask) -> list[str] | None:
    """Return the authors' names where reviewers may know them, else None."""
    if _anonymity(task.work.round) == "double":
        return None
    members = members_by_id(acting)
    return [members[author.member].name for author in task.work.authors if author.member in members]


def review_copy(acting: Acting, public_id: str) -> Copy:
    """Return the copy of the work that a task of the acting member is about."""
    task = my_task(acting, public_id)
    work, held = task.work, task.work.round
    secret = derive(bytes.fromhex(held.secret), f"copy of {work.submission}")
    authors = [author.member for author in work.authors]
    return copy_for(acting, work.files, authors, secret, anonymous=_anonymity(held) == "double")


def save_review(
    acting: Acting, public_id: str, form: Form, compared: Mapping[str, Said] | None, *, submit: bool
) -> Review:
    """Keep a draft, or submit; a new version each time, unless nothing differs from the newest one.

    `compared` is what is said of the work and other ones, by the task of these; None: that stays as it is.

    Raises:
        Conflict: the round is closed.
        Invalid: the form does not fit the rubric, or is submitted with something missing.
    """
    acting.require("review.task.write", own=True)
    task = my_task(acting, public_id)
    held = task.work.round
    lock(acting, held)
    task = my_task(acting, public_id)
    if not can_write(task, acting.now):
        raise Conflict(
            _("Reviews of {title} were due at {due}; they can no longer be changed.").format(
                title=held.title, due=_shown(acting, times_held(held).closes_at)
            ),
            due_at=held.due_at.isoformat(),
        )
    others, known = others_of(acting.session, task), said_so_far(acting.session, task)
    check_known(compared or (), others)
    form = replace(form, comparisons=together(compared, known))
    check_form(form, rubric_of(held), submit=submit)
    if submit:
        check_complete(form.comparisons, others)
    newest = task.reviews[-1] if task.reviews else None
    if newest is not None and newest.submitted == submit and replace(_form(newest), comparisons=known) == form:
        return newest
    first = counting_review(task) is None
    review = Review(
        public_id=new_id("rev"),
        version=len(task.reviews) + 1,
        submitted=submit,
        scores=dict(form.scores),
        comments=dict(form.comments),
        overall=form.overall,
        inline=[one.as_json() for one in form.inline],
        comparisons=as_json(form.comparisons),
        saved_at=acting.now,
    )
    task.reviews.append(review)
    start(acting, task)
    if submit:
        make_room(acting, task)
    acting.session.flush()
    acting.audit("review.save", task.public_id, version=review.version, submitted=submit)
    if submit:
        kind = "review.submitted" if first else "review.revised"
        for author in task.work.authors:
            acting.log(kind, target=author.member, round=held.public_id, task=task.public_id, version=review.version)
    return review


def my_review(acting: Acting, public_id: str) -> tuple[ReviewTask, Review | None]:
    """Return a task of the acting member with the newest version of its review, draft or submitted."""
    task = my_task(acting, public_id)
    return task, task.reviews[-1] if task.reviews else None


def inline_wanted(
    acting: Acting, public_id: str, changed: tuple[inline.Inline, ...] | None
) -> tuple[inline.Inline, ...]:
    """Return the comments at cells that a review is to have: those of its newest version, unless they are changed."""
    _task, newest = my_review(acting, public_id)
    if changed is not None:
        return changed
    return inline.of_json(newest.inline) if newest else ()


def received(acting: Acting, assignment: str | None = None, account: str | None = None) -> list[Received]:
    """Return what came of the works of the acting member, or (for staff) of `account`, as far as it is shown.

    Raises:
        NotFound: `assignment` has no review; nobody here has that account.
        Conflict: the reviews of `assignment` are not shown yet.
    """
    members = members_by_id(acting)
    member = acting.member
    if account is not None:
        member = next((one.id for one in members.values() if one.account == account), None)
    acting.require("review.received.read", own=member is not None and member == acting.member)
    if account is not None and member is None:
        raise NotFound(
            _('{account} is not a member of cohort "{cohort}".').format(account=account, cohort=acting.cohort)
        )
    if assignment is not None:
        _require_closed(acting, assignment)
    query = (
        select(Work)
        .join(Round)
        .join(WorkAuthor)
        .where(Round.cohort == acting.cohort, WorkAuthor.member == (member or ""))
        .order_by(Round.opened_at, Work.pseudonym)
    )
    if assignment is not None:
        query = query.where(Round.assignment == assignment)
    works = [work for work in acting.session.scalars(query) if _shown_to(acting, work.round)]
    return [_received(acting, work, members) for work in works]


def _shown_to(acting: Acting, found: Round) -> bool:
    """Whether reviews of a round are shown: to staff once reviewing is over, to authors when the rules say so."""
    if acting.may("review.received.read"):
        return phase_at(found, acting.now) != "reviewing"
    return reviews_shown(found, acting.now)


def _received(acting: Acting, work: Work, members: Mapping[str, RosterEntry]) -> Received:
    reviews, decided = [], decisions(acting.session, work.round)
    for task in counting_tasks(work):
        review = counting_review(task)
        if review is not None:
            reviewer = _reviewer_shown(task, members)
            mine = next((one for one in reversed(task.answers) if one.member == acting.member), None)
            flag = next((one for one in reversed(task.flags) if one.member == acting.member), None)
            reviews.append(
                ReceivedReview(
                    review.public_id,
                    reviewer,
                    task.origin == "staff",
                    review.scores,
                    review.comments,
                    review.overall,
                    inline.of_json(review.inline),
                    tuple(said_unnamed(decided, task.public_id)),
                    mine,
                    flag,
                )
            )
    shown = acting.may("review.received.read") or scores_shown(work.round, acting.now)
    until = revised_until(acting, work.round)
    return Received(
        work,
        tuple(reviews),
        scores_of(acting.session, work.round) if shown else None,
        until if until is not None and acting.now <= until else None,
    )


def reviewer_shown(acting: Acting, task: ReviewTask) -> str:
    """Return how a reviewer is called to other members: by name in an open round, else by pseudonym."""
    return _reviewer_shown(task, members_by_id(acting))


def _reviewer_shown(task: ReviewTask, members: Mapping[str, RosterEntry]) -> str:
    named = _anonymity(task.work.round) == "open" and task.reviewer in members
    return members[task.reviewer].name if named else task.reviewer_pseudonym


def _require_closed(acting: Acting, assignment: str) -> None:
    planned = next((one for one in list_rounds(acting) if one.assignment == assignment), None)
    if planned is None:
        raise NotFound(_('There is no peer review of "{assignment}" here.').format(assignment=assignment))
    if planned.phase in ("waiting", "calibrating"):
        sentence = _("The review of {title} opens at {opens}; reviews are shown after {due}.")
    elif planned.phase == "reviewing":
        sentence = _("The review of {title} is under way; reviews are shown after {due}.")
    elif planned.round is not None and not _shown_to(acting, planned.round):
        sentence = _("Reviewing of {title} is over; reviews are shown with the scores, when they are released.")
    else:
        return
    opens, due = _shown(acting, planned.times.opens_at), _shown(acting, planned.times.closes_at)
    raise Conflict(sentence.format(title=planned.title, opens=opens, due=due))


def _held(found: Round, now: datetime) -> PlannedRound:
    return PlannedRound(found.assignment, found.title, form_of(found), phase_at(found, now), times_held(found), found)


def _anonymity(found: Round) -> Anonymity:
    return cast(Anonymity, found.anonymity)


def _form(review: Review) -> Form:
    return Form(review.scores, review.comments, review.overall, inline.of_json(review.inline))


def _shown(acting: Acting, instant: datetime) -> str:
    """Return an instant as the cohort's clocks show it."""
    settings = read_settings(acting.session, acting.house, acting.cohort)
    local = settings.calendar.local(instant) if settings else instant
    return f"{local:%Y-%m-%d %H:%M}"
