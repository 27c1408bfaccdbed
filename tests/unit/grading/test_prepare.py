"""Whatever is handed in as a notebook: it is one of today's format afterwards, or there is a sentence."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook, new_output

from nbcohort.errors import Invalid, TooLarge
from nbcohort.grading.prepare import DEEPEST, read_notebook
from tests.unit.grading.course import code, test_cell

MOST = 1 << 20


def written(folder: Path, content: Any) -> Path:
    path = folder / "ps1.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def read(folder: Path, content: Any) -> NotebookNode:
    """Return the notebook that comes out, which is valid without any complaint."""
    notebook, repairs = read_notebook(written(folder, content), MOST)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert repairs == ()
    return notebook


def of_today(**changes: Any) -> dict[str, Any]:
    notebook = new_notebook(cells=[code("1 + 1"), new_markdown_cell("text")])
    return {**json.loads(nbformat.writes(notebook)), **changes}


def test_outputs_and_the_state_of_widgets_go_and_all_else_stays(tmp_path: Path) -> None:
    notebook = new_notebook(cells=[test_cell("double_test", "assert True", 2)], metadata={"title": "x", "widgets": {}})
    notebook.cells[0].outputs = [new_output("stream", text="2" * 1000)]
    notebook.cells[0].execution_count = 7

    found = read(tmp_path, notebook)

    assert found.metadata == {"title": "x"}
    assert found.cells[0].outputs == []
    assert found.cells[0].execution_count is None
    assert found.cells[0].metadata == notebook.cells[0].metadata
    assert found.cells[0].id == notebook.cells[0].id


def test_format_3_is_upgraded_with_its_graded_cells(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "collapsed": False,
        "input": ["assert double(2)\\\n", "== 4"],
        "language": "python",
        "metadata": {"nbgrader": {"grade_id": "double_test"}},
        "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": ["4"]}],
        "prompt_number": 1,
    }
    cells = [cell, {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Title"]}]
    old = {"metadata": {"name": "x"}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}

    notebook, repairs = read_notebook(written(tmp_path, old), MOST)

    nbformat.validate(notebook)
    assert [(one.cell_type, one.source) for one in notebook.cells] == [
        ("code", "assert double(2)\\\n== 4"),
        ("markdown", "## Title"),
    ]
    assert notebook.cells[0].metadata["nbgrader"]["grade_id"] == "double_test"
    assert notebook.cells[0].outputs == []
    assert [one.sentence for one in repairs] == ["ps1.ipynb had the old notebook format 3.0; it is brought up to date."]


@pytest.mark.parametrize("minor", [0, 2, 4])
def test_older_minor_formats_are_upgraded_without_a_word(tmp_path: Path, minor: int) -> None:
    old = of_today(nbformat_minor=minor)
    for cell in old["cells"]:
        del cell["id"]

    first, second = read(tmp_path, old), read(tmp_path, old)

    assert first == second
    assert len({cell.id for cell in first.cells}) == 2


def test_a_newer_minor_format_counts_as_far_as_it_is_known(tmp_path: Path) -> None:
    new = of_today(nbformat_minor=9)
    new["cells"][0]["new_thing"] = {"a": 1}

    notebook, repairs = read_notebook(written(tmp_path, new), MOST)

    nbformat.validate(notebook)
    assert "the notebook format 4.9, which is not known here yet" in repairs[0].sentence
    assert [cell.source for cell in notebook.cells] == ["1 + 1", "text"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "ps1.ipynb is not valid JSON"),
        (b"\x89PNG\r\n", "ps1.ipynb is not valid JSON"),
        (b'{"cells": [', "ps1.ipynb is not valid JSON"),
        (b"[" * 100_000, "ps1.ipynb is not valid JSON"),
        (b'{"cells": ' + b"9" * 5_000 + b"}", "ps1.ipynb is not valid JSON"),
        (b"[]", "ps1.ipynb is JSON, but no notebook"),
        (b"null", "ps1.ipynb is JSON, but no notebook"),
        ({"a": 1}, "ps1.ipynb is JSON, but no notebook"),
        (of_today(nbformat="4"), "ps1.ipynb is JSON, but no notebook"),
        (of_today(nbformat=0), "ps1.ipynb is JSON, but no notebook"),
        (of_today(nbformat=-1), "ps1.ipynb is JSON, but no notebook"),
        (of_today(nbformat=3), "ps1.ipynb is JSON, but no notebook"),
        (of_today(nbformat_minor=None), "ps1.ipynb is JSON, but no notebook"),
        (
            of_today(nbformat=5, nbformat_minor=1),
            "the notebook format 5.1, which is newer than what can be graded here",
        ),
        (of_today(cells={"0": 1}), "ps1.ipynb is JSON, but no notebook"),
        (of_today(cells=[1]), "ps1.ipynb is JSON, but no notebook"),
        (of_today(cells=[{"cell_type": "music", "source": ""}]), "ps1.ipynb is JSON, but no notebook"),
        (of_today(cells=[{"cell_type": "code", "source": {"a": 1}}]), "ps1.ipynb is JSON, but no notebook"),
        (of_today(cells=[{"cell_type": "code", "source": [1, 2]}]), "ps1.ipynb is JSON, but no notebook"),
        ({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [{"cell_type": "code"}]}]}, "no notebook"),
        ({"nbformat": 3, "nbformat_minor": 0, "worksheets": 5, "metadata": {}}, "no notebook"),
    ],
)
def test_what_is_no_notebook_gets_a_sentence(tmp_path: Path, content: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as complaint:
        read_notebook(written(tmp_path, content), MOST)

    assert sentence in str(complaint.value)


def test_lists_within_lists_without_end_get_a_sentence(tmp_path: Path) -> None:
    deep = json.loads("[" * 500 + "]" * 500)
    honest = json.loads("[" * (DEEPEST - 5) + "]" * (DEEPEST - 5))

    with pytest.raises(Invalid, match="more than 60 lists within lists"):
        read_notebook(written(tmp_path, of_today(metadata={"a": deep})), MOST)
    read(tmp_path, of_today(metadata={"a": honest}))


def test_damage_to_what_is_thrown_away_or_can_be_made_up_does_no_harm(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["1\n", "2"], "outputs": {"a": [{}]}, "id": "same", "execution_count": "x"},
        {"cell_type": "code", "metadata": [], "id": "same"},
        {"cell_type": "markdown", "source": "text", "attachments": {"a": 1}, "outputs": [], "id": "no id!"},
        {"cell_type": "code", "source": "3", "metadata": {"tags": ["a", "a"], "collapsed": "perhaps"}, "id": 5},
    ]
    metadata = {"kernelspec": {"display_name": 1}, "language_info": "python", "title": 5}

    notebook = read(tmp_path, of_today(cells=cells, metadata=metadata))

    assert [cell.source for cell in notebook.cells] == ["1\n2", "", "text", "3"]
    assert len({cell.id for cell in notebook.cells}) == 4
    assert "kernelspec" not in notebook.metadata


def test_what_grading_says_of_a_notebook_is_not_the_learners_to_say(tmp_path: Path) -> None:
    claimed = of_today(metadata={"nbcohort": {"run": "x"}})
    claimed["cells"][0]["metadata"] = {"nbcohort": {"note": True}}

    notebook = read(tmp_path, claimed)

    assert "nbcohort" not in {*notebook.metadata, *notebook.cells[0].metadata}


def test_halves_of_characters_become_question_marks(tmp_path: Path) -> None:
    halves = of_today()
    halves["cells"][0]["source"] = "'\ud800 ä 🎈'"

    assert read(tmp_path, halves).cells[0].source == "'? ä 🎈'"


def test_files_that_are_too_large_or_none_get_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, of_today())
    (tmp_path / "link.ipynb").symlink_to(path)
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")

    with pytest.raises(TooLarge, match=r"ps1.ipynb is a notebook of 0.0 MB; more than 9.53674e-07 MB are not"):
        read_notebook(path, 1)
    for name in ("link", "folder", "pipe", "missing"):
        with pytest.raises(Invalid, match=rf"{name}.ipynb (is a folder or a device|cannot be read)"):
            read_notebook(tmp_path / f"{name}.ipynb", MOST)
