"""What the commands of peer review share."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from nbcohort.api import Invalid, ServiceClient, _

CohortOption = Annotated[
    str | None,
    typer.Option("--cohort", "-c", envvar="NBCOHORT_COHORT", help=_("Which cohort, if you are in several.")),
]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def only_cohort(client: ServiceClient, named: str | None) -> str:
    """Return the cohort that was named, or the only one there is for the caller."""
    return named or client.only_cohort()


def base_of(cohort: str) -> str:
    """Return the address of peer review in a cohort."""
    return f"/cohorts/{quote(cohort, safe='')}/review"


def instant_of(text: str, zone: ZoneInfo) -> str:
    """Return a time such as `2027-03-19 23:59`, in `zone` unless it has an offset, as the service takes it."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(_('"{text}" is no time; write it as 2027-03-19 23:59.').format(text=text)) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).isoformat()


def say(text: str) -> None:
    """Print what a peer may have written: nothing in it moves the cursor or changes colours."""
    Console(highlight=False, markup=False, soft_wrap=True).print(_CONTROL.sub("", text))


def say_compared(compared: Iterable[Mapping[str, Any]]) -> None:
    """Print what a review says of its work and others, which have no name there."""
    for found in compared:
        better, worse = _("Found better than another work: {why}"), _("Another work was found better: {why}")
        say("  " + (better if found["better"] else worse).format(why=found["why"]))
