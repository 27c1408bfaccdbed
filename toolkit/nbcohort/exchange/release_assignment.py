"""`nbgrader release_assignment`: give an assignment out."""

from pathlib import Path

from nbgrader.exchange import abc

from nbcohort.exchange.base import Exchange
from nbcohort.exchange.choose import choose, files_of
from nbcohort.exchange.due import write_due_times
from nbcohort.i18n import _
from nbcohort.submissions.notebooks import check_notebooks


class ExchangeReleaseAssignment(Exchange, abc.ExchangeReleaseAssignment):  # type: ignore[misc]
    """Releases the student version; releasing again makes a new version, and the old one is kept."""

    def init_src(self) -> None:
        """Find the student version that `nbgrader generate_assignment` made."""
        directory = self.coursedir
        self.src_path = Path(directory.format_path(directory.release_directory, ".", self.assignment))
        if self.src_path.is_dir():
            return
        source = Path(directory.format_path(directory.source_directory, ".", self.assignment))
        if source.is_dir():
            self.failed(
                _(
                    "{folder} is not there, but its source is: run `nbgrader generate_assignment {assignment}` first."
                ).format(folder=self.src_path, assignment=self.assignment)
            )
        beside = self.src_path.parent
        names = [one.name for one in beside.iterdir()] if beside.is_dir() else []
        self.missing(_("There is no {folder} to release.").format(folder=self.src_path), self.assignment, names)

    def init_dest(self) -> None:
        """See whether it was released before."""
        before = self.client.get(self.at(self.cohort, "releases"), assignment=self.assignment)["items"]
        if before and not self.force:
            self.failed(
                _("{assignment} is released in {cohort} already; add --force to release a new version.").format(
                    assignment=self.assignment, cohort=self.cohort
                )
            )

    def copy_files(self) -> None:
        """Send it, and note in the gradebook when it is due."""
        entries = choose(self.src_path, self.coursedir, self.log)
        files = files_of(self.src_path, entries)
        check_notebooks(entries, files)
        self.client.upload(self.at(self.cohort, "releases"), {"assignment": self.assignment}, files, manifest=entries)
        due = self.due(self.cohort, self.assignment)
        if due is not None:
            write_due_times(self.coursedir, self.assignment, due, {})
        self.log.info(f"Released as: {self.cohort} {self.assignment}")
