"""The floor: the cells of a notebook, executed and nothing else.

This process has imported numpy, pandas and matplotlib, and has run one notebook already. For each path that it reads
from its standard input it forks; the fork executes the cells' sources, one after the other, renders figures to PNG and
a cell's last value to text and HTML, as a notebook would. No sandbox, no kernel, no IPython, nothing is written. It
answers with a line of JSON: seconds from before the fork until the fork was waited for, seconds of each code cell, and
how many cells failed and how many figures were rendered, to see that the same was done.
"""

import ast
import gc
import io
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy  # noqa: F401 - so that forks have it
import pandas  # noqa: F401

mpl.use("Agg")
import matplotlib.pyplot as plt


def sources(path: str) -> list[str]:
    """Return the sources of a notebook's code cells, without lines that only IPython understands."""
    cells = json.loads(Path(path).read_text("utf-8"))["cells"]
    joined = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return ["\n".join(line for line in source.splitlines() if not line.startswith("%")) for source in joined]


def run(source: str, namespace: dict[str, Any]) -> None:
    """Execute a cell; render the value of its last expression, if it is one."""
    statements = ast.parse(source)
    last = statements.body.pop() if statements.body and isinstance(statements.body[-1], ast.Expr) else None
    exec(compile(statements, "<cell>", "exec"), namespace)  # noqa: S102 - the cohort is made by ourselves
    if last:
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)  # noqa: S307
        if value is not None and not source.rstrip().endswith(";"):
            repr(value)
            if hasattr(value, "_repr_html_"):
                value._repr_html_()


def execute(cells: list[str]) -> dict[str, Any]:
    """Execute cells in a namespace of their own; return what came of it."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    seconds, errors, figures = [], 0, 0
    for source in cells:
        start = time.perf_counter()
        try:
            run(source, namespace)
        except Exception:  # noqa: BLE001 - a learner's
            errors += 1
        for number in plt.get_fignums():
            plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
            plt.close(number)
            figures += 1
        seconds.append(time.perf_counter() - start)
    return {"cells": seconds, "errors": errors, "figures": figures}


def forked(cells: list[str]) -> dict[str, Any]:
    """Do the same in a fork of this process."""
    start = time.perf_counter()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.write(writer, json.dumps(execute(cells)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    seconds = time.perf_counter() - start
    found: dict[str, Any] = json.loads(answer)
    return {"seconds": seconds, **found}


def main() -> None:
    """Run the notebook that is the argument, to be warm; then fork for each that comes in."""
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what cells print is of no interest, and no cost
    execute(sources(sys.argv[1]))
    gc.collect()
    gc.freeze()  # or the first collection in a fork would copy every page
    print("ready", file=told)
    for path in sys.stdin:
        print(json.dumps(forked(sources(path.strip()))), file=told)


if __name__ == "__main__":
    main()
