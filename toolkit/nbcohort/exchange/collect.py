"""`nbgrader collect`: get what was handed in, with the service's times whatever the submission says."""

import stat
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from nbcohort.client import ServiceUnreachable
from nbcohort.errors import NbcohortError
from nbcohort.exchange.base import Exchange
from nbcohort.exchange.choose import NOTES
from nbcohort.exchange.due import due_in_gradebook, naive_utc, write_due_times, write_names
from nbcohort.exchange.get import get_folder
from nbcohort.i18n import _
from nbcohort.submissions.manifest import BadPath, check_path

Submission = dict[str, Any]
FORGOTTEN = "?"
"""The account of a person who asked to be forgotten; their files are gone."""


class ExchangeCollect(Exchange, abc.ExchangeCollect):  # type: ignore[misc]
    """Puts each student's submission into submitted/<student>/<assignment>; a pair's is put there for each of them.

    `check_owner` warns of submissions by accounts that are not learners of the cohort.
    """

    def init_src(self) -> None:
        """Choose a submission for each student."""
        self.chosen: dict[str, Submission] = {}
        everything = self.client.pages(self.at(self.cohort, "submissions"), assignment=self.assignment)
        by_student = sorted(
            (
                (account, submission["handed_in_at"], submission["attempt"], submission)
                for submission in everything
                if not submission["revision"]  # for its reviewers to see, not to be graded
                for account in submission["submitters"]
                if account != FORGOTTEN and fnmatchcase(account, self.coursedir.student_id or "*")
            ),
            key=lambda row: row[:3],
        )
        due = due_in_gradebook(self.coursedir, self.assignment) if self.before_duedate else None
        for account, rows in groupby(by_student, lambda row: row[0]):
            self.chosen[account] = self._choose([row[3] for row in rows], due)

    def _choose(self, submissions: list[Submission], due: Any) -> Submission:
        """Return the last, or with `before_duedate` the last in time if any was; they come in order of time."""
        if not self.before_duedate:
            return submissions[-1]
        in_time = [
            one
            for one in submissions
            if (not one["late"] if one["due_at"] is not None else due is None or naive_utc(one["handed_in_at"]) <= due)
        ]
        return (in_time or submissions)[-1]

    def init_dest(self) -> None:
        """Ask who they are, and warn of those who are no learners."""
        members = list(self.client.pages(self.at(self.cohort, "members"))) if self.chosen else []
        self.names = {one["account"]: one["name"] for one in members if one["account"] in self.chosen}
        if not self.check_owner:
            return
        learners = {one["account"] for one in members if one["role"] == "learner"}
        for account in self.chosen.keys() - learners:
            self.log.warning(
                _("{account} handed in but is no learner of {cohort} (option ExchangeCollect.check_owner).").format(
                    account=account, cohort=self.cohort
                )
            )

    def copy_files(self) -> None:
        """Collect, then make nbgrader's due times and names those of the service."""
        if not self.chosen:
            self.log.warning(f"No submissions of '{self.assignment}' for course '{self.cohort}' to collect")
        else:
            self.log.info(
                f"Processing {len(self.chosen)} submissions of '{self.assignment}' for course '{self.cohort}'"
            )
        failed = [account for account, submission in self.chosen.items() if not self._try(account, submission)]
        self._write_due_times()
        write_names(self.coursedir, self.assignment, self.names)
        if failed:
            self.failed(_("Not collected, see above: {names}.").format(names=", ".join(failed)))

    def _try(self, account: str, submission: Submission) -> bool:
        """Collect, and say whether it worked: one submission in trouble does not hold up the others."""
        try:
            self._collect(account, submission)
        except ServiceUnreachable:
            raise
        except (NbcohortError, OSError) as error:
            self.log.error("%s: %s", account, error)
            return False
        return True

    def _collect(self, account: str, submission: Submission) -> None:
        folder = self._folder(account)
        name = f"{account} {self.assignment}"
        if folder.exists():
            existing = self.coursedir.get_existing_timestamp(str(folder))
            new = naive_utc(submission["handed_in_at"])
            newer = self.update and (existing is None or new > existing)
            if not newer and not (self.before_duedate and existing != new):
                self.log.info(
                    f"No newer submission to collect: {name}"
                    if self.update
                    else f"Submission already exists, use --update to update: {name}"
                )
                return
            self.log.info(f"Updating submission: {name}")
        else:
            self.log.info(f"Collecting submission: {name}")
        files = [file for file in submission["files"] if file["path"].split("/")[0] not in NOTES]
        source = self.at(self.cohort, "submissions", submission["id"])

        def finish(new: Path) -> None:
            _write_time(new, submission["handed_in_at"])
            if self.coursedir.groupshared:
                _share_with_group(new)

        get_folder(self.client, source, files, folder, finish)

    def _folder(self, account: str) -> Path:
        check_path(account)
        if "/" in account or account.startswith("."):
            raise BadPath(_("The account {account} cannot be the name of a folder.").format(account=account))
        return Path(self.coursedir.format_path(self.coursedir.submitted_directory, account, self.assignment))

    def _write_due_times(self) -> None:
        due = self.due(self.cohort, self.assignment)
        if due is not None:
            own = {account: one["due_at"] for account, one in self.chosen.items() if one["due_at"] is not None}
            write_due_times(self.coursedir, self.assignment, due, own)


def _write_time(folder: Path, instant: str) -> None:
    """Write the time that nbgrader believes, in UTC: it misreads the names of most other time zones."""
    (folder / "timestamp.txt").write_text(f"{naive_utc(instant):%Y-%m-%d %H:%M:%S.%f} UTC")


def _share_with_group(folder: Path) -> None:
    """Let the course folder's group change what is collected, and put more beside it (CourseDirectory.groupshared)."""
    for path in (folder.parent, folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        shared = mode | (0o2770 if path.is_dir() else 0o660)
        if mode != shared:
            path.chmod(shared)
