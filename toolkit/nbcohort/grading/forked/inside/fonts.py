"""Matplotlib's list of the fonts that there are: it reads every font to make it, and here nothing outlives a run.

So the list comes in a file in memory, and what Matplotlib made of it goes back there for the next run.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_LARGEST = 1 << 24


def put_fonts(number: int) -> None:
    """Put the list in the open file `number`, if there is one, where Matplotlib looks for it."""
    name, _newline, text = os.pread(number, _LARGEST, 0).decode().partition("\n")
    if text:
        import matplotlib

        Path(matplotlib.get_cachedir(), Path(name).name).write_text(text, "utf-8")


def take_fonts(number: int) -> None:
    """Put Matplotlib's list, if it has been imported, into the open file `number`."""
    fonts: Any = sys.modules.get("matplotlib.font_manager")
    if fonts is None:
        return
    import matplotlib

    file = Path(matplotlib.get_cachedir(), f"fontlist-v{fonts.FontManager.__version__}.json")
    if file.is_file():
        written = os.pwrite(number, f"{file.name}\n{file.read_text('utf-8')}".encode(), 0)
        os.truncate(number, written)
