"""`nbcohort review diff`: a revision beside what was reviewed."""

from contextlib import closing
from typing import Annotated, Any
from urllib.parse import quote

import typer

from nbcohort.api import _, open_client
from nbpeer.staff_cli import address_of_round
from nbpeer.terminal import CohortOption, base_of, only_cohort, say


def diff(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    task: Annotated[str | None, typer.Option("--task", help=_("A task of yours: what its author changed."))] = None,
    work: Annotated[str | None, typer.Option("--work", help=_("A work of the round (for staff)."))] = None,
    cohort: CohortOption = None,
) -> None:
    """Show what was changed since the review: in your own work, or in one that you reviewed."""
    with closing(open_client()) as client:
        if work is not None:
            found = client.get(f"{address_of_round(client, cohort, assignment)}/works/{quote(work, safe='')}/revision")
        elif task is not None:
            found = client.get(f"{base_of(only_cohort(client, cohort))}/tasks/{quote(task, safe='')}/revision")
        else:
            address = f"{base_of(only_cohort(client, cohort))}/revisions/{quote(assignment, safe='')}"
            found = client.get(address)
    for file in found["files"]:
        _show(file)


def _show(file: Any) -> None:
    say(f"{file['path']}: {file['change']}")
    for cell in file["cells"]:
        if cell["change"] == "same":
            continue
        number = cell["after"] or cell["before"]
        if number is not None:
            say(_("  cell {number}: {change}").format(number=number, change=cell["change"]))
        for line in cell["lines"]:
            say(f"    {line['sign']} {line['text']}")
        if cell["outputs"]:
            say(_("    its outputs differ"))
