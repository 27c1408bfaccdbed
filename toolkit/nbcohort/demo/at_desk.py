"""What people in the story do by hand, done in their own home by a program: `python -m nbcohort.demo.at_desk VERB`.

- `fill NOTEBOOK`: write answers, JSON on the standard input, into a notebook;
- `review FOLDER REVIEWER`: read a fetched copy in FOLDER and fill in its form for the rubric on the standard input;
- `scores ASSIGNMENT`, in a course room: print what the gradebook has, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from nbcohort.demo.answers import fill_in
from nbcohort.demo.reviewing import as_form, read, write

FORM = "review.toml"


def fill(notebook: Path, cells: dict[str, str]) -> None:
    """Write `cells` into a notebook file; exit with a sentence if it does not have them all."""
    content = json.loads(notebook.read_text("utf-8"))
    if missing := fill_in(content, cells):
        sys.exit(f"{notebook} has no cells {', '.join(missing)}")
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def review(folder: Path, reviewer: str, rubric: list[Any]) -> None:
    """Read the copy in `folder`/work, and fill in the form beside it; `rubric` as the service shows it."""
    notebook = next((folder / "work").glob("*.ipynb"))
    criteria = [(criterion["id"], len(criterion["levels"])) for criterion in rubric]
    written = write(read(json.loads(notebook.read_text("utf-8"))), criteria, reviewer)
    (folder / FORM).write_text(as_form(written), "utf-8")


def scores(assignment: str) -> dict[str, Any]:
    """Return what the gradebook has for each account that handed in.

    Per account: `cells` (score of each autograded cell by grade id), `score`, `auto`, `max`, `late_penalty` and
    `to_grade`, how many cells wait for a person.
    """
    from nbgrader.api import Gradebook

    found: dict[str, Any] = {}
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            cells: dict[str, float] = {}
            waiting = 0
            for notebook in submission.notebooks:
                by_hand = {cell.name for cell in notebook.notebook.solution_cells}
                for grade in notebook.grades:
                    waiting += bool(grade.needs_manual_grade)
                    if grade.cell.name not in by_hand:
                        cells[grade.cell.name] = grade.auto_score or 0.0
            found[submission.student.id] = {
                "cells": cells,
                "auto": sum(cells.values()),
                "score": submission.score,
                "max": submission.max_score,
                "late_penalty": submission.late_submission_penalty or 0.0,
                "to_grade": waiting,
            }
    return found


def main(argv: list[str]) -> None:
    """Do what the command line says."""
    match argv:
        case ["fill", notebook]:
            fill(Path(notebook), json.load(sys.stdin))
        case ["review", folder, reviewer]:
            review(Path(folder), reviewer, json.load(sys.stdin))
        case ["scores", assignment]:
            sys.stdout.write(json.dumps(scores(assignment)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
