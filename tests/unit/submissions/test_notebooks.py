"""What is no notebook is refused with its reason; what Lab can open is not."""

import json
from typing import Any

import nbformat
import pytest

from nbcohort.submissions.notebooks import BrokenNotebook, check_notebook


def notebook(**more: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": "1",
        "outputs": [],
        "execution_count": None,
    }
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell], **more}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON from line 1"),
        (b'{\n"cells": [\n', "not JSON from line 3"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[1, 2]", "no notebook"),
        (b'{"cells": []}', "no notebook"),
        (b'{"nbformat": true}', "not a valid notebook"),
        (b'{"nbformat": 99, "nbformat_minor": 0}', "not a valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5}', "not a valid notebook"),
        (b"[" * 100_000, "not a valid notebook"),
        (json.dumps(notebook(cells=[{"cell_type": "code"}])).encode(), "not a valid notebook"),
        (json.dumps(notebook(cells={"a": 1})).encode(), "not a valid notebook"),
        (json.dumps(notebook(cells=[1])).encode(), "not a valid notebook"),
    ],
)
def test_what_is_no_notebook_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(BrokenNotebook, match=reason) as refused:
        check_notebook("p1.ipynb", content)
    assert "Open it in JupyterLab" in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "content",
    [
        notebook(),
        notebook(cells=[]),
        notebook(cells=notebook()["cells"] * 2),  # ids twice: Lab mends that
        notebook(nbformat_minor=4, metadata={"odd": {"things": 1}}),
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []},
    ],
)
def test_what_lab_can_open_is_a_notebook(content: dict[str, Any]) -> None:
    check_notebook("p1.ipynb", json.dumps(content).encode())


def test_checking_says_nothing_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    check_notebook("p1.ipynb", nbformat.writes(nbformat.v4.new_notebook()).encode())
    assert capsys.readouterr() == ("", "")
