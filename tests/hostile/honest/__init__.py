"""A hundred honest notebooks: what people do in notebooks, with right and wrong answers."""

from dataclasses import dataclass
from itertools import chain

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.hostile.attack import Course, Scores
from tests.hostile.honest.answers import RIGHT_ANSWERS, TABLE_ANSWERS, WRONG_ANSWERS, Answers
from tests.hostile.honest.cells import CELLS

DONE = "done with this"
"""What a cell prints that went to its end."""


@dataclass(frozen=True)
class Honest:
    """An honest submission."""

    course: Course
    answers: dict[str, str]
    cell: str
    """A cell of their own that comes before the answers."""
    scores: Scores

    def notebook(self, answered: NotebookNode) -> NotebookNode:
        """Return what is handed in, from a notebook with the answers."""
        answered.cells.insert(2, new_code_cell(f"{self.cell}\nprint({DONE!r})"))
        return answered


def _numbers(answers: Answers, cell: str) -> Honest:
    return Honest("numbers", {"double": answers.double, "root": answers.root}, cell, answers.scores)


def _each_cell(kind: str, answers: tuple[Answers, ...]) -> dict[str, Honest]:
    return {
        f"{name}-{kind}": _numbers(answers[number % len(answers)], cell)
        for number, (name, cell) in enumerate(CELLS.items())
    }


HONEST: dict[str, Honest] = dict(
    chain(
        _each_cell("right", RIGHT_ANSWERS).items(),
        _each_cell("wrong", WRONG_ANSWERS).items(),
        (
            (f"table-{name}", Honest("tables", {"halves": one.halves, "table": one.table}, "pass", one.scores))
            for name, one in TABLE_ANSWERS.items()
        ),
    )
)
