"""Which files of a folder are released or handed in: nbgrader's settings decide, no link is followed."""

from collections.abc import Iterable
from fnmatch import fnmatch
from logging import Logger
from pathlib import Path
from typing import Any

from nbcohort.errors import TooLarge
from nbcohort.i18n import _
from nbcohort.submissions.folder import IGNORED, read_folder
from nbcohort.submissions.manifest import Entry, Limits, human, make_manifest, shown

NOTES = frozenset({"timestamp.txt", "submission_secret.txt"})
"""What nbgrader writes beside a submission: whatever a learner has under these names is not sent."""
_READ = Limits(files=100_000, file_bytes=1 << 50, total_bytes=1 << 50)  # the service has the last word on sizes


def choose(folder: Path, coursedir: Any, log: Logger) -> tuple[Entry, ...]:
    """Return the files of `folder` that `CourseDirectory`'s ignore, include and max_file_size let through.

    A file that is too large is left out with a warning, as nbgrader does; but a notebook that is too large is refused,
    as is a folder above max_dir_size: leaving out the work itself would be noticed only when it is graded.
    """
    limit = 1000 * coursedir.max_file_size
    chosen = []
    for entry in read_folder(folder, _READ, ignore=(*IGNORED, *coursedir.ignore)):
        name = entry.path.rsplit("/", 1)[-1]
        if entry.path in NOTES or not any(fnmatch(name, pattern) for pattern in coursedir.include or ["*"]):
            log.debug("Left out: %s", entry.path)
        elif limit and entry.size > limit:
            _left_out(entry, limit, log)
        else:
            chosen.append(entry)
    return make_manifest(
        chosen, Limits(files=_READ.files, file_bytes=_READ.file_bytes, total_bytes=1000 * coursedir.max_dir_size)
    )


def _left_out(entry: Entry, limit: int, log: Logger) -> None:
    sentence = _("{path} has {size}, and a file may have at most {limit} (CourseDirectory.max_file_size).").format(
        path=shown(entry.path), size=human(entry.size), limit=human(limit)
    )
    if entry.path.endswith(".ipynb"):
        raise TooLarge(sentence + " " + _("Clear large outputs and try again."))
    log.warning("%s %s", sentence, _("It is left out."))


def files_of(folder: Path, entries: Iterable[Entry]) -> dict[str, Path]:
    """Return where each file of a manifest lies."""
    return {entry.path: folder.joinpath(*entry.path.split("/")) for entry in entries}


def notebooks_of(paths: Iterable[str]) -> list[str]:
    """Return the notebooks that nbgrader grades: those directly in the folder, without `.ipynb`, sorted."""
    return sorted(path.removesuffix(".ipynb") for path in paths if path.endswith(".ipynb") and "/" not in path)
