"""`nbcohort review ...` for staff: who waits for whom, and what staff do about it."""

import csv
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbcohort.api import Invalid, ServiceClient, _, open_client, zone_of
from nbpeer.terminal import CohortOption, base_of, instant_of, only_cohort, say

Assignment = Annotated[str, typer.Argument(help=_("The assignment's name."))]
Why = Annotated[str, typer.Option("--reason", help=_("Why; kept with the change."))]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to the group `review`."""
    commands.command("glance")(glance)
    commands.command("change")(change)
    commands.command("add-reviewer")(add_reviewer)
    commands.command("remove-reviewer")(remove_reviewer)
    commands.command("override")(override)
    commands.command("release")(release)
    commands.command("results")(results)


def glance(assignment: Assignment, cohort: CohortOption = None) -> None:
    """See who waits for whom in a round (for staff)."""
    with closing(open_client()) as client:
        found = client.get(f"{address_of_round(client, cohort, assignment)}/glance")
    works = Table(_("work"), _("by"), _("wanted"), _("in"), _("waits for"))
    for one in found["works"]:
        numbers = (str(one["wanted"]), str(one["came_in"]))
        works.add_row(*map(Text, (one["work"], _accounts(one["authors"]), *numbers, _accounts(one["waits_for"]))))
    members = Table(_("member"), _("tasks"), _("done"), _("late"), _("lapsed"), _("waits for"))
    for one in found["members"]:
        counts = [str(one[name]) for name in ("tasks", "done", "late", "lapsed")]
        members.add_row(*map(Text, (_accounts([one["member"]]), *counts, _accounts(one["waits_for"]))))
    for table in (works, members):
        Console().print(table)


def change(
    assignment: Assignment,
    reason: Why,
    due: Annotated[str | None, typer.Option(help=_('When reviews are due: "2027-03-19 23:59".'))] = None,
    late_until: Annotated[str | None, typer.Option(help=_("Until when late reviews are taken."))] = None,
    replies_due: Annotated[str | None, typer.Option(help=_("Until when authors reply."))] = None,
    release_at: Annotated[str | None, typer.Option("--release", help=_("When scores are shown."))] = None,
    cohort: CohortOption = None,
) -> None:
    """Move the times of a round; a closed one is open again when reviews are due in the future (for staff)."""
    with closing(open_client()) as client:
        where = only_cohort(client, cohort)
        zone = zone_of(client, where)
        named = {"due_at": due, "late_until": late_until, "replies_due_at": replies_due, "release_at": release_at}
        times = {name: instant_of(text, zone) for name, text in named.items() if text is not None}
        done = client.patch(address_of_round(client, where, assignment), {**times, "reason": reason})
    say(_("Done: the round is {phase}.").format(phase=done["phase"]))


def add_reviewer(
    assignment: Assignment,
    work: Annotated[str, typer.Argument(help=_("The work's short name, as `glance` shows it."))],
    account: Annotated[str, typer.Argument(help=_("Who shall review it."))],
    reason: Why,
    cohort: CohortOption = None,
) -> None:
    """Give the review of a work to somebody (for staff)."""
    with closing(open_client()) as client:
        body = {"work": work, "account": account, "reason": reason}
        done = client.post(f"{address_of_round(client, cohort, assignment)}/tasks", body)
    say(_("{account} reviews {work}: task {task}.").format(account=account, work=work, task=done["id"]))


def remove_reviewer(
    assignment: Assignment,
    work: Annotated[str, typer.Argument(help=_("The work's short name, as `glance` shows it."))],
    account: Annotated[str, typer.Argument(help=_("Who shall not review it."))],
    reason: Why,
    cohort: CohortOption = None,
) -> None:
    """Take a task away; a review that came in no longer counts (for staff)."""
    with closing(open_client()) as client:
        address = address_of_round(client, cohort, assignment)
        task = _task(client.get(address), work, account)
        client.delete(f"{address}/tasks/{quote(task)}?reason={quote(reason, safe='')}")
    say(_("{account} no longer reviews {work}.").format(account=account, work=work))


def override(
    assignment: Assignment,
    work: Annotated[str, typer.Argument(help=_("The work's short name, as `glance` shows it."))],
    percent: Annotated[str, typer.Argument(help=_("The score, 0 to 100; `none` for what the reviews say."))],
    reason: Why,
    other_grounds: Annotated[
        bool, typer.Option("--other-grounds", help=_("It does not say how good the work is, but is a penalty, say."))
    ] = False,
    cohort: CohortOption = None,
) -> None:
    """Override the score of a work (for staff)."""
    try:
        value = None if percent == "none" else float(percent)
    except ValueError:
        raise Invalid(_('"{percent}" is no number from 0 to 100.').format(percent=percent)) from None
    with closing(open_client()) as client:
        address = f"{address_of_round(client, cohort, assignment)}/works/{quote(work, safe='')}/override"
        client.put(address, {"percent": value, "reason": reason, "on_quality": not other_grounds})
    say(_("The score of {work} is now {percent}.").format(work=work, percent=percent))


def release(assignment: Assignment, cohort: CohortOption = None) -> None:
    """Show authors their scores (for staff)."""
    with closing(open_client()) as client:
        client.post(f"{address_of_round(client, cohort, assignment)}/release")
    say(_("Scores of {assignment} are released.").format(assignment=assignment))


COLUMNS = ("submission", "tasks", "done", "late", "agreement", "helpfulness", "calibration", "quality", "percent")
"""What `results` shows of each member, besides who it is."""


def results(
    assignment: Assignment,
    file: Annotated[Path | None, typer.Option("--csv", help=_("Write a CSV file."))] = None,
    cohort: CohortOption = None,
) -> None:
    """See what a round comes to for each member, or write it into a CSV file (for staff)."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{address_of_round(client, cohort, assignment)}/results"))
    rows = [[one["member"]["account"], *(one[name] for name in COLUMNS)] for one in found]
    if file is not None:
        with file.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([["account", *COLUMNS], *rows])
        say(_("Members: {count}, in {file}").format(count=len(rows), file=file))
        return
    table = Table(_("member"), *COLUMNS)
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    Console().print(table)


def address_of_round(client: ServiceClient, cohort: str | None, assignment: str) -> str:
    """Return the address of an assignment's round."""
    base = base_of(only_cohort(client, cohort))
    for one in client.pages(f"{base}/rounds"):
        if one["assignment"] == assignment and one["id"]:
            return f"{base}/rounds/{quote(one['id'])}"
    raise Invalid(_('The review of "{assignment}" has not opened.').format(assignment=assignment))


def _task(whole: Any, work: str, account: str) -> str:
    for one in whole["works"]:
        for task in one["tasks"]:
            if one["pseudonym"] == work and task["reviewer"]["account"] == account:
                return str(task["id"])
    raise Invalid(_("{account} does not review {work}.").format(account=account, work=work))


def _accounts(people: list[Any]) -> str:
    return ", ".join(str(one["account"]) for one in people)
