"""What goes with the feedback: the pages that were made of notebooks, and files as they were handed in.

nbgrader copies everything that lies beside the graded notebooks. That may be a page that a learner wrote, which would
be released as feedback, and files that cells wrote while hidden tests were in the same process.
"""

import filecmp
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from traitlets import Bool

_NBGRADER = frozenset({"submission_secret.txt", "timestamp.txt"})
_PAGES = frozenset({".htm", ".html", ".mht", ".mhtml", ".shtml", ".svg", ".svgz", ".xht", ".xhtml", ".xml", ".xsl"})
"""What browsers show as a page, scripts and all."""


class OnlyHandedIn(Preprocessor):
    """Removes what else is in the folder with the feedback, before each of its pages is written."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Look after the folder; the notebook stays as it is."""
        course = self.parent.parent.coursedir  # of the converter that has the exporter that has this step
        about = resources["nbgrader"]
        remove_others(course, about["assignment"], about["student"], about["notebook"])
        return nb, resources


def remove_others(course: CourseDirectory, assignment: str, student: str, notebook: str) -> None:
    """Remove from a learner's feedback what is neither feedback nor a harmless file that was handed in or released.

    The page of `notebook` is about to be written: what has its name was handed in, and may be read-only.
    """

    def folder(of: str, whose: str = student) -> Path:
        return Path(course.format_path(of, whose, assignment))

    feedback = folder(course.feedback_directory)
    pages = {f"{path.stem}.html" for path in folder(course.autograded_directory).glob("*.ipynb")} - {f"{notebook}.html"}
    originals = (folder(course.submitted_directory), folder(course.source_directory, "."))
    for file in sorted(feedback.rglob("*")):
        name = file.relative_to(feedback)
        if file.is_dir() or str(name) in pages | _NBGRADER:
            continue
        as_it_was = any(_same(file, original / name) for original in originals)
        if not as_it_was or file.suffix.lower() in _PAGES:
            file.unlink()


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)
