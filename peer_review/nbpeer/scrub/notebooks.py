"""A notebook without its author: only what a reader sees is kept, and names in it are replaced."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from nbpeer.scrub.code import replace_in_code
from nbpeer.scrub.drawings import strip_drawing
from nbpeer.scrub.encoded import replace_in_text
from nbpeer.scrub.images import NotAPicture, strip_picture
from nbpeer.scrub.names import NAME, Names

_KERNELS: Mapping[str, tuple[str, str]] = {
    "python": ("python3", "Python 3"),
    "r": ("ir", "R"),
    "julia": ("julia", "Julia"),
}
_SHOWN_OUTPUT_METADATA = frozenset({"width", "height", "needs_background", "isolated"})
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_DROPPED = "application/vnd.jupyter.widget"
"""Widgets are shown as text: their state, in the notebook's metadata, is gone."""


class NotANotebook(ValueError):
    """The bytes are no notebook of format 4."""


def scrub_notebook(data: bytes, names: Names, key: bytes) -> bytes:
    """Return the notebook `data` with nothing in it but its cells' and outputs' content, names replaced.

    Args:
        data: an .ipynb file.
        names: the names to replace.
        key: secret of the round and this file: cells get ids from it, the same for each reader and in no other round.

    Raises:
        NotANotebook: it cannot be read as one.
    """
    try:
        notebook = json.loads(data)
        cells = [_cell(cell, names, _cell_id(key, i)) for i, cell in enumerate(notebook["cells"])]
        language = str(notebook.get("metadata", {}).get("language_info", {}).get("name", "python")).lower()
        minor = notebook.get("nbformat_minor", 5)
        minor = max(5, min(minor, 9)) if isinstance(minor, int) else 5
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotANotebook(str(error)) from error
    clean = {"cells": cells, "metadata": _metadata(language), "nbformat": 4, "nbformat_minor": minor}
    return (json.dumps(clean, indent=1, ensure_ascii=False) + "\n").encode("utf-8", errors="replace")


def _cell_id(key: bytes, index: int) -> str:
    return hmac.new(key, f"cell {index}".encode(), hashlib.sha256).hexdigest()[:8]


def _metadata(language: str) -> dict[str, Any]:
    if language not in _KERNELS:
        return {}
    name, display_name = _KERNELS[language]
    return {
        "kernelspec": {"name": name, "display_name": display_name, "language": language},
        "language_info": {"name": language},
    }


def _cell(cell: Mapping[str, Any], names: Names, cell_id: str) -> dict[str, Any]:
    kind = cell["cell_type"]
    source = _text(cell.get("source", ""))
    if kind == "code":
        return {
            "cell_type": "code",
            "execution_count": _count(cell.get("execution_count")),
            "id": cell_id,
            "metadata": {},
            "outputs": [shown for output in cell.get("outputs", []) if (shown := _output(output, names)) is not None],
            "source": replace_in_code(source, names),
        }
    clean: dict[str, Any] = {
        "cell_type": "raw" if kind == "raw" else "markdown",
        "id": cell_id,
        "metadata": {},
        "source": replace_in_text(source, names, prose=True),
    }
    attachments = cell.get("attachments")
    if kind == "markdown" and attachments:
        clean["attachments"] = {names.replace(str(name)): _bundle(data, names) for name, data in attachments.items()}
    return clean


def _output(output: Mapping[str, Any], names: Names) -> dict[str, Any] | None:
    kind = output["output_type"]
    if kind == "stream":
        stream = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": kind, "name": stream, "text": replace_in_text(_text(output.get("text", "")), names)}
    if kind == "error":
        return {
            "output_type": kind,
            "ename": replace_in_text(str(output.get("ename", "")), names),
            "evalue": replace_in_text(str(output.get("evalue", "")), names),
            "traceback": replace_in_text("\n".join(map(str, output.get("traceback", []))), names).split("\n"),
        }
    if kind not in ("execute_result", "display_data"):
        return None
    clean: dict[str, Any] = {
        "output_type": kind,
        "data": _bundle(output.get("data", {}), names),
        "metadata": _output_metadata(output.get("metadata", {})),
    }
    if kind == "execute_result":
        clean["execution_count"] = _count(output.get("execution_count"))
    return clean


def _output_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what places a picture, at the top or per MIME type; numbers and flags only."""
    clean: dict[str, Any] = {}
    for name, value in metadata.items():
        if name in _SHOWN_OUTPUT_METADATA and isinstance(value, int | float):
            clean[name] = value
        elif (
            isinstance(value, Mapping)
            and (name in _PICTURES or name == "image/svg+xml")
            and (inner := _output_metadata(value))
        ):
            clean[name] = inner
    return clean


def _bundle(data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Scrub a MIME bundle; what cannot be read (a broken picture, a binary type) is left out."""
    clean: dict[str, Any] = {}
    for mime, value in data.items():
        if mime.startswith(_DROPPED):
            continue
        if mime in _PICTURES:
            picture = _picture(_text(value))
            if picture is not None:
                clean[mime] = picture
        elif mime == "image/svg+xml":
            clean[mime] = replace_in_text(strip_drawing(_text(value)), names)
        elif mime.startswith("text/") or mime == "application/javascript":
            clean[mime] = replace_in_text(_text(value), names)
        elif mime == "application/json" or mime.endswith("+json"):
            clean[mime] = _json(value, names)
    return clean


def _picture(encoded: str) -> str | None:
    try:
        return base64.b64encode(strip_picture(base64.b64decode(encoded))).decode("ascii")
    except (binascii.Error, ValueError, NotAPicture):
        return None


def _json(value: Any, names: Names) -> Any:
    if isinstance(value, str):
        return replace_in_text(value, names)
    if isinstance(value, Mapping):
        return _object(value, names)
    if isinstance(value, list):
        return [_json(inner, names) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and names.finds(str(value)):  # a student's number
        return NAME
    return value


def _object(value: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return a JSON object with clean keys and values; keys that have become alike stay apart."""
    clean: dict[str, Any] = {}
    for name, inner in value.items():
        wanted = key = replace_in_text(str(name), names)
        number = 2
        while key in clean:
            key = f"{wanted}-{number}"
            number += 1
        clean[key] = _json(inner, names)
    return clean


def _text(value: Any) -> str:
    """Join what the notebook format allows to be a string or a list of lines, so that no name hides across two."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None
