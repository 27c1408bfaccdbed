"""Giving feedback files back to those who handed in."""

from typing import BinaryIO

from sqlalchemy import func, select

from nbcohort.errors import NotFound
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.store.ids import new_id
from nbcohort.submissions import lookup, snapshots
from nbcohort.submissions.actions.common import Part, fetch_part, open_file, whose
from nbcohort.submissions.actions.handin import find_submission
from nbcohort.submissions.manifest import Entry, make_manifest
from nbcohort.submissions.models import Feedback, Submission, Submitter


def begin_feedback(acting: Acting, submission: str, files: list[Entry]) -> tuple[Feedback, list[str]]:
    """Begin to give `files` back on a submission; return the feedback and the hashes that have to be sent."""
    acting.require("feedback.make")
    target = find_submission(acting, submission)
    snapshot, needed = snapshots.begin(acting, make_manifest(files))
    feedback = Feedback(public_id=new_id("fbk"), submission=target, snapshot=snapshot, version=None)
    acting.session.add(feedback)
    acting.session.flush()
    acting.audit("feedback.begin", feedback.public_id, submission=submission)
    return feedback, needed


def commit_feedback(acting: Acting, feedback: str) -> Feedback:
    """Make feedback the newest on its submission, for all submitters; the same again if it was committed before."""
    acting.require("feedback.make")
    row = _find(acting, feedback)
    if row.snapshot.creator != acting.name:
        raise NotFound(_("You have begun no such feedback."))
    submission = row.submission
    snapshots.take_turn(acting, submission.assignment)
    acting.session.refresh(row)
    if row.version is not None:
        return row
    snapshots.commit(acting, row.snapshot)
    highest = acting.session.scalar(select(func.max(Feedback.version)).where(Feedback.submission_pk == submission.pk))
    row.version = (highest or 0) + 1
    acting.session.flush()
    submitters = lookup.submitter_ids(submission)
    acting.audit("feedback.commit", row.public_id, submission=submission.public_id, version=row.version)
    for member in submitters:
        acting.log(
            "feedback.released",
            target=member,
            feedback=row.public_id,
            submission=submission.public_id,
            assignment=submission.assignment,
            version=row.version,
        )
    acting.house.plugins.tell("grades_released", acting=acting, assignment=submission.assignment, members=submitters)
    return row


def list_feedback(
    acting: Acting, *, assignment: str | None = None, account: str | None = None, part: Part = Part()
) -> tuple[list[Feedback], bool]:
    """Return the newest feedback on each submission, and whether there is more; a learner sees the own."""
    member = whose(acting, "feedback.read", account)
    query = lookup.newest_feedback(acting.cohort)
    if assignment is not None:
        query = query.where(Submission.assignment == assignment)
    if member is not None:
        query = query.where(Submission.pk.in_(select(Submitter.submission_pk).where(Submitter.member == member)))
    return fetch_part(acting, query, Feedback, part)


def open_feedback_file(acting: Acting, feedback: str, path: str) -> tuple[Entry, BinaryIO]:
    """Open one file of feedback, the newest or an older one."""
    row = _find(acting, feedback)
    acting.require("feedback.read", own=acting.member in lookup.submitter_ids(row.submission))
    if row.version is None:
        raise NotFound(_("There is no such feedback."))
    return open_file(acting, row.snapshot, path)


def _find(acting: Acting, feedback: str) -> Feedback:
    row = acting.session.scalar(
        select(Feedback)
        .join(Submission, Submission.pk == Feedback.submission_pk)
        .where(Feedback.public_id == feedback, Submission.cohort == acting.cohort)
    )
    if row is None:
        raise NotFound(_("There is no such feedback."))
    return row
