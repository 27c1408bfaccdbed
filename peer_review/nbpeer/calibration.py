"""Calibration: before the real tasks, reviewers score samples that staff have scored, and see how they compare."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import fmean

from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.api import Acting, Conflict, Criterion, NotFound, _, active_members, new_id, read_settings, works_of
from nbpeer.aggregate import Scale
from nbpeer.copies import Copy
from nbpeer.copying import copy_for
from nbpeer.forms import Form, Rubric, check_form, scales_of
from nbpeer.models import Sample, SampleReview
from nbpeer.plans import Plan, phase_at, plans
from nbpeer.pseudonyms import derive, pseudonym
from nbpeer.rounds import find_round

MOST = 3
"""How many samples an assignment has at most."""


@dataclass(frozen=True)
class Compared:
    """A sample that the acting member has scored, beside what staff gave and wrote; agreement in percent."""

    sample: Sample
    mine: SampleReview
    agreement: float


def add_sample(acting: Acting, assignment: str, submission: str, form: Form) -> Sample:
    """Let a submission of staff's be a sample, with the scores and the reasons that it deserves.

    Raises:
        NotFound: the assignment is not reviewed, or there is no such submission of it.
        Conflict: there is no calibration in its settings; a learner handed it in; there are enough samples.
        Invalid: the form does not fit the rubric, or something is missing.
    """
    acting.require("review.sample.add")
    plan = _plan(acting, assignment)
    if plan.times.calibrates_at is None:
        raise Conflict(_('The review of "{name}" has no calibration; set calibrates first.').format(name=assignment))
    work = next(
        (one for one in works_of(acting.session, acting.cohort, assignment) if one.submission == submission), None
    )
    if work is None:
        raise NotFound(_("There is no such submission, or a newer one was handed in."))
    learners = {one.id for one in active_members(acting.session, acting.cohort, acting.now, role="learner")}
    if learners & set(work.submitters):
        raise Conflict(_("A learner handed this in; everybody would see it. Hand a sample in yourself."))
    known = samples_of(acting.session, acting.cohort, assignment)
    if len(known) >= MOST:
        raise Conflict(_("There are {count} samples already; remove one first.").format(count=MOST))
    rubric = plan.assignment.rubric
    check_form(form, rubric, submit=True)
    secret = secrets.token_bytes(32)
    sample = Sample(
        public_id=new_id("smp"),
        cohort=acting.cohort,
        assignment=assignment,
        submission=submission,
        authors=list(work.submitters),
        pseudonym=pseudonym(derive(secret, "samples"), submission, [one.pseudonym for one in known]),
        files=[asdict(file) for file in work.files],
        secret=secret.hex(),
        rubric=[criterion.model_dump(mode="json") for criterion in rubric],
        scores=dict(form.scores),
        comments=dict(form.comments),
        overall=form.overall,
        added_at=acting.now,
    )
    acting.session.add(sample)
    acting.session.flush()
    acting.audit("review.sample.add", sample.public_id, assignment=assignment, submission=submission)
    return sample


def remove_sample(acting: Acting, sample_id: str) -> Sample:
    """Take a sample away; what was scored stays. NotFound if it is not there."""
    acting.require("review.sample.add")
    sample = _sample(acting, sample_id)
    sample.removed_at = acting.now
    acting.audit("review.sample.remove", sample.public_id, assignment=sample.assignment)
    return sample


def samples_of(session: Session, cohort: str, assignment: str) -> list[Sample]:
    """Return the samples of an assignment, in the order in which they were added."""
    query = select(Sample).where(Sample.cohort == cohort, Sample.assignment == assignment, Sample.removed_at.is_(None))
    return list(session.scalars(query.order_by(Sample.pk)))


def my_samples(acting: Acting, assignment: str) -> list[Sample]:
    """Return the samples that the acting member can score, or has scored; staff see them before, too."""
    acting.require("review.sample.read", own=True)
    if not acting.may("review.sample.read") and not is_under_way(acting, assignment):
        return []
    return samples_of(acting.session, acting.cohort, assignment)


def is_under_way(acting: Acting, assignment: str) -> bool:
    """Whether samples can be scored: from the calibration's beginning until reviewing is over."""
    plan = plans(read_settings(acting.session, acting.house, acting.cohort)).get(assignment)
    begins_at = plan.times.calibrates_at if plan else None
    if plan is None or begins_at is None or acting.now < begins_at:
        return False
    found = find_round(acting.session, acting.cohort, assignment)
    return acting.now <= plan.times.closes_at if found is None else phase_at(found, acting.now) == "reviewing"


