"""What goes wrong before a command has begun is told in one line."""

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "import os, sys; os.rmdir(sys.argv.pop(1)); from nbcohort.start import main; main()"]


def test_who_is_in_a_folder_that_is_gone_is_told_so(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run([*COMMAND, str(gone), "grade", "ps1"], cwd=gone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["nbcohort: the folder that you are in is not there any more; go to another one (cd)"],
    )
