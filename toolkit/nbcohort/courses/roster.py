"""Members of a cohort, looked up: who an account is in it, and who is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from nbcohort.courses.models import Cohort, Member, Pair, PairMember, Person
from nbcohort.errors import NotFound, NotPermitted
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.service.house import House
from nbcohort.service.identity import Identity
from nbcohort.service.permissions import Role

FORGOTTEN = "?"
"""Account and name of a person who was forgotten."""


@dataclass(frozen=True)
class RosterEntry:
    """A member with the person's names."""

    id: str
    account: str
    name: str
    role: Role
    starts_at: datetime
    ends_at: datetime | None

    def active(self, now: datetime) -> bool:
        """Whether `now` is within the membership."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


def find_cohort(session: Session, cohort: str) -> Cohort:
    """Return the cohort with the id `cohort`; NotFound if there is none."""
    found = session.scalar(select(Cohort).where(Cohort.public_id == cohort))
    if found is None:
        raise NotFound(_('There is no cohort "{cohort}" here.').format(cohort=cohort))
    return found


def lock_cohort(session: Session, cohort: str) -> Cohort:
    """Return the cohort as it is now, and let whoever else locks it wait until this transaction ends.

    What is then read of its members, pairs and settings stays true until it is written. NotFound as `find_cohort`.
    """
    find_cohort(session, cohort)
    query = select(Cohort).where(Cohort.public_id == cohort).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def cohort_ids(session: Session) -> list[str]:
    """Return the ids of all cohorts."""
    return list(session.scalars(select(Cohort.public_id).order_by(Cohort.public_id)))


def roster(session: Session, cohort: str, *where: ColumnElement[bool]) -> list[RosterEntry]:
    """Return all who are or were members of `cohort`, by order of joining."""
    rows = session.execute(
        select(Member, Person)
        .join(Cohort, Member.cohort_pk == Cohort.pk)
        .outerjoin(Person, Person.public_id == Member.person)
        .where(Cohort.public_id == cohort, *where)
        .order_by(Member.pk)
    ).all()
    return [entry(member, person) for member, person in rows]


def among(members: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a member is one of these, by public id."""
    return Member.public_id.in_(sorted(members))


def entry(member: Member, person: Person | None) -> RosterEntry:
    """Return `member` with the names of `person`, or without names if the person was forgotten."""
    account, name = (person.account, person.name) if person else (FORGOTTEN, FORGOTTEN)
    role: Role = member.role  # type: ignore[assignment]  # written by actions that know the roles
    return RosterEntry(member.public_id, account, name, role, member.starts_at, member.ends_at)


def active_members(session: Session, cohort: str, now: datetime, role: Role | None = None) -> list[RosterEntry]:
    """Return the members of `cohort` at `now`, of one role or all."""
    return [one for one in roster(session, cohort) if one.active(now) and role in (None, one.role)]


def find_member(session: Session, cohort: str, member: str) -> RosterEntry:
    """Return the member of `cohort` with the public id `member`; NotFound if there is none."""
    if found := roster(session, cohort, Member.public_id == member):
        return found[0]
    raise NotFound(_('Cohort "{cohort}" has no member {member}.').format(cohort=cohort, member=member))


def remembered() -> Select[str]:
    """Return the query for the public ids of all members, of whichever cohort, whose person was not forgotten."""
    return select(Member.public_id).join(Person, Person.public_id == Member.person)


def find_account(session: Session, cohort: str, account: str) -> RosterEntry:
    """Return the member of `cohort` whose account is `account`; NotFound if there is none."""
    if found := roster(session, cohort, Person.account == account):
        return found[0]
    raise NotFound(_('{account} is not a member of cohort "{cohort}".').format(account=account, cohort=cohort))


def partners_of(session: Session, cohort: str, member: str, assignment: str, now: datetime) -> tuple[str, ...]:
    """Return the public ids of all in `member`'s pair for `assignment` at `now`, `member` included; alone if in none.

    A pair made for the assignment counts before one made for all.
    """
    mine = select(PairMember.pair_pk).where(PairMember.member == member)
    pair = session.scalar(
        select(Pair)
        .join(Cohort, Pair.cohort_pk == Cohort.pk)
        .where(
            Cohort.public_id == cohort,
            Pair.pk.in_(mine),
            or_(Pair.assignment == assignment, Pair.assignment.is_(None)),
            Pair.starts_at <= now,
            or_(Pair.ends_at.is_(None), Pair.ends_at > now),
        )
        .order_by(Pair.assignment.is_(None), Pair.pk.desc())
        .limit(1)
    )
    if pair is None:
        return (member,)
    partners = {partner.member for partner in pair.partners}
    active = {one.id for one in roster(session, cohort, among(partners)) if one.active(now)}
    return tuple(sorted(active | {member}))


def pair_ids(session: Session, cohort: str, now: datetime) -> Sequence[Pair]:
    """Return the pairs of `cohort` at `now`."""
    return session.scalars(
        _pairs(cohort).where(Pair.starts_at <= now, or_(Pair.ends_at.is_(None), Pair.ends_at > now))
    ).all()


def lasting_pairs(session: Session, cohort: str) -> Sequence[Pair]:
    """Return the pairs of `cohort` that nobody has ended.

    Who waited for `lock_cohort` may have an earlier `now` than those before: this is what they left behind.
    """
    return session.scalars(_pairs(cohort).where(Pair.ends_at.is_(None))).all()


def _pairs(cohort: str) -> Select[Pair]:
    return select(Pair).join(Cohort, Pair.cohort_pk == Cohort.pk).where(Cohort.public_id == cohort).order_by(Pair.pk)


def acting_in(house: House, session: Session, identity: Identity, cohort: str, now: datetime) -> Acting:
    """Return who `identity` is in `cohort` at `now`: the roster is asked every time.

    Raises:
        NotFound: there is no such cohort.
        NotPermitted: the account is no member, or its time has not begun or is over.
    """
    found = find_cohort(session, cohort)

    def acting(role: Role, member: str | None) -> Acting:
        return Acting(house, session, now, identity.account, found.public_id, role, member)

    if identity.account == found.room:
        return acting("course room", None)
    entries = roster(session, cohort, Person.account == identity.account)
    if entries and entries[0].active(now):
        return acting(entries[0].role, entries[0].id)
    if identity.admin:
        return acting("admin", None)
    if not entries:
        sentence = _('You ({account}) are not a member of cohort "{cohort}"; ask its instructor to add you.')
    elif entries[0].starts_at > now:
        sentence = _('Your time in cohort "{cohort}" has not begun yet.')
    else:
        sentence = _('Your time in cohort "{cohort}" is over.')
    raise NotPermitted(sentence.format(account=identity.account, cohort=cohort))


def acting_on_hub(house: House, session: Session, identity: Identity, now: datetime) -> Acting:
    """Return who `identity` is on the Hub as a whole: an admin, or NotPermitted."""
    if not identity.admin:
        raise NotPermitted(_("Only an administrator of the Hub may do this."))
    return Acting(house, session, now, identity.account, cohort="", role="admin", member=None)
