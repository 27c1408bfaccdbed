"""Which score a cell gets, and where ours differs from nbgrader's."""

import operator
import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import is_solution
from traitlets import Bool

_NAMED_NUMBER = re.compile(
    r"(?:np\.|numpy\.)?(?:u?int|float|Decimal)\d*\('?(-?(?:[\d.]+(?:[eE][-+]?\d+)?|nan|inf))'?\)"
)
"""How NumPy and `decimal` write numbers: `np.float64(0.5)`, `Decimal('0.5')`."""


class SaveScores(SaveAutoGrades):
    """nbgrader's `SaveAutoGrades`, except for three things.

    A test that prints to stderr, as each warning does, has not failed by that. A result such as `np.float64(0.5)` is
    that many points, where nbgrader takes it for words, and words for all points. And where nbgrader gives up on a
    whole submission, or gives all points, because a test gives more points than there are, less than none or something
    that is no number of points, the cell is left to a person.
    """

    stderr_fails_tests = Bool(
        False, help="Give no points for a test that prints anything to stderr, warnings included, as nbgrader does."
    ).tag(config=True)

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        judged = with_plain_numbers(cell if self.stderr_fails_tests else without_stderr(cell))
        if is_left_to_a_person(judged):
            grade = self.gradebook.find_grade(
                cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
            )
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()
        else:
            super()._add_score(judged, resources)


def without_stderr(cell: NotebookNode) -> NotebookNode:
    """Return a copy of a cell without what was printed to stderr; the cell itself if there is nothing."""
    if cell.cell_type != "code" or not any(map(_is_stderr, cell.outputs)):
        return cell
    return NotebookNode(cell, outputs=[output for output in cell.outputs if not _is_stderr(output)])


def with_plain_numbers(cell: NotebookNode) -> NotebookNode:
    """Return a copy of a cell whose result is written as a number where it is that of NumPy, or a `Decimal`."""
    if cell.cell_type != "code":
        return cell
    plain = [_with_plain_number(output) for output in cell.outputs]
    return NotebookNode(cell, outputs=plain) if any(map(operator.is_not, plain, cell.outputs)) else cell


def _with_plain_number(output: NotebookNode) -> NotebookNode:
    text = output.data.get("text/plain") if output.output_type == "execute_result" else None
    named = _NAMED_NUMBER.fullmatch(text) if isinstance(text, str) else None
    return NotebookNode(output, data={**output.data, "text/plain": named[1]}) if named else output


def _is_stderr(output: NotebookNode) -> bool:
    return bool(output.output_type == "stream" and output.name == "stderr")


def is_left_to_a_person(cell: NotebookNode) -> bool:
    """Return whether a test's result is one that nbgrader takes for points, but cannot be that many, or was lost."""
    if cell.cell_type != "code" or is_solution(cell):
        return False
    for output in cell.outputs:
        if output.output_type == "error" or _is_stderr(output):
            return False
        if output.output_type == "execute_result":
            return _are_no_points(output.data.get("text/plain"), float(cell.metadata["nbgrader"]["points"]))
    return False


def _are_no_points(result: Any, most: float) -> bool:
    if not result:
        return True
    try:
        return not 0 <= float(result) <= most
    except (ValueError, TypeError):
        return False  # words: nbgrader documents that they are all points
