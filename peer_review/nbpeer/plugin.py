"""Hang peer review into the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbcohort.api import Task, hook

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy.orm import Session

    from nbcohort.api import (
        Acting,
        CohortSettings,
        CourseSettings,
        Finding,
        House,
        InteractionKind,
        Migrations,
        Permission,
        ServiceClient,
    )


@hook
def routers() -> list[APIRouter]:
    """Rounds, tasks, reviews and what came of them."""
    from nbpeer.afterwards_routes import after_review
    from nbpeer.authors_routes import before_round
    from nbpeer.calibration_routes import calibrating
    from nbpeer.checked_routes import checked
    from nbpeer.conflicts_routes import conflicting
    from nbpeer.revisions_routes import revised
    from nbpeer.routes import review
    from nbpeer.score_routes import scoring
    from nbpeer.staff_routes import staff_review

    return [
        review,
        staff_review,
        after_review,
        calibrating,
        checked,
        scoring,
        conflicting,
        before_round,
        revised,
    ]


@hook
def commands(app: typer.Typer) -> None:
    """`nbcohort review ...`."""
    from nbpeer.cli import commands

    app.add_typer(commands, name="review")


@hook
def assignment_settings() -> tuple[str, type[BaseModel]]:
    """`[assignments.<name>.review]`."""
    from nbpeer.settings import SECTION, ReviewSettings

    return SECTION, ReviewSettings


@hook
def check_course(course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
    """Find times in the wrong order and missing rubrics."""
    from nbpeer import check

    return check.check_course(course, cohort)


@hook
def handin_notices(client: ServiceClient, cohort: str, assignment: str, files: Mapping[str, Path]) -> Iterable[str]:
    """Say what reviewers would see of the author all the same."""
    from nbpeer import before_handin

    return before_handin.notices(client, cohort, assignment, files)


@hook
def settings_notes(
    session: Session, cohort: str, before: CourseSettings | None, after: CourseSettings, now: datetime
) -> list[str]:
    """Say what new settings do to rounds that are open."""
    from nbpeer import notes

    return notes.settings_notes(session, cohort, before, after)


@hook
def permissions() -> Mapping[str, Permission]:
    """Who may do what in peer review."""
    from nbpeer.roles import PERMISSIONS

    return PERMISSIONS


@hook
def migrations() -> Migrations:
    """The tables of rounds, works, tasks and reviews."""
    from nbcohort.api import Migrations
    from nbpeer.swap_models import Base

    return Migrations("review", Base)


@hook
def interaction_kinds() -> list[InteractionKind]:
    """Submitting, revising and receiving reviews."""
    from nbpeer.interactions import KINDS

    return KINDS


@hook
def tasks(acting: Acting) -> list[Task]:
    """The reviews that the acting member has to write."""
    from nbpeer import notes

    return notes.tasks(acting)


@hook
def advance(house: House, now: datetime) -> None:
    """Open and close rounds."""
    from nbpeer import rounds

    rounds.advance(house, now)


@hook
def takes_revision(acting: Acting, assignment: str, submitters: tuple[str, ...], instant: datetime) -> bool:
    """Take what authors revise once they have their reviews, until the settings' `revisions_until`."""
    from nbpeer import revisions

    return revisions.takes(acting, assignment, submitters, instant)


@hook
def submission_received(acting: Acting, submission: str, submitters: tuple[str, ...]) -> None:
    """Take what comes after the swap into the round."""
    from nbpeer import late

    late.submission_received(acting, submitters)


@hook
def export(session: Session, cohort: str) -> Mapping[str, Mapping[str, Any]]:
    """Per reviewed assignment: the score received, and how many reviews were given of how many."""
    from nbpeer import records

    return records.export(session, cohort)


@hook
def forget(session: Session, member: str) -> None:
    """Erase what a member wrote in reviews."""
    from nbpeer import records

    records.forget(session, member)
