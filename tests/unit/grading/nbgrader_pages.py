"""nbgrader's feedback page and formgrader's page for a submission, made as nbgrader makes them, without a course."""

import logging
from functools import cache
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from traitlets.config import Config

from nbcohort.grading.executor import configure
from tests.unit.grading.hostile_cells import Page

PAGES: tuple[Page, ...] = ("feedback", "formgrade")
RESOURCES: dict[Page, dict[str, Any]] = {
    "feedback": {"nbgrader": {"notebook": "ps1", "score": 3.0, "max_score": 10.0, "late_penalty": 0}},
    "formgrade": {
        "assignment_id": "ps1",
        "notebook_id": "ps1",
        "submission_id": "0123",
        "index": 0,
        "total": 2,
        "base_url": "/user/iris",
        "student": "mallory",
        "last_name": "<script>ran(`last name`)</script>",
        "first_name": "M",
        "notebook_path": "course/autograded/mallory/ps1/ps1.ipynb",
    },
}


def exporter(page: Page, config: Config | None = None) -> HTMLExporter:
    """Return the exporter that nbgrader uses for a page, with the configuration that is ours, or `config`."""
    if config is None:
        config = Config()
        configure(config)
    if page == "feedback":
        feedback = GenerateFeedback(config=config)
        made = feedback.exporter_class(parent=feedback, config=feedback.config)
        made.register_preprocessor(CSSHTMLHeaderPreprocessor, enabled=True)
    else:
        formgrader = FormgradeExtension()
        formgrader.update_config(formgrader.build_extra_config())
        formgrader.update_config(config)
        made = HTMLExporter(config=formgrader.config)
    made.log = logging.Logger("of-a-page")  # on which it says that pictures have no description
    return made


def render(page: Page, notebook: NotebookNode, config: Config | None = None) -> str:
    """Return the page's HTML; `config` instead of ours, for comparison."""
    made = exporter(page, config) if config else _usual_exporter(page, ours=config is None)
    html, _resources = made.from_notebook_node(notebook, RESOURCES[page])
    return str(html)


@cache
def _usual_exporter(page: Page, *, ours: bool) -> HTMLExporter:
    """Return one exporter for many pages, as nbgrader does for all of a course: its templates are compiled once."""
    return exporter(page, None if ours else Config())
