"""Hang releases, submissions, feedback and extensions into the house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbcohort.plugins import hook

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter
    from sqlalchemy.orm import Session

    from nbcohort.service.permissions import Permission
    from nbcohort.store.interactions import InteractionKind
    from nbcohort.store.migrate import Migrations


@hook
def routers() -> list[APIRouter]:
    """Assignments, snapshots, releases, submissions, feedback and extensions of a cohort."""
    from nbcohort.submissions.routes import in_cohort

    return [in_cohort]


@hook
def commands(app: typer.Typer) -> None:
    """`submit`, `submissions`, `verify-receipt`, `receipt-keys`."""
    from nbcohort.submissions import cli

    cli.commands(app)


@hook
def permissions() -> Mapping[str, Permission]:
    """Who may do what with releases, submissions, feedback and extensions."""
    from nbcohort.submissions.roles import PERMISSIONS

    return PERMISSIONS


@hook
def migrations() -> Migrations:
    """The tables of snapshots, releases, submissions, feedback and extensions."""
    from nbcohort.store.migrate import Migrations

    return Migrations("submissions", package="nbcohort.submissions")


@hook
def interaction_kinds() -> list[InteractionKind]:
    """Releasing, handing in, giving feedback, extending."""
    from nbcohort.submissions.interactions import KINDS

    return KINDS


@hook
def forget(session: Session, member: str) -> None:
    """Erase why a member was given more time; their files go when nobody else needs them."""
    from nbcohort.submissions import keeping

    keeping.forget_reasons(session, member)
