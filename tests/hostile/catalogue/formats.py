"""Files that are no notebook of today's format, or more than a notebook should be."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tests.hostile.attack import NOTHING, Attack, Change, as_it_is
from tests.unit.grading.course import code, grade_id, prose

NO_JSON = "ps1.ipynb is not valid JSON, so it is no notebook."
NO_NOTEBOOK = "ps1.ipynb is JSON, but no notebook."


def odd(does: str, change: Change, **more: Any) -> Attack:
    """Return a hand-in of right answers in an odd file."""
    return Attack(does, "formats", change=change, **{"shows": None, **more})


def content(what: bytes) -> Change:
    """Return what hands in other bytes."""
    return lambda _notebook: what


def with_top(**more: Any) -> Change:
    """Return what changes a notebook's outermost entries."""
    return lambda notebook: json.dumps({**notebook, **more}).encode()


def encoded(codec: str) -> Change:
    """Return what writes a notebook in another encoding."""
    return lambda notebook: json.dumps(notebook, ensure_ascii=False).encode(codec)


def padded(size: int) -> Change:
    """Return what makes a notebook large."""

    def change(notebook: NotebookNode) -> NotebookNode:
        notebook.cells.append(prose("x" * size))
        return notebook

    return change


def many_cells(notebook: NotebookNode) -> NotebookNode:
    """Add 4,000 cells."""
    notebook.cells[1:1] = [code("x = 1") if number % 20 == 0 else prose("x") for number in range(4_000)]
    return notebook


def deep(levels: int) -> Change:
    """Return what puts lists into lists, in metadata."""

    def change(notebook: NotebookNode) -> bytes:
        notebook.metadata["deep"] = "HERE"
        return json.dumps(notebook).encode().replace(b'"HERE"', b"[" * levels + b"]" * levels)

    return change


def long_line(notebook: NotebookNode) -> NotebookNode:
    """Have one line of 4 MB."""
    notebook.cells.insert(1, code("x = '" + "x" * (4 << 20) + "'"))
    return notebook


def old(version: int) -> Change:
    """Return what writes a notebook in an old format."""

    def change(notebook: NotebookNode) -> bytes:
        written: str = nbformat.versions[3].writes_json(nbformat.convert(copy.deepcopy(notebook), 3))
        return json.dumps({**json.loads(written), "nbformat": version}).encode()

    return change


def foreign(notebook: NotebookNode) -> NotebookNode:
    """Be a notebook in R."""
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    notebook.metadata["language_info"] = {"name": "R", "file_extension": ".r"}
    for cell in notebook.cells:
        if grade_id(cell) == "double":
            cell.source = "double <- function(x) 2 * x"
        if grade_id(cell) == "root":
            cell.source = "root <- function(x) sqrt(x)"
    return notebook


def no_such_kernel(notebook: NotebookNode) -> NotebookNode:
    """Ask for a kernel that leads out of the folder of kernels."""
    notebook.metadata["kernelspec"] = {"name": "../../../etc", "display_name": "x\n", "language": "\x1b[31m"}
    return notebook


def in_source(what: str) -> Change:
    """Return what writes something odd into a cell of one's own."""

    def change(notebook: NotebookNode) -> NotebookNode:
        notebook.cells.insert(1, code(f"x = 1\n# {what}"))
        return notebook

    return change


def twice(notebook: NotebookNode) -> bytes:
    """Have two lists of cells, of which JSON's readers take the last."""
    text = json.dumps(notebook)
    return text.replace("{", '{"cells": [{"cell_type": "code"}], ', 1).encode()


def with_number(number: str) -> Change:
    """Return what writes an odd number into a notebook."""
    return lambda notebook: (
        json.dumps({**notebook, "metadata": {**notebook.metadata, "x": "HERE"}}).replace('"HERE"', number).encode()
    )


def typed(**wrong: Any) -> Change:
    """Return what gives a cell entries of other types."""

    def change(notebook: NotebookNode) -> NotebookNode:
        notebook.cells.insert(1, NotebookNode({**code("x = 1"), **wrong}))
        return notebook

    return change


def a_large_file(folder: Path) -> None:
    """Hand in a file of 100 MB."""
    with (folder / "data.bin").open("wb") as file:
        file.truncate(100 << 20)


def many_files(folder: Path) -> None:
    """Hand in 1,000 files."""
    (folder / "many").mkdir()
    for number in range(1000):
        (folder / "many" / f"{number}.txt").touch()


