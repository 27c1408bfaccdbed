"""Members of a cohort, looked up: who an account is in it, and who is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from nbcohort.courses.models import Cohort, Member, Pair, PairMember, Person
from nbcohort.errors import NotFound, NotPermitted
from nbcohort.i18n import _
from nbcohort.service.acting import Acting
from nbcohort.service.house import House
from nbcohort.service.identity import Identity
from nbcohort.service.permissions import Role

FORGOTTEN = "?"
"""Account and name of a person who was forgotten."""

# Statements of every request are made once: to make one takes longer than to run it.

_WHO = (
    select(Cohort.room, Member.public_id, Member.role, Member.starts_at, Member.ends_at)
    .select_from(Cohort)
    .outerjoin(Person, Person.account == bindparam("account"))
    .outerjoin(Member, and_(Member.cohort_pk == Cohort.pk, Member.person == Person.public_id))
    .where(Cohort.public_id == bindparam("cohort"))
)
"""One row for a cohort: its room's account, and the membership of an account, or None for each of its columns."""

_ROSTER = (
    select(Member.public_id, Person.account, Person.name, Member.role, Member.starts_at, Member.ends_at)
    .join(Cohort, Member.cohort_pk == Cohort.pk)
    .outerjoin(Person, Person.public_id == Member.person)
    .where(Cohort.public_id == bindparam("cohort"))
    .order_by(Member.pk)
)

_SOME = _ROSTER.where(Member.public_id.in_(bindparam("members", expanding=True)))

_PAIR = (
    select(Pair)
    .join(Cohort, Pair.cohort_pk == Cohort.pk)
    .where(
        Cohort.public_id == bindparam("cohort"),
        Pair.pk.in_(select(PairMember.pair_pk).where(PairMember.member == bindparam("member"))),
        or_(Pair.assignment == bindparam("assignment"), Pair.assignment.is_(None)),
        Pair.starts_at <= bindparam("now"),
        or_(Pair.ends_at.is_(None), Pair.ends_at > bindparam("now")),
    )
    .order_by(Pair.assignment.is_(None), Pair.pk.desc())
    .limit(1)
)


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
        raise _no_cohort(cohort)
    return found


def _no_cohort(cohort: str) -> NotFound:
    return NotFound(_('There is no cohort "{cohort}" here.').format(cohort=cohort))


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
    return _entries(session, _ROSTER.where(*where), cohort=cohort)


def is_begun(session: Session, cohort: str) -> bool:
    """Return whether `cohort` has or had members: until then nobody said who belongs to it."""
    people = exists().where(Member.cohort_pk == Cohort.pk)
    return bool(session.scalar(select(Cohort.pk).where(Cohort.public_id == cohort, people)))


def members_among(session: Session, cohort: str, members: Iterable[str]) -> list[RosterEntry]:
    """Return those who are or were members of `cohort` and are among `members`, by public id."""
    return _entries(session, _SOME, cohort=cohort, members=sorted(members))


def _entries(session: Session, query: Select[*tuple[Any, ...]], **values: object) -> list[RosterEntry]:
    found = []
    for member, account, name, role, starts_at, ends_at in session.execute(query, values):
        if account is None:
            account = name = FORGOTTEN
        found.append(RosterEntry(member, account, name, role, starts_at, ends_at))
    return found


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
    pair = session.scalar(_PAIR, {"cohort": cohort, "member": member, "assignment": assignment, "now": now})
    if pair is None:
        return (member,)
    partners = {partner.member for partner in pair.partners}
    active = {one.id for one in members_among(session, cohort, partners) if one.active(now)}
    return tuple(sorted(active | {member}))


def all_partners(session: Session, cohort: str, assignment: str, now: datetime) -> dict[str, tuple[str, ...]]:
    """Return what `partners_of` says of each member who is in a pair for `assignment` at `now`, all in two queries."""
    query = _pairs(cohort).where(
        or_(Pair.assignment == assignment, Pair.assignment.is_(None)),
        Pair.starts_at <= now,
        or_(Pair.ends_at.is_(None), Pair.ends_at > now),
    )
    pairs = list(session.scalars(query.options(selectinload(Pair.partners))))
    pairs.sort(key=lambda pair: (pair.assignment is None, -pair.pk))
    active = {one.id for one in active_members(session, cohort, now)} if pairs else set()
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        partners = {partner.member for partner in pair.partners}
        for member in partners - found.keys():
            found[member] = tuple(sorted(partners & active | {member}))
    return found


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
    found = session.execute(_WHO, {"cohort": cohort, "account": identity.account}).first()
    if found is None:
        raise _no_cohort(cohort)
    room, member, role, starts_at, ends_at = found

    def acting(role: Role, member: str | None) -> Acting:
        return Acting(house, session, now, identity.account, cohort, role, member)

    if identity.account == room:
        return acting("course room", None)
    if member is not None and starts_at <= now and (ends_at is None or now < ends_at):
        return acting(role, member)  # type: ignore[arg-type]  # written by actions that know the roles
    if identity.admin:
        return acting("admin", None)
    if member is None:
        sentence = _('You ({account}) are not a member of cohort "{cohort}"; ask its instructor to add you.')
    elif starts_at > now:
        sentence = _('Your time in cohort "{cohort}" has not begun yet.')
    else:
        sentence = _('Your time in cohort "{cohort}" is over.')
    raise NotPermitted(sentence.format(account=identity.account, cohort=cohort))


def acting_on_hub(house: House, session: Session, identity: Identity, now: datetime) -> Acting:
    """Return who `identity` is on the Hub as a whole: an admin, or NotPermitted."""
    if not identity.admin:
        raise NotPermitted(_("Only an administrator of the Hub may do this."))
    return Acting(house, session, now, identity.account, cohort="", role="admin", member=None)
