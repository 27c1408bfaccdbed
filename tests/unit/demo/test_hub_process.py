"""However the Hub ends, what it started ends with it."""

import subprocess
import sys
from pathlib import Path

from nbcohort.demo.hub_process import end
from nbcohort.testing import wait_until

RUDE = """
import os, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(300)
"""


def test_a_hub_that_ends_without_ending_its_children_leaves_none(tmp_path: Path) -> None:
    noted = tmp_path / "child"
    process = subprocess.Popen([sys.executable, "-c", RUDE, str(noted)])
    wait_until(lambda: noted.exists() and noted.read_text() != "", seconds=60)
    child = int(noted.read_text())
    assert Path(f"/proc/{child}").exists()
    end(process)
    assert process.returncode is not None
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0] != "Z"
    except OSError:
        return False
