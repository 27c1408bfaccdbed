"""What Matplotlib does more often, or more slowly, than the figures that a notebook shows need.

A figure takes longer than all else in most notebooks that have one. What is shown is the same, to the last pixel.
"""

from __future__ import annotations

import functools
import sys
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

import IPython.core.pylabtools

_LAYOUT = (
    "_text",
    "_usetex",
    "_parse_math",
    "_linespacing",
    "_multialignment",
    "_horizontalalignment",
    "_verticalalignment",
    "_rotation",
    "_rotation_mode",
)
"""What the layout of a text depends on, besides its font, the renderer, and the resolution."""
_ELSEWHERE = ("_wrap", "_transform_rotates_text")
"""Where one of these is set, it depends on what is around the text, too."""
_NO_MATTER = (
    "_antialiased",
    "_bbox_patch",
    "_color",
    "_features",
    "_fontproperties",
    "_language",
    "_renderer",
    "_x",
    "_y",
)
"""What else a text knows, as of Matplotlib 3.11; with one that knows more, nothing is remembered."""
_RUNS = 3
"""Of zlib's strategies, the one that looks for runs of the same byte only (`Z_RLE`)."""


def economise_figures() -> None:
    """Compress and measure sooner, if Matplotlib has been imported; before it shows its first figure."""
    if "matplotlib.pyplot" in sys.modules:
        _compress_simply()
        _remember_tables_of_fonts()
        _lay_texts_out_once()


def show_first(shell: Any) -> None:
    """After a cell, let figures be shown, which closes them, before pyplot draws those that are open.

    For when a figure has been shown, and both are among the shell's callbacks. Otherwise each is drawn once more than
    it need be, for a window that there is not, which takes as long as all else that a notebook does.
    """
    callbacks = shell.events.callbacks["post_execute"]
    callbacks.sort(key=lambda callback: callback.__module__ == "matplotlib.pyplot")


def _compress_simply() -> None:
    """Compress figures that are shown as PNG by runs, in half the time.

    Those of lines are a tenth larger then, and those of many points smaller. Only what Matplotlib draws itself (Agg),
    and only if the notebook has not said how it wants it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    tools: Any = IPython.core.pylabtools
    show = tools.print_figure

    @functools.wraps(show)
    def print_figure(fig: Any, fmt: str = "png", *more: Any, **options: Any) -> Any:
        if fmt in ("png", "retina") and getattr(type(fig.canvas), "print_png", None) is FigureCanvasAgg.print_png:
            options.setdefault("pil_kwargs", {"compress_type": _RUNS})
        return show(fig, fmt, *more, **options)

    tools.print_figure = print_figure


def _remember_tables_of_fonts() -> None:
    """Remember the tables in a font's file: since 3.11, Matplotlib reads two of them each time it measures a text."""
    from matplotlib.ft2font import FT2Font

    font: Any = FT2Font
    read = font.get_sfnt_table
    known: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()

    @functools.wraps(read)
    def get_sfnt_table(self: Any, name: str) -> Any:
        tables = known.setdefault(self, {})
        if name not in tables:
            tables[name] = read(self, name)
        return None if tables[name] is None else dict(tables[name])

    font.get_sfnt_table = get_sfnt_table


def _lay_texts_out_once() -> None:
    """While a figure is shown, remember how texts are laid out: for one picture, Matplotlib finds it out five times.

    What is remembered goes with the picture.
    """
    from matplotlib.artist import Artist
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.text import Annotation, Text

    text: Any = Text
    if vars(text()).keys() - vars(Artist()).keys() - {*_NO_MATTER} != {*_LAYOUT, *_ELSEWHERE}:
        return
    tools: Any = IPython.core.pylabtools
    show, lay_out = tools.print_figure, text._get_layout
    layout, elsewhere = attrgetter(*_LAYOUT), attrgetter(*_ELSEWHERE)
    shown: list[dict[Any, Any]] = []

    @functools.wraps(show)
    def print_figure(*figure: Any, **options: Any) -> Any:
        shown.append({})
        try:
            return show(*figure, **options)
        finally:
            shown.pop()

    @functools.wraps(lay_out)
    def get_layout(self: Any, renderer: Any) -> Any:
        if not shown or type(self) not in (Text, Annotation) or any(elsewhere(self)):
            return lay_out(self, renderer)
        where = RendererAgg if type(renderer) is RendererAgg else renderer  # how large it is makes no difference
        resolution = self.get_figure(root=True).dpi, getattr(renderer, "dpi", None)
        asked = (where, *resolution, hash(self._fontproperties), *layout(self))
        known = shown[-1]
        if asked not in known:
            known[asked] = lay_out(self, renderer)
        return known[asked]

    tools.print_figure = print_figure
    text._get_layout = get_layout
