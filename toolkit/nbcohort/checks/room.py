"""What the checks of a course room are run with."""

import os
from pathlib import Path

from nbcohort.checks.runner import Settings
from nbcohort.checks.worker import Tell, Worker
from nbcohort.client import ServiceClient
from nbcohort.errors import NotFound
from nbcohort.grading.early import preloaded_by
from nbcohort.grading.run import How
from nbcohort.i18n import _
from nbcohort.sandbox import probe


def worker_of(client: ServiceClient, cohort: str, course: Path, tell: Tell, *, unsafe: bool = False) -> Worker:
    """Return who checks what is handed in to `cohort`, with the course in the folder `course`.

    Raises `NotFound` if there is no such folder, and `SandboxUnavailable` unless `unsafe`.
    """
    course = course.absolute()
    if not course.is_dir():
        raise NotFound(_("There is no folder {folder}.").format(folder=course))
    if not unsafe:
        probe()
    environment = {"NBGRADER_EXECUTION": "validate"}
    preload = preloaded_by(course)
    how = How(environment=environment) if preload is None else How(environment=environment, preload=preload)
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state", "nbcohort", "checks", cohort)
    return Worker(client, cohort, course, state, Settings(how=how, unsafe=unsafe, hidden=(course,)), tell)