def sample_copy(acting: Acting, sample_id: str) -> Copy:
    """Return the anonymous copy of a sample."""
    sample = my_sample(acting, sample_id)
    secret = derive(bytes.fromhex(sample.secret), f"copy of {sample.submission}")
    return copy_for(acting, sample.files, sample.authors, secret, anonymous=True)


def my_sample(acting: Acting, sample_id: str) -> Sample:
    """Return a sample; NotFound for learners while samples cannot be scored."""
    acting.require("review.sample.read", own=True)
    sample = _sample(acting, sample_id)
    if not acting.may("review.sample.read") and not is_under_way(acting, sample.assignment):
        raise _no_sample()
    return sample


def score_sample(acting: Acting, sample_id: str, form: Form) -> Compared:
    """Score a sample, once, and see how that compares.

    Raises:
        NotFound: there is no such sample now.
        Conflict: it was scored, and the comparison was seen.
        Invalid: the form does not fit the rubric, or something is missing.
    """
    acting.require("review.sample.score", own=True)
    sample = my_sample(acting, sample_id)
    if my_score(acting, sample) is not None:
        raise Conflict(_("You have scored this sample, and seen how staff did; go on with the next one."))
    check_form(form, rubric_of_sample(sample), submit=True)
    mine = SampleReview(
        member=acting.member or "",
        scores=dict(form.scores),
        comments=dict(form.comments),
        overall=form.overall,
        made_at=acting.now,
    )
    sample.reviews.append(mine)
    acting.session.flush()
    compared = _compared(sample, mine)
    acting.audit("review.sample.score", sample.public_id, agreement=compared.agreement)
    acting.log("review.calibrated", sample=sample.public_id, agreement=compared.agreement)
    return compared


def comparison(acting: Acting, sample_id: str) -> Compared:
    """Return how the acting member's scores compare; Conflict while they have not scored the sample."""
    sample = my_sample(acting, sample_id)
    mine = my_score(acting, sample)
    if mine is None:
        raise Conflict(_("Score the sample first; then you see how staff did, and why."))
    return _compared(sample, mine)


def my_score(acting: Acting, sample: Sample) -> SampleReview | None:
    """Return how the acting member scored a sample, or None."""
    return next((one for one in sample.reviews if one.member == acting.member), None)


def differences(session: Session, cohort: str, assignment: str) -> dict[str, list[float]]:
    """Return member -> by how many percentage points they differ from staff, on each sample that they scored."""
    found: dict[str, list[float]] = {}
    for sample in samples_of(session, cohort, assignment):
        for mine in sample.reviews:
            found.setdefault(mine.member, []).append(100.0 - _compared(sample, mine).agreement)
    return found


def rubric_of_sample(sample: Sample) -> Rubric:
    """Return the rubric by which a sample was scored."""
    return [Criterion.model_validate(criterion) for criterion in sample.rubric]


def closeness(scales: Mapping[str, Scale], mine: Mapping[str, int], theirs: Mapping[str, int]) -> float:
    """Return 100 less the mean distance of two reviews over the criteria, by weight, in percentage points."""
    distances = [abs(scale.percent(mine[name]) - scale.percent(theirs[name])) for name, scale in scales.items()]
    return 100.0 - fmean(distances, weights=[scale.weight for scale in scales.values()])


def _compared(sample: Sample, mine: SampleReview) -> Compared:
    return Compared(sample, mine, round(closeness(scales_of(rubric_of_sample(sample)), mine.scores, sample.scores), 2))


def _plan(acting: Acting, assignment: str) -> Plan:
    plan = plans(read_settings(acting.session, acting.house, acting.cohort)).get(assignment)
    if plan is None:
        raise NotFound(_('There is no peer review of "{assignment}" here.').format(assignment=assignment))
    return plan


def _sample(acting: Acting, sample_id: str) -> Sample:
    query = select(Sample).where(
        Sample.cohort == acting.cohort, Sample.public_id == sample_id, Sample.removed_at.is_(None)
    )
    found = acting.session.scalar(query)
    if found is None:
        raise _no_sample()
    return found


def _no_sample() -> NotFound:
    return NotFound(_("There is no such sample for you; `nbcohort review samples` lists them."))
