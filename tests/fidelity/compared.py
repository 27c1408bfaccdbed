"""What is compared of an executed notebook: everything but what differs from run to run of the same kernel, too."""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from itertools import groupby
from typing import Any

from nbformat import NotebookNode
from PIL import Image

_TIMES = re.compile(r"^(?=CPU times|Wall time|Compiler|Ran \d+ test|.* per loop).*$", re.MULTILINE)
_TIME = re.compile(r"\b\d+(\.\d+)?(e[-+]?\d+)?( ?(ns|µs|μs|us|ms|s|min|h)\b)?")
_SAME_FOR_ALL: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"/tmp/ipykernel_\d+/"), "/tmp/ipykernel_PROCESS/"),
    (re.compile(r"/tmp/tmp[a-z0-9_]{8}\b"), "/tmp/tmpRANDOM"),
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0xADDRESS"),
    (re.compile(r"\bT_[0-9a-f]{5}(?=[_ \"])"), "T_STYLE"),
    (_TIMES, lambda line: _TIME.sub("TIME", line[0])),
)
_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{32}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})(?![0-9a-f])")


def comparable(notebook: NotebookNode, home: str) -> dict[str, Any]:
    """Return the parts of a notebook (or some cells of it) that shall be the same, as plain values.

    `home`: the home folder it ran in, which is `/home/learner` here. Random ids become numbers, in the order in which
    they appear, so what is the same id remains the same.
    """
    ids: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(home, "/home/learner")
            for pattern, replacement in _SAME_FOR_ALL:
                value = pattern.sub(replacement, value)
            return _ID.sub(lambda match: ids.setdefault(match[0], f"ID-{len(ids) + 1}"), value)
        if isinstance(value, dict):
            return {plain(key): plain(_SEEN.get(key, lambda item: item)(item)) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {
        "cells": [
            {"count": cell.execution_count, "outputs": [plain(output) for output in joined(cell.outputs)]}
            for cell in code
        ],
        **{name: plain(value) for name, value in notebook.metadata.items() if name in ("language_info", "widgets")},
    }


def once(lines: list[str]) -> list[str]:
    """Return the lines of a traceback, repetitions once: how deep a recursion goes depends on what is below."""
    return [line for line, _same in groupby(lines)]


def pixels(encoded: Any) -> Any:
    """Return what a PNG holds, whatever way it is compressed, its text included; what is none as it is."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
            image.load()
            digest = hashlib.sha256(image.tobytes()).hexdigest()
            return {"image/png": [image.mode, image.size, f"pixels {digest}", sorted(map(str, image.info.items()))]}
    except (OSError, TypeError, ValueError, SyntaxError):
        return encoded


_SEEN: dict[str, Callable[[Any], Any]] = {"traceback": once, "image/png": pixels}
"""What is looked at in a way of its own, by its key."""


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs with pieces of the same stream put together: where it is cut is a matter of time."""
    found: list[NotebookNode] = []
    for output in outputs:
        last = found[-1] if found else None
        if last and output.output_type == "stream" == last.output_type and output.name == last.name:
            found[-1] = NotebookNode({**last, "text": last.text + output.text})
        else:
            found.append(output)
    return found


def errors(notebook: NotebookNode) -> list[str]:
    """Return the names of the errors that ended cells, in their order."""
    return [out.ename for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]


def says(record: dict[str, Any], text: str) -> bool:
    """Return whether a text is in what `comparable` returned, written as Python or as JSON writes it."""
    return text in repr(record) or text in json.dumps(record, ensure_ascii=False)
