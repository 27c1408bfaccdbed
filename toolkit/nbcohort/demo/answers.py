"""What the made-up learners write, and what it must score: files in `answers/`, written down beforehand."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "answers"
EXPECTED = "expected_scores.toml"


def read_answers(name: str) -> dict[str, str]:
    """Return the cells of the answers called `name`: grade id -> what stands in the cell."""
    cells: dict[str, str] = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["cells"]
    return {grade_id: text.strip("\n") for grade_id, text in cells.items()}


def fill_in(notebook: dict[str, Any], cells: Mapping[str, str]) -> list[str]:
    """Write `cells` into the solution cells of an nbgrader `notebook`, in place; return grade ids it does not have."""
    missing = dict(cells)
    for cell in notebook["cells"]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        if nbgrader.get("solution") and nbgrader.get("grade_id") in missing:
            cell["source"] = missing.pop(nbgrader["grade_id"])
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
    return sorted(missing)


@dataclass(frozen=True)
class Expected:
    """What answers must score in the tests that run by themselves, in points."""

    total: float
    scores: Mapping[str, float]
    """By grade id."""


def read_expected() -> dict[str, Expected]:
    """Return what was written down beforehand, by name of the answers."""
    found = tomllib.loads((FOLDER / EXPECTED).read_text("utf-8"))
    return {name: Expected(one["total"], one["scores"]) for name, one in found.items()}


@dataclass(frozen=True)
class Comparison:
    """What was expected for one account and what the gradebook has; `differences` are sentences, none if all agree."""

    account: str
    answers: str
    expected: float
    found: float | None
    differences: tuple[str, ...]


def compare(
    counted: Mapping[str, str], expected: Mapping[str, Expected], gradebook: Mapping[str, Mapping[str, float]]
) -> list[Comparison]:
    """Compare, cell by cell, what each account must score with the gradebook.

    Args:
        counted: account -> name of the answers that are graded.
        expected: what these must score.
        gradebook: account -> grade id -> score of each autograded cell; accounts without a submission are missing.
    """
    rows = []
    for account, answers in counted.items():
        wanted, found = expected[answers], gradebook.get(account)
        if found is None:
            rows.append(Comparison(account, answers, wanted.total, None, ("nothing was graded",)))
            continue
        cells = sorted(wanted.scores.keys() | found.keys())
        differences = tuple(
            f"{cell}: {_points(found.get(cell))} instead of {_points(wanted.scores.get(cell))}"
            for cell in cells
            if _differ(found.get(cell), wanted.scores.get(cell))
        )
        rows.append(Comparison(account, answers, wanted.total, sum(found.values()), differences))
    for account in sorted(gradebook.keys() - counted.keys()):
        total = sum(gradebook[account].values())
        rows.append(Comparison(account, "", 0, total, ("graded, but nothing was handed in by the story",)))
    return rows


def _differ(one: float | None, other: float | None) -> bool:
    return one is None or other is None or abs(one - other) > 1e-9


def _points(score: float | None) -> str:
    return "nothing" if score is None else f"{score:g}"
