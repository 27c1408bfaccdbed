"""What an activity is: the hooks a plugin implements, one docstring each. This is the page a plugin author reads.

A plugin is a module (or object) registered under the entry-point group `nbcohort`; it implements the hooks it needs:

    from nbcohort.api import hook

    @hook
    def settings_model():
        return "kudos", KudosSettings

Nbcohort's own features (courses, submissions, peer review) use the same hooks. `plugin.py` modules are also imported on
learners' servers, which have neither FastAPI nor the service's tables: import those inside the hook that needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy.orm import Session

    from nbcohort.courses.findings import Finding
    from nbcohort.courses.settings import CohortSettings, CourseSettings
    from nbcohort.service.acting import Acting
    from nbcohort.service.house import House
    from nbcohort.service.permissions import Permission
    from nbcohort.store.interactions import InteractionKind
    from nbcohort.store.migrate import Migrations

GROUP = "nbcohort"
"""The entry-point group, and pluggy's project name."""

hookspec = pluggy.HookspecMarker(GROUP)
hook = pluggy.HookimplMarker(GROUP)


@dataclass(frozen=True)
class Task:
    """One thing one member has to do, as *Today* shows it.

    Args:
        id: public id, opaque.
        activity: the plugin's word for it, such as `review`.
        title: a sentence for the member.
        due_at: until when, or None.
        link: path below the service's `/api/v1`.
        done: whether nothing is left to do.
    """

    id: str
    activity: str
    title: str
    due_at: datetime | None
    link: str
    done: bool


class Hooks:
    """The hook specifications."""

    @hookspec
    def routers(self) -> list[APIRouter]:
        """Return the plugin's HTTP routes. They are mounted under `/api/v1/cohorts/{cohort}`.

        A route takes `caller: nbcohort.api.Caller` and opens a transaction with `caller.read()` or `caller.write()`,
        which give who acts, in which cohort, with a session and the time; `caller.once(...)` is for POSTs that create.
        """
        raise NotImplementedError

    @hookspec
    def commands(self, app: typer.Typer) -> None:
        """Add the plugin's commands or its group to the `nbcohort` command line. Commands speak HTTP, nothing else."""

    @hookspec
    def settings_model(self) -> tuple[str, type[BaseModel]]:
        """Return the name and the pydantic model of the plugin's section of an assignment in `course.toml`.

        The model has `extra="forbid"`, so that a misspelt key is found. Its fields' descriptions are the documentation.
        """
        raise NotImplementedError

    @hookspec
    def check_course(self, course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
        """Return what an instructor got wrong in the plugin's settings; `cohort` is None if there is none yet."""
        raise NotImplementedError

    @hookspec
    def settings_notes(
        self, session: Session, cohort: str, before: CourseSettings | None, after: CourseSettings, now: datetime
    ) -> list[str]:
        """Return sentences that say what new settings change for rounds that are open. `cohort` is the cohort's id."""
        raise NotImplementedError

    @hookspec
    def permissions(self) -> Mapping[str, Permission]:
        """Return the plugin's table of actions: who may do each. Enforced by `acting.require(action)` in the action."""
        raise NotImplementedError

    @hookspec
    def migrations(self) -> Migrations:
        """Return the plugin's Alembic location, with a version table of its own; core rows are named by public id."""
        raise NotImplementedError

    @hookspec
    def interaction_kinds(self) -> list[InteractionKind]:
        """Return the kinds of interaction that the plugin logs, each with a version and a payload schema."""
        raise NotImplementedError

    @hookspec
    def tasks(self, acting: Acting) -> list[Task]:
        """Return what the acting member has to do in the acting cohort at `acting.now`; *Today* shows all."""
        raise NotImplementedError

    @hookspec
    def advance(self, house: House, now: datetime) -> None:
        """Move on every round whose phase is over. Called every minute and at start.

        Idempotent; each round in a transaction of its own (`house.database.write()`) and under a lease
        (`nbcohort.api.take_lease`). What one plugin raises is logged and does not stop the others.
        """

    @hookspec
    def submission_received(self, acting: Acting, submission: str, submitters: tuple[str, ...]) -> None:
        """A submission was committed, in this very transaction. `submission` and `submitters` are public ids."""

    @hookspec
    def member_joined(self, acting: Acting, member: str) -> None:
        """A member joined the acting cohort, in this very transaction."""

    @hookspec
    def member_left(self, acting: Acting, member: str) -> None:
        """A member's time in the acting cohort was ended, in this very transaction."""

    @hookspec
    def grades_released(self, acting: Acting, assignment: str, members: tuple[str, ...]) -> None:
        """Feedback on `assignment` was released to `members`, in this very transaction."""

    @hookspec
    def export(self, session: Session, cohort: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the plugin's columns of the grade export: member id -> column -> value."""
        raise NotImplementedError

    @hookspec
    def forget(self, session: Session, member: str) -> None:
        """Erase what the plugin holds of a person's words and names, by public member id. Hashes and counts stay."""


def load_plugins() -> pluggy.PluginManager:
    """Return a manager with every installed plugin registered and checked against the specifications.

    Raises:
        pluggy.PluginValidationError: a plugin implements a hook that does not exist, or with other arguments.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    manager.load_setuptools_entrypoints(GROUP)
    manager.check_pending()
    return manager


def settings_sections(manager: pluggy.PluginManager) -> dict[str, type[BaseModel]]:
    """Return every plugin's settings model by the name of its section in `course.toml`."""
    return dict(manager.hook.settings_model())
