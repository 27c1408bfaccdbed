"""What learners' notebooks show, as the libraries that courses use make it."""

import base64
import functools
import io
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tests.unit.grading.hostile_cells import notebook_with, shown

WIDGETS = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


@functools.cache
def plot(kind: str) -> bytes:
    """Return a small plot as `png` or `svg`."""
    with mpl.rc_context({"svg.hashsalt": "same"}):
        figure = Figure(figsize=(3, 2))
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.plot([1, 2, 3], [1, 4, 9], "o-")
        axes.scatter(range(200), range(200), s=1)
        axes.set_title("squares")
        into = io.BytesIO()
        figure.savefig(into, format=kind)
    return into.getvalue()


def png() -> str:
    return base64.b64encode(plot("png")).decode()


def table() -> pd.DataFrame:
    return pd.DataFrame({"name": ["a", "b<c"], "mean": [1.5, -2.25]})


def styled() -> Any:
    return table().style.background_gradient(subset=["mean"]).bar(subset=["mean"], color="#d65f5f").set_caption("means")


def widgets() -> dict[str, Any]:
    """Return the state of a slider and of what it changes, side by side, as `interact` makes them."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "three squared is 9\n"},
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": png(), "text/plain": "<Figure>"}},
    ]
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "box": ("VBoxModel", {"children": ["IPY_MODEL_row", "IPY_MODEL_out", "IPY_MODEL_html"]}),
        "row": ("HBoxModel", {"children": ["IPY_MODEL_n", "IPY_MODEL_choice", "IPY_MODEL_tick"]}),
        "n": ("IntSliderModel", {"description": "n", "value": 3}),
        "choice": ("DropdownModel", {"description": "colour", "_options_labels": ["red", "blue"], "index": 1}),
        "tick": ("CheckboxModel", {"description": "grid", "value": True}),
        "html": ("HTMLModel", {"value": "<b>bold</b> words"}),
        "out": ("OutputModel", {"outputs": outputs}),
    }
    state = {
        name: {"model_name": kind, "model_module": "@jupyter-widgets/controls", "state": values}
        for name, (kind, values) in models.items()
    }
    return {WIDGETS: {"version_major": 2, "version_minor": 0, "state": state}}


def honest() -> NotebookNode:
    """Return a notebook with all of it."""
    attached = {"plot.png": {"image/png": png()}}
    frame = table()
    traceback = ["\x1b[31mZeroDivisionError\x1b[39m: division by zero"]
    cells = [
        new_markdown_cell("# Heading\n\nText with $x^2$ and\n\n$$\\int_0^1 x\\,dx$$"),
        new_markdown_cell("| a | b |\n|---|---|\n| 1 | 2 |"),
        new_markdown_cell("![attached](attachment:plot.png)\n\n- [x] done\n- [ ] open\n\n```python\nx = 1\n```",
                          attachments=attached),
        new_markdown_cell('<font color="red">red</font> [link](https://example.org/) [data](data.csv) [top](#Heading)'),
        shown({"image/png": png(), "text/plain": "<Figure>"}, {"image/png": {"width": 300, "height": 200}}),
        shown({"image/svg+xml": plot("svg").decode(), "text/plain": "<Figure>"}),
        shown({"text/html": f"<p>in a page: {plot('svg').decode()}</p>"}),
        shown({"text/html": frame.to_html(), "text/plain": str(frame)}),
        shown({"text/html": styled().to_html(), "text/plain": "<Styler>"}),
        shown({"text/latex": "$\\displaystyle \\frac{1}{2}$", "text/plain": "1/2"}),
        shown({VIEW: {"model_id": "box"}, "text/plain": "VBox(...)"}),
        shown({"application/javascript": "alert(1)", "text/plain": "<IPython.core.display.Javascript object>"}),
        shown({"text/html": "<div id=chart></div><script>draw()</script>", "image/png": png()}),
        new_code_cell("for i in range(3):\n    print('<b>', i)", execution_count=7, outputs=[
            new_output("stream", text="\x1b[32m<b> 0\x1b[0m\n")]),
        new_code_cell("1 / 0", outputs=[new_output("error", ename="ZeroDivisionError", evalue="division by zero",
                                                   traceback=traceback)]),
    ]  # fmt: skip
    return notebook_with(*cells, widgets=widgets())
