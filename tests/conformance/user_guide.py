"""A pytest plugin that puts what some of nbgrader's tests need of its user guide where they look for it."""

import shutil
from pathlib import Path

import nbgrader
import pytest

GUIDE = Path("docs", "source", "user_guide")


@pytest.fixture(scope="session", autouse=True)
def user_guide() -> None:
    """Copy the templates of automatic tests, and a table; one of the tests writes beside them."""
    here = Path("nbgrader") / GUIDE
    (here / "source").mkdir(parents=True)
    for name in ("autotests.yml", "grades.csv"):
        shutil.copy(Path(nbgrader.__file__).parent / GUIDE / name, here)
