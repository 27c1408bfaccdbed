"""Tell the Hub what the roster says, or take the roster from the Hub: one direction per cohort, and idempotent.

The Hub is told after the database's transaction is durable; what it could not be told yet stays due and is tried again
by the minute.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from nbcohort.courses import actions, roster
from nbcohort.courses.models import Cohort, Member
from nbcohort.service.acting import as_service
from nbcohort.service.house import House
from nbcohort.service.hubapi import HubRefused
from nbcohort.service.permissions import Role

log = logging.getLogger(__name__)

ROOMS_GROUP = "nbcohort-course-rooms"
"""The Hub group of all course rooms."""

GROUPS: dict[Role, str] = {"learner": "nbgrader-{}", "mentor": "mentor-{}", "instructor": "formgrade-{}"}
"""The Hub groups of a cohort by role; the first and last names are nbgrader's own."""


def tell_hub(house: House, now: datetime, cohort: str | None = None) -> bool:
    """Bring the Hub's accounts, groups and shares to what the roster says, for `cohort` or for all that are due.

    Returns False if the Hub did not let us; the cohorts then stay due.
    """
    turned = or_(
        and_(Member.starts_at > Cohort.told_at, Member.starts_at <= now),
        and_(Member.ends_at > Cohort.told_at, Member.ends_at <= now),
    )
    news = exists().where(Member.cohort_pk == Cohort.pk, turned)
    with house.database.read() as session:
        query = select(Cohort.public_id).where(or_(Cohort.hub_due, news))
        due = list(session.scalars(query.where(Cohort.public_id == cohort) if cohort else query))
    done = True
    for one in due:
        try:
            _tell_of(house, one, now)
        except HubRefused as error:
            log.warning("cohort %s: %s", one, error)
            done = False
    return done


def _tell_of(house: House, cohort: str, now: datetime) -> None:
    with house.database.write() as session:
        row = roster.lock_cohort(session, cohort)
        row.hub_due, row.told_at = False, now
        room, source = row.room, row.roster
        members = roster.active_members(session, cohort, now)
        ours = source == "nbcohort" and roster.is_begun(session, cohort)
    try:
        house.hub.make_room(room, [ROOMS_GROUP])
        if ours:
            for role, group in GROUPS.items():
                accounts = {one.account for one in members if one.role == role}
                house.hub.set_group(group.format(cohort), accounts | ({room} if role == "instructor" else set()))
        house.hub.share_room(room, [one.account for one in members if one.role == "instructor"])
    except BaseException:
        with house.database.write() as session:
            roster.lock_cohort(session, cohort).hub_due = True
        raise
    with house.database.write() as session:
        row = roster.lock_cohort(session, cohort)
        if row.told_at != now:  # someone told it something newer meanwhile, which we may have undone
            row.hub_due = True


def people_on_hub(house: House, cohort: str) -> list[str]:
    """Return the accounts in the groups of `cohort`, in order, without its course room. Raises `HubRefused`."""
    return sorted(_groups(house, cohort).keys() - {f"course-{cohort}"})


def _groups(house: House, cohort: str) -> dict[str, Role]:
    return {account: role for role, group in GROUPS.items() for account in house.hub.group(group.format(cohort))}


def follow_hub(house: House, now: datetime, cohort: str | None = None) -> None:
    """Bring the members of `cohort`, or of all, to what the Hub's groups say, where the Hub keeps the roster."""
    with house.database.read() as session:
        query = select(Cohort.public_id).where(Cohort.roster == "hub")
        cohorts = list(session.scalars(query.where(Cohort.public_id == cohort) if cohort else query))
    for one in cohorts:
        try:
            wanted = _groups(house, one)
        except HubRefused as error:
            log.warning("cohort %s: %s", one, error)
            continue
        _follow(house, one, wanted, now)


def _follow(house: House, cohort: str, wanted: dict[str, Role], now: datetime) -> None:
    with house.database.read() as session:  # nobody waits for a tick that has nothing to write
        if not _differs(session, cohort, wanted, now):
            return
    with house.database.write() as session:
        row = roster.lock_cohort(session, cohort)
        acting = as_service(house, session, cohort, now)
        known = {one.account: one for one in roster.roster(session, cohort)}
        for account, role in sorted(wanted.items()):
            if account == row.room:
                continue
            if account not in known:
                actions.enrol(acting, row, account, None, role, now)
            elif known[account].role != role or not known[account].active(now):
                member = session.scalars(select(Member).where(Member.public_id == known[account].id)).one()
                acting.audit("member.change", member.public_id, before={"role": member.role}, after={"role": role})
                member.role, member.ends_at, row.hub_due = role, None, True
        for account, one in known.items():
            if account not in wanted and one.active(now):
                member = session.scalars(select(Member).where(Member.public_id == one.id)).one()
                acting.audit("member.change", member.public_id, after={"ends_at": now.isoformat()})
                actions.end_membership(acting, member, now)
                row.hub_due = True


def _differs(session: Session, cohort: str, wanted: Mapping[str, Role], now: datetime) -> bool:
    room = roster.find_cohort(session, cohort).room
    known = {one.account: one.role for one in roster.active_members(session, cohort, now)}
    return known != {account: role for account, role in wanted.items() if account != room}
