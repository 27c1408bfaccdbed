"""`nbgrader fetch_feedback`: get the feedback on one's submissions."""

from typing import Any

from nbgrader.exchange import abc

from nbcohort.exchange.base import Exchange
from nbcohort.exchange.feedback import is_same
from nbcohort.exchange.get import get_files
from nbcohort.i18n import _
from nbcohort.submissions.manifest import check_path


class ExchangeFetchFeedback(Exchange, abc.ExchangeFetchFeedback):  # type: ignore[misc]
    """Fetches feedback to <assignment>/feedback/<time of the submission>/<notebook>.html."""

    def init_src(self) -> None:
        """Find the feedback, and the submissions that it is on."""
        student = self.coursedir.student_id
        if student not in ("", "*") and ("*" in student or "+" in student):
            self.failed(_("The student ID should contain no '*' nor '+'; got {student}").format(student=student))
        account = student if student not in ("", "*") else self.client.get("/me")["account"]
        wanted = {"assignment": self.assignment or None, "account": account}
        self.feedback: list[Any] = list(self.client.pages(self.at(self.cohort, "feedback"), **wanted))
        self.submissions: dict[str, Any] = {
            one["id"]: one for one in self.client.pages(self.at(self.cohort, "submissions"), **wanted)
        }

    def init_dest(self) -> None:
        """The folder follows from each submission."""

    def copy_files(self) -> None:
        """Fetch what is new."""
        waiting = dict(self.submissions)
        for item in self.feedback:
            submission = waiting.pop(item["submission"], None)
            if submission is not None:
                self._get(item, submission)
        for submission in waiting.values():
            self.log.warning(
                _("There is no feedback yet on {assignment}, handed in {at}.").format(
                    assignment=submission["assignment"], at=self.stamp(submission["handed_in_at"])
                )
            )

    def _get(self, item: dict[str, Any], submission: dict[str, Any]) -> None:
        check_path(submission["assignment"])
        at = self.stamp(submission["handed_in_at"])
        folder = self.folder_of(self.cohort, submission["assignment"]) / "feedback" / at
        new = [file for file in item["files"] if not is_same(folder / file["path"], file)]
        get_files(self.client, self.at(self.cohort, "feedback", item["id"]), new, folder)
        self.log.info(_("Fetched feedback: {folder}").format(folder=folder))
