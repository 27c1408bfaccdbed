"""Hang courses, cohorts, members and settings into the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from nbcohort.plugins import hook

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter

    from nbcohort.service.house import House
    from nbcohort.service.permissions import Permission
    from nbcohort.store.interactions import InteractionKind
    from nbcohort.store.migrate import Migrations


@hook
def routers() -> list[APIRouter]:
    """Members, pairs, settings and tasks of a cohort; the cohorts themselves are mounted by the app."""
    from nbcohort.courses.routes import in_cohort

    return [in_cohort]


@hook
def commands(app: typer.Typer) -> None:
    """`new`, `check-course`, `apply`, `cohorts`, `members`, `pairs`, `extensions`."""
    from nbcohort.courses import cli

    cli.commands(app)


@hook
def permissions() -> Mapping[str, Permission]:
    """Who may do what with cohorts, members and settings."""
    from nbcohort.courses.roles import PERMISSIONS

    return PERMISSIONS


@hook
def migrations() -> Migrations:
    """The tables of cohorts, members, pairs and settings."""
    from nbcohort.store.migrate import Migrations

    return Migrations("courses", package="nbcohort.courses")


@hook
def interaction_kinds() -> list[InteractionKind]:
    """Joining, leaving, pairing."""
    from nbcohort.courses.interactions import KINDS

    return KINDS


@hook
def advance(house: House, now: datetime) -> None:
    """Keep the roster and the Hub's groups and rooms the same."""
    from nbcohort.courses import rooms

    rooms.follow_hub(house, now)
    rooms.tell_hub(house, now)
