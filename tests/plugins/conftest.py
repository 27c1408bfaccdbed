"""The example plugin as a stranger would install it: built into a wheel, and installed into a folder of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

KUDOS = Path(__file__).parent / "kudos"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that, on PYTHONPATH, is an environment with the wheel of the example installed beside nbcohort."""
    folder = tmp_path_factory.mktemp("kudos")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(KUDOS)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=300)
    return site
