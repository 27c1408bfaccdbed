"""`nbgrader fetch_assignment`: get what was released; a file that is there already is never touched."""

from pathlib import Path

from nbgrader.exchange import abc

from nbcohort.exchange.base import Exchange
from nbcohort.exchange.get import get_files, get_folder
from nbcohort.i18n import _
from nbcohort.submissions.manifest import check_path
from nbcohort.transfer import inside


class ExchangeFetchAssignment(Exchange, abc.ExchangeFetchAssignment):  # type: ignore[misc]
    """Fetches a release into a new folder, or what is missing of it into the folder that is there."""

    def init_src(self) -> None:
        """Find the release."""
        self.release = self.released(self.cohort, self.assignment)
        check_path(self.release["assignment"])

    def init_dest(self) -> None:
        """Choose the folder."""
        self.dest_path: Path = self.folder_of(self.cohort, self.release["assignment"])
        if self.dest_path.exists() and not self.replace_missing_files:
            self.failed(
                _("You already have a copy of the assignment in this directory: {folder}").format(folder=self.dest_path)
            )

    def copy_files(self) -> None:
        """Fetch."""
        files = self.release["files"]
        source = self.at(self.cohort, "releases", self.release["id"])
        if self.dest_path.exists():
            files = [file for file in files if not inside(self.dest_path, file["path"]).exists()]
            for file in files:
                self.log.warning(_("Replacing missing file {path}").format(path=file["path"]))
            get_files(self.client, source, files, self.dest_path)
        else:
            get_folder(self.client, source, files, self.dest_path)
        self.log.info(f"Fetched as: {self.cohort} {self.assignment}")
