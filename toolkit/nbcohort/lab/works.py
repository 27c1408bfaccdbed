"""A peer's file as harmless HTML, a page at a time. Nothing is executed, and nothing of it acts in a browser.

What makes it harmless is what makes feedback harmless (`nbcohort.grading.feedback`). A page ends where it has enough
cells or enough to show, so that thousands of cells, or pictures of megabytes, are never in a browser at once.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from logging import getLogger
from pathlib import PurePosixPath
from typing import Any

import nbformat
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from nbcohort.errors import Invalid
from nbcohort.grading.feedback.filters import safe_markdown
from nbcohort.grading.feedback.notebook import attached_pictures, language_of
from nbcohort.grading.feedback.outputs import Outputs, html_of, number
from nbcohort.i18n import _

log = getLogger(__name__)

CELLS = 40
"""Cells on a page, at most."""
CHARACTERS = 1_500_000
"""Characters of HTML after which a page ends."""
TEXT = 200_000
"""Characters of a text file on a page."""
_OUTPUTS = 200
"""Outputs of one cell that are shown."""
_LARGEST_CELL = 8_000_000
"""Characters of HTML of one cell's outputs."""
_LONGEST_CODE = 100_000
"""Characters of a code cell that are coloured, or shown at all."""
_LONGEST_ID = 100
"""Characters of a cell's id in a comment, as the service takes it."""
_PICTURES = {".gif": "gif", ".jpeg": "jpeg", ".jpg": "jpeg", ".png": "png", ".webp": "webp"}
_LARGEST_PICTURE = 10_000_000
"""Bytes."""


@dataclass(frozen=True)
class Work:
    """A file of the work: `parts` of it, and what makes HTML of one of them (each a list of `{kind, html}`)."""

    kind: str
    parts: int
    shown: Callable[[int], dict[str, str]]
    cells: tuple[str | None, ...] = ()
    """Of a notebook, how the service calls its cells; None for one that it cannot call."""

    @classmethod
    def of(cls, path: str, content: bytes) -> "Work":
        """Return the file `path`, opened; raises Invalid with a sentence for a notebook that cannot be read."""
        suffix = PurePosixPath(path).suffix.lower()
        if suffix == ".ipynb":
            return _notebook(path, content)
        if suffix in _PICTURES and len(content) <= _LARGEST_PICTURE:
            return _picture(path, f"image/{_PICTURES[suffix]}", content)
        return _text(content)

    def page(self, start: int) -> dict[str, Any]:
        """Return the parts from number `start` (from 0) on, as many as fit; `next` is where the next page starts."""
        parts: list[dict[str, Any]] = []
        size = 0
        for i in range(min(max(start, 0), self.parts), self.parts):
            part = self.shown(i)
            size += len(part["html"])
            if parts and (len(parts) >= CELLS or size > CHARACTERS):
                break
            parts.append({"number": i + 1, **part})
        end = max(start, 0) + len(parts)
        return {"kind": self.kind, "parts": parts, "count": self.parts, "next": end if end < self.parts else None}


def _picture(path: str, kind: str, content: bytes) -> Work:
    data = b64encode(content).decode()
    html = f'<img alt="{escape(PurePosixPath(path).name)}" src="data:{kind};base64,{data}">'
    return Work("picture", 1, lambda _number: {"kind": "picture", "html": html})


