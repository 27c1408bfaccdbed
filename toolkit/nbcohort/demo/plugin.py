"""Hang the demo into the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbcohort.plugins import hook

if TYPE_CHECKING:
    import typer


@hook
def commands(app: typer.Typer) -> None:
    """Add `demo`."""
    from nbcohort.demo import cli

    cli.commands(app)
