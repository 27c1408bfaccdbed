"""An author before the round: who they are to the scrubber, and what it cannot remove from what they handed in."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from nbcohort.api import Acting, House, NotFound, Work, _, find_member, find_works, open_work_file, read_settings
from nbpeer.plans import plans
from nbpeer.rounds import find_round
from nbpeer.scrub import LARGEST, Identity, Names, Notice, cannot_scrub


@dataclass(frozen=True)
class Author:
    """How the acting account is called, and whether reviewers of the assignment shall not know it."""

    assignment: str
    anonymous: bool
    account: str
    name: str


@dataclass(frozen=True)
class HandedIn:
    """A submission whose files are to be looked at; needs no transaction any more."""

    house: House
    work: Work
    names: Names | None
    """None: reviewers know the authors."""

    def notices(self) -> list[tuple[str, Notice]]:
        """Return (path, notice) for what cannot be removed."""
        if self.names is None:
            return []
        found: list[tuple[str, Notice]] = []
        for file in self.work.files:
            if file.size > LARGEST:
                found.append((file.path, Notice.TOO_LARGE))
                continue
            try:
                with open_work_file(self.house, file) as opened:
                    found += cannot_scrub({file.path: opened.read()}, self.names)
            except NotFound:  # erased since
                continue
        return found


def author_of(acting: Acting, assignment: str) -> Author:
    """Return who the acting account is as an author of `assignment`, and whether reviewers will not know."""
    acting.require("review.round.list")
    name = find_member(acting.session, acting.cohort, acting.member).name if acting.member else acting.account
    return Author(assignment, _is_anonymous(acting, assignment), acting.account, name)


def handed_in(acting: Acting, submission: str) -> HandedIn:
    """Return a submission of the acting member's; NotFound for any other."""
    acting.require("review.notice.read", own=True)
    works = find_works(acting.session, acting.cohort, [submission])
    if not works or acting.member not in works[0].submitters:
        raise NotFound(_("You have no such submission."))
    work = works[0]
    if not _is_anonymous(acting, work.assignment):
        return HandedIn(acting.house, work, None)
    authors = [_identity(acting.session, acting.cohort, member) for member in work.submitters]
    return HandedIn(acting.house, work, Names(authors, authors))


def _identity(session: Session, cohort: str, member: str) -> Identity:
    found = find_member(session, cohort, member)
    return Identity(found.account, found.name)


def _is_anonymous(acting: Acting, assignment: str) -> bool:
    held = find_round(acting.session, acting.cohort, assignment)
    if held is not None:
        return held.anonymity == "double"
    plan = plans(read_settings(acting.session, acting.house, acting.cohort)).get(assignment)
    return plan is not None and plan.review.anonymity == "double"
