"""Learners' notebooks and instructors' checks, for the tests of this folder."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from tests.unit.grading.course import code, prose, test_cell

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}
RIGHT = "def double(x):\n    return 2 * x"


def notebook(*cells: NotebookNode) -> NotebookNode:
    made = new_notebook(cells=list(cells))
    made.metadata["kernelspec"] = dict(PYTHON)
    made.metadata["language_info"] = {"name": "python"}
    return made


def tagged(cell: NotebookNode) -> NotebookNode:
    cell.metadata["tags"] = ["parameters"]
    return cell


def learners(
    double: str = RIGHT, *further: NotebookNode, parameters: str = "seed = 1\ndata = 'ones.txt'"
) -> NotebookNode:
    """Return a notebook that reads a file and draws a number, as its parameters say."""
    return notebook(
        tagged(code(parameters, grade_id="parameters", locked=True)),
        code("import random\nnumbers = [int(line) for line in open(data)]\ndrawn = random.Random(seed).random()"),
        code(double, grade_id="double", solution=True),
        test_cell("double_test", "assert double(2) == 4\nassert sum(numbers) == 3", 2),
        *further,
    )


def other_data() -> NotebookNode:
    """Return an instructor's check with another seed and another file."""
    return notebook(
        prose("# Other data\n\nAll of this is for instructors."),
        tagged(code("seed = 7\ndata = 'twos.txt'")),
        prose("## Doubles what is in another file\n\nLook at the numbers, not at how many there are."),
        code(
            "secret_total = sum(double(number) for number in numbers)\nassert secret_total == 8, f'Got {secret_total}.'"
        ),
        prose("## Draws from the seed it is given"),
        code("assert abs(drawn - random.Random(7).random()) < 1e-9, 'Take the seed from the parameters.'"),
    )


def write(folder: Path, made: NotebookNode, name: str = "ps1.ipynb") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    nbformat.write(made, path)
    return path


def handed_in(folder: Path, made: NotebookNode) -> Path:
    """Put a notebook and its data into a folder."""
    path = write(folder, made)
    (folder / "ones.txt").write_text("1\n1\n1\n")
    return path


def checks_folder(folder: Path, made: NotebookNode | None = None) -> Path:
    """Put a check and its data into a folder."""
    write(folder, made or other_data(), "other-data.ipynb")
    (folder / "twos.txt").write_text("2\n2\n")
    return folder
