"""Submissions as plugins meet them: whose, when, which files. Whom they may be shown to is the plugin's to ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from nbcohort.service.house import House
from nbcohort.submissions import lookup
from nbcohort.submissions.manifest import Entry
from nbcohort.submissions.models import Submission, Submitter
from nbcohort.submissions.snapshots import entries

WorkFile = Entry
"""A file of a submission: `path`, `size` in bytes, `sha256`."""


@dataclass(frozen=True)
class Work:
    """What a member or a pair handed in. `submission` and `submitters` are public ids."""

    submission: str
    assignment: str
    attempt: int
    submitters: tuple[str, ...]
    handed_in_at: datetime
    committed_at: datetime
    files: tuple[WorkFile, ...]


def works_of(session: Session, cohort: str, assignment: str, *, revised: bool = False) -> list[Work]:
    """Return the last attempt of everybody who handed in `assignment`; a pair's common one is there once.

    Revisions, which are taken when hand-in has closed and are not graded, count as attempts only if `revised`.

    One of which all submitters handed in again is not among them; one of which some did is.
    """
    query = lookup.committed(cohort).where(Submission.assignment == assignment)
    return [_work(row) for row in session.scalars(lookup.only_latest(query, cohort, None, revised=revised))]


def find_works(session: Session, cohort: str, submissions: Iterable[str]) -> list[Work]:
    """Return committed submissions by public id, whichever attempt they are; those that are not there are left out."""
    query = lookup.committed(cohort).where(Submission.public_id.in_(list(submissions)))
    return [_work(row) for row in session.scalars(query)]


def first_works_without(session: Session, cohort: str, having: Select[str]) -> list[Work]:
    """Return, for each assignment, the oldest last attempt that is not among the public ids that `having` selects."""
    waiting = lookup.only_latest(lookup.committed(cohort), cohort, None).where(Submission.public_id.not_in(having))
    oldest = waiting.with_only_columns(func.min(Submission.pk)).group_by(Submission.assignment).order_by(None)
    query = lookup.committed(cohort).where(Submission.pk.in_(oldest)).order_by(None).order_by(Submission.assignment)
    return [_work(row) for row in session.scalars(query)]


def ids_of(member: str) -> Select[str]:
    """Return the query for the public ids of all that a member handed in, alone or with others."""
    return (
        select(Submission.public_id)
        .join(Submitter, Submitter.submission_pk == Submission.pk)
        .where(Submitter.member == member, Submission.attempt.is_not(None))
    )


def open_work_file(house: House, file: WorkFile) -> BinaryIO:
    """Open a file of a submission for reading; NotFound if it was erased."""
    return house.blobs.open(file.sha256)


def _work(row: Submission) -> Work:
    if row.attempt is None or row.handed_in_at is None or row.snapshot.committed_at is None:
        raise ValueError(f"{row.public_id} is not committed")
    return Work(
        submission=row.public_id,
        assignment=row.assignment,
        attempt=row.attempt,
        submitters=lookup.submitter_ids(row),
        handed_in_at=row.handed_in_at,
        committed_at=row.snapshot.committed_at,
        files=entries(row.snapshot),
    )
