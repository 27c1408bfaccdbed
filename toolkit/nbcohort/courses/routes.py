"""Cohorts, members, pairs and settings over HTTP."""

from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from nbcohort.courses import actions, roster
from nbcohort.courses.models import Cohort, Pair
from nbcohort.courses.rooms import follow_hub, people_on_hub, tell_hub
from nbcohort.courses.settings import Roster
from nbcohort.plugins import Task
from nbcohort.service.acting import Acting
from nbcohort.service.deps import Caller, HubCaller
from nbcohort.service.schema import LAST, Instant, Line, Page, PageQuery, Schema, page_of

CohortId = Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9]){0,40}$")]
Account = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}$")]
Version = Annotated[int, Query(ge=1, lt=2**31)]


class CreateCohort(Schema):
    """A new cohort."""

    id: CohortId
    title: Line
    roster: Roster | None = None
    """Who keeps its members until settings say otherwise; must be said where the Hub's groups have people already."""


class CohortOut(Schema):
    """A cohort."""

    id: str
    title: str
    room: str
    time_zone: str | None
    start: str | None
    settings_version: int

    @classmethod
    def of(cls, cohort: Cohort, settings: actions.AppliedSettings | None) -> "CohortOut":
        """Return how `cohort` looks over HTTP."""
        return cls(
            id=cohort.public_id,
            title=cohort.title,
            room=cohort.room,
            time_zone=settings.cohort.time_zone if settings else None,
            start=settings.cohort.start.isoformat() if settings else None,
            settings_version=settings.version if settings else 0,
        )


class MyCohort(Schema):
    """A cohort I may enter, and as whom."""

    cohort: str
    title: str
    role: str
    member: str | None


class Me(Schema):
    """Who a token belongs to."""

    account: str
    admin: bool
    cohorts: list[MyCohort]


class ApplySettings(Schema):
    """What is in course.toml and cohort.toml."""

    course: dict[str, Any]
    cohort: dict[str, Any]
    dry_run: bool = False


class ChangeOut(Schema):
    """One setting that changes."""

    path: str
    before: Any
    after: Any


class Applied(Schema):
    """What applying changed, or (applied false) would change or did not need to."""

    version: int
    changes: list[ChangeOut]
    notes: list[str]
    applied: bool


class SettingsOut(Schema):
    """A version of a cohort's settings."""

    version: int
    course: dict[str, Any]
    cohort: dict[str, Any]
    applied_at: AwareDatetime
    applied_by: str
    set_aside: list[str]
    """Sentences about sections that do nothing here, because no installed activity knows them."""


class AddMember(Schema):
    """A new member."""

    account: Account
    name: Line | None = None
    role: Literal["learner", "mentor", "instructor"] = "learner"


class ChangeMember(Schema):
    """Another role, or an end; `now` is the service's."""

    role: Literal["learner", "mentor", "instructor"] | None = None
    ends_at: Instant | Literal["now"] | None = None


class MemberOut(Schema):
    """A member."""

    id: str
    account: str
    name: str
    role: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None

    @classmethod
    def of(cls, one: roster.RosterEntry) -> "MemberOut":
        """Return how a member looks over HTTP."""
        return cls(
            id=one.id, account=one.account, name=one.name, role=one.role, starts_at=one.starts_at, ends_at=one.ends_at
        )


class MakePair(Schema):
    """Two or three members who work together."""

    members: Annotated[list[str], Field(min_length=2, max_length=3)]
    assignment: str | None = None


class PairOut(Schema):
    """A pair."""

    id: str
    members: list[str]
    assignment: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None

    @classmethod
    def of(cls, pair: Pair) -> "PairOut":
        """Return how a pair looks over HTTP."""
        return cls(
            id=pair.public_id,
            members=[partner.member for partner in pair.partners],
            assignment=pair.assignment,
            starts_at=pair.starts_at,
            ends_at=pair.ends_at,
        )


class TaskOut(Schema):
    """One thing I have to do."""

    id: str
    activity: str
    title: str
    due_at: AwareDatetime | None
    link: str
    done: bool


on_hub = APIRouter(tags=["cohorts"])
in_cohort = APIRouter(tags=["cohort"])


@on_hub.get("/me")
def me(caller: HubCaller) -> Me:
    """Who am I, and in which cohorts?"""
    with caller.read() as session:
        mine = actions.cohorts_of(caller.house, session, caller.identity, caller.now)
        cohorts = [
            MyCohort(cohort=cohort.public_id, title=cohort.title, role=acting.role, member=acting.member)
            for cohort, acting in mine
        ]
        return Me(account=caller.identity.account, admin=caller.identity.admin, cohorts=cohorts)


@on_hub.get("/cohorts")
def cohorts(caller: HubCaller, query: Annotated[PageQuery, Query()]) -> Page[CohortOut]:
    """The cohorts I may enter."""
    with caller.read() as session:
        mine = actions.cohorts_of(caller.house, session, caller.identity, caller.now)
        return page_of(
            [CohortOut.of(row, actions.read_settings(session, caller.house, row.public_id)) for row, _acting in mine],
            query,
            lambda cohort: cohort.id,
        )


