"""The command line of grading, as a program that tests start."""

import os
import subprocess
import sys
from collections.abc import Sequence

SOURCE = """
import sys, typer
from nbcohort.errors import NbcohortError
from nbcohort.grading.cli import commands
app = typer.Typer(pretty_exceptions_enable=False)
app.callback()(lambda: None)  # an only command would not be called by its name
commands(app)
try:
    app()
except NbcohortError as error:
    sys.exit(str(error))
"""


def start(command: Sequence[str], **environment: str) -> "subprocess.Popen[str]":
    """Start `command` with nothing in its environment but PATH, HOME and `environment`."""
    return subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def nbcohort(*arguments: str) -> list[str]:
    """Return the command that runs nbcohort's grading command line."""
    return [sys.executable, "-c", SOURCE, *arguments]
