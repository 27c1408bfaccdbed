"""Grade notebooks with otter, in-process as it calls it: `run_otter.py ZIP FOLDER OUTPUT`, in otter's environment.

The notebooks are `FOLDER/<account>/*.ipynb`. Each runs in a kernel of its own that otter starts, without its container.
Writes to OUTPUT the points of each question by account.
"""

import json
import sys
from pathlib import Path

from otter.api import grade_submission  # type: ignore[import-not-found]


def main(configuration: str, folder: Path, output: Path) -> None:
    """Grade them all."""
    points = {}
    for path in sorted(folder.glob("*/*.ipynb")):
        graded = grade_submission(str(path), configuration, quiet=True)
        points[path.parent.name] = {name: result.score for name, result in graded.results.items()}
    output.write_text(json.dumps(points), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
