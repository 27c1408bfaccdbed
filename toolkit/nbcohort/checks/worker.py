"""Checks of what was handed in, by themselves: the course room asks what waits, runs it, and puts what it found.

Nothing is lost when something ends: what has no result waits, so a run that was killed, or whose result could not be
put, is taken up again. Assignments take turns, and of each the one that has waited longest is next.
"""

import re
import tempfile
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from nbcohort.checks.instructors import LARGEST
from nbcohort.checks.results import Result, result
from nbcohort.checks.runner import Settings
from nbcohort.checks.slots import one_at_a_time, slot, slots_here
from nbcohort.checks.submission import Checks, check_notebooks, notebooks_at
from nbcohort.client import ServiceClient, ServiceUnreachable
from nbcohort.errors import NbcohortError
from nbcohort.exchange.get import get_files
from nbcohort.grading.prepare import read_notebook
from nbcohort.grading.run import KernelFailed
from nbcohort.i18n import _
from nbcohort.sandbox import SandboxFailed, SandboxUnavailable

POLL = 5.0
"""Seconds between questions whether something waits, and whether the service is there again."""
PAUSE = 30.0
"""Seconds after any other trouble, of the sandbox, say."""
TRIES = 3
"""How often a check is begun that ends the checker itself."""
FOLDER = "checks"
"""The folder of the course folder with a folder of check notebooks for each assignment."""

_OUR_FOLDERS = re.compile(r"/\S*nbcohort-(?:check|submission)-\w+")
"""Where a submission lies while it is checked, which is nobody's business."""

Tell = Callable[[str], None]


def next_in_turn(waiting: Sequence[Mapping[str, Any]], last: str) -> Mapping[str, Any]:
    """Return the one of those waiting, one for each assignment, whose assignment comes after `last`, in a circle."""
    ordered = sorted(waiting, key=lambda one: str(one["assignment"]))
    return next((one for one in ordered if one["assignment"] > last), ordered[0])


