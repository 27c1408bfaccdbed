"""Cells have the roles that nbgrader gives them, and Papermill's engine does without nbgrader."""

import itertools
import subprocess
import sys

from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader import utils

from nbcohort.grading import roles


def test_each_role_is_what_nbgrader_says() -> None:
    kinds = ("grade", "solution", "locked", "task")
    said = [
        {kind: value for kind, value in zip(kinds, values, strict=True) if value is not None}
        for values in itertools.product((None, False, True), repeat=len(kinds))
    ]
    cells = [new_code_cell(), new_markdown_cell()]
    cells += [new_code_cell(metadata={"nbgrader": metadata}) for metadata in said]
    for name in ("is_grade", "is_solution", "is_locked"):
        ours, theirs = getattr(roles, name), getattr(utils, name)
        assert [ours(cell) for cell in cells] == [theirs(cell) for cell in cells]
        assert {ours(cell) for cell in cells} == {True, False}


def test_who_means_something_else_by_it_has_no_role() -> None:
    cell = new_code_cell(metadata={"nbgrader": "yes"})
    assert roles.name_of(cell) == ""
    assert not any(role(cell) for role in (roles.is_grade, roles.is_solution, roles.is_locked))


def test_papermill_does_not_wait_for_nbgrader() -> None:
    script = (
        "import sys, papermill.engines as engines\n"
        "assert 'nbcohort' in engines.papermill_engines._engines\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'nbgrader'])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"
