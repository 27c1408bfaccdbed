"""The sources of cells."""

import ast
import re

_LINES_OF_IPYTHON = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


def parsed(source: str) -> ast.Module:
    """Return a cell, without lines that are IPython's; nothing if it is no Python."""
    plain = _LINES_OF_IPYTHON.sub(r"\1pass", source)
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])
