"""The opening of a round: what is swapped, among whom; and who joins it later."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np

from nbcohort.api import Acting, active_members, new_id, works_of
from nbcohort.api import Work as HandedIn
from nbpeer.allocate import Allocation, Conflicts, Weights, allocate
from nbpeer.allocate import Work as Swapped
from nbpeer.check import rubric_to_use
from nbpeer.conflicts import conflicts_in
from nbpeer.earlier import strengths, who_had_whom
from nbpeer.leases import start_by
from nbpeer.models import ReviewTask, Round, Work, WorkAuthor
from nbpeer.plans import Plan, kept
from nbpeer.pseudonyms import derive, pseudonym, pseudonyms


def open_round(acting: Acting, plan: Plan) -> None:
    """Swap what was handed in, and write down how."""
    session, assignment, review = acting.session, plan.assignment, plan.review
    handed_in, swapped, conflicts = _works(acting, assignment.name)
    seed = secrets.randbits(63)
    known = {member for work in swapped for member in work.submitters}
    history = [pair for pair in who_had_whom(session, acting.cohort) if known.issuperset(pair)]
    strength = {one: value for one, value in strengths(session, acting.cohort).items() if one in known}
    allocation = allocate(
        swapped,
        review.k,
        np.random.default_rng(seed),
        conflicts,
        history=history,
        strength=strength,
        weights=Weights(**review.swap.model_dump()),
    )
    secret = secrets.token_bytes(32)
    opened = Round(
        public_id=new_id("rnd"),
        cohort=acting.cohort,
        assignment=assignment.name,
        title=assignment.title,
        k=review.k,
        anonymity=review.anonymity,
        form=review.form,
        score=review.score,
        rubric=[criterion.model_dump(mode="json") for criterion in rubric_to_use(assignment, review)],
        opens_at=plan.times.opens_at,
        **plan.planned(),
        planned=kept(plan),
        rules=review.rules().model_dump(mode="json"),
        opened_at=acting.now,
        closed_at=None,
        seed=seed,
        offsets=list(allocation.offsets),
        certificate=asdict(allocation.certificate),
        secret=secret.hex(),
        works=_rows(handed_in, allocation, secret, self_review=review.self_review),
    )
    session.add(opened)
    for task in (task for work in opened.works for task in work.tasks if task.origin == "allocated"):
        task.start_by = start_by(opened, acting.now)
    session.flush()
    acting.audit(
        "review.round.open",
        opened.public_id,
        assignment=assignment.name,
        seed=str(seed),
        offsets=list(allocation.offsets),
        works=[[one.key, *one.submitters] for one in swapped],
        conflicts=sorted(sorted(pair) for pair in conflicts),
        history=history,
        strength=strength,
        weights=review.swap.model_dump(),
    )


def _works(acting: Acting, assignment: str) -> tuple[list[HandedIn], list[Swapped], Conflicts]:
    """Return what is swapped: works of members who are still there; who may not review each other.

    A member is a reviewer for the newest work only; of an older one that partners handed in they are an author, and
    whoever is an author of something or a partner at present has a conflict.
    """
    session, now = acting.session, acting.now
    there = {one.id for one in active_members(session, acting.cohort, now, role="learner")}
    handed_in: list[HandedIn] = []
    swapped: list[Swapped] = []
    seen: set[str] = set()
    groups: list[Iterable[str]] = []
    for work in sorted(works_of(session, acting.cohort, assignment), key=lambda work: work.committed_at, reverse=True):
        reviewers = tuple(sorted((set(work.submitters) & there) - seen))
        groups.append(work.submitters)
        if reviewers:
            seen.update(reviewers)
            handed_in.append(work)
            swapped.append(Swapped(work.submission, reviewers))
    wrote = {frozenset((a, b)) for group in groups for a in group for b in group if a < b}
    conflicts = wrote | conflicts_in(session, acting.cohort, assignment, seen, now)
    return handed_in, swapped, frozenset(pair for pair in conflicts if pair <= seen) - _together(swapped)


def _together(swapped: Sequence[Swapped]) -> set[frozenset[str]]:
    """Return who stands for one work together: that they do not review each other needs no conflict."""
    return {frozenset((a, b)) for work in swapped for a in work.submitters for b in work.submitters if a < b}


def _rows(handed_in: Sequence[HandedIn], allocation: Allocation, secret: bytes, *, self_review: bool) -> list[Work]:
    work_names = pseudonyms(derive(secret, "works"), (work.submission for work in handed_in))
    given: dict[str, list[tuple[str, str]]] = {work.submission: [] for work in handed_in}
    for reviewer, key in allocation.tasks:
        given[key].append((reviewer, "allocated"))
    if self_review:
        for work in handed_in:
            given[work.submission] += [(author, "self") for author in work.submitters]
    reviewers = {reviewer for those in given.values() for reviewer, _origin in those}
    reviewer_names = pseudonyms(derive(secret, "reviewers"), reviewers)
    return [
        Work(
            submission=work.submission,
            pseudonym=work_names[work.submission],
            wanted=sum(origin == "allocated" for _reviewer, origin in given[work.submission]),
            files=[asdict(file) for file in work.files],
            authors=[WorkAuthor(member=member) for member in work.submitters],
            tasks=[
                ReviewTask(
                    public_id=new_id("tsk"),
                    reviewer=reviewer,
                    reviewer_pseudonym=reviewer_names[reviewer],
                    origin=origin,
                )
                for reviewer, origin in given[work.submission]
            ],
        )
        for work in sorted(handed_in, key=lambda work: work_names[work.submission])
    ]


def join_late(acting: Acting, held: Round) -> None:
    """Take into a round what was handed in after the swap by somebody of whom there is nothing yet.

    Its reviews are written by volunteers, or by whom they are asked of.
    """
    known = {author.member for work in held.works for author in work.authors}
    there = {one.id for one in active_members(acting.session, acting.cohort, acting.now, role="learner")}
    for late in sorted(works_of(acting.session, acting.cohort, held.assignment), key=lambda work: work.committed_at):
        newcomers = (set(late.submitters) & there) - known
        if not newcomers:
            continue
        known |= newcomers
        names = [work.pseudonym for work in held.works]
        joined = Work(
            submission=late.submission,
            pseudonym=pseudonym(derive(bytes.fromhex(held.secret), "works"), late.submission, names),
            wanted=min(held.k, len(known - set(late.submitters))),
            files=[asdict(file) for file in late.files],
            authors=[WorkAuthor(member=member) for member in late.submitters],
        )
        held.works.append(joined)
        acting.session.flush()
        for work in held.works:  # one that was alone at the opening is not any more
            work.wanted = work.wanted or min(held.k, len(held.works) - 1)
        acting.audit("review.work.join", held.public_id, work=late.submission, authors=sorted(late.submitters))
