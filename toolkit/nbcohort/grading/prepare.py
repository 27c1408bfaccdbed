"""Read a submission's notebook, whatever it is: a notebook of today's format comes out, or a sentence.

Reading is done with nbformat's parts, not with `nbformat.read`, which accepts links and files of any size, and stumbles
over outputs and metadata that are thrown away anyway.
"""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.validator import normalize

from nbcohort.errors import Invalid, NbcohortError, TooLarge
from nbcohort.grading.repair import Repair, retype
from nbcohort.i18n import _

DEEPEST = 60
"""Lists and objects within each other in a notebook; honest ones have less than 20."""
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TYPES = ("code", "markdown", "raw")


def read_notebook(path: Path, most: int) -> tuple[NotebookNode, tuple[Repair, ...]]:
    """Return the notebook at `path` without outputs, as nbformat 4.5, and what was repaired to get there.

    Raises `Invalid` or `TooLarge` with a sentence; `most`: its size in bytes.
    """
    name = path.name
    try:
        content = _content(path, most)
        document = json.loads(content)
        _check_depth(document, name)
        if not content.isascii() or b"\\u" in content:
            document = _without_surrogates(document)
        return _as_notebook(document, name)
    except NbcohortError:
        raise
    except (ValueError, RecursionError) as error:
        raise Invalid(_("{name} is not valid JSON, so it is no notebook.").format(name=name)) from error


def _content(path: Path, most: int) -> bytes:
    """Return the content of a regular file that is no link and not too large."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Invalid(_("{name} cannot be read: {why}.").format(name=path.name, why=error.strerror)) from error
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode):
        os.close(number)
        raise Invalid(_("{name} is a folder or a device, not a file.").format(name=path.name))
    with open(number, "rb") as file:  # noqa: PTH123 - it is open already
        if found.st_size > most:
            raise TooLarge(
                _("{name} is a notebook of {size} MB; more than {most} MB are not graded.").format(
                    name=path.name, size=f"{found.st_size / (1 << 20):.1f}", most=f"{most / (1 << 20):g}"
                )
            )
        return file.read(most + 1)


def _check_depth(document: Any, name: str) -> None:
    """Raise `Invalid` if there are too many lists and objects within each other."""
    level = [document]
    for _depth in range(DEEPEST):
        level = [item for container in level for item in _items(container) if isinstance(item, (dict, list))]
        if not level:
            return
    raise Invalid(
        _("{name} has more than {most} lists within lists, which no notebook has.").format(name=name, most=DEEPEST)
    )


def _items(container: Any) -> Iterator[Any]:
    return iter(container.values() if isinstance(container, dict) else container if isinstance(container, list) else ())


def _without_surrogates(value: Any) -> Any:
    """Return `value` with question marks for halves of characters, which cannot be written to a file."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _as_notebook(document: Any, name: str) -> tuple[NotebookNode, tuple[Repair, ...]]:
    """Return JSON as a notebook of format 4.5."""
    if not isinstance(document, dict) or not {"cells", "worksheets"} & document.keys():
        raise _no_notebook(name)
    major, minor = document.get("nbformat"), document.get("nbformat_minor", 0)
    if not isinstance(major, int) or not isinstance(minor, int):
        raise _no_notebook(name)
    newest = nbformat.current_nbformat, nbformat.current_nbformat_minor
    if major > newest[0]:
        raise Invalid(
            _("{name} has the notebook format {its}, which is newer than what can be graded here ({newest}).").format(
                name=name, its=f"{major}.{minor}", newest=".".join(map(str, newest))
            )
        )
    repairs = []
    try:
        if major < newest[0]:
            document = nbformat.convert(nbformat.versions[major].to_notebook_json(document, minor=minor), newest[0])
            repairs.append(_upgraded(name, f"{major}.{minor}"))
        elif minor > newest[1]:
            repairs.append(_too_new(name, f"{major}.{minor}"))
        notebook = nbformat.v4.to_notebook(_cleaned(document))
        notebook.nbformat, notebook.nbformat_minor = newest
        return _validated(notebook), tuple(repairs)
    except (nbformat.ValidationError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise _no_notebook(name) from error


def _no_notebook(name: str) -> Invalid:
    return Invalid(_("{name} is JSON, but no notebook.").format(name=name))


def _upgraded(name: str, version: str) -> Repair:
    sentence = _("{name} had the old notebook format {version}; it is brought up to date.")
    return Repair("format", (), sentence.format(name=name, version=version))


def _too_new(name: str, version: str) -> Repair:
    sentence = _("{name} has the notebook format {version}, which is not known here yet; what is known of it counts.")
    return Repair("format", (), sentence.format(name=name, version=version))


def _cleaned(document: Any) -> dict[str, Any]:
    """Return a notebook's JSON without outputs, with metadata of the right kind and different ids."""
    taken: set[str] = set()
    cells = [_cleaned_cell(cell, number, taken) for number, cell in enumerate(document["cells"])]
    metadata = _dictionary(document.get("metadata"))
    for key in ("kernelspec", "language_info"):
        if not isinstance(_dictionary(metadata.get(key)).get("name"), str):
            metadata.pop(key, None)
    metadata.pop("widgets", None)  # the state of widgets in outputs that are gone
    metadata.pop("nbcohort", None)  # what grading says, which is not theirs to say
    return {"metadata": metadata, "nbformat": 4, "nbformat_minor": 5, "cells": cells}


def _cleaned_cell(cell: Any, number: int, taken: set[str]) -> dict[str, Any]:
    kind = cell["cell_type"]
    if kind not in _TYPES:
        raise ValueError(kind)
    identity = cell.get("id")
    if not isinstance(identity, str) or not _ID.fullmatch(identity) or identity in taken:
        identity = next(name for extra in range(len(taken) + 1) if (name := f"cell-{number + extra}") not in taken)
    taken.add(identity)
    metadata = {key: value for key, value in _dictionary(cell.get("metadata")).items() if key != "nbcohort"}
    kept = NotebookNode(id=identity, metadata=metadata, source=cell.get("source", ""))
    attachments = cell.get("attachments")
    retype(kept, kind)
    if kind != "code" and isinstance(attachments, dict):
        kept["attachments"] = {key: value for key, value in attachments.items() if isinstance(value, dict)}
    return dict(kept)


def _dictionary(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _validated(notebook: NotebookNode) -> NotebookNode:
    """Return a valid notebook, if need be without the metadata that make it invalid; raise `ValidationError`."""
    try:
        nbformat.validate(notebook, relax_add_props=True)
    except nbformat.ValidationError:
        _changes, notebook = normalize(notebook, relax_add_props=True, strip_invalid_metadata=True)
        nbformat.validate(notebook, relax_add_props=True)
    return notebook
