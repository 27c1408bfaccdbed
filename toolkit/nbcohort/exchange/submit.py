"""`nbgrader submit`: hand in a folder, and get a receipt."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc
from traitlets import Bool

from nbcohort.courses.moments import zone_of
from nbcohort.exchange.base import Exchange
from nbcohort.exchange.choose import choose, files_of, notebooks_of
from nbcohort.i18n import _
from nbcohort.submissions.folder import FileChanged
from nbcohort.submissions.manifest import Entry
from nbcohort.submissions.notebooks import check_notebooks
from nbcohort.submissions.notices import Notices, about_a_revision, at_most
from nbcohort.submissions.receipt_file import keep_receipt


class ExchangeSubmit(Exchange, abc.ExchangeSubmit):  # type: ignore[misc]
    """Hands in a learner's folder, whole and unchanged or not at all."""

    alone = Bool(False, help="Hand in for oneself only, though one is in a pair.").tag(config=True)

    def init_src(self) -> None:
        """Find the learner's folder."""
        self.src_path = Path(os.path.abspath(self.folder_of(self.coursedir.course_id, self.assignment)))  # noqa: PTH100
        self.coursedir.assignment_id = self.src_path.name
        if not self.src_path.is_dir():
            beside = self.src_path.parent
            names = [one.name for one in beside.iterdir() if one.is_dir()] if beside.is_dir() else []
            self.missing(
                _("There is no folder {folder} to hand in.").format(folder=self.src_path), self.assignment, names
            )

    def init_dest(self) -> None:
        """Find the release that is answered."""
        release = self.released(self.cohort, self.assignment)
        self.zone = zone_of(self.client, self.cohort)
        self.expected = notebooks_of(file["path"] for file in release["files"])
        self._check_student()

    def copy_files(self) -> None:
        """Read, check, send, read again, commit; keep the receipt."""
        entries = choose(self.src_path, self.coursedir, self.log)
        files = files_of(self.src_path, entries)
        check_notebooks(entries, files)
        self._compare_notebooks(entries)
        notices = Notices(self.cohort, self.assignment, files)
        submission = self.client.upload(
            self.at(self.cohort, "submissions"),
            {"assignment": self.assignment, "alone": self.alone},
            files,
            manifest=entries,
            before_commit=lambda: self._check_unchanged(entries),
        )
        self._tell(submission)
        for sentence in at_most(notices.rest()):
            self.log.warning(sentence)

    def _check_student(self) -> None:
        student = self.coursedir.student_id
        if student in ("", "*"):
            return
        if "*" in student or "+" in student:
            self.failed(_("The student ID should contain no '*' nor '+'; got {student}").format(student=student))
        account = self.client.get("/me")["account"]
        if student != account:
            self.log.warning(
                _(
                    "This is handed in as {account}, to whom your token belongs; --student {student} changes nothing."
                ).format(account=account, student=student)
            )

    def _compare_notebooks(self, entries: tuple[Entry, ...]) -> None:
        found = notebooks_of(entry.path for entry in entries)
        lost = [f"{name}.ipynb" for name in self.expected if name not in found]
        new = [f"{name}.ipynb" for name in found if name not in self.expected]
        if not lost and not new:
            return
        parts = []
        if lost:
            parts.append(_("Missing in your folder: {names}.").format(names=", ".join(lost)))
        if new:
            parts.append(_("Not part of the assignment: {names}.").format(names=", ".join(new)))
        if lost and new:
            parts.append(_("A renamed notebook is not graded: give it its old name and hand in again."))
        sentence = " ".join(parts)
        if lost and self.strict:
            self.failed(_("{assignment} was not handed in.").format(assignment=self.assignment) + " " + sentence)
        self.log.warning(sentence)

    def _check_unchanged(self, entries: tuple[Entry, ...]) -> None:
        now = {entry.path: entry for entry in choose(self.src_path, self.coursedir, self.log)}
        changed = sorted(path for path, one in {e.path: e for e in entries}.items() if now.get(path) != one)
        changed += sorted(path for path in now if path not in {entry.path for entry in entries})
        if changed:
            raise FileChanged(
                _(
                    "{path} changed while it was being handed in, and nothing was handed in."
                    " Save your work, wait a moment, and try again."
                ).format(path=changed[0])
            )

    def _tell(self, submission: dict[str, Any]) -> None:
        at = self.stamp(submission["handed_in_at"])
        self.log.info(f"Submitted as: {self.cohort} {self.assignment} {at}")
        self.log.info(
            _("Receipt: attempt {attempt}, received {at} by the service's clock, fingerprint {hash}.").format(
                attempt=submission["attempt"], at=at, hash=submission["manifest_sha256"][:12]
            )
        )
        if len(submission["submitters"]) > 1:
            self.log.info(_("It counts for {names}.").format(names=", ".join(submission["submitters"])))
        if submission["revision"]:
            self.log.warning(about_a_revision())
        elif submission["late"]:
            late = timedelta(seconds=round(submission["late_seconds"]))
            self.log.warning(_("It is late by {time} (h:mm:ss).").format(time=late))
        self._keep(submission)

    def _keep(self, submission: dict[str, Any]) -> None:
        try:
            file = keep_receipt(self.src_path, submission, self.cohort, self.zone)
        except OSError as error:
            self.log.warning(
                _("The receipt could not be stored here ({reason}); it is: {receipt}").format(
                    reason=error.strerror, receipt=submission["receipt"]
                )
            )
        else:
            self.log.info(_("The receipt is kept in {file}.").format(file=file))
