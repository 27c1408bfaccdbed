"""What a learner should know before handing in, of the folder they work in. It waits: call it in a thread."""

from functools import cache
from pathlib import Path

from nbcohort.client import ServiceClient
from nbcohort.errors import NbcohortError
from nbcohort.lab.service import Json
from nbcohort.loading import Plugins, load_plugins
from nbcohort.submissions.folder import read_folder
from nbcohort.submissions.notebooks import check_notebooks
from nbcohort.submissions.notices import ask_plugins


def before_handin(client: ServiceClient, home: Path, cohort: str, assignment: str) -> Json:
    """Return sentences about the files of an assignment below `home`, none where it was not fetched.

    They say why the files would not be taken, and what plugins have to say of them: that a picture may show a face.
    """
    folder = _folder(home, cohort, assignment)
    return {"notices": [] if folder is None else _notices(client, folder, cohort, assignment)}


def _folder(home: Path, cohort: str, assignment: str) -> Path | None:
    """Return where nbgrader has fetched an assignment: with the course in the path, if it is set up so, or without."""
    return next((one for one in (home / cohort / assignment, home / assignment) if one.is_dir()), None)


def _notices(client: ServiceClient, folder: Path, cohort: str, assignment: str) -> list[str]:
    try:
        manifest = read_folder(folder)
        files = {entry.path: folder / entry.path for entry in manifest}
        check_notebooks(manifest, files)
    except NbcohortError as error:
        return [str(error)]
    found: list[str] = []
    ask_plugins(_plugins(), client, cohort, assignment, files, found.extend)
    return found


@cache
def _plugins() -> Plugins:
    return load_plugins()
