"""`nbgrader release_feedback`: give the feedback that was generated to those who handed in."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc
from nbgrader.utils import parse_utc

from nbcohort.exchange.base import Exchange
from nbcohort.exchange.due import naive_utc
from nbcohort.i18n import _


class ExchangeReleaseFeedback(Exchange, abc.ExchangeReleaseFeedback):  # type: ignore[misc]
    """Sends each student's feedback to the submission it was generated from: that with the time in `timestamp.txt`."""

    def init_src(self) -> None:
        """Find the submissions."""
        wanted = {"assignment": self.assignment or None}
        self.submissions: list[Any] = list(self.client.pages(self.at(self.cohort, "submissions"), **wanted))

    def init_dest(self) -> None:
        """Nothing to prepare."""

    def copy_files(self) -> None:
        """Send the feedback of every student it was generated for.

        A pair has one submission and, in nbgrader, a folder for each: what was generated last is released to both.
        """
        newest: dict[str, tuple[str, dict[str, Path]]] = {}
        for student, files in self._generated():
            submission = self._submission_of(student, next(iter(files.values())).parent)
            if submission is None:
                self.log.warning(
                    _(
                        "The feedback for {student} is not released: no submission has the time in its timestamp.txt."
                    ).format(student=student)
                )
                continue
            before = newest.get(submission)
            if before is None or _age(files) > _age(before[1]):
                newest[submission] = (student, files)
        for submission, (student, files) in newest.items():
            self.client.upload(self.at(self.cohort, "feedback"), {"submission": submission}, files)
            self.log.info(
                _("Feedback released: {student} {assignment}").format(student=student, assignment=self.assignment)
            )
        if not newest:
            self.log.warning(_("There is no feedback to release for {assignment}.").format(assignment=self.assignment))

    def _generated(self) -> Iterator[tuple[str, dict[str, Path]]]:
        """Yield each student for whom feedback was generated, with the files."""
        excluded = self.coursedir.student_id_exclude.split(",")
        students = {account for submission in self.submissions for account in submission["submitters"]}
        for student in sorted(students):
            if student in excluded or not fnmatchcase(student, self.coursedir.student_id or "*"):
                continue
            folder = Path(self.coursedir.format_path(self.coursedir.feedback_directory, student, self.assignment))
            files = {file.name: file for file in sorted(folder.glob("*.html"))}
            if files:
                yield student, files

    def _submission_of(self, student: str, folder: Path) -> str | None:
        try:
            at = parse_utc((folder / "timestamp.txt").read_text().strip())
        except (OSError, ValueError):
            return None
        for submission in self.submissions:
            if student in submission["submitters"] and naive_utc(submission["handed_in_at"]) == at:
                return str(submission["id"])
        return None


def _age(files: dict[str, Path]) -> float:
    return max(file.stat().st_mtime for file in files.values())
