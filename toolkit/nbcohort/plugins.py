"""What an activity is: the hooks a plugin implements, one docstring each. `docs/plugins.md` teaches how to write one.

A plugin is one or two modules with hooks, registered as entry points under one name. The group `nbcohort` is loaded
everywhere, also on learners' servers, which have neither FastAPI nor the service's tables; the group
`nbcohort.service` is loaded by the service only. A hook may stand in either. It names the arguments it needs:

    from nbcohort.api import hook

    @hook
    def course_settings():
        return "kudos", KudosSettings

Nbcohort's own features (courses, submissions, peer review) use the same hooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy.orm import Session

    from nbcohort.client import ServiceClient
    from nbcohort.courses.findings import Finding
    from nbcohort.courses.settings import CohortSettings, CourseSettings
    from nbcohort.service.acting import Acting
    from nbcohort.service.house import House
    from nbcohort.service.permissions import Permission
    from nbcohort.store.interactions import InteractionKind
    from nbcohort.store.migrate import Migrations

GROUP = "nbcohort"
"""The entry-point group of what is loaded everywhere, and pluggy's project name."""

SERVICE_GROUP = "nbcohort.service"
"""The entry-point group of what only the service loads."""

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

        Their paths begin with a word that no other plugin's begin with: give the router a prefix, such as `/kudos`.
        A route takes `caller: nbcohort.api.Caller` and opens a transaction with `caller.read()` or `caller.write()`,
        which give who acts, in which cohort, with a session and the time; `caller.once(...)` is for POSTs that create.
        """
        raise NotImplementedError

    @hookspec
    def commands(self, app: typer.Typer) -> None:
        """Add the plugin's commands or its group to the `nbcohort` command line. Commands speak HTTP, nothing else.

        Belongs into the group `nbcohort`, as the command line loads no other.
        """

    @hookspec
    def course_settings(self) -> tuple[str, type[BaseModel]]:
        """Return name and model of the plugin's section of a course: `"kudos"` is the table `[kudos]` of `course.toml`.

        The model is a subclass of `nbcohort.api.Settings`, which refuses unknown keys, so that a misspelt one is found.
        """
        raise NotImplementedError

    @hookspec
    def assignment_settings(self) -> tuple[str, type[BaseModel]]:
        """Return name and model of the plugin's section of an assignment: `[assignments.<name>.review]`."""
        raise NotImplementedError

    @hookspec
    def check_course(self, course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
        """Return what an instructor got wrong in the plugin's settings; `cohort` is None if there is none yet.

        `nbcohort check-course` and `nbcohort apply` call it, and the service, which refuses what has errors.
        """
        raise NotImplementedError

    @hookspec
    def check_files(self, directory: Path) -> list[Finding]:
        """Return what an instructor got wrong in the plugin's own files of the course folder `directory`.

        `nbcohort check-course` calls it. Belongs into the group `nbcohort`, as the command line loads no other.
        """
        raise NotImplementedError

    @hookspec
    def handin_notices(
        self, client: ServiceClient, cohort: str, assignment: str, files: Mapping[str, Path]
    ) -> Iterable[str]:
        """Return or yield what a member should know before handing in `files` (path -> file), as sentences.

        `nbcohort submit` and `nbgrader submit` ask beside the hand-in, which never waits: what is said late is shown
        after the receipt, or not at all. Belongs into the group `nbcohort`, as the command line loads no other.
        """
        raise NotImplementedError

    @hookspec
    def settings_notes(
        self, session: Session, cohort: str, before: CourseSettings | None, after: CourseSettings, now: datetime
    ) -> list[str]:
        """Return sentences that say what new settings change for rounds that are open. `cohort` is the cohort's id."""
        raise NotImplementedError

    @hookspec
    def permissions(self) -> Mapping[str, Permission]:
        """Return the plugin's table of actions: who may do each. Enforced by `acting.require(action)` in the action.

        An action's name begins with the plugin's: `kudos.give`.
        """
        raise NotImplementedError

    @hookspec
    def migrations(self) -> Migrations:
        """Return where the plugin's tables and migrations are. Core rows are named by public id, without a foreign key.

        They are run when the service starts. A plugin whose migrations fail is set aside; they change nothing then.
        """
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
    def takes_revision(self, acting: Acting, assignment: str, submitters: tuple[str, ...], instant: datetime) -> bool:
        """Say whether `submitters` (public ids) may hand in a revision at `instant`, though hand-in has closed.

        A revision is kept like every submission and has a receipt. It is not among the last attempts, so nobody
        collects, checks or grades it; whom it is shown to is the plugin's to say (`nbcohort.api.works_of`, `revised`).
        """
        raise NotImplementedError

    @hookspec
    def submission_received(self, acting: Acting, submission: str, submitters: tuple[str, ...]) -> None:
        """A submission was committed, in this very transaction. `submission` and `submitters` are public ids.

        This and the other events tell, they do not ask: what a plugin raises is logged, and its own changes are undone.
        """

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
