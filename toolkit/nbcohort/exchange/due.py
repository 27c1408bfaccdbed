"""Write into nbgrader's gradebook what the service knows better: due times, extensions, and what people are called."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _


class GradebookBroken(NbcohortError):
    """nbgrader's gradebook is locked, damaged or away."""

    slug = "gradebook-broken"


def due_in_gradebook(coursedir: Any, assignment: str) -> datetime | None:
    """Return the due time that the gradebook has, in UTC without zone as nbgrader keeps it."""
    with _known(coursedir, assignment) as (_gradebook, known):
        due: datetime | None = known.duedate if known is not None else None
        return due


def write_due_times(coursedir: Any, assignment: str, due: str, own: Mapping[str, str]) -> None:
    """Set the assignment's due time, and as an extension how much later each account's `own` one is.

    An assignment that the gradebook does not know is left alone: `nbgrader generate_assignment` puts it there.
    """
    common = naive_utc(due)
    with _known(coursedir, assignment) as (gradebook, known):
        if known is None:
            return
        if known.duedate != common:
            gradebook.update_or_create_assignment(assignment, duedate=common)
        for account, instant in own.items():
            _write_extension(gradebook, assignment, account, naive_utc(instant) - common)


def write_names(coursedir: Any, assignment: str, names: Mapping[str, str]) -> None:
    """Write accounts' names, where the gradebook has none yet: what a person put there stays.

    nbgrader wants a first and a last name, and shows "last, first". The service has a person's whole name and does not
    guess at its parts: it is written as the last name, and the account as the first. Whose name is but the account is
    left out.
    """
    with _known(coursedir, assignment) as (gradebook, known):
        if known is None:
            return
        there = {student.id: student for student in gradebook.students}
        for account, name in names.items():
            student = there.get(account)
            if name == account or (student is not None and (student.last_name or student.first_name)):
                continue
            gradebook.update_or_create_student(account, last_name=name, first_name=account)


@contextmanager
def _known(coursedir: Any, assignment: str) -> Iterator[tuple[Any, Any]]:
    """Open the gradebook if there is one (no new one is made), with its row of the assignment or None.

    Raises `GradebookBroken`.
    """
    url = make_url(coursedir.db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        yield None, None
        return
    try:
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            yield gradebook, _find(gradebook, assignment)
    except SQLAlchemyError as error:
        raise GradebookBroken(
            _("The gradebook {url} could not be read or written: {reason}.").format(
                url=url.render_as_string(), reason=str(getattr(error, "orig", error)).splitlines()[0]
            )
        ) from error


def _find(gradebook: Any, assignment: str) -> Any:
    try:
        return gradebook.find_assignment(assignment)
    except MissingEntry:
        return None


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
