"""A command is there at once: what computes, grades or serves is imported by the commands that do."""

import subprocess
import sys

HEAVY = ("alembic", "fastapi", "jsonschema", "nbconvert", "nbformat", "nbgrader", "numpy", "sqlalchemy", "uvicorn")


def test_the_command_line_is_built_without_what_takes_long_to_import() -> None:
    code = f"import sys; from nbcohort.cli import build_app; build_app(); print(*(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