def odd_names(folder: Path) -> None:
    """Hand in files with names that are hard to handle."""
    for name in (
        b"new\nline.txt",
        b"\xff\xfe.txt",
        b"-rf",
        b"x" * 255,
        b"ps1.ipynb ",
        b"*.ipynb",
        "e\u0301.txt".encode(),
    ):
        with open(os.fsencode(folder) + b"/" + name, "wb") as file:  # noqa: PTH123 - not every name is text
            file.write(b"x")


ATTACKS: dict[str, Attack] = {
    "huge": odd(
        "hands in a notebook of 30 MB",
        padded(30 << 20),
        refused="ps1.ipynb is a notebook of 30.0 MB; more than 20 MB are not graded.",
    ),
    "long-line": odd("has a line of 4 MB", long_line),
    "many-cells": odd("has 4,000 cells more", many_cells),
    "deep-json": odd("has 100,000 lists within lists", deep(100_000), refused=NO_JSON),
    "rather-deep": odd(
        "has 500 lists within lists",
        deep(500),
        refused="ps1.ipynb has more than 60 lists within lists, which no notebook has.",
    ),
    "no-bytes": odd("hands in an empty file", content(b""), refused=NO_JSON),
    "no-cells": odd(
        "hands in a notebook without cells",
        lambda notebook: NotebookNode(notebook, cells=[]),
        earned=NOTHING,
    ),
    "no-keys": odd("hands in {}", content(b"{}"), refused=NO_NOTEBOOK),
    "a-list": odd("hands in a list", content(b"[[], {}]"), refused=NO_NOTEBOOK),
    "a-number": odd("hands in a number", content(b"1e999"), refused=NO_NOTEBOOK),
    "no-notebook": odd(
        "hands in no notebook",
        lambda _notebook: None,
        refused="ps1.ipynb is missing; the submission has no notebook.",
    ),
    "nul-bytes": odd("hands in 1 MB of NUL bytes", content(bytes(1 << 20)), refused=NO_JSON),
    "nul-in-source": odd("has a NUL in a cell", in_source("\x00")),
    "surrogates": odd("has halves of characters in a cell", in_source("\ud800 \udfff")),
    "invalid-utf-8": odd(
        "is not UTF-8", lambda notebook: json.dumps(notebook).encode().replace(b"Problem", b"\xff\xfe"), refused=NO_JSON
    ),
    "utf-16": odd("is UTF-16", encoded("utf-16")),
    "byte-order-mark": odd("begins with a byte order mark", encoded("utf-8-sig")),
    "cut-off": odd("is cut off in the middle", lambda notebook: json.dumps(notebook).encode()[:2000], refused=NO_JSON),
    "two-lists": odd("has two lists of cells", twice),
    "nan": odd("has a number that is none", with_number("NaN")),
    "long-number": odd("has a number of a million digits", with_number("9" * 1_000_000), refused=NO_JSON),
    "number-as-source": odd("has a number as a cell's source", typed(source=5), refused=NO_NOTEBOOK),
    "unknown-type": odd("has a cell of an unknown type", typed(cell_type="quantum"), refused=NO_NOTEBOOK),
    "odd-entries": odd("has odd entries in a cell", typed(outputs="none", execution_count="x", metadata=[], extra=1)),
    "in-r": odd("is a notebook in R", foreign, earned=NOTHING),
    "no-such-kernel": odd("asks for a kernel by a path", no_such_kernel),
    "format-3": odd("has the notebook format 3", old(3)),
    "format-2": odd("has the notebook format 2, by its own account", old(2)),
    "format-5": odd(
        "has the notebook format 5",
        with_top(nbformat=5, nbformat_minor=0),
        refused="ps1.ipynb has the notebook format 5.0, which is newer than what can be graded here (4.5).",
    ),
    "format-4.99": odd("has the notebook format 4.99", with_top(nbformat_minor=99)),
    "format-x": odd("has a notebook format that is no number", with_top(nbformat="4"), refused=NO_NOTEBOOK),
    "large-file": odd(
        "hands in a file of 100 MB",
        as_it_is,
        prepare=a_large_file,
        refused="The files in @course@/autograded/large-file/.ps1.nbcohort-part are larger than 64 MB; a notebook"
        " needs a folder of its own.",
    ),
    "many-files": odd("hands in 1,000 files", as_it_is, prepare=many_files),
    "odd-names": odd("hands in files with names that are hard to handle", as_it_is, prepare=odd_names),
}
