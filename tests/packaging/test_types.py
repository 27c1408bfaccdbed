"""The code has the types that it says it has: one of the tests, as it takes as long as some of them, beside others."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.timeout(1800)
def test_mypy_finds_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=1790
    )
    assert done.returncode == 0, done.stdout + done.stderr
