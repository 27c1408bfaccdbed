"""Revisions: what authors hand in once their reviews are there, shown beside what was reviewed.

A revision is the newest submission of the assignment that an author hands in after reviewing has ended; it has a
receipt. While hand-in is open, it counts for the grade as the assignment's rules on late work say; when hand-in has
closed, one is taken until `revisions_until`, and not graded. Scores of the round rest on what was reviewed, whatever is
revised.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from nbcohort.api import Acting, NotFound, _, works_of
from nbcohort.api import Work as HandedIn
from nbpeer.actions import my_task, read_round
from nbpeer.copies import Copy
from nbpeer.copying import copy_for
from nbpeer.differences import FileChange, compare
from nbpeer.models import Round, Work, WorkAuthor
from nbpeer.plans import phase_at, reviews_shown, revised_until
from nbpeer.pseudonyms import derive
from nbpeer.rounds import find_round
from nbpeer.scores import counting_review


@dataclass(frozen=True)
class Revision:
    """What was reviewed, and what it was revised to, as the acting member may see both. Needs no transaction."""

    work: str
    handed_in_at: datetime
    before: Copy
    after: Copy

    def changes(self) -> list[FileChange]:
        """Return what became of each file."""
        return list(self._changes())

    def _changes(self) -> Iterator[FileChange]:
        for path in sorted({*self.before.files, *self.after.files}):
            old, new = self.before.files.get(path), self.after.files.get(path)
            if old is not None and new is not None and old.sha256 == new.sha256:
                yield FileChange(path, "other", "same")
                continue
            try:
                contents = [copy.read(path) if path in copy.files else None for copy in (self.before, self.after)]
                yield compare(path, *contents)
            except NotFound:  # withheld from who looks
                yield FileChange(path, "other", "added" if old is None else "removed" if new is None else "changed")


def takes(acting: Acting, assignment: str, submitters: Sequence[str], instant: datetime) -> bool:
    """Whether `submitters`, all of them authors who have their reviews, may hand in a revision at `instant`."""
    held = find_round(acting.session, acting.cohort, assignment)
    until = None if held is None else revised_until(acting, held)
    if held is None or until is None or instant > until or not reviews_shown(held, instant):
        return False
    authors = select(WorkAuthor.member).join(Work).where(Work.round_pk == held.pk)
    return set(submitters) <= set(acting.session.scalars(authors))


def for_reviewer(acting: Acting, task_id: str) -> Revision:
    """Return the revision of a work that the acting member reviewed; NotFound while there is none for them to see."""
    task = my_task(acting, task_id)
    held = task.work.round
    if counting_review(task) is None or phase_at(held, acting.now) == "reviewing":
        raise _nothing()
    return _revision(acting, task.work, anonymous=held.anonymity == "double")


def for_author(acting: Acting, assignment: str) -> Revision:
    """Return the revision that the acting member handed in, alone or with partners; NotFound while there is none."""
    acting.require("review.received.read", own=True)
    held = find_round(acting.session, acting.cohort, assignment)
    if held is None or not reviews_shown(held, acting.now):
        raise _nothing()
    query = (
        select(Work)
        .join(WorkAuthor)
        .join(Round)
        .where(Round.pk == held.pk, WorkAuthor.member == (acting.member or ""))
        .order_by(Work.pk.desc())
    )
    work = acting.session.scalars(query.limit(1)).first()
    if work is None:
        raise _nothing()
    return _revision(acting, work, anonymous=False, by=acting.member)


def for_staff(acting: Acting, round_id: str, pseudonym: str) -> Revision:
    """Return the revision of a work; NotFound while there is none."""
    held = read_round(acting, round_id)
    work = next((one for one in held.works if one.pseudonym == pseudonym), None)
    if work is None:
        raise _nothing()
    return _revision(acting, work, anonymous=False)


def _revision(acting: Acting, work: Work, *, anonymous: bool, by: str | None = None) -> Revision:
    revised = _newest(acting, work, by)
    if revised is None:
        raise _nothing()
    secret = derive(bytes.fromhex(work.round.secret), f"copy of {work.submission}")
    authors = {*(author.member for author in work.authors), *revised.submitters}
    kept = [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in revised.files]
    before, after = (
        copy_for(acting, files, sorted(authors), secret, anonymous=anonymous) for files in (work.files, kept)
    )
    return Revision(work.pseudonym, revised.handed_in_at, before, after)


def _newest(acting: Acting, work: Work, by: str | None) -> HandedIn | None:
    """Return what an author (`by`, or any) handed in last, if that was after reviewing had ended."""
    held = work.round
    if held.closed_at is None:
        return None
    authors = {author.member for author in work.authors} if by is None else {by}
    later = [
        one
        for one in works_of(acting.session, acting.cohort, held.assignment, revised=True)
        if authors & set(one.submitters) and one.handed_in_at > held.closed_at and one.submission != work.submission
    ]
    return max(later, key=lambda one: (one.handed_in_at, one.attempt), default=None)


def _nothing() -> NotFound:
    return NotFound(_("There is no revision to show: an author hands one in once the reviews are there."))
