"""What IPython and ipykernel do again and again for each cell, done once.

Each of these is made before any notebook is known, and gives what was given before, only sooner. What a notebook has
changed is asked as ever: nothing is remembered across that.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any

import ipykernel.compiler
import ipykernel.ipkernel
import ipykernel.kernelbase
import IPython.core.interactiveshell
import stack_data
from pygments.formatters.terminal256 import Terminal256Formatter

from .foreseen import FORESEEN, ended

_NO_MODULE = ""
_MODULES_BY_FILE: dict[str, str] = vars(inspect)["modulesbyfile"]


def economise(shell: Any) -> None:
    """Put all of them in place."""
    _remember_names()
    _remember_colours()
    _remember_styles()
    _remember_signatures()
    _remember_transformed(shell.input_transformer_manager)
    _format_errors_once(shell)


def is_of_no_module(shell: Any, cell: str) -> None:
    """Let `inspect` know that the code of a cell, which is about to run, is of no module.

    Otherwise it looks through all modules for each frame of each traceback, which in a fork copies most of them.
    """
    with contextlib.suppress(Exception):  # the notebook may have put anything in the compiler's place
        _MODULES_BY_FILE[shell.compile.get_code_name(cell, cell, 0)] = _NO_MODULE


def _remember_names() -> None:
    """Remember the hash of a cell's source, which its file is named after, and whether it awaits anything."""
    compiler: Any = ipykernel.compiler
    interactive: Any = IPython.core.interactiveshell
    hashed = functools.lru_cache(64)(compiler.murmur2_x86)
    awaits = functools.lru_cache(8)(interactive._should_be_async)

    def hash_of(data: str, seed: int) -> Any:
        known = FORESEEN.hash_of(data, seed)
        return hashed(data, seed) if known is None else known

    # Functions, as these are put back when a notebook has replaced them (`pristine`).
    compiler.murmur2_x86 = hash_of
    interactive._should_be_async = lambda cell: not FORESEEN.is_plain(cell) and awaits(cell)


def _remember_colours() -> None:
    """Remember which of a terminal's colours is nearest to another one; each traceback asks for all of its style."""
    nearest = functools.lru_cache(256)(Terminal256Formatter()._closest_color)
    formatter: Any = Terminal256Formatter
    formatter._closest_color = lambda _self, red, green, blue: nearest(red, green, blue)


def _remember_styles() -> None:
    """Remember the style of code in tracebacks, and how a terminal shows it: each traceback makes both anew."""
    formatter: Any = Terminal256Formatter
    set_up, mark = formatter._setup_styles, vars(stack_data)["style_with_executing_node"]
    known: dict[Any, dict[str, Any]] = {}

    @functools.lru_cache(8)
    def marked(style: Any, modifier: str, _definition: tuple[Any, ...]) -> Any:
        return mark(style, modifier)

    def style_with_executing_node(style: Any, modifier: str) -> Any:
        styles = getattr(style, "styles", {})
        return marked(style, modifier, tuple(styles.items()))

    def setup_styles(self: Any) -> None:
        asked = (type(self), self.style, self.usebold, self.useunderline, self.useitalic)
        if asked not in known:
            set_up(self)
            if len(known) < 8:
                known[asked] = dict(self.style_string)
        else:
            self.style_string.update(known[asked])

    vars(stack_data)["style_with_executing_node"] = style_with_executing_node
    formatter._setup_styles = setup_styles


def _remember_signatures() -> None:
    """Remember which arguments the shell's method takes, by the method."""
    base: Any = ipykernel.kernelbase
    look = base._accepts_parameters

    @functools.lru_cache(8)
    def accepted(method: Callable[..., Any], names: tuple[str, ...]) -> Any:
        return look(method, names)

    def accepts_parameters(method: Callable[..., Any], names: list[str]) -> Any:
        return accepted(method, tuple(names))

    for module in (base, ipykernel.ipkernel):
        vars(module)["_accepts_parameters"] = accepts_parameters


def _remember_transformed(manager: Any) -> None:
    """Remember the last cell that was transformed: each is transformed twice.

    Only with IPython's own transformers. Those that a notebook adds may give something else each time.
    """
    names = ("cleanup_transforms", "line_transforms", "token_transformers")
    own = [list(getattr(manager, name)) for name in names]
    transform = manager.transform_cell
    last: dict[str, str] = {}

    def transform_cell(cell: str) -> str:
        if any(getattr(manager, name) != many for name, many in zip(names, own, strict=True)):
            transformed: str = transform(cell)
            return transformed
        if FORESEEN.is_plain(cell):
            return ended(cell)
        if cell not in last:
            transformed = transform(cell)
            last.clear()
            last[cell] = transformed
        return last[cell]

    manager.transform_cell = transform_cell


def _format_errors_once(shell: Any) -> None:
    """Remember the last traceback until it is asked for again: a cell's is formatted for the reply, and for history."""
    formatter = shell.InteractiveTB
    format_anew = formatter.structured_traceback
    remembered: list[tuple[Any, ...]] = []

    def structured_traceback(
        etype: Any, evalue: Any, etb: Any = None, tb_offset: int | None = None, *more: Any, **options: Any
    ) -> Any:
        way = (formatter.mode, getattr(formatter, "_theme_name", ""), more, options)
        asked = (evalue, etb, formatter.tb_offset if tb_offset is None else tb_offset, way)
        if remembered:
            *known, lines = remembered.pop()
            if evalue is known[0] and etb is known[1] and asked[2:] == tuple(known[2:]):
                return list(lines)
        lines = format_anew(etype, evalue, etb, tb_offset, *more, **options)
        if isinstance(lines, list):
            remembered.append((*asked, list(lines)))
        return lines

    formatter.structured_traceback = structured_traceback
