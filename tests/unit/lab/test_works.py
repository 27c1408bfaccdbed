"""A peer's file is shown a page at a time, and nothing of it acts."""

import json
import re
from typing import Any

import pytest

from nbcohort.errors import Invalid
from nbcohort.lab.works import CELLS, TEXT, Work

HOSTILE = [
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()><script>ran()</script></svg>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "<a href='javascript:ran()'>click</a>",
    "<a href='java&#10;script:ran()'>click</a>",
    "<math><mtext><style><img src=x onerror=ran()></style></mtext></math>",
    "<form action='/hub/logout'><button>go</button></form>",
    "<link rel=stylesheet href=http://evil/x.css><meta http-equiv=refresh content='0;url=http://evil'>",
    "$$\\href{javascript:ran()}{x}<img src=x onerror=ran()>$$",
    "[click](javascript:ran())",
    "![x](javascript:ran())",
]


def notebook(*cells: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def markdown(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def code(source: str, *outputs: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": 3, "outputs": list(outputs)}


def display(**data: str) -> dict[str, Any]:
    kinds = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": kinds}


def shown(content: bytes, path: str = "ps1.ipynb") -> str:
    return "".join(part["html"] for part in Work.of(path, content).page(0)["parts"])


def active(html: str) -> list[str]:
    """Return what in `html` could act. Text, where angle brackets are escaped, cannot."""
    tags = re.findall(r"<[a-zA-Z/][^>]*>", html)
    acts = re.compile(
        r"<(?:script|iframe|svg|math|form|link|meta|object|embed)\b|\son\w+\s*=|javascript:", re.IGNORECASE
    )
    return [tag for tag in tags if acts.search(tag)]


@pytest.mark.parametrize("html", HOSTILE)
def test_what_is_hostile_does_nothing_wherever_it_stands(html: str) -> None:
    page = shown(
        notebook(
            markdown(html),
            code(html, display(text_html=html), display(text_markdown=html), display(text_latex=html)),
            code("print()", {"output_type": "stream", "name": "stdout", "text": [html]}),
            code("1/0", {"output_type": "error", "ename": html, "evalue": html, "traceback": [html]}),
            {"cell_type": "raw", "metadata": {}, "source": html},
            {"cell_type": html, "metadata": {}, "source": html},
        )
    )

    assert active(page) == []


def test_hostile_text_files_are_text() -> None:
    assert active(shown(HOSTILE[0].encode(), "evil.html")) == []
    assert "&lt;script&gt;" in shown(HOSTILE[0].encode(), "evil.svg")


def test_a_notebook_shows_what_it_says() -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": ["4", "2\n"]}
    page = shown(
        notebook(
            markdown("# Penguins\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
            code("mass.mean()", printed, display(text_html="<b>bold</b>")),
        )
    )

    assert "Penguins</h1>" in page
    assert "<table>" in page
    assert "42\n" in page
    assert "<b>bold</b>" in page
    assert "[3]" in page


def test_thousands_of_cells_come_in_pages_and_none_is_missing() -> None:
    work = Work.of("big.ipynb", notebook(*(markdown(f"cell {n}") for n in range(5_000))))
    numbers: list[int] = []
    start: int | None = 0
    while start is not None:
        page = work.page(start)
        assert 1 <= len(page["parts"]) <= CELLS
        numbers += [part["number"] for part in page["parts"]]
        start = page["next"]

    assert numbers == list(range(1, 5_001))


def test_a_page_ends_early_where_outputs_are_huge() -> None:
    huge = display(text_plain="x" * 90_000)
    page = Work.of("big.ipynb", notebook(*(code("x", *[huge] * 10) for _n in range(20)))).page(0)

    assert 1 <= len(page["parts"]) < 20
    assert page["next"] == len(page["parts"])


def test_ten_thousand_prints_are_one_output() -> None:
    prints = [{"output_type": "stream", "name": "stdout", "text": f"{n}\n"} for n in range(150)]
    assert shown(notebook(code("loop()", *prints))).count('class="output"') == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"nbformat": 4}', b'{"nbformat": 2, "worksheets": 7}', b"\xff\xfe", b"[" * 100_000],
)
def test_a_damaged_notebook_is_named_in_a_sentence(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"“ps1.ipynb” is damaged"):
        Work.of("work/ps1.ipynb", content)


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": "code", "outputs": 7, "source": None},
        {"cell_type": "code", "outputs": [None, {"output_type": "display_data", "data": []}], "source": ["a", 1]},
        {"cell_type": "markdown", "attachments": [], "source": "![x](attachment:y.png)"},
        {"cell_type": "code", "execution_count": "<b>", "source": "x"},
    ],
)
def test_an_odd_cell_does_not_spoil_the_others(cell: dict[str, Any]) -> None:
    assert "still here" in shown(notebook(cell, markdown("still here")))


def test_an_empty_notebook_and_an_empty_file_have_a_page() -> None:
    assert Work.of("a.ipynb", notebook()).page(0) == {"kind": "notebook", "parts": [], "count": 0, "next": None}
    assert Work.of("a.txt", b"").page(0)["count"] == 1


def test_a_long_text_comes_in_pages() -> None:
    work = Work.of("a.csv", b"x" * (2 * TEXT + 1))
    assert work.parts == 3
    assert len(work.page(2)["parts"]) == 1


def test_what_is_beyond_the_end_is_empty() -> None:
    assert Work.of("a.txt", b"x").page(99)["parts"] == []


def test_what_is_no_text_says_so() -> None:
    assert "cannot be shown" in shown(b"\0\1\2", "model.pkl")


def test_cells_are_called_by_their_ids_or_their_places() -> None:
    content = notebook({**markdown("a"), "id": "one"}, markdown("b"), {**markdown("c"), "id": "x" * 200})
    assert Work.of("a.ipynb", content).cells == ("one", "cell-1", None)
    odd = json.dumps({"cells": [None, markdown("a")], "metadata": {}, "nbformat": 4}).encode()
    assert Work.of("a.ipynb", odd).cells == (None,), "whom the service cannot call, nobody calls by a wrong number"


def test_dollars_are_formulas_in_latex_and_markdown_alone() -> None:
    page = shown(notebook(code("x", display(text_latex="$x$"), display(text_html="<b>$5 and $6</b>"))))
    assert page.count('class="output tex"') == 1
    assert page.count('class="output"') == 1
