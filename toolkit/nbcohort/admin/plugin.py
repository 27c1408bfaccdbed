"""Hang `nbcohort admin` into the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbcohort.plugins import hook

if TYPE_CHECKING:
    import typer


@hook
def commands(app: typer.Typer) -> None:
    """Add `admin`."""
    from nbcohort.admin import cli

    app.add_typer(cli.commands, name="admin")
