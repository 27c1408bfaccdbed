"""A cell's outputs, made anew from what of them can be shown and does nothing.

A notebook may offer an output in several types, and nbconvert's templates put some of what comes with them (sizes,
counters, names of files) into the page as they are. What they get here are outputs of nbformat's plainest kind: one
type each, no metadata but sizes in pixels.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from nbconvert.filters import ansi2html, strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_output

from nbcohort.grading.feedback import pictures
from nbcohort.grading.feedback.sanitise import clean, shows_something
from nbcohort.grading.feedback.widgets import VIEW, Views
from nbcohort.i18n import _

_LONGEST = 100_000
"""Characters of one text that are shown."""
_MOST_LINES = 500
"""Entries of a traceback that are shown."""
_MOST_COLOURS = 10_000
"""Changes of colour in one text; nbconvert takes time for each, the more the longer the text is."""
_WIDEST = 10_000
"""Pixels of a picture."""
_ESTIMATOR = '<div class="sk-text-repr-fallback">'
_BLANKS = re.compile(r"\s+")


class Outputs:
    """The outputs of one notebook's cells; `widget_state` is the notebook's `metadata.widgets`."""

    def __init__(self, widget_state: Any) -> None:
        self._views = Views(widget_state, self._as_html)

    def harmless(self, outputs: Any) -> list[NotebookNode]:
        """Return the outputs that replace a cell's `outputs`."""
        made = (self._harmless(output) for output in outputs if isinstance(output, Mapping))
        return [output for output in made if output]

    def _harmless(self, output: Mapping[str, Any]) -> NotebookNode | None:
        kind = output.get("output_type")
        if kind == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            return new_output("stream", name=name, text=shortened(output.get("text")))
        if kind == "error":
            lines = output.get("traceback")
            traceback = [shortened(line) for line in lines[:_MOST_LINES]] if isinstance(lines, list) else []
            name, message = shortened(output.get("ename")), shortened(output.get("evalue"))
            return new_output("error", ename=name, evalue=message, traceback=traceback)
        data = self._best(output.get("data"))
        if not data:
            return None
        if kind == "execute_result":
            count = number(output.get("execution_count"))
            return new_output(kind, data=data, metadata=_sizes(output.get("metadata")), execution_count=count)
        return new_output("display_data", data=data, metadata=_sizes(output.get("metadata")))

    def _best(self, data: Any) -> dict[str, str] | None:
        """Return an output's data in the first type, in nbconvert's order, in which there is something to see."""
        if not isinstance(data, Mapping) or not data:
            return None
        for html in (self._views.static(data.get(VIEW)), _html(data)):
            cleaned = clean(html) if isinstance(html, str) else ""
            if shows_something(cleaned):
                return {"text/html": cleaned}
        if isinstance(markdown := data.get("text/markdown"), str) and markdown.strip():
            return {"text/markdown": markdown}
        if isinstance(svg := data.get("image/svg+xml"), str) and (drawing := pictures.tidy(svg)):
            return {"image/svg+xml": drawing}
        if isinstance(latex := data.get("text/latex"), str) and latex.strip():
            return {"text/latex": shortened(latex)}
        for kind in ("image/png", "image/jpeg"):
            if pictures.is_picture(data.get(kind)):
                return {kind: data[kind]}
        if "text/plain" in data:
            return {"text/plain": shortened(data["text/plain"])}
        kinds = ", ".join(sorted(str(kind) for kind in data))
        return {"text/plain": shortened(_("[an output of the type {kinds}, which is not shown]").format(kinds=kinds))}

    def _as_html(self, outputs: Any) -> str:
        """Return the outputs that a widget has captured as HTML."""
        return "".join(html_of(output) for output in self.harmless(outputs)) if isinstance(outputs, list) else ""


def _html(data: Mapping[str, Any]) -> Any:
    """Return an output's HTML; that of scikit-learn's estimators says nothing to read without its style sheet."""
    html = data.get("text/html")
    is_estimator = isinstance(html, str) and _ESTIMATOR in html and isinstance(data.get("text/plain"), str)
    return None if is_estimator else html


def shortened(text: Any) -> str:
    """Return a text that is not too long to be shown; empty for what is no text."""
    if isinstance(text, list):
        text = "".join(one for one in text if isinstance(one, str))
    if not isinstance(text, str):
        return ""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n{_('[the rest is not shown]')}"
    return str(strip_ansi(text)) if text.count("\x1b") > _MOST_COLOURS else text


def number(value: Any) -> int | None:
    """Return the number of a cell's execution; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def _sizes(metadata: Any) -> dict[str, dict[str, int]]:
    """Return the widths and heights of pictures."""
    found = {}
    for kind in ("image/png", "image/jpeg"):
        of_kind = metadata.get(kind) if isinstance(metadata, Mapping) else None
        if isinstance(of_kind, Mapping):
            sizes = {name: number(of_kind.get(name)) for name in ("width", "height")}
            found[kind] = {name: size for name, size in sizes.items() if size and size <= _WIDEST}
    return found


def html_of(output: NotebookNode) -> str:
    """Return HTML for an output that is harmless; Markdown and LaTeX show as they were written."""
    if output.output_type == "stream":
        return f"<pre>{ansi2html(output.text)}</pre>"
    if output.output_type == "error":
        return f"<pre>{ansi2html(chr(10).join(output.traceback))}</pre>"
    (kind, content), *_rest = output.data.items()
    if kind == "text/html":
        return str(content)
    if kind == "image/svg+xml":
        return pictures.image_of(content)
    if kind.startswith("image/"):
        return f'<img src="data:{kind};base64,{_BLANKS.sub("", content)}">'
    if kind == "text/plain":
        return f"<pre>{ansi2html(content)}</pre>"
    return f"<div>{escape(content)}</div>"