def _text(content: bytes) -> Work:
    if b"\0" in content[:8_000]:
        sentence = escape(_("This file is not text, and cannot be shown here."))
        return Work("other", 1, lambda _number: {"kind": "note", "html": f"<p>{sentence}</p>"})
    text = content.decode("utf-8-sig", "replace")

    def shown(i: int) -> dict[str, str]:
        return {"kind": "text", "html": f"<pre>{escape(text[i * TEXT : (i + 1) * TEXT])}</pre>"}

    return Work("text", max(1, -(-len(text) // TEXT)), shown)


def _notebook(path: str, content: bytes) -> Work:
    notebook, ids = _read(path, content)
    cells = notebook.cells
    language = language_of(notebook.metadata.get("language_info"))
    highlight = Highlight2HTML(pygments_lexer=language.get("pygments_lexer", language["name"]))
    widgets = notebook.metadata.get("widgets")

    def shown(i: int) -> dict[str, str]:
        cell = cells[i]
        source = _joined(cell.get("source"))
        if cell.get("cell_type") == "markdown":
            return {"kind": "markdown", "html": _markdown(source, attached_pictures(cell.get("attachments")))}
        if cell.get("cell_type") == "code":
            # A budget of their own for each cell's widgets: cells are shown in any order.
            return {"kind": "code", "html": _code(cell, source, highlight, Outputs(widgets))}
        return {"kind": "raw", "html": f"<pre>{escape(source[:_LONGEST_CODE])}</pre>"}

    return Work("notebook", len(cells), shown, ids)


def _read(path: str, content: bytes) -> tuple[NotebookNode, tuple[str | None, ...]]:
    """Return a notebook of today's format, with cells that are objects, and their ids; Invalid for what is none."""
    name = PurePosixPath(path).name
    try:
        found = json.loads(content)
        ids = _ids(found)
        if isinstance(found, dict) and found.get("nbformat") != 4:
            found = nbformat.convert(nbformat.from_dict(found), 4)
    except Exception as error:  # a damaged file may fail anywhere in its conversion
        raise Invalid(_not_readable(name)) from error
    if not isinstance(found, Mapping) or not isinstance(found.get("cells"), list):
        raise Invalid(_not_readable(name))
    try:
        notebook: NotebookNode = nbformat.from_dict(
            {
                "metadata": found["metadata"] if isinstance(found.get("metadata"), Mapping) else {},
                "cells": [cell for cell in found["cells"] if isinstance(cell, Mapping)],
            }
        )
    except RecursionError as error:
        raise Invalid(_not_readable(name)) from error
    return notebook, ids if len(ids) == len(notebook.cells) else (None,) * len(notebook.cells)


def _ids(found: Any) -> tuple[str | None, ...]:
    """Return how the service calls the cells of a notebook as it is stored: nothing where there is an odd cell."""
    cells = found.get("cells") if isinstance(found, Mapping) else None
    if not isinstance(cells, list) or not all(isinstance(cell, Mapping) for cell in cells):
        return ()
    names = [str(cell.get("id") or f"cell-{i}") for i, cell in enumerate(cells)]
    return tuple(name if len(name) <= _LONGEST_ID else None for name in names)


def _not_readable(name: str) -> str:
    return _("“{name}” is damaged: it is no notebook that can be read. Say so in your review.").format(name=name)


def _markdown(source: str, attachments: Mapping[str, Any]) -> str:
    def render(text: str) -> str:
        renderer = IPythonRenderer(escape=False, attachments=dict(attachments), exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(text))

    return safe_markdown(source, render, log)


def _code(cell: NotebookNode, source: str, highlight: Highlight2HTML, outputs: Outputs) -> str:
    count = number(cell.get("execution_count"))
    label = "" if count is None else f"[{count}]"
    pieces = [f'<div class="prompt">{label}</div>', f'<div class="source">{_coloured(source, highlight)}</div>']
    size = 0
    all_of_them = cell.get("outputs")
    some = all_of_them[:_OUTPUTS] if isinstance(all_of_them, list) else []
    for output in outputs.harmless(_merged(some)):
        html = _output(output)
        size += len(html)
        if size > _LARGEST_CELL:
            pieces.append(_left_out())
            return "".join(pieces)
        pieces.append(f'<div class="output{_tex(output)}">{html}</div>')
    if isinstance(all_of_them, list) and len(all_of_them) > _OUTPUTS:
        pieces.append(_left_out())
    return "".join(pieces)


def _coloured(source: str, highlight: Highlight2HTML) -> str:
    if len(source) <= _LONGEST_CODE:
        try:
            return str(highlight(source))
        except Exception as error:  # a lexer that a notebook names may fail as it likes  # noqa: BLE001
            log.warning("A code cell could not be coloured: %s", error)
    return f"<pre>{escape(source[:_LONGEST_CODE])}</pre>"


def _merged(outputs: list[Any]) -> list[Any]:
    """Return outputs with the pieces of a stream in one: each print may have left one of its own."""
    merged: list[Any] = []
    for output in outputs:
        if not isinstance(output, Mapping):
            continue
        last = merged[-1] if merged else {}
        if output.get("output_type") == "stream" == last.get("output_type") and output.get("name") == last.get("name"):
            merged[-1] = {**last, "text": _joined(last.get("text")) + _joined(output.get("text"))}
        else:
            merged.append({**output, "data": _joined_data(output.get("data"))})
    return merged


def _joined_data(data: Any) -> Any:
    """Return an output's data with text that was stored line by line in one piece."""
    if not isinstance(data, Mapping):
        return data
    return {kind: _joined(value) if isinstance(value, list) else value for kind, value in data.items()}


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(one for one in text if isinstance(one, str))
    return text if isinstance(text, str) else ""


def _output(output: NotebookNode) -> str:
    markdown = output.get("data", {}).get("text/markdown")
    return _markdown(markdown, {}) if isinstance(markdown, str) else html_of(output)


def _tex(output: NotebookNode) -> str:
    """Return the class of an output whose TeX is shown as formulas; in HTML and text, dollars may be dollars."""
    return " tex" if {"text/latex", "text/markdown"} & output.get("data", {}).keys() else ""


def _left_out() -> str:
    return f'<p class="note">{escape(_("More of this output is not shown: it is too long."))}</p>'
