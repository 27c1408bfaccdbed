"""The checks of a work over HTTP, below `/api/v1/cohorts/{cohort}/review`, for who reviews it."""

from dataclasses import asdict

from fastapi import APIRouter

from nbcohort.api import Caller, Schema
from nbpeer.checked import checks_of_task

checked = APIRouter(prefix="/review", tags=["peer review"])


class CheckedFindingOut(Schema):
    """A test, a cell of a check, or a cell that stopped with an error; `cell` counts from 1."""

    what: str
    notebook: str
    check: str | None
    cell: int | None
    passed: bool
    message: str | None
    hint: str | None


class CheckedResultOut(Schema):
    """What the checks of a work found; `trouble` says why it could not be checked, or not all of it."""

    passed: bool
    trouble: str | None
    findings: list[CheckedFindingOut]


class CheckedOut(Schema):
    """What the checks found; null if the work was not checked."""

    result: CheckedResultOut | None


@checked.get("/tasks/{task}/checks")
def task_checks(task: str, caller: Caller) -> CheckedOut:
    """What the checks found in the work I review, made anonymous."""
    with caller.read() as acting:
        found = checks_of_task(acting, task)
        return CheckedOut(result=found and CheckedResultOut.model_validate(asdict(found)))
