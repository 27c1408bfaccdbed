"""What the service does: a table, two routes, a task for *Today*, and a line in the log of interactions."""

from datetime import datetime
from functools import partial

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import or_, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from kudos.settings import KudosSettings
from nbcohort import api
from nbcohort.api import hook

router = APIRouter(prefix="/kudos", tags=["kudos"])


class Base(api.Conventions, DeclarativeBase):
    """The base of our tables."""


class Kudos(Base):
    """One member's thanks to another; both are named by public id."""

    __tablename__ = "kudos"
    id: Mapped[str] = mapped_column(primary_key=True, default=partial(api.new_id, "kudos"))
    cohort: Mapped[str]
    giver: Mapped[str]
    receiver: Mapped[str]
    reason: Mapped[str]
    given_at: Mapped[datetime]


class Thanks(api.Schema):
    """Whom a member thanks, by account, and what for."""

    to: str
    reason: str = Field(min_length=10, max_length=500)


@router.post("", status_code=201)
def give(thanks: Thanks, caller: api.Caller) -> Thanks:
    """Thank another member."""

    def act(acting: api.Acting) -> Thanks:
        acting.require("kudos.give")
        to = api.find_account(acting.session, acting.cohort, thanks.to).id
        if to == acting.member:
            raise api.Invalid("You cannot thank yourself; thank another member.")
        facts = {"cohort": acting.cohort, "giver": acting.member, "receiver": to, "given_at": acting.now}
        acting.session.add(Kudos(**facts, reason=thanks.reason))
        acting.log("kudos.given", target=to)
        return thanks

    return caller.once(Thanks, act)


class KudosOut(Thanks):
    """Thanks that were given, and by whom."""

    id: str
    by: str


@router.get("")
def mine(caller: api.Caller, query: api.Paging) -> api.Page[KudosOut]:
    """The thanks that I gave and got."""
    with caller.read() as acting:
        acting.require("kudos.read")
        names = {one.id: one.account for one in api.roster(acting.session, acting.cohort)}
        my_own = select(Kudos).where(or_(Kudos.giver == acting.member, Kudos.receiver == acting.member))
        found = acting.session.scalars(my_own.order_by(Kudos.given_at, Kudos.id))
        out = [KudosOut(id=one.id, by=names[one.giver], to=names[one.receiver], reason=one.reason) for one in found]
        return api.page_of(out, query, lambda one: one.id)


@hook
def tasks(acting: api.Acting) -> list[api.Task]:
    """As many thanks as the course asks for each week."""
    settings = api.read_settings(acting.session, acting.house, acting.cohort)
    asked = settings and settings.course.section("kudos", KudosSettings)
    if not settings or not asked or not acting.member:
        return []
    monday, due_at = (settings.calendar.this_week(when, acting.now) for when in ("mon 00:00", asked.due))
    given = select(Kudos).where(Kudos.giver == acting.member, Kudos.given_at >= monday)
    done = len(acting.session.scalars(given).all()) >= asked.per_week
    link = f"/cohorts/{acting.cohort}/kudos"
    return [api.Task(f"kudos-{due_at:%Y-%m-%d}", "kudos", "Thank somebody this week", due_at, link, done)]


@hook
def forget(session: Session, member: str) -> None:
    """Erase what the member wrote."""
    session.execute(update(Kudos).where(Kudos.giver == member).values(reason="(erased)"))


routers = hook(lambda: [router])
permissions = hook(lambda: dict.fromkeys(("kudos.give", "kudos.read"), api.may("learner", "mentor", "instructor")))
migrations = hook(lambda: api.Migrations("kudos", Base))
interaction_kinds = hook(lambda: [api.InteractionKind("kudos.given", 1)])
