"""`nbcohort doctor`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from nbcohort.i18n import _


def commands(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("doctor")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False) -> None:
    """Say what keeps untrusted code apart on this machine, what is missing, and what to do about it.

    Ends with status 1 if there is no sandbox.
    """
    from nbcohort.sandbox.doctor import examine

    report = examine()
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        words = {"good": _("good"), "weak": _("weak"), "missing": _("missing")}
        width = max(len(finding.name) for finding in report.findings)
        for finding in report.findings:
            console.print(f"{words[finding.verdict]:8} {finding.name:{width}} {finding.value}")
            if finding.advice:
                console.print(f"{'':8} {'':{width}} {finding.advice}")
    if report.tier is None:
        raise typer.Exit(1)
