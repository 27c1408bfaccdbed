"""Notebooks in which nbgrader's metadata are not the instructor's."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tests.hostile.attack import ABOVE, NOTHING, WRONG, Attack, Change
from tests.unit.grading.course import code, grade_id, prose

TESTS = ("double_test", "root_test", "parts")


def wrong(does: str, change: Change, **more: Any) -> Attack:
    """Return an attack by someone whose answers are wrong, and whose notebook was changed."""
    options: dict[str, Any] = {"answers": {"double": WRONG, "root": ABOVE}, "earned": NOTHING, "shows": None}
    return Attack(does, "metadata", change=change, **{**options, **more})


def tests_of(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells with tests."""
    return [cell for cell in notebook.cells if grade_id(cell) in TESTS]


def say(**metadata: Any) -> Change:
    """Return what sets nbgrader's metadata of all tests, and makes them easy."""

    def change(notebook: NotebookNode) -> NotebookNode:
        for cell in tests_of(notebook):
            cell.metadata["nbgrader"].update(metadata)
            cell.source = "pass"
        return notebook

    return change


def tagged(notebook: NotebookNode) -> NotebookNode:
    """Tell nbclient not to run the tests, or to think nothing of errors."""
    for cell, tag in zip(tests_of(notebook), ("skip-execution", "raises-exception", "remove-cell"), strict=True):
        cell.metadata["tags"] = [tag, "hide", "nbcohort-skip"]
    notebook.metadata["execution"] = {"allow_errors": True, "timeout": -1}
    return notebook


def retyped(kind: str) -> Change:
    """Return what makes the tests cells of another type."""

    def change(notebook: NotebookNode) -> NotebookNode:
        for number, cell in enumerate(notebook.cells):
            if grade_id(cell) in TESTS:
                notebook.cells[number] = prose(cell.source)
                notebook.cells[number].cell_type = kind
                notebook.cells[number].metadata = cell.metadata
        return notebook

    return change


def without_tests(notebook: NotebookNode) -> NotebookNode:
    """Delete the tests."""
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in TESTS]
    return notebook


def without_metadata(notebook: NotebookNode) -> NotebookNode:
    """Take nbgrader's metadata off all cells."""
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
    return notebook


def copied(source: str, at: int) -> Change:
    """Return what adds copies of all tests, with another source, at the top (0) or the end (-1)."""

    def change(notebook: NotebookNode) -> NotebookNode:
        copies = [code(source, **cell.metadata["nbgrader"]) for cell in tests_of(notebook)]
        notebook.cells = copies + notebook.cells if at == 0 else notebook.cells + copies
        return notebook

    return change


def split(notebook: NotebookNode) -> NotebookNode:
    """Split each test after its first line, as JupyterLab does: both parts have the name."""
    cells = []
    for cell in notebook.cells:
        if grade_id(cell) in TESTS:
            first, _line, rest = cell.source.partition("\n")
            cells += [code(first, **cell.metadata["nbgrader"]), code(rest, **cell.metadata["nbgrader"])]
        else:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def swapped(notebook: NotebookNode) -> NotebookNode:
    """Give tests and answers each other's names."""
    names = {"double": "double_test", "double_test": "double", "root": "parts", "parts": "root", "by_hand": "root_test"}
    for cell in notebook.cells:
        if grade_id(cell) in names:
            cell.metadata["nbgrader"]["grade_id"] = names[grade_id(cell)]
    return notebook


def renamed(notebook: NotebookNode) -> NotebookNode:
    """Give tests names that nobody knows, or that are no names."""
    for cell, name in zip(tests_of(notebook), ("double_test ", None, ["parts"]), strict=True):
        cell.metadata["nbgrader"]["grade_id"] = name
    return notebook


def own_tests(notebook: NotebookNode) -> NotebookNode:
    """Replace the tests by cells of one's own that pose as them."""
    for cell in tests_of(notebook):
        kept = copy.deepcopy(cell.metadata)
        notebook.cells.insert(0, code("print('2 points')"))
        notebook.cells[0].metadata = kept
        cell.metadata = NotebookNode()
    return notebook


