"""Python's parser, for programs that have threads.

Before Python 3.11.8, two trees that are made at once may count their depth together: a thread that finds garbage to
collect may give way in the middle of one, and then `ast.parse` fails with "SystemError: AST constructor recursion depth
mismatch" (CPython #106905). Here, one tree is made after the other.
"""

import ast
import threading

_ONE_AT_A_TIME = threading.RLock()  # what is done with garbage may parse, too


def parse(source: str) -> ast.Module:
    """Return the tree of a program, as `ast.parse` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)


def parse_expression(source: str) -> ast.Expression:
    """Return the tree of an expression, as `ast.parse` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(source, mode="eval")
