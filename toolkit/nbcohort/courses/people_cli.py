"""`nbcohort cohorts`, `members`, `pairs` and `extensions`: what staff do, over HTTP."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from nbcohort.client import ServiceClient
from nbcohort.courses.mistakes import suggestion
from nbcohort.courses.moments import UTC_ZONE, moment_in, zone_of
from nbcohort.courses.roster_csv import read_roster
from nbcohort.courses.schedule import Calendar
from nbcohort.courses.settings import Roster
from nbcohort.courses.toml import read_cohort
from nbcohort.errors import Invalid, NotFound
from nbcohort.i18n import _


class Role(StrEnum):
    """What a member may be."""

    learner = "learner"
    mentor = "mentor"
    instructor = "instructor"


Cohort = Annotated[
    str | None,
    typer.Option("--cohort", "-c", envvar="NBCOHORT_COHORT", help=_("The cohort; by default that of ./cohort.toml.")),
]
Account = Annotated[str, typer.Argument(help=_("A Hub user name."))]

cohorts = typer.Typer(no_args_is_help=True, help=_("Cohorts of this Hub."))
members = typer.Typer(no_args_is_help=True, help=_("Who is in the cohort."))
pairs = typer.Typer(no_args_is_help=True, help=_("Who works with whom."))
extensions = typer.Typer(no_args_is_help=True, help=_("Later due times for single members."))


def commands(app: typer.Typer) -> None:
    """Add the groups to the command line."""
    app.add_typer(cohorts, name="cohorts")
    app.add_typer(members, name="members")
    app.add_typer(pairs, name="pairs")
    app.add_typer(extensions, name="extensions")


@cohorts.command("list")
def list_cohorts() -> None:
    """Show the cohorts that you may enter."""
    with ServiceClient.from_environment() as client:
        _show(client.pages("/cohorts"), ("id", "title", "start", "time_zone", "settings_version"))


@cohorts.command("add")
def add_cohort(
    cohort: Annotated[str, typer.Argument(metavar="ID", help=_("The id, as in cohort.toml."))],
    title: Annotated[str, typer.Option(help=_("The title."))],
    roster: Annotated[
        Roster | None,
        typer.Option(
            help=_(
                "Who keeps its members: nbcohort (the default), with `nbcohort members`, or the Hub, in its groups"
                " nbgrader-ID, mentor-ID and formgrade-ID. Must be said if these groups have people already."
            )
        ),
    ] = None,
) -> None:
    """Make a cohort with its course room, while the Hub runs (for the Hub's admins)."""
    with ServiceClient.from_environment() as client:
        made = client.post(
            "/cohorts", json={"id": cohort, "title": title, "roster": roster}, idempotency_key=uuid.uuid4().hex
        )
    _say(_("Made the cohort {id}; its course room is {room}.").format(**made))


@members.command("list")
def list_members(cohort: Cohort = None) -> None:
    """Show everybody who is or was in the cohort."""
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        _show(
            client.pages(f"/cohorts/{where}/members"),
            ("account", "name", "role", "starts_at", "ends_at", "id"),
            zone_of(client, where),
        )


@members.command("add")
def add_member(
    account: Account,
    name: Annotated[str | None, typer.Option(help=_("The name that others see."))] = None,
    role: Annotated[Role, typer.Option(help=_("learner, mentor or instructor"))] = Role.learner,
    cohort: Cohort = None,
) -> None:
    """Add a member, from now on."""
    with ServiceClient.from_environment() as client:
        _add_member(client, _cohort(cohort), account, name, role)
    _say(_("{account} is a member now ({role}).").format(account=account, role=role))


@members.command("import")
def import_members(
    file: Annotated[Path, typer.Argument(help=_("A CSV file with the columns account, name, role."))],
    cohort: Cohort = None,
) -> None:
    """Add the members in a CSV file; those who are members already stay as they are."""
    try:
        listed = read_roster(file.read_text(encoding="utf-8-sig"), file.name)
    except UnicodeDecodeError:
        raise Invalid(_("{file} is not UTF-8 text; save it as CSV UTF-8").format(file=file)) from None
    except OSError as problem:
        raise Invalid(_("{file} cannot be read: {reason}").format(file=file, reason=problem.strerror)) from None
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        there = {member["account"] for member in _current(client, where)}
        new = [member for member in listed if member.account not in there]
        for member in track(new, _("Adding"), console=Console(stderr=True), transient=True):
            _add_member(client, where, member.account, member.name, member.role)
    _say(_("{new} added, {old} were members already.").format(new=len(new), old=len(listed) - len(new)))


@members.command("end")
def end_member(
    account: Account,
    at: Annotated[str | None, typer.Option(help=_('When, such as "week 3 sun 23:59"; by default now.'))] = None,
    cohort: Cohort = None,
) -> None:
    """End a membership. What the member did stays."""
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        ends_at = "now" if at is None else _instant(client, where, at, "--at").isoformat()
        member = _member(client, where, account)
        changed = client.patch(f"/cohorts/{where}/members/{member['id']}", json={"ends_at": ends_at})
        when = moment_in(changed["ends_at"], zone_of(client, where))
    _say(_("The membership of {account} ends {when}.").format(account=account, when=when))


@pairs.command("list")
def list_pairs(cohort: Cohort = None) -> None:
    """Show the pairs."""
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        accounts = {member["id"]: member["account"] for member in client.pages(f"/cohorts/{where}/members")}
        found = [
            {**pair, "members": ", ".join(accounts.get(member, member) for member in pair["members"])}
            for pair in client.pages(f"/cohorts/{where}/pairs")
        ]
        _show(found, ("id", "members", "assignment", "starts_at", "ends_at"), zone_of(client, where))


@pairs.command("add")
def add_pair(
    accounts: Annotated[list[str], typer.Argument(help=_("Two or three Hub user names."))],
    assignment: Annotated[str | None, typer.Option(help=_("For this assignment only."))] = None,
    cohort: Cohort = None,
) -> None:
    """Let two or three members work and hand in together."""
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        current = _current(client, where)
        body = {"members": [_named(current, account)["id"] for account in accounts], "assignment": assignment}
        made = client.post(f"/cohorts/{where}/pairs", json=body, idempotency_key=uuid.uuid4().hex)
    _say(_("{accounts} are a pair now ({id}).").format(accounts=", ".join(accounts), id=made["id"]))


@pairs.command("end")
def end_pair(
    pair: Annotated[str, typer.Argument(metavar="ID", help=_("As `pairs list` shows it."))], cohort: Cohort = None
) -> None:
    """End a pair now. What it handed in stays."""
    with ServiceClient.from_environment() as client:
        client.delete(f"/cohorts/{_cohort(cohort)}/pairs/{pair}")
    _say(_("The pair {id} has ended.").format(id=pair))


@extensions.command("list")
def list_extensions(
    assignment: Annotated[str | None, typer.Option(help=_("Of this assignment only."))] = None, cohort: Cohort = None
) -> None:
    """Show the extensions that were granted."""
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        _show(
            client.pages(f"/cohorts/{where}/extensions", assignment=assignment),
            ("assignment", "account", "due_at", "reason", "granted_at"),
            zone_of(client, where),
        )


@extensions.command("grant")
def grant_extension(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    account: Account,
    reason: Annotated[str, typer.Option(help=_("Why; staff see it."))],
    until: Annotated[str | None, typer.Option(help=_('The new due time, such as "week 3 fri 23:59".'))] = None,
    hours: Annotated[float | None, typer.Option(min=0, help=_("Or so many hours after the due time."))] = None,
    cohort: Cohort = None,
) -> None:
    """Give one member a later due time; there need not be a submission yet."""
    where = _cohort(cohort)
    with ServiceClient.from_environment() as client:
        if until is not None and hours is None:
            due_at = _instant(client, where, until, "--until")
        elif hours is not None and until is None:
            due_at = _due_at(client, where, assignment) + timedelta(hours=hours)
        else:
            raise Invalid(_('give either --until "week 3 fri 23:59" or --hours 48'))
        member = _member(client, where, account)
        body = {"assignment": assignment, "member": member["id"], "due_at": due_at.isoformat(), "reason": reason}
        client.post(f"/cohorts/{where}/extensions", json=body, idempotency_key=uuid.uuid4().hex)
        when = moment_in(due_at, zone_of(client, where))
    _say(_("For {account}, {assignment} is due {when}.").format(account=account, assignment=assignment, when=when))


def _cohort(named: str | None) -> str:
    """Return the cohort that was named, or that of the folder we are in."""
    if named:
        return named
    path = Path("cohort.toml")
    if not path.is_file():
        raise Invalid(_("which cohort? Give --cohort, set NBCOHORT_COHORT, or work in a folder with a cohort.toml"))
    return read_cohort(path).id


def _current(client: ServiceClient, cohort: str) -> list[dict[str, Any]]:
    """Return the members whose membership was not ended."""
    return [member for member in client.pages(f"/cohorts/{cohort}/members") if member["ends_at"] is None]


def _member(client: ServiceClient, cohort: str, account: str) -> dict[str, Any]:
    return _named(_current(client, cohort), account)


def _named(current: list[dict[str, Any]], account: str) -> dict[str, Any]:
    for member in current:
        if member["account"] == account:
            return member
    raise NotFound(
        _("{account} is not a member{suggestion}").format(
            account=account, suggestion=suggestion(account, [member["account"] for member in current])
        )
    )


def _add_member(client: ServiceClient, cohort: str, account: str, name: str | None, role: str) -> None:
    body = {"account": account, "role": str(role), **({"name": name} if name else {})}
    client.post(f"/cohorts/{cohort}/members", json=body, idempotency_key=uuid.uuid4().hex)


def _instant(client: ServiceClient, cohort: str, when: str, option: str) -> datetime:
    found = client.get(f"/cohorts/{cohort}")
    if found["start"] is None:
        raise Invalid(_("the cohort {cohort} has no settings yet; run nbcohort apply").format(cohort=cohort))
    try:
        return Calendar(date.fromisoformat(found["start"]), ZoneInfo(found["time_zone"]), {}).instant(when)
    except ValueError as problem:
        raise Invalid(f"{option}: {problem}") from None


def _due_at(client: ServiceClient, cohort: str, assignment: str) -> datetime:
    found = {one["name"]: one for one in client.pages(f"/cohorts/{cohort}/assignments")}
    if assignment not in found:
        raise NotFound(
            _('there is no assignment "{assignment}"{suggestion}').format(
                assignment=assignment, suggestion=suggestion(assignment, found)
            )
        )
    return datetime.fromisoformat(found[assignment]["due_at"])


def _show(items: Iterable[dict[str, Any]], columns: tuple[str, ...], zone: ZoneInfo = UTC_ZONE) -> None:
    """Print a table; instants to the minute, in `zone`, which is named if there are any."""
    table = Table(*(column.replace("_", " ") for column in columns))
    for item in items:
        table.add_row(*(escape(_cell(item[column], zone)) for column in columns))
    if any(column.endswith("_at") for column in columns):
        table.caption = _("times in {zone}").format(zone=zone.key)
    Console(highlight=False).print(table)


def _cell(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return "-"
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}" if instant.tzinfo else str(value)


def _say(sentence: str) -> None:
    Console(highlight=False, markup=False, soft_wrap=True).print(sentence)
