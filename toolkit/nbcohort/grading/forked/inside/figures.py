"""What Matplotlib does more often, or more slowly, than the figures that a notebook shows need.

A figure takes longer than all else in most notebooks that have one. What is shown is the same, to the last pixel.
"""

from __future__ import annotations

import functools
import sys
from typing import Any
from weakref import WeakKeyDictionary

import IPython.core.pylabtools

_RUNS = 3
"""Of zlib's strategies, the one that looks for runs of the same byte only (`Z_RLE`)."""


def economise_figures() -> None:
    """Compress and measure sooner, if Matplotlib has been imported; before it shows its first figure."""
    if "matplotlib.pyplot" in sys.modules:
        _compress_simply()
        _remember_tables_of_fonts()


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
