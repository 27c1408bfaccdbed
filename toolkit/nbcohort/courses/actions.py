"""What people do with cohorts, members, pairs and settings; each change writes its audit row with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from nbcohort.courses import roster
from nbcohort.courses.check_settings import check_settings
from nbcohort.courses.diff import Change, changes
from nbcohort.courses.models import Cohort, Member, Pair, PairMember, Person, SettingsVersion
from nbcohort.courses.schedule import Calendar
from nbcohort.courses.settings import CohortSettings, CourseSettings, Roster
from nbcohort.errors import Conflict, Invalid, NotFound, NotPermitted
from nbcohort.i18n import _
from nbcohort.loading import settings_sections
from nbcohort.service.acting import Acting
from nbcohort.service.house import House
from nbcohort.service.identity import Identity
from nbcohort.service.permissions import Role
from nbcohort.store.database import insert_missing
from nbcohort.store.ids import new_id

_SETTINGS = (
    select(SettingsVersion)
    .join(Cohort)
    .where(Cohort.public_id == bindparam("cohort"))
    .order_by(SettingsVersion.version.desc())
    .limit(1)
)


@dataclass(frozen=True)
class AppliedSettings:
    """A version of a cohort's settings; `calendar` has its times as instants."""

    version: int
    course: CourseSettings
    cohort: CohortSettings
    calendar: Calendar
    applied_at: datetime
    applied_by: str
    set_aside: tuple[str, ...] = ()
    """Sentences about sections that do nothing, because no installed activity knows them (any more)."""


@dataclass(frozen=True)
class Application:
    """What applying settings changed, or would change: `notes` are sentences about open rounds."""

    version: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    applied: bool


def create_cohort(
    acting: Acting, cohort: str, title: str, source: Roster | None = None, there: Sequence[str] = ()
) -> Cohort:
    """Make a cohort and its course room's account `course-<cohort>`.

    Its Hub groups stay as they are until somebody is a member.

    Args:
        acting: an admin.
        cohort: the id.
        title: the title.
        source: who keeps its members; nbcohort if it is not said.
        there: the accounts that its Hub groups have already.

    Raises:
        Conflict: the id is taken, or it is not said what becomes of those who are there.
    """
    acting.require("cohort.create")
    if acting.session.scalar(select(Cohort).where(Cohort.public_id == cohort)):
        raise Conflict(_('There is a cohort "{cohort}" already; take another id.').format(cohort=cohort))
    if there and not source:
        raise Conflict(
            _(
                'The Hub\'s groups of "{cohort}" have people already ({people}). Say who keeps the members ("roster",'
                ' or --roster): with "hub" they become members; with "nbcohort" the groups are set to what you say with'
                " `nbcohort members`, and whom you do not name leaves them."
            ).format(cohort=cohort, people=_some(there))
        )
    row = Cohort(
        public_id=cohort,
        title=title,
        room=f"course-{cohort}",
        roster=source or "nbcohort",
        created_at=acting.now,
        hub_due=True,
        told_at=None,
    )
    acting.session.add(row)
    acting.audit("cohort.create", cohort, title=title)
    return row


