"""Widgets in nbgrader's pages: what they say shows, whatever the state that was saved with them."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell

from nbcohort.grading.feedback.notebook import harmless_notebook
from tests.unit.grading.honest_cells import VIEW, WIDGETS, png, widgets
from tests.unit.grading.hostile_cells import notebook_with, shown
from tests.unit.grading.nbgrader_pages import PAGES, render


def of_widget(name: str, state: dict[str, Any], **rest: Any) -> str:
    saved = {WIDGETS: {"state": {"w": {"model_name": name, "state": state, **rest}}}}
    cell = shown({VIEW: {"model_id": "w"}, "text/plain": "plain"})
    page = BeautifulSoup(render("feedback", notebook_with(cell, widgets=saved)), "html.parser")
    return "".join(str(child) for child in page.select_one(".output_subarea").children).strip()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "state", "expected"),
    [
        ("FloatRangeSliderModel", {"value": [0.5, 2.0], "description": "from"}, "from 0.5 – 2.0"),
        ("SelectMultipleModel", {"_options_labels": ["p", "<q>"], "index": [0, 1, 7, "x"]}, "p, &lt;q&gt;"),
        ("PasswordModel", {"value": "secret"}, "•••"),
        ("ButtonModel", {"description": "Go"}, "Go"),
        ("ImageModel", {"format": "png"}, "plain"),
        ("DropdownModel", {"_options_labels": None, "index": None, "description": ["x"]}, "plain"),
        ("MadeUpModel", {"value": {"a": 1}}, "plain"),
        ("TabModel", {"children": ["IPY_MODEL_w", 5], "titles": "x"}, "plain"),
    ],
)
def test_widgets_show_their_value_or_their_text(name: str, state: dict[str, Any], expected: str) -> None:
    html = of_widget(name, state)

    assert re.sub("<[^>]*>", "", html).strip() == expected


def test_a_picture_widget_shows_its_picture() -> None:
    html = of_widget(
        "ImageModel", {"format": "png"}, buffers=[{"path": ["value"], "encoding": "base64", "data": png()}]
    )

    assert f'src="data:image/png;base64,{png()}"' in html


def test_widgets_that_multiply_come_to_an_end() -> None:
    many = {f"w{level}": {"model_name": "VBoxModel", "state": {"children": [f"IPY_MODEL_w{level + 1}"] * 50}}
            for level in range(15)}  # fmt: skip
    many["w15"] = {"model_name": "LabelModel", "state": {"value": "x" * 1000}}
    view = {VIEW: {"model_id": "w0"}, "text/plain": "plain"}

    made = harmless_notebook(notebook_with(*(shown(view) for _ in range(20)), widgets={WIDGETS: {"state": many}}))

    (first, *_others) = (cell.outputs[0].data for cell in made.cells)
    assert "x" * 1000 in first["text/html"]
    assert made.cells[-1].outputs[0].data == {"text/plain": "plain"}  # there was no room for more


def test_widgets_that_show_outputs_that_show_widgets_come_to_an_end() -> None:
    view = {VIEW: {"model_id": "w0"}}
    output = {"output_type": "display_data", "metadata": {}, "data": view}
    state = {"w0": {"model_name": "OutputModel", "state": {"outputs": [output] * 1000}}}

    made = harmless_notebook(notebook_with(shown(view), widgets={WIDGETS: {"state": state}}))

    assert "not shown" in made.cells[0].outputs[0].data["text/html"]


def test_the_state_of_widgets_reaches_no_page() -> None:
    for page in PAGES:
        assert "IPY_MODEL" not in render(page, notebook_with(new_markdown_cell("x"), widgets=widgets()))
