"""Whole processes: how long a command takes, from its start to its end, with what it starts."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .course import environment


class CommandFailed(Exception):
    """A command that is measured did not end well."""


@dataclass(frozen=True)
class Spent:
    """What a command took, in seconds."""

    seconds: float
    cpu: float
    """The processors' time: unlike the other, hardly a matter of who else uses the machine. Only of the processes that
    were waited for, so it is more where the system reaps forks."""


def run(command: Sequence[str | Path], folder: Path, log: Path) -> Spent:
    """Run a command in `folder`; its output goes to the file `log`. Raises `CommandFailed`."""
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=output, stderr=output)
        try:
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        words = " ".join(str(part) for part in command)
        raise CommandFailed(f"{words}\nended with {process.returncode}:\n{log.read_text('utf-8', 'replace')[-3000:]}")
    return Spent(seconds, usage.ru_utime + usage.ru_stime)