@on_hub.post("/cohorts", status_code=201)
def create_cohort(body: CreateCohort, caller: HubCaller) -> CohortOut:
    """Make a cohort, with its course room, while the Hub runs."""
    with caller.read() as session:  # the Hub is asked outside of the transaction that writes
        roster.acting_on_hub(caller.house, session, caller.identity, caller.now).require("cohort.create")
    there = [] if body.roster else people_on_hub(caller.house, body.id)

    def create(acting: Acting) -> CohortOut:
        return CohortOut.of(actions.create_cohort(acting, body.id, body.title, body.roster, there), None)

    made = caller.once(CohortOut, create)
    tell_hub(caller.house, caller.now, body.id)
    return made


@in_cohort.get("")
def cohort(caller: Caller) -> CohortOut:
    """The cohort."""
    with caller.read() as acting:
        acting.require("cohort.read")
        row = roster.find_cohort(acting.session, acting.cohort)
        return CohortOut.of(row, actions.read_settings(acting.session, acting.house, acting.cohort))


@in_cohort.get("/settings")
def settings(caller: Caller, version: Version | None = None) -> SettingsOut:
    """The settings, the newest or those of a version."""
    with caller.read() as acting:
        found = actions.show_settings(acting, version)
        return SettingsOut(
            version=found.version,
            course=found.course.to_json(),
            cohort=found.cohort.to_json(),
            applied_at=found.applied_at,
            applied_by=found.applied_by,
            set_aside=list(found.set_aside),
        )


@in_cohort.put("/settings")
def apply_settings(body: ApplySettings, caller: Caller) -> Applied:
    """Apply settings as a new version, or (dry_run) say what that would change."""
    with caller.read() as acting:
        acting.require("settings.apply")
    if not body.dry_run:
        follow_hub(caller.house, caller.now, caller.cohort)  # whose members stay, should nbcohort keep them from now on
    with caller.write() as acting:
        done = actions.apply_settings(acting, body.course, body.cohort, dry_run=body.dry_run)
        answer = Applied(
            version=done.version,
            changes=[ChangeOut(path=one.path, before=one.before, after=one.after) for one in done.changes],
            notes=list(done.notes),
            applied=done.applied,
        )
    if done.applied:
        tell_hub(caller.house, caller.now, caller.cohort)
    return answer


@in_cohort.get("/members")
def members(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[MemberOut]:
    """Everybody who is or was in the cohort."""
    with caller.read() as acting:
        return page_of([MemberOut.of(one) for one in actions.list_members(acting)], query, lambda member: member.id)


@in_cohort.post("/members", status_code=201)
def add_member(body: AddMember, caller: Caller) -> MemberOut:
    """Add a member from now on."""
    added = caller.once(
        MemberOut, lambda acting: MemberOut.of(actions.add_member(acting, body.account, body.name, body.role))
    )
    tell_hub(caller.house, caller.now, caller.cohort)
    return added


@in_cohort.patch("/members/{member}")
def change_member(member: str, body: ChangeMember, caller: Caller) -> MemberOut:
    """Give a member another role, or an end."""
    ends_at = caller.now if body.ends_at == "now" else body.ends_at
    with caller.write() as acting:
        changed = MemberOut.of(actions.change_member(acting, member, role=body.role, ends_at=ends_at))
    tell_hub(caller.house, caller.now, caller.cohort)
    return changed


@in_cohort.get("/pairs")
def pairs(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[PairOut]:
    """The pairs at present; a learner sees the own ones."""
    with caller.read() as acting:
        return page_of([PairOut.of(pair) for pair in actions.list_pairs(acting)], query, lambda pair: pair.id)


@in_cohort.post("/pairs", status_code=201)
def make_pair(body: MakePair, caller: Caller) -> PairOut:
    """Make a pair."""
    return caller.once(
        PairOut, lambda acting: PairOut.of(actions.make_pair(acting, tuple(body.members), body.assignment))
    )


@in_cohort.delete("/pairs/{pair}")
def end_pair(pair: str, caller: Caller) -> PairOut:
    """End a pair now."""
    with caller.write() as acting:
        return PairOut.of(actions.end_pair(acting, pair))


@in_cohort.get("/tasks")
def tasks(caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[TaskOut]:
    """What I have to do, over all activities, the most urgent first."""
    with caller.read() as acting:
        acting.require("task.list")
        every = caller.house.plugins.each("tasks", _tasks_out, acting=acting)
        found = sorted(chain.from_iterable(every), key=lambda task: (task.done, task.due_at or LAST, task.id))
        return page_of(found, query, lambda task: task.id)


def _tasks_out(found: list[Task]) -> list[TaskOut]:
    return [TaskOut(**vars(task)) for task in found]
