"""What learners and graders see of a submission in nbgrader's pages: made harmless, and without hidden tests.

`configure` is called by `nbcohort.grading.executor.configure`, which courses call in their `nbgrader_config.py`. It
reaches `nbcohort grade`, `nbgrader generate_feedback` and formgrader alike, because all of them render through
nbconvert's `HTMLExporter`:

- `notebook.SafeNotebook` makes the notebook anew before a template sees it, and chooses the template,
- the filters in `filters` clean what becomes HTML while it does, and
- templates that extend nbgrader's forbid all scripts but nbgrader's, should something slip through.
"""

from typing import Any

from nbgrader.converters import GenerateFeedback
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue

_HERE = "nbcohort.grading.feedback"
_NOTEBOOK = f"{_HERE}.notebook.SafeNotebook"
_STEPS = (f"{_HERE}.hidden_tests.HiddenTests", f"{_HERE}.files.OnlyHandedIn")
"""What happens to feedback only; graders see everything."""
_FILTERS = {
    "clean_html": f"{_HERE}.filters.clean_html",
    "highlight_code": f"{_HERE}.filters.SafeHighlight",
    "markdown2html": f"{_HERE}.filters.SafeMarkdown",
    "only_own_scripts": f"{_HERE}.filters.only_own_scripts",
    "strip_files_prefix": f"{_HERE}.filters.unchanged",
}


def configure(c: Config) -> None:
    """Make nbgrader's feedback and formgrader safe; a course's own filters and steps stay.

    It may be called again, with what it has configured in `c`.
    """
    exporter = c.HTMLExporter
    exporter.sanitize_html = True
    exporter.skip_svg_encoding = False
    exporter.filters = {**_configured(exporter, "filters", {}), **_FILTERS}
    others = [one for one in _configured(exporter, "preprocessors", []) if one != _NOTEBOOK]
    exporter.preprocessors = [*others, _NOTEBOOK]
    default = GenerateFeedback.class_traits()["preprocessors"].default()
    steps = _configured(c.GenerateFeedback, "preprocessors", default)
    c.GenerateFeedback.preprocessors = [*_STEPS, *(step for step in steps if step not in _STEPS)]


def _configured(section: Config, name: str, default: Any) -> Any:
    """Return a setting as it will be: `default`, or what replaces it or is added to it."""
    value = section.get(name, default)
    return value.get_value(default) if isinstance(value, LazyConfigValue) else value