def with_outputs(notebook: NotebookNode) -> NotebookNode:
    """Hand in outputs and counts as if the tests had passed, and what our grading says."""
    full = NotebookNode(output_type="execute_result", data={"text/plain": "1.5"}, metadata={}, execution_count=1)
    for cell in tests_of(notebook):
        cell.outputs, cell.execution_count = [full], 1
    notebook.metadata["nbcohort"] = {"sandbox": "namespaces (root)", "flags": [], "repairs": []}
    notebook.metadata["papermill"] = {"exception": None, "end_time": "2026-01-01"}
    return notebook


def no_numbers(notebook: NotebookNode) -> NotebookNode:
    """Say points that are no numbers."""
    for cell, points in zip(tests_of(notebook), (float("nan"), "many", -1), strict=True):
        cell.metadata["nbgrader"]["points"] = points
    return notebook


def odd_values(notebook: NotebookNode) -> NotebookNode:
    """Have something else than what is expected wherever it can be."""
    for cell in tests_of(notebook):
        cell.metadata["nbgrader"].update(grade="yes", locked=0, solution=None, checksum=7, schema_version="3", task=[])
        cell.metadata["collapsed"] = "no"
        cell.metadata["jupyter"] = 5
    notebook.metadata["kernelspec"] = "python3"
    notebook.metadata["language_info"] = ["python"]
    return notebook


def same_ids(notebook: NotebookNode) -> NotebookNode:
    """Give all cells one id."""
    for cell in notebook.cells:
        cell["id"] = "same"
    return notebook


def says_when(text: str) -> Callable[[Path], None]:
    """Return what writes the time of the hand-in oneself."""

    def write(folder: Path) -> None:
        (folder / "timestamp.txt").write_text(text)

    return write


ATTACKS: dict[str, Attack] = {
    "points": wrong("says that tests are worth 100 points", say(points=100)),
    "grade-false": wrong("says that tests are not graded", say(grade=False)),
    "solution-true": wrong("says that tests are answers", say(solution=True, locked=False)),
    "locked-false": wrong("says that tests may be edited, and edits them", say(locked=False)),
    "task-true": wrong("says that tests are tasks", say(task=True, grade=False)),
    "checksum": wrong("edits tests and forges their checksums", say(checksum="0" * 32)),
    "schema-old": wrong("says that tests have an old schema of nbgrader's", say(schema_version=1)),
    "schema-new": wrong("says that tests have a schema of nbgrader's that is not known yet", say(schema_version=99)),
    "tagged": wrong("tags tests so that they are skipped or may fail", tagged),
    "markdown-tests": wrong("turns tests into text", retyped("markdown")),
    "raw-tests": wrong("turns tests into raw cells", retyped("raw")),
    "deleted-tests": wrong("deletes the tests", without_tests),
    "no-metadata": wrong("takes nbgrader's metadata off all cells", without_metadata),
    "copies-before": wrong("puts a copy of each test that passes before it", copied("pass", 0)),
    "copies-after": wrong("puts a copy of each test that passes at the end", copied("pass", -1)),
    "split-tests": Attack("splits each test in two", "metadata", change=split, shows=None),
    "swapped-names": wrong("gives tests and answers each other's names", swapped),
    "renamed": wrong("gives tests other names", renamed),
    "own-tests": wrong("puts cells of its own in the place of tests", own_tests),
    "forged-outputs": wrong("hands in outputs with full marks, and what grading says about it", with_outputs),
    "no-numbers": wrong("says points that are no numbers", no_numbers),
    "odd-values": wrong("has values of other types in all metadata", odd_values),
    "same-ids": Attack("gives all cells the same id", "metadata", change=same_ids, shows=None),
    "early": Attack(
        "says that it was handed in a year earlier",
        "metadata",
        prepare=says_when("2025-03-01 12:00:00 UTC"),
        shows=None,
    ),
    "never": Attack(
        "says a time that is none",
        "metadata",
        prepare=says_when("yesterday\x00"),
        refused="timestamp.txt does not say a time.",
    ),
}
