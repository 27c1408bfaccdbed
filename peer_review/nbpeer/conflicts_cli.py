"""`nbcohort review conflict ...`: who shall not review whom."""

from contextlib import closing
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbcohort.api import _, open_client
from nbpeer.terminal import CohortOption, base_of, only_cohort, say

conflict = typer.Typer(help=_("Say who should not review whom."), no_args_is_help=True)


@conflict.command("declare")
def declare(
    other: Annotated[str, typer.Argument(help=_("The account of the member whom you should not review."))],
    reason: Annotated[str, typer.Option("--reason", help=_("Why; only your instructors read it."))],
    account: Annotated[str | None, typer.Option("--account", help=_("Whose conflict it is (for staff)."))] = None,
    cohort: CohortOption = None,
) -> None:
    """Declare that you and another member should not review each other; the other is not told."""
    with closing(open_client()) as client:
        body = {"other": other, "account": account, "reason": reason}
        made = client.post(f"{base_of(only_cohort(client, cohort))}/conflicts", body)
    say(_("Declared ({id}): from now on, neither is given the other's work.").format(id=made["id"]))
    _say_touched(made)


@conflict.command("list")
def list_(cohort: CohortOption = None) -> None:
    """List the conflicts that you declared; for staff, all."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{base_of(only_cohort(client, cohort))}/conflicts"))
    if not found:
        typer.echo(_("No conflict is declared."))
        return
    table = Table(_("id"), _("member"), _("other"), _("reason"))
    for one in found:
        table.add_row(*map(Text, (one["id"], _account(one["member"]), _account(one["other"]), one["reason"])))
    Console().print(table)
    for one in found:
        _say_touched(one)


@conflict.command("withdraw")
def withdraw(
    public_id: Annotated[str, typer.Argument(metavar="ID", help=_("The conflict's id, as `list` shows it."))],
    cohort: CohortOption = None,
) -> None:
    """Take a conflict back."""
    with closing(open_client()) as client:
        client.delete(f"{base_of(only_cohort(client, cohort))}/conflicts/{quote(public_id, safe='')}")
    say(_("Withdrawn."))


def _say_touched(one: Any) -> None:
    sentence = _("{reviewer} reviews {work} of {assignment} already; `nbcohort review remove-reviewer` takes it away.")
    for task in one["touches"]:
        reviewer, work = _account(task["reviewer"]), task["work"]
        say(sentence.format(reviewer=reviewer, work=work, assignment=task["assignment"]))


def _account(person: Any) -> str:
    return str(person["account"] or person["member"])
