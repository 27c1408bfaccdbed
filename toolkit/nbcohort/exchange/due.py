"""Write the service's due times into nbgrader's gradebook, from which nbgrader computes who is late by how much."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from nbgrader.api import Gradebook, MissingEntry


def due_in_gradebook(coursedir: Any, assignment: str) -> datetime | None:
    """Return the due time that the gradebook has, in UTC without zone as nbgrader keeps it."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            due: datetime | None = gradebook.find_assignment(assignment).duedate
        except MissingEntry:
            return None
        return due


def write_due_times(coursedir: Any, assignment: str, due: str, own: Mapping[str, str]) -> None:
    """Set the assignment's due time, and as an extension how much later each account's `own` one is.

    An assignment that the gradebook does not know is left alone: `nbgrader generate_assignment` puts it there.
    """
    common = naive_utc(due)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            known = gradebook.find_assignment(assignment)
        except MissingEntry:
            return
        if known.duedate != common:
            gradebook.update_or_create_assignment(assignment, duedate=common)
        for account, instant in own.items():
            _write_extension(gradebook, assignment, account, naive_utc(instant) - common)


def _write_extension(gradebook: Any, assignment: str, account: str, extension: timedelta) -> None:
    try:
        before = gradebook.find_submission(assignment, account).extension
    except MissingEntry:
        before = None
        if extension:
            gradebook.update_or_create_student(account)
            gradebook.update_or_create_submission(assignment, account)
    if (before or timedelta(0)) != extension:
        gradebook.grant_extension(assignment, account, minutes=extension / timedelta(minutes=1))


def naive_utc(instant: str) -> datetime:
    """Return an instant of the service as nbgrader keeps times: in UTC, without zone."""
    return datetime.fromisoformat(instant).astimezone(UTC).replace(tzinfo=None)
