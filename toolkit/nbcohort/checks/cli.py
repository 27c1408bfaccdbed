"""`nbcohort check`, and `nbcohort checks`: the results of what was handed in, and the room's work on them."""

import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from nbcohort.checks.results import Finding, Result
from nbcohort.client import open_client
from nbcohort.courses.moments import moment, zone_of
from nbcohort.i18n import _

if TYPE_CHECKING:
    from nbcohort.checks.worker import Worker
    from nbcohort.client import ServiceClient

CohortOption = Annotated[
    str | None,
    typer.Option("--cohort", "-c", envvar="NBCOHORT_COHORT", help=_("Which cohort, if you are in several.")),
]
CourseOption = Annotated[
    Path, typer.Option(envvar="NBCOHORT_COURSE", help=_("The course folder; the current one if not given."))
]
UnsafeOption = Annotated[
    bool, typer.Option("--unsafe", help=_("Run without a sandbox: the notebooks' code can do all that you can."))
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Print the results as JSON; docs/checks.md has its shape."))]

checks = typer.Typer(
    help=_("What checks found of hand-ins: yours, or for staff everybody's. They run by themselves after hand-in.")
)


def commands(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("check")(check)
    app.add_typer(checks, name="checks")


def check(
    path: Annotated[Path, typer.Argument(metavar="NOTEBOOK|DIR", help=_("A notebook, or a folder with notebooks."))],
    with_checks: Annotated[
        Path | None,
        typer.Option("--checks", help=_("A folder of check notebooks to run, too, for who writes them: checks/NAME.")),
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help=_("Run without a sandbox, as yourself."))] = False,
    as_json: JsonOption = False,
) -> None:
    """Run your notebook clean, from top to bottom, and say what its tests say, before you hand it in.

    It runs in a copy of its folder; no file of yours is changed. Exits with 1 if something failed.
    """
    from nbcohort.grading.early import import_jsonschema

    import_jsonschema()

    from nbcohort.checks.runner import Settings
    from nbcohort.checks.submission import Checks, check_notebooks, notebooks_at
    from nbcohort.errors import NotFound
    from nbcohort.sandbox import SandboxUnavailable, probe

    found = notebooks_at(path)
    if with_checks and not with_checks.is_dir():
        raise NotFound(_("There is no folder {folder}.").format(folder=with_checks))
    further = Checks.read(with_checks, [one.name for one in found]) if with_checks else Checks()
    if not unsafe:
        try:
            probe()
        except SandboxUnavailable:
            unsafe = True
            Console(stderr=True, highlight=False).print(_("There is no sandbox here: your notebook runs as yourself."))
    result = check_notebooks(found, Settings(unsafe=unsafe), further)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        _show_result(Console(highlight=False, markup=False, soft_wrap=True), result)
    if not result.passed:
        raise typer.Exit(1)


@checks.callback(invoke_without_command=True)
def all_checks(context: typer.Context, cohort: CohortOption = None) -> None:
    """Show all, unless something else is wanted."""
    if context.invoked_subcommand is None:
        show(None, cohort)


@checks.command()
def show(
    assignment: Annotated[str | None, typer.Argument(help=_("Only of this assignment."))] = None,
    cohort: CohortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what checks found of the last attempts that were checked."""
    with closing(open_client()) as client:
        cohort = cohort or client.only_cohort()
        found = _last_attempts(list(client.pages(f"/cohorts/{cohort}/checks", assignment=assignment)))
        zone = zone_of(client, cohort)
    if as_json:
        import json

        typer.echo(json.dumps(found, indent=2))
    elif not found:
        typer.echo(_("Nothing was checked yet. Checks run by themselves, soon after hand-in."))
    else:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        for one in found:
            _show_checked(console, one, zone)


@checks.command()
def run(
    course: CourseOption = Path(),
    cohort: CohortOption = None,
    once: Annotated[bool, typer.Option("--once", help=_("End when nothing waits any more."))] = False,
    unsafe: UnsafeOption = False,
) -> None:
    """Check what was handed in and waits, and go on doing so. The course room's server does it by itself."""
    with closing(open_client()) as client:
        worker = _worker(client, cohort or client.only_cohort(), course, unsafe=unsafe)
        if once:
            while worker.step():
                pass
        else:
            worker.work(threading.Event())


@checks.command()
def again(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    course: CourseOption = Path(),
    cohort: CohortOption = None,
    unsafe: UnsafeOption = False,
) -> None:
    """Check everybody's last attempt again, after you have changed the checks; earlier results are kept, too."""
    with closing(open_client()) as client:
        worker = _worker(client, cohort or client.only_cohort(), course, unsafe=unsafe)
        if not worker.check_again(assignment):
            typer.echo(_("Nobody has handed in {name}.").format(name=assignment))


def _worker(client: "ServiceClient", cohort: str, course: Path, *, unsafe: bool) -> "Worker":
    from nbcohort.checks.room import worker_of

    console = Console(highlight=False, markup=False, soft_wrap=True)
    return worker_of(client, cohort, course, console.print, unsafe=unsafe)


def _last_attempts(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return of each assignment and each who handed in together the last attempt."""
    last: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for one in sorted(found, key=lambda one: int(one["attempt"])):
        last[one["assignment"], tuple(one["submitters"])] = one
    return [last[key] for key in sorted(last)]


def _show_checked(console: Console, one: dict[str, Any], zone: ZoneInfo) -> None:
    sentence = _("{assignment}, attempt {attempt} by {who}, checked {at}:")
    console.print(
        sentence.format(
            assignment=one["assignment"],
            attempt=one["attempt"],
            who=", ".join(one["submitters"]),
            at=moment(one["checked_at"], zone),
        )
    )
    _show_result(console, Result.model_validate(one["result"]))


def _show_result(console: Console, result: Result) -> None:
    heading = None
    for finding in result.findings:
        place = (finding.where.notebook, finding.where.check)
        if place != heading:
            notebook, with_check = heading = place
            console.print(f"{notebook} ({with_check})" if with_check else notebook)
        _show_finding(console, finding)
    if result.trouble:
        console.print("  " + result.trouble)
    elif not result.findings:
        console.print("  " + _("It runs clean; it has no tests."))


def _show_finding(console: Console, finding: Finding) -> None:
    points = f" ({finding.score:g} / {finding.points:g})" if finding.points else ""
    console.print(f"  {_('passed') if finding.passed else _('FAILED')}  {finding.what}{points}")
    if finding.message:
        console.print(f"          {finding.message}")
    if finding.hint and not finding.passed:
        console.print(f"          {finding.hint}")
