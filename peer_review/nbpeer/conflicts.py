"""Who may not review whom: partners, and members of whom a conflict was declared.

A member's own declaration holds for what is given from then on, and takes nothing away: which task went with it would
say whose work that was. Staff see whether it touches a task, and can remove its reviewer. What staff declare ends such
tasks at once, unless their review has come in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from nbcohort.api import (
    Acting,
    Conflict,
    Invalid,
    NotFound,
    _,
    all_partners,
    find_account,
    new_id,
)
from nbpeer.allocate import Conflicts
from nbpeer.models import ReviewTask, Round, Work, WorkAuthor
from nbpeer.scores import counting_review
from nbpeer.swap_models import DeclaredConflict
from nbpeer.tasks import end, lock

MOST = 5
"""How many conflicts a member can declare alone: with more, nobody would be left to review."""


@dataclass(frozen=True)
class Declared:
    """A conflict that holds, and (for staff) the tasks of rounds under way that it touches."""

    row: DeclaredConflict
    touches: tuple[ReviewTask, ...]


def conflicts_in(session: Session, cohort: str, assignment: str, members: Iterable[str], now: datetime) -> Conflicts:
    """Return each two who may not review each other: partners of `members` at `now`, and who declared a conflict."""
    among, partners = set(members), all_partners(session, cohort, assignment, now)
    pairs = {frozenset((one, other)) for one in among & partners.keys() for other in partners[one] if other != one}
    query = select(DeclaredConflict.member, DeclaredConflict.other).where(
        DeclaredConflict.cohort == cohort, DeclaredConflict.withdrawn_at.is_(None)
    )
    return frozenset(pairs | {frozenset((one, other)) for one, other in session.execute(query)})


def barred(acting: Acting, work: Work) -> frozenset[str]:
    """Return who may not review a work, whatever the need: its authors, and who has a conflict with one."""
    authors = frozenset(author.member for author in work.authors)
    pairs = conflicts_in(acting.session, acting.cohort, work.round.assignment, authors, acting.now)
    return authors.union(*(pair for pair in pairs if pair & authors))


def declare(acting: Acting, other: str, reason: str, account: str | None = None) -> Declared:
    """Declare that the acting member, or (for staff) `account`, and the account `other` shall not review each other.

    Raises:
        NotFound: one of them is not in the cohort.
        Invalid: they are the same.
        Conflict: it was declared before; or a member declares more than `MOST`.
    """
    by_staff = acting.may("review.conflict.declare")
    acting.require("review.conflict.declare", own=account in (None, acting.account))
    member = acting.member if account is None else find_account(acting.session, acting.cohort, account).id
    if member is None:
        raise Invalid(_("Say whose conflict it is."))
    another = find_account(acting.session, acting.cohort, other).id
    if member == another:
        raise Invalid(_("A conflict is between two; nobody reviews their own work anyway."))
    query = select(DeclaredConflict).where(*_standing(acting), DeclaredConflict.declared_by == acting.name)
    mine = acting.session.scalars(query).all()
    if any({one.member, one.other} == {member, another} for one in mine):
        raise Conflict(_("That conflict is declared already."))
    if len(mine) >= MOST and not by_staff:
        raise Conflict(_("You have declared {most} conflicts; ask your instructors for more.").format(most=MOST))
    row = DeclaredConflict(
        public_id=new_id("cfl"),
        cohort=acting.cohort,
        member=member,
        other=another,
        reason=reason,
        declared_at=acting.now,
        declared_by=acting.name,
    )
    acting.session.add(row)
    acting.session.flush()
    acting.audit("review.conflict.declare", row.public_id, member=member, other=another)
    if not by_staff:
        return Declared(row, ())
    for task in _touched(acting, row):
        lock(acting, task.work.round)
        if task.ended_at is None and counting_review(task) is None:
            end(acting, task, "conflict")
    return Declared(row, tuple(_touched(acting, row)))


def list_declared(acting: Acting) -> list[Declared]:
    """Return the conflicts that hold: for staff all, with the tasks they touch; else those the member declared."""
    if acting.may("review.conflict.read"):
        query = select(DeclaredConflict).where(*_standing(acting)).order_by(DeclaredConflict.pk)
        return [Declared(row, tuple(_touched(acting, row))) for row in acting.session.scalars(query)]
    acting.require("review.conflict.read", own=True)
    query = select(DeclaredConflict).where(*_standing(acting), DeclaredConflict.declared_by == acting.name)
    return [Declared(row, ()) for row in acting.session.scalars(query.order_by(DeclaredConflict.pk))]


def withdraw(acting: Acting, public_id: str) -> None:
    """Take back a conflict: one's own, or for staff any.

    Raises:
        NotFound: there is none of that id that holds, or it is somebody else's.
    """
    row = acting.session.scalar(
        select(DeclaredConflict).where(*_standing(acting), DeclaredConflict.public_id == public_id)
    )
    own = row is None or row.declared_by == acting.name
    if row is None or not acting.may("review.conflict.declare", own=own):
        acting.require("review.conflict.declare", own=True)
        raise NotFound(_("There is no such conflict; `nbcohort review conflict list` shows yours."))
    row.withdrawn_at = acting.now
    acting.audit("review.conflict.withdraw", row.public_id)


def forget(session: Session, member: str) -> None:
    """Erase the reasons that a member gave, or that are about them."""
    mine = (DeclaredConflict.member == member) | (DeclaredConflict.other == member)
    for row in session.scalars(select(DeclaredConflict).where(mine | (DeclaredConflict.declared_by == member))):
        row.reason = ""


def _standing(acting: Acting) -> tuple[ColumnElement[bool], ...]:
    return DeclaredConflict.cohort == acting.cohort, DeclaredConflict.withdrawn_at.is_(None)


def _touched(acting: Acting, row: DeclaredConflict) -> Iterator[ReviewTask]:
    """Yield the tasks of rounds under way in which one of the two reviews the other's work."""
    for reviewer, author in ((row.member, row.other), (row.other, row.member)):
        query = (
            select(ReviewTask)
            .join(Work)
            .join(Round)
            .join(WorkAuthor, WorkAuthor.work_pk == Work.pk)
            .where(
                Round.cohort == acting.cohort,
                Round.closed_at.is_(None),
                ReviewTask.reviewer == reviewer,
                ReviewTask.ended_at.is_(None),
                WorkAuthor.member == author,
            )
            .order_by(ReviewTask.pk)
        )
        yield from acting.session.scalars(query).all()
