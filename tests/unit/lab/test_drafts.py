"""The Lab's own tests of what is typed, which need nothing but Node."""

import os
import subprocess
import sys
from pathlib import Path

LAB = Path(__file__).parents[3] / "extensions" / "lab"


def test_no_typed_text_is_lost() -> None:
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    tests = ["tests/drafts.test.mts", "tests/comparing.test.mts"]
    command = ["node", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--test", *tests]
    done = subprocess.run(command, cwd=LAB, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "pass 22" in done.stdout
