"""`nbcohort new`, `check-course`, `apply`, `cohorts`, `members`, `pairs`, `extensions`."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nbcohort.client import ServiceClient
from nbcohort.courses import people_cli
from nbcohort.courses.check import check_course
from nbcohort.courses.check_runs import Run
from nbcohort.courses.check_settings import check_settings
from nbcohort.courses.findings import Finding, has_errors
from nbcohort.courses.new import NewCourse, make_course, template
from nbcohort.courses.schedule import Calendar
from nbcohort.courses.settings import CourseSettings
from nbcohort.courses.toml import read_cohort, read_course
from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.loading import Plugins, load_plugins, settings_sections

Directory = Annotated[Path, typer.Argument(help=_("The course folder."), metavar="DIR")]


def commands(app: typer.Typer) -> None:
    """Add this feature's commands to the command line."""
    app.command("new")(new)
    app.command("check-course")(check)
    app.command("apply")(apply)
    people_cli.commands(app)


def new(
    directory: Directory,
    title: Annotated[str | None, typer.Option(help=_("The course's title."))] = None,
    cohort: Annotated[str | None, typer.Option("--id", help=_("The cohort's id, nbgrader's course_id."))] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help=_("The cohort's first day; by default next Monday."))
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help=_("The cohort's IANA time zone; by default UTC."))] = None,
) -> None:
    """Make a course folder: a complete small course to teach or to change."""
    today = datetime.now(UTC).date()
    plan = NewCourse.planned(
        today, title=title, cohort=cohort, start=start.date() if start else None, time_zone=time_zone
    )
    make_course(directory, template(), plan)
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(
        _('Made {directory}: the course "{title}", cohort {cohort}, from {start}, in time zone {zone}.').format(
            directory=directory, title=plan.title, cohort=plan.cohort, start=plan.start, zone=plan.time_zone
        )
    )
    out.print(_("Next:"))
    out.print(_("  1. edit {directory}/course.toml and {directory}/cohort.toml").format(directory=directory))
    out.print(_("  2. nbcohort check-course {directory}").format(directory=directory))
    out.print(_("  3. nbcohort apply {directory}").format(directory=directory))


def check(
    directory: Directory,
    run: Annotated[bool, typer.Option(help=_("Run the notebooks, solved and as learners get them."))] = True,
    unsafe: Annotated[bool, typer.Option("--unsafe", help=_("Run them without a sandbox, as yourself."))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the findings as JSON."))] = False,
) -> None:
    """Find what an instructor can get wrong in a course folder; exit with 1 if something has to be mended."""
    if not directory.is_dir():
        raise Invalid(_("{directory} is no folder; name the course folder").format(directory=directory))
    plugins = load_plugins()
    findings = _check(directory, plugins, _runner(directory, unsafe) if run else None)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _show_findings(findings, ran=run)
    if has_errors(findings):
        raise typer.Exit(1)


def _check(directory: Path, plugins: Plugins, run: Run | None) -> list[Finding]:
    sections = settings_sections(plugins)
    with Console(stderr=True).status(_("Reading the settings ...")) as status:
        return check_course(
            directory,
            sections,
            hooks=[plugins.findings],
            files=plugins.findings_in_files,
            run=run,
            progress=lambda where: status.update(_("Checking {where} ...").format(where=where)),
        )


def _runner(directory: Path, unsafe: bool) -> Run:
    try:
        from nbcohort.grading.run import How, run_notebook
        from nbcohort.sandbox import Limits
    except ImportError as problem:
        raise Invalid(
            _(
                "running notebooks needs nbgrader and Papermill ({reason}): install nbcohort[lab], or give --no-run"
            ).format(reason=problem)
        ) from None

    def run(notebook: Any, folder: Path) -> Any:
        hidden = (directory.absolute(),)
        return run_notebook(notebook, folder, Limits(), How(), unsafe=unsafe, hidden=hidden).notebook

    return run


def _show_findings(findings: list[Finding], *, ran: bool) -> None:
    out = Console(highlight=False)
    if findings:
        table = Table("", _("Where"), _("What"), show_lines=False)
        for finding in findings:
            mark = _("error") if finding.severity == "error" else _("warning")
            style = "red" if finding.severity == "error" else "yellow"
            table.add_row(f"[{style}]{mark}[/]", escape(finding.where), escape(finding.sentence))
        out.print(table)
    errors = sum(finding.severity == "error" for finding in findings)
    out.print(
        _("Errors: {errors}, warnings: {warnings}.").format(errors=errors, warnings=len(findings) - errors)
        + ("" if ran else " " + _("Tests were not run."))
    )


def apply(
    directory: Directory = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only show what would change."))] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_("Do not ask."))] = False,
) -> None:
    """Send the settings of a course folder to the service, after showing what changes."""
    plugins = load_plugins()
    course = read_course(directory / "course.toml", settings_sections(plugins))
    cohort = read_cohort(directory / "cohort.toml")
    findings = check_settings(course, cohort)
    findings += plugins.findings(course, cohort)
    if has_errors(findings):
        _show_findings(findings, ran=True)
        raise typer.Exit(1)
    body = {"course": course.to_json(), "cohort": cohort.to_json()}
    out = Console(highlight=False)
    with ServiceClient.from_environment() as client:
        path = f"/cohorts/{cohort.id}/settings"
        planned = client.put(path, json={**body, "dry_run": True})
        if not planned["changes"]:
            out.print(_("Nothing changes: version {version} is applied.").format(version=planned["version"]))
            return
        if planned["version"]:
            _show_changes(out, planned)
        else:
            _show_first(out, course, Calendar.of(course, cohort))
        if dry_run:
            out.print(_("Nothing was applied: this was a dry run."))
            return
        if not yes and not typer.confirm(_("Apply this?")):
            raise typer.Exit(1)
        done = client.put(path, json={**body, "dry_run": False})
        out.print(
            _("Applied to cohort {cohort} as version {version}.").format(cohort=cohort.id, version=done["version"])
        )


def _show_first(out: Console, course: CourseSettings, calendar: Calendar) -> None:
    """Show settings of which nothing was applied before: when what begins and ends, in the cohort's zone."""
    table = Table(_("Assignment"), _("Release"), _("Due"), title=escape(course.title), title_justify="left")
    for assignment in course.assignments:
        times = calendar.assignments[assignment.name]
        table.add_row(
            escape(assignment.title),
            *(f"{calendar.local(at):%a %Y-%m-%d %H:%M}" for at in (times.release_at, times.due_at)),
        )
    out.print(table)


def _show_changes(out: Console, planned: dict[str, Any]) -> None:
    table = Table(_("Setting"), _("Before"), _("After"))
    for change in planned["changes"]:
        table.add_row(escape(change["path"]), _value(change["before"]), _value(change["after"]))
    out.print(table)
    for note in planned["notes"]:
        out.print(f"- {escape(note)}")


def _value(value: Any) -> str:
    """Return a setting as a table's cell: short, and with a dash for what is not there."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape(text if len(text) <= 200 else f"{text[:197]}...")
