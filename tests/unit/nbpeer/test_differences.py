"""What a revision changes."""

import json
from typing import Any

from nbpeer.differences import CELLS, as_html, compare


def notebook(*sources: str, outputs: str = "") -> bytes:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{abs(hash(source.split()[0])) % 10**6}",
            "metadata": {},
            "source": source,
            "execution_count": None,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": outputs}] if outputs else [],
        }
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_each_cell_is_the_same_changed_new_or_removed() -> None:
    before = notebook("load = 1", "clean = 2\nkeep = 1", "old plot here", "end = 1")
    after = notebook("load = 1", "clean = 3\nkeep = 1", "end = 1", "a conclusion at last")
    found = compare("ps1.ipynb", before, after)
    assert (found.kind, found.change) == ("notebook", "changed")
    assert [(one.change, one.before, one.after) for one in found.cells] == [
        ("same", 1, 1),
        ("changed", 2, 2),
        ("removed", 3, None),
        ("same", 4, 3),
        ("added", None, 4),
    ]
    assert [(line.sign, line.text) for line in found.cells[1].lines] == [
        ("-", "clean = 2"),
        ("+", "clean = 3"),
        (" ", "keep = 1"),
    ]


def test_a_cell_whose_outputs_alone_differ_says_so() -> None:
    (cell,) = compare("a.ipynb", notebook("x = 1", outputs="1"), notebook("x = 1", outputs="2")).cells
    assert (cell.change, cell.outputs, cell.lines) == ("changed", True, ())


def test_text_is_compared_by_line_and_other_files_are_only_said_to_differ() -> None:
    (whole,) = compare("a.py", b"a\nb\n", b"a\nc\n").cells
    assert [(line.sign, line.text) for line in whole.lines] == [(" ", "a"), ("-", "b"), ("+", "c")]
    assert compare("a.png", b"\x89PNG\xff", b"\x89PNG\xfe").cells == ()
    assert compare("a.py", None, b"a").change == "added"
    assert compare("a.py", b"a", None).change == "removed"
    assert compare("a.py", b"a", b"a").change == "same"


def test_broken_and_enormous_notebooks_are_compared_as_text_or_not_at_all() -> None:
    assert compare("a.ipynb", b'{"cells": 1}', b'{"cells": [{}]}').kind == "text"
    assert compare("a.ipynb", b"{", notebook("x = 1")).kind == "text"
    many = b'{"cells": [%s]}' % b",".join([b'{"cell_type": "raw"}'] * (CELLS + 1))
    assert compare("a.ipynb", many, notebook("x = 1")).kind == "text"
    assert compare("a.py", b"x" * 2_000_000, b"y").cells == ()


def test_two_long_notebooks_with_nothing_in_common_are_compared_soon() -> None:
    one, other = (notebook(*(f"{name}{i} = {i}\n" * 20 for i in range(100))) for name in "ab")
    found = compare("a.ipynb", one, other)
    assert {cell.change for cell in found.cells} == {"added", "removed"}


def test_nothing_from_a_file_is_markup_in_the_html() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    html = as_html([compare(f"{attack}.ipynb", notebook(f"a {attack}"), notebook(f"a {attack}\n{attack}", attack))])
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "<ins>+ &lt;script" in html
