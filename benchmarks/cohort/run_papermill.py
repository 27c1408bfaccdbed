"""Run notebooks with Papermill, one after the other in this process: `run_papermill.py ENGINE FOLDER OUTPUT`.

The notebooks are `FOLDER/<account>/*.ipynb`, each run in its own folder; ENGINE "default" is Papermill's own. Papermill
stops at an error unless the cell is tagged with `raises-exception`: all are, so that all cells run with any engine.
Writes to OUTPUT how many cells of each notebook ran and how many of those ended with an error.
"""

import contextlib
import json
import logging
import sys
from pathlib import Path

import nbformat
import papermill


def main(engine: str, folder: Path, output: Path) -> None:
    """Run them all."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    ran: dict[str, dict[str, int]] = {}
    for path in sorted(folder.glob("*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.metadata["tags"] = ["raises-exception"]
        nbformat.write(notebook, path)
        executed = path.with_name("executed.ipynb")
        with contextlib.suppress(papermill.PapermillExecutionError):  # after all cells have run, if one has an error
            papermill.execute_notebook(
                str(path),
                str(executed),
                engine_name=None if engine == "default" else engine,
                progress_bar=False,
                cwd=str(path.parent),
            )
        cells = [cell for cell in nbformat.read(executed, as_version=4).cells if cell.cell_type == "code"]
        ran[path.parent.name] = {
            "cells": sum(cell.execution_count is not None for cell in cells),
            "errors": sum(any(out.output_type == "error" for out in cell.outputs) for cell in cells),
        }
    output.write_text(json.dumps(ran), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