def _some(accounts: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(accounts[:most])
    more = len(accounts) - most
    return _("{people} and {count} more").format(people=shown, count=more) if more > 0 else shown


def cohorts_of(house: House, session: Session, identity: Identity, now: datetime) -> list[tuple[Cohort, Acting]]:
    """Return the cohorts that `identity` may enter, and as whom."""
    found = []
    for cohort in session.scalars(select(Cohort).order_by(Cohort.public_id)):
        try:
            found.append((cohort, roster.acting_in(house, session, identity, cohort.public_id, now)))
        except NotPermitted:
            continue
    return found


def read_settings(session: Session, house: House, cohort: str, version: int | None = None) -> AppliedSettings | None:
    """Return `cohort`'s settings, the newest or those of `version`; None if there are none."""
    query = _SETTINGS if version is None else _SETTINGS.where(SettingsVersion.version == version)
    row = session.scalar(query, {"cohort": cohort})
    if row is None:
        return None
    course, mistakes = CourseSettings.from_stored(row.course, settings_sections(house.plugins))
    settings = CohortSettings.from_json(row.cohort_settings)
    return AppliedSettings(
        row.version,
        course,
        settings,
        Calendar.of(course, settings),
        row.applied_at,
        row.applied_by,
        tuple(str(mistake) for mistake in mistakes),
    )


def show_settings(acting: Acting, version: int | None = None) -> AppliedSettings:
    """Return the acting cohort's settings; NotFound if nothing (or no such version) was applied."""
    acting.require("settings.read")
    found = read_settings(acting.session, acting.house, acting.cohort, version)
    if found is None:
        raise NotFound(_('Cohort "{cohort}" has no such settings; run nbcohort apply.').format(cohort=acting.cohort))
    return found


def apply_settings(acting: Acting, course: dict[str, Any], cohort: dict[str, Any], *, dry_run: bool) -> Application:
    """Make `course` and `cohort` the settings of the acting cohort, as a new version if anything differs.

    Raises:
        SettingsError: they are not valid.
        Invalid: they are those of another cohort, or contradict themselves: one line for each error.
    """
    acting.require("settings.apply")
    session, house = acting.session, acting.house
    after = CourseSettings.from_json(course, settings_sections(house.plugins))
    after_cohort = CohortSettings.from_json(cohort)
    if after_cohort.id != acting.cohort:
        raise Invalid(
            _('These settings are of cohort "{theirs}", not "{ours}".').format(
                theirs=after_cohort.id, ours=acting.cohort
            )
        )
    _refuse_errors(house, after, after_cohort)
    row = roster.lock_cohort(session, acting.cohort)
    before = read_settings(session, house, acting.cohort)
    old = {"course": before.course.to_json(), "cohort": before.cohort.to_json()} if before else {}
    new = {"course": after.to_json(), "cohort": after_cohort.to_json()}
    found = tuple(changes(old, new))
    notes = house.plugins.each(
        "settings_notes",
        list,
        session=session,
        cohort=acting.cohort,
        before=before.course if before else None,
        after=after,
        now=acting.now,
    )
    version = before.version if before else 0
    if dry_run or not found:
        return Application(version, found, tuple(note for some in notes for note in some), applied=False)
    row.title = after_cohort.title
    row.roster = after_cohort.roster or row.roster
    row.hub_due = True
    session.add(
        SettingsVersion(
            cohort_pk=row.pk,
            version=version + 1,
            course=new["course"],
            cohort_settings=new["cohort"],
            applied_at=acting.now,
            applied_by=acting.name,
        )
    )
    acting.audit("settings.apply", acting.cohort, version=version + 1)
    return Application(version + 1, found, tuple(note for some in notes for note in some), applied=True)


def _refuse_errors(house: House, course: CourseSettings, cohort: CohortSettings) -> None:
    """Raise `Invalid` with everything that `nbcohort check-course` calls an error in settings."""
    findings = [*check_settings(course, cohort), *house.plugins.findings(course, cohort)]
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise Invalid("\n".join(f"{finding.where}: {finding.sentence}" for finding in errors))


def list_members(acting: Acting) -> list[roster.RosterEntry]:
    """Return everybody who is or was in the acting cohort."""
    acting.require("member.list")
    return roster.roster(acting.session, acting.cohort)


def add_member(
    acting: Acting, account: str, name: str | None, role: Role, starts_at: datetime | None = None
) -> roster.RosterEntry:
    """Add `account` as a member, from now or from `starts_at` on.

    Raises:
        Conflict: it is a member, or the roster is kept by the Hub's groups.
    """
    acting.require("member.add")
    cohort = _own_roster(acting)
    if roster.roster(acting.session, acting.cohort, Person.account == account):
        raise Conflict(
            _('{account} is in cohort "{cohort}" already; change the membership instead.').format(
                account=account, cohort=acting.cohort
            )
        )
    return enrol(acting, cohort, account, name, role, starts_at or acting.now)


def enrol(
    acting: Acting, cohort: Cohort, account: str, name: str | None, role: Role, starts_at: datetime
) -> roster.RosterEntry:
    """Write a new membership, whoever decided it."""
    session = acting.session
    person = session.scalar(select(Person).where(Person.account == account))
    if person is None:
        values = {"public_id": new_id("per"), "account": account, "name": name or account}
        insert_missing(session, Person, ["account"], values)  # another cohort may be enrolling the same account
        person = session.scalars(select(Person).where(Person.account == account)).one()
    elif name and name != person.name:
        person.name = name
        acting.audit("person.rename", person.public_id)  # the names themselves live in one table only
    member = Member(
        public_id=new_id("mem"),
        cohort_pk=cohort.pk,
        person=person.public_id,
        role=role,
        starts_at=starts_at,
        ends_at=None,
    )
    session.add(member)
    session.flush()
    cohort.hub_due = True
    acting.audit("member.add", member.public_id, role=role)
    acting.log("member.joined", actor=member.public_id, role=role)
    acting.house.plugins.tell("member_joined", acting=acting, member=member.public_id)
    return roster.RosterEntry(member.public_id, person.account, person.name, role, starts_at, None)


def change_member(
    acting: Acting, member: str, *, role: Role | None = None, ends_at: datetime | None = None
) -> roster.RosterEntry:
    """Give a member another role, or an end to the membership (an instant; `now` ends it at once)."""
    acting.require("member.change")
    cohort = _own_roster(acting)
    session = acting.session
    roster.find_member(session, acting.cohort, member)
    query = select(Member).where(Member.public_id == member)
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    before = {"role": row.role, "ends_at": row.ends_at.isoformat() if row.ends_at else None}
    if role is not None:
        row.role = role
    if ends_at is not None:
        end_membership(acting, row, ends_at)
    session.flush()
    cohort.hub_due = True
    after = {"role": row.role, "ends_at": row.ends_at.isoformat() if row.ends_at else None}
    acting.audit("member.change", member, before=before, after=after)
    return roster.find_member(session, acting.cohort, member)


def end_membership(acting: Acting, row: Member, ends_at: datetime) -> None:
    """Let a membership end, whoever decided it."""
    row.ends_at = ends_at
    acting.log("member.left", actor=row.public_id, role=row.role)
    acting.house.plugins.tell("member_left", acting=acting, member=row.public_id)


def _own_roster(acting: Acting) -> Cohort:
    cohort = roster.lock_cohort(acting.session, acting.cohort)
    if cohort.roster == "hub":
        raise Conflict(
            _('The members of cohort "{cohort}" come from the Hub\'s groups; change them there.').format(
                cohort=acting.cohort
            )
        )
    return cohort


def list_pairs(acting: Acting) -> list[Pair]:
    """Return the pairs of the acting cohort at the acting time; a member without `pair.list` sees the own ones."""
    pairs = list(roster.pair_ids(acting.session, acting.cohort, acting.now))
    if acting.may("pair.list"):
        return pairs
    acting.require("cohort.read")
    return [pair for pair in pairs if acting.member in {partner.member for partner in pair.partners}]


def make_pair(acting: Acting, members: tuple[str, ...], assignment: str | None) -> Pair:
    """Make a pair of two or three learners, for one assignment or all.

    Raises:
        Invalid: not two or three different active learners.
        Conflict: one of them is in a pair for the same already.
    """
    acting.require("pair.make")
    session = acting.session
    if not 2 <= len(set(members)) <= 3 or len(set(members)) != len(members):
        raise Invalid(_("A pair is made of two or three different members."))
    cohort = roster.lock_cohort(session, acting.cohort)
    together = roster.lasting_pairs(session, acting.cohort)
    for member in members:
        entry = roster.find_member(session, acting.cohort, member)
        if entry.role != "learner" or not entry.active(acting.now):
            raise Invalid(_("{name} is not a learner in this cohort at present.").format(name=entry.name))
        for pair in together:
            if pair.assignment == assignment and member in {partner.member for partner in pair.partners}:
                raise Conflict(_("{name} is in a pair already; end that one first.").format(name=entry.name))
    pair = Pair(
        public_id=new_id("pair"),
        cohort_pk=cohort.pk,
        assignment=assignment,
        starts_at=acting.now,
        ends_at=None,
        partners=[PairMember(member=member) for member in sorted(members)],
    )
    session.add(pair)
    session.flush()
    acting.audit("pair.make", pair.public_id, members=sorted(members), assignment=assignment)
    for member in members:
        for partner in members:
            if member != partner:
                acting.log("pair.made", actor=member, target=partner, pair=pair.public_id, assignment=assignment)
    return pair


def end_pair(acting: Acting, pair: str) -> Pair:
    """End a pair now; what it handed in stays both partners'."""
    acting.require("pair.end")
    roster.lock_cohort(acting.session, acting.cohort)
    found = [one for one in roster.lasting_pairs(acting.session, acting.cohort) if one.public_id == pair]
    if not found:
        raise NotFound(_("There is no such pair at present."))
    found[0].ends_at = acting.now
    acting.audit("pair.end", pair)
    for partner in found[0].partners:
        acting.log("pair.ended", actor=partner.member, pair=pair, assignment=found[0].assignment)
    return found[0]
