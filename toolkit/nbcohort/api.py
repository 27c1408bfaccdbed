"""What plugins may import, and nothing else. `nbcohort.plugins` tells which hooks there are.

Names are loaded when they are first used: plugins are also imported on learners' servers, which have neither FastAPI
nor the service's tables. `docs/plugins.md` describes each name, and says what later versions may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbcohort.errors import Conflict, Invalid, NbcohortError, NotFound, NotPermitted
from nbcohort.i18n import _
from nbcohort.plugins import Task, hook

if TYPE_CHECKING:
    from nbcohort.checks.actions import checks_of
    from nbcohort.checks.results import Result as CheckResult
    from nbcohort.client import ServiceClient, open_client
    from nbcohort.courses.actions import AppliedSettings, read_settings
    from nbcohort.courses.findings import Finding, error, warning
    from nbcohort.courses.moments import moment, moment_in, zone_of
    from nbcohort.courses.roster import (
        RosterEntry,
        active_members,
        all_partners,
        cohort_ids,
        find_account,
        find_member,
        partners_of,
        roster,
    )
    from nbcohort.courses.schedule import AssignmentTimes, Calendar
    from nbcohort.courses.settings import (
        AssignmentSettings,
        CohortSettings,
        CourseSettings,
        Criterion,
        Relative,
        Sections,
        Settings,
        Weekly,
    )
    from nbcohort.grading.column import CellWritten, ColumnWritten, write_cell, write_column
    from nbcohort.service.acting import Acting, as_service
    from nbcohort.service.deps import Caller, Paging
    from nbcohort.service.house import House
    from nbcohort.service.permissions import Permission, may
    from nbcohort.service.schema import Page, PageQuery, Schema, page_of
    from nbcohort.store.base import Conventions, Json, UtcDateTime
    from nbcohort.store.ids import new_id
    from nbcohort.store.interactions import InteractionKind
    from nbcohort.store.leases import take_lease
    from nbcohort.store.migrate import Migrations
    from nbcohort.submissions.work import Work, WorkFile, find_works, open_work_file, works_of
    from nbcohort.transfer import inside

_WHERE = {
    "checks_of": "nbcohort.checks.actions",
    "CheckResult": "nbcohort.checks.results",
    "ServiceClient": "nbcohort.client",
    "open_client": "nbcohort.client",
    "AppliedSettings": "nbcohort.courses.actions",
    "read_settings": "nbcohort.courses.actions",
    "Finding": "nbcohort.courses.findings",
    "error": "nbcohort.courses.findings",
    "warning": "nbcohort.courses.findings",
    "moment": "nbcohort.courses.moments",
    "moment_in": "nbcohort.courses.moments",
    "zone_of": "nbcohort.courses.moments",
    "RosterEntry": "nbcohort.courses.roster",
    "active_members": "nbcohort.courses.roster",
    "all_partners": "nbcohort.courses.roster",
    "cohort_ids": "nbcohort.courses.roster",
    "find_account": "nbcohort.courses.roster",
    "find_member": "nbcohort.courses.roster",
    "partners_of": "nbcohort.courses.roster",
    "roster": "nbcohort.courses.roster",
    "AssignmentTimes": "nbcohort.courses.schedule",
    "Calendar": "nbcohort.courses.schedule",
    "AssignmentSettings": "nbcohort.courses.settings",
    "CohortSettings": "nbcohort.courses.settings",
    "CourseSettings": "nbcohort.courses.settings",
    "Criterion": "nbcohort.courses.settings",
    "Relative": "nbcohort.courses.settings",
    "Sections": "nbcohort.courses.settings",
    "Settings": "nbcohort.courses.settings",
    "Weekly": "nbcohort.courses.settings",
    "CellWritten": "nbcohort.grading.column",
    "ColumnWritten": "nbcohort.grading.column",
    "write_cell": "nbcohort.grading.column",
    "write_column": "nbcohort.grading.column",
    "Acting": "nbcohort.service.acting",
    "as_service": "nbcohort.service.acting",
    "Caller": "nbcohort.service.deps",
    "Paging": "nbcohort.service.deps",
    "House": "nbcohort.service.house",
    "Permission": "nbcohort.service.permissions",
    "may": "nbcohort.service.permissions",
    "Page": "nbcohort.service.schema",
    "PageQuery": "nbcohort.service.schema",
    "Schema": "nbcohort.service.schema",
    "page_of": "nbcohort.service.schema",
    "Conventions": "nbcohort.store.base",
    "Json": "nbcohort.store.base",
    "UtcDateTime": "nbcohort.store.base",
    "new_id": "nbcohort.store.ids",
    "InteractionKind": "nbcohort.store.interactions",
    "take_lease": "nbcohort.store.leases",
    "Migrations": "nbcohort.store.migrate",
    "Work": "nbcohort.submissions.work",
    "WorkFile": "nbcohort.submissions.work",
    "find_works": "nbcohort.submissions.work",
    "open_work_file": "nbcohort.submissions.work",
    "works_of": "nbcohort.submissions.work",
    "inside": "nbcohort.transfer",
}

_CALLED = {"CheckResult": "Result"}
"""What has another name where it lives."""

__all__ = [
    "Acting",
    "AppliedSettings",
    "AssignmentSettings",
    "AssignmentTimes",
    "Calendar",
    "Caller",
    "CellWritten",
    "CheckResult",
    "CohortSettings",
    "ColumnWritten",
    "Conflict",
    "Conventions",
    "CourseSettings",
    "Criterion",
    "Finding",
    "House",
    "InteractionKind",
    "Invalid",
    "Json",
    "Migrations",
    "NbcohortError",
    "NotFound",
    "NotPermitted",
    "Page",
    "PageQuery",
    "Paging",
    "Permission",
    "Relative",
    "RosterEntry",
    "Schema",
    "Sections",
    "ServiceClient",
    "Settings",
    "Task",
    "UtcDateTime",
    "Weekly",
    "Work",
    "WorkFile",
    "_",
    "active_members",
    "all_partners",
    "as_service",
    "checks_of",
    "cohort_ids",
    "error",
    "find_account",
    "find_member",
    "find_works",
    "hook",
    "inside",
    "may",
    "moment",
    "moment_in",
    "new_id",
    "open_client",
    "open_work_file",
    "page_of",
    "partners_of",
    "read_settings",
    "roster",
    "take_lease",
    "warning",
    "works_of",
    "write_cell",
    "write_column",
    "zone_of",
]


def __getattr__(name: str) -> Any:
    """Load a name from where it lives."""
    if name not in _WHERE:
        raise AttributeError(f"nbcohort.api has no {name!r}")
    return getattr(import_module(_WHERE[name]), _CALLED.get(name, name))
