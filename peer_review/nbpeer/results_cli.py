"""`nbcohort review mine`, `triage`, `reviewers`, `gradebook`: what scores come to."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbcohort.api import Conflict, Invalid, ServiceClient, _, open_client
from nbpeer.staff_cli import Assignment, address_of_round
from nbpeer.terminal import CohortOption, base_of, only_cohort, say

ACTIVITY = "peer-review"
"""What stands for the notebook in the gradebook."""


def add_to(commands: typer.Typer) -> None:
    """Add the commands."""
    for command in (mine, triage, reviewers, gradebook):
        commands.command(command.__name__)(command)


def mine(
    assignment: Annotated[str | None, typer.Argument(help=_("The assignment's name; all if not given."))] = None,
    cohort: CohortOption = None,
) -> None:
    """See how good your reviews were, and how that came about."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{base_of(only_cohort(client, cohort))}/mine", assignment=assignment))
    if not found:
        typer.echo(_("No review that you had a part in is over yet."))
    for one in found:
        say(one["title"])
        for sentence in (*(part["sentence"] for part in one["parts"]), *one["sentences"]):
            say(f"  {sentence}")


def triage(
    assignment: Assignment,
    budget: Annotated[int, typer.Option(min=1, max=1000, help=_("How many works you have the time for."))] = 5,
    cohort: CohortOption = None,
) -> None:
    """See which works to look at first: where your own score makes all scores surest (for staff)."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{address_of_round(client, cohort, assignment)}/triage", budget=budget))
    if not found:
        typer.echo(_("There is no work without a score from staff."))
        return
    compared = found[0]["score"]["method"] == "comparisons"
    counted = _("comparisons") if compared else _("reviews")
    table = Table(_("work"), _("by"), counted, _("score"), _("uncertain by"), _("asked"))
    for one in found:
        table.add_row(*map(Text, _look(one, _("nobody compared it") if compared else _("nobody reviewed it"))))
    Console().print(table)
    if compared:
        then = _("Look at one, and decide if you have to: nbcohort review override {name} WORK PERCENT --reason ...")
    else:
        then = _("Review one: nbcohort review add-reviewer {name} WORK ACCOUNT --reason spot-check")
    say(then.format(name=assignment))


def _look(one: Any, nothing: str) -> tuple[str, ...]:
    overall, uncertainty = one["score"]["overall"], one["uncertainty"]
    return (
        one["work"],
        _accounts(one["authors"]),
        str(one["score"]["count"]),
        "" if overall is None else f"{overall['percent']:.0f} %",
        nothing if uncertainty is None else f"± {uncertainty:.1f}",
        _accounts(one["asked"]),
    )


def reviewers(assignment: Assignment, cohort: CohortOption = None) -> None:
    """See who is kind, strict or reliable, as far as reviews tell up to this round (for staff)."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{address_of_round(client, cohort, assignment)}/reviewers"))
    if not found:
        typer.echo(_("There are too few reviews to tell, or the course's scores are not made so."))
        return
    table = Table(_("reviewer"), _("reviews"), _("gives more than others by"), _("reliable"))
    for one in sorted(found, key=lambda one: (one["reliability"] or 0.0, one["reviewer"]["account"] or "")):
        bias = f"{one['bias']:+.1f} ({one['bias_low']:+.1f} … {one['bias_high']:+.1f})"
        reliable = f"{one['reliability']:.2f} ({one['reliability_low']:.2f} … {one['reliability_high']:.2f})"
        table.add_row(*map(Text, (str(one["reviewer"]["account"]), str(one["reviews"]), bias, reliable)))
    Console().print(table)


def gradebook(
    assignment: Assignment,
    course: Annotated[
        Path, typer.Option(envvar="NBCOHORT_COURSE", help=_("The course folder; the current one if not given."))
    ] = Path(),
    column: Annotated[
        str | None, typer.Option(help=_("The column's name; the assignment's with -review if not given."))
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(help=_("Instead of a column: a cell of the assignment, graded by hand, that gets the result.")),
    ] = None,
    cohort: CohortOption = None,
) -> None:
    """Write a round's results into nbgrader's gradebook; again after an appeal (in the course room).

    They are a column of their own, or part of the assignment where its settings have a gradebook_cell.
    """
    if column is not None and cell is not None:
        raise Invalid(_("The results are a column or the grade of a cell: choose --column or --cell."))
    with closing(open_client()) as client:
        rules, percents = _results(client, address_of_round(client, cohort, assignment))
    part = cell or (rules.get("gradebook_cell") if column is None else None)
    if part is None:
        _as_column(course, column or f"{assignment}-review", float(rules["gradebook_points"]), percents)
    else:
        _as_part(course, assignment, str(part), percents)


def _results(client: ServiceClient, address: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the rules of a round, and the percentage that each account has of it, if that is known."""
    whole = client.get(address)
    if whole["closed_at"] is None:
        raise Conflict(_("Reviewing of {title} is not over; grades can wait.").format(title=whole["title"]))
    percents = {one["member"]["account"]: one["percent"] for one in client.pages(f"{address}/results")}
    return whole["rules"], {account: percent for account, percent in percents.items() if None not in (account, percent)}


def _as_column(course: Path, name: str, most: float, percents: dict[str, float]) -> None:
    from nbcohort.api import write_column  # brings nbgrader, for which no other command should wait

    points = {account: round(percent / 100 * most, 4) for account, percent in percents.items()}
    written = write_column(course, name, ACTIVITY, most, points)
    say(
        _("Gradebook, column {name}: {added} new, {changed} changed, {same} as they were, {removed} taken out.").format(
            name=name, added=written.added, changed=written.changed, same=written.same, removed=written.removed
        )
    )


def _as_part(course: Path, assignment: str, cell: str, percents: dict[str, float]) -> None:
    from nbcohort.api import write_cell

    written = write_cell(course, assignment, cell, {account: value / 100 for account, value in percents.items()})
    say(
        _("Gradebook, {assignment}, cell {cell} of {points:g} points: {changed} changed, {same} as they were.").format(
            assignment=assignment, cell=cell, points=written.points, changed=written.changed, same=written.same
        )
    )
    if written.ungraded:
        say(
            _("Not autograded yet, so without this grade: {accounts}. Grade them, then run this again.").format(
                accounts=", ".join(written.ungraded)
            )
        )


def _accounts(people: list[Any]) -> str:
    return ", ".join(str(one["account"]) for one in people)
