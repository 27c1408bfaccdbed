"""Hang checks into the house."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nbcohort.plugins import hook

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter
    from sqlalchemy.orm import Session

    from nbcohort.courses.findings import Finding
    from nbcohort.service.permissions import Permission
    from nbcohort.store.interactions import InteractionKind
    from nbcohort.store.migrate import Migrations


@hook
def routers() -> list[APIRouter]:
    """Results of checks, and what waits for them."""
    from nbcohort.checks.routes import in_cohort

    return [in_cohort]


@hook
def commands(app: typer.Typer) -> None:
    """`check`, and the group `checks`."""
    from nbcohort.checks import cli

    cli.commands(app)


@hook
def check_files(directory: Path) -> list[Finding]:
    """What is wrong in `checks/`."""
    if not (directory / "checks").is_dir():
        return []
    from nbcohort.checks import files

    return list(files.findings(directory))


@hook
def permissions() -> Mapping[str, Permission]:
    """Who may put and read results of checks."""
    from nbcohort.checks.roles import PERMISSIONS

    return PERMISSIONS


@hook
def migrations() -> Migrations:
    """The table of results."""
    from nbcohort.store.migrate import Migrations

    return Migrations("checks", package="nbcohort.checks")


@hook
def interaction_kinds() -> list[InteractionKind]:
    """That a submission was checked."""
    from nbcohort.checks.interactions import KINDS

    return KINDS


@hook
def forget(session: Session, member: str) -> None:
    """Erase the words of a member's errors from results; whether they passed stays."""
    from nbcohort.checks import forget

    forget.forget_words(session, member)
