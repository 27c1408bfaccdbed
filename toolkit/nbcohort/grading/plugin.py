"""Hang grading into the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbcohort.plugins import hook

if TYPE_CHECKING:
    import typer


@hook
def commands(app: typer.Typer) -> None:
    """`grade` and `doctor`."""
    from nbcohort.grading import cli
    from nbcohort.sandbox import cli as sandbox

    cli.commands(app)
    sandbox.commands(app)