@dataclass
class Worker:
    """The course room of one cohort, at work.

    Args:
        client: the course room's.
        cohort: its id.
        course: the course folder.
        state: a folder for notes on checks that were begun, and for the lock: one check at a time.
        settings: how notebooks are run.
        tell: is told, in a sentence each, what was done and what is wrong.
    """

    client: ServiceClient
    cohort: str
    course: Path
    state: Path
    settings: Settings
    tell: Tell
    _last: str = ""
    _released: dict[str, dict[str, NotebookNode]] = field(default_factory=dict)
    """The notebooks of the last release of an assignment, by the release's id."""

    def work(self, stop: threading.Event) -> None:
        """Check what waits, until `stop` is set; trouble with the service or the sandbox is told, and waited out."""
        told = ""
        while not stop.is_set():
            try:
                if not self.step():
                    stop.wait(POLL)
                told = ""
            except NbcohortError as error:
                if str(error) != told:
                    self.tell(str(error))
                told = str(error)
                stop.wait(POLL if isinstance(error, ServiceUnreachable) else PAUSE)

    def step(self) -> bool:
        """Check the next submission that waits; return whether there was one."""
        with one_at_a_time(self.state / "lock"):
            waiting = list(self.client.pages(f"/cohorts/{self.cohort}/checks/waiting"))
            if not waiting:
                return False
            chosen = next_in_turn(waiting, self._last)
            self._last = chosen["assignment"]
            self._check(self.client.get(f"/cohorts/{self.cohort}/submissions/{chosen['submission']}"))
        return True

    def check_again(self, assignment: str) -> int:
        """Check everybody's last attempt at an assignment, whatever results there are; return how many there were."""
        path = f"/cohorts/{self.cohort}/submissions"
        submissions = list(self.client.pages(path, assignment=assignment, latest="true"))
        for submission in submissions:
            with one_at_a_time(self.state / "lock"):
                self._check(submission)
        return len(submissions)

    def _check(self, submission: Mapping[str, Any]) -> None:
        with slot(slots_here()):
            found = self._found_in(submission)
        body = {"submission": submission["id"], "result": found.model_dump(mode="json")}
        self.client.post(f"/cohorts/{self.cohort}/checks", body, idempotency_key=uuid.uuid4().hex)
        self._note(submission).unlink(missing_ok=True)
        sentence = _("{assignment}, attempt {attempt} by {who}: {outcome}.")
        self.tell(
            sentence.format(
                assignment=submission["assignment"],
                attempt=submission["attempt"],
                who=", ".join(submission["submitters"]),
                outcome=outcome(found),
            )
        )

    def _found_in(self, submission: Mapping[str, Any]) -> Result:
        """Return what the checks find; what cannot be checked gets a result, too, which says why.

        Raises `ServiceUnreachable`, and what goes wrong with the sandbox: neither is the submission's fault.
        """
        with tempfile.TemporaryDirectory(prefix="nbcohort-submission-") as name:
            folder = Path(name)
            released = self._release_of(submission["assignment"])
            source = f"/cohorts/{self.cohort}/submissions/{submission['id']}"
            get_files(self.client, source, submission["files"], folder)
            if self._begun(submission) > TRIES:
                return result(trouble=_("The check of it broke off {times} times.").format(times=TRIES))
            try:
                return self._run(folder, submission["assignment"], released)
            except (SandboxUnavailable, SandboxFailed, KernelFailed):
                raise
            except NbcohortError as error:
                return result(trouble=_OUR_FOLDERS.sub(_("the submission"), str(error)))
            except Exception:  # noqa: BLE001 - a notebook that makes our code stumble does not hold up the others
                self.tell(traceback.format_exc())
                return result(trouble=_("The check of it failed in an unexpected way; your instructors can see how."))
            except BaseException:  # it is not the check that ends the checker
                self._note(submission).unlink(missing_ok=True)
                raise

    def _run(self, folder: Path, assignment: str, released: Mapping[str, NotebookNode] | None) -> Result:
        paths = notebooks_at(folder) if released is None else tuple(sorted(folder.glob("*.ipynb")))
        names = [path.name for path in paths] if released is None else list(released)
        trouble = None
        try:
            checks = Checks.read(self.course / FOLDER / assignment, names)
        except NbcohortError as error:
            self.tell(_("The checks of {assignment}: {why}").format(assignment=assignment, why=error))
            trouble = _("The further checks of this assignment cannot be run; your instructors can see why.")
            checks = Checks()
        found = check_notebooks(paths, self.settings, checks, released)
        if trouble is None:
            return found
        return result(found.findings, trouble=trouble, tier=found.tier, seconds=found.seconds)

    def _release_of(self, assignment: str) -> Mapping[str, NotebookNode] | None:
        """Return the notebooks of an assignment as learners get them; None if it is not released now."""
        root = f"/cohorts/{self.cohort}/releases"
        found = self.client.get(root, assignment=assignment)["items"]
        if not found:
            return None
        (release,) = found
        files = [file for file in release["files"] if file["path"].endswith(".ipynb") and "/" not in file["path"]]
        if release["id"] not in self._released:
            with tempfile.TemporaryDirectory(prefix="nbcohort-release-") as name:
                get_files(self.client, f"{root}/{release['id']}", files, Path(name))
                notebooks = {file["path"]: read_notebook(Path(name, file["path"]), LARGEST)[0] for file in files}
            self._released[release["id"]] = notebooks
        return self._released[release["id"]]

    def _note(self, submission: Mapping[str, Any]) -> Path:
        return self.state / str(submission["id"])

    def _begun(self, submission: Mapping[str, Any]) -> int:
        """Note that a check is begun; return how often it was."""
        note = self._note(submission)
        times = 1
        with suppress(OSError, ValueError):
            times += int(note.read_text())
        note.write_text(str(times))
        return times


def outcome(found: Result) -> str:
    """Return in a few words how it went."""
    if found.passed:
        return _("passed")
    failed = sum(not finding.passed for finding in found.findings)
    if failed:
        return _("{failed} of {all} failed").format(failed=failed, all=len(found.findings))
    return _("could not be checked")
