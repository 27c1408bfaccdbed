"""A learner's notebook on its way into a page of nbgrader's: what the templates take from it as it is, is harmless."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from nbcohort.grading.feedback.outputs import Outputs, number
from nbcohort.grading.feedback.pictures import is_picture

_PAGES = ("feedback", "formgrade")
_TEMPLATE = "safe.html.j2"
_TEMPLATES = str(Path(__file__).parent / "templates")
_NAMES_OF_PEOPLE = ("first_name", "last_name", "student")
"""What formgrader's template takes from the gradebook as it is, where text is expected."""
_NBGRADER: dict[str, type | tuple[type, ...]] = {
    "grade": bool,
    "grade_id": str,
    "locked": bool,
    "points": (int, float),
    "schema_version": int,
    "solution": bool,
    "task": bool,
}
"""What nbgrader keeps in a cell. Grades and comments come from the gradebook, later."""
_UNSAFE_ID = re.compile(r"[<>&\"'\s]")
_CELL_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_LANGUAGE = re.compile(r"[a-zA-Z0-9+#-]{1,30}")
_WITH_IDS = 5
"""The minor version of nbformat 4 in which cells have ids."""
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class SafeNotebook(Preprocessor):
    """Makes a notebook anew, for `HTMLExporter.preprocessors`.

    It also gives the exporter the templates that extend nbgrader's, in which only nbgrader's scripts run. Settings
    cannot: formgrader overrides theirs. A course's template with another name stays as it is.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        if self.parent and self.parent.template_name in _PAGES:
            self.parent.template_file = _TEMPLATE
            self.parent.extra_template_basedirs = [_TEMPLATES, *self.parent.extra_template_basedirs]

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Return a notebook that shows what `nb` shows, and `resources` with names that are text."""
        for name in _NAMES_OF_PEOPLE:
            if isinstance(resources.get(name), str):
                resources[name] = escape(resources[name])
        return harmless_notebook(nb), resources


def harmless_notebook(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook with the sources of `notebook`, outputs that do nothing, and only the metadata that is needed.

    Sources are as they were: it is the filters of the templates that make Markdown and code harmless.
    """
    outputs = Outputs(notebook.metadata.get("widgets"))
    language = {"language_info": language_of(notebook.metadata.get("language_info"))}
    made = new_notebook(
        cells=[_cell(cell, outputs) for cell in notebook.cells], metadata={**language, **_flags(notebook.metadata)}
    )
    made.nbformat_minor = notebook.nbformat_minor
    if notebook.nbformat_minor < _WITH_IDS:
        for cell in made.cells:
            del cell["id"]
    return made


def language_of(info: Any) -> dict[str, str]:
    """Return the names of the language, if they are names; Python's otherwise."""
    names = {name: info.get(name) for name in ("name", "pygments_lexer")} if isinstance(info, Mapping) else {}
    sound = {name: value for name, value in names.items() if isinstance(value, str) and _LANGUAGE.fullmatch(value)}
    return sound if "name" in sound else {"name": "python", "pygments_lexer": "ipython3"}


def _cell(cell: NotebookNode, outputs: Outputs) -> NotebookNode:
    source = cell.source if isinstance(cell.get("source"), str) else ""
    common = {"metadata": _metadata(cell.get("metadata"))}
    if isinstance(cell.get("id"), str) and _CELL_ID.fullmatch(cell.id):
        common["id"] = cell.id
    if cell.get("cell_type") == "code":
        shown = outputs.harmless(cell.get("outputs"))
        return new_code_cell(source, outputs=shown, execution_count=number(cell.get("execution_count")), **common)
    if cell.get("cell_type") == "markdown":
        pictures = attached_pictures(cell.get("attachments"))
        return new_markdown_cell(source, **common, **({"attachments": pictures} if pictures else {}))
    return new_raw_cell(source, **common)


def _flags(metadata: Any) -> dict[str, Any]:
    """Return what grading has noted as odd; formgrader's page shows it."""
    about = metadata.get("nbcohort") if isinstance(metadata, Mapping) else None
    flags = about.get("flags") if isinstance(about, Mapping) else None
    return {"nbcohort": {"flags": flags}} if isinstance(flags, list) else {}


def _metadata(metadata: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if not isinstance(metadata, Mapping):
        return kept
    nbgrader = metadata.get("nbgrader")
    if isinstance(nbgrader, Mapping) and _is_graded_by_name(nbgrader.get("grade_id")):
        kept["nbgrader"] = {
            name: nbgrader[name] for name, kind in _NBGRADER.items() if isinstance(nbgrader.get(name), kind)
        }
    for name in ("magics_language", "raw_mimetype"):
        value = metadata.get(name)
        if isinstance(value, str) and _LANGUAGE.fullmatch(value.replace("/", "-")):
            kept[name] = value
    return kept


def _is_graded_by_name(name: Any) -> bool:
    return isinstance(name, str) and bool(name) and not _UNSAFE_ID.search(name)


def attached_pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """Return the attachments of a Markdown cell that are pictures, one type each."""
    found: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, Mapping) else ():
        kinds = [one for one in _PICTURES if isinstance(bundle, Mapping) and is_picture(bundle.get(one))]
        if kinds:
            found[str(name)] = {kinds[0]: bundle[kinds[0]]}
    return found
