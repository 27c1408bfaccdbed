"""nbcohort's programs in processes of their own that start in a moment: forked from one that has imported everything.

Importing is most of what starting the service or a command costs, and tests do it hundreds of times.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["nbcohort.testing.imported"])


class Forked:
    """A running program: what tests use of `subprocess.Popen`.

    Args:
        run: what it does: a function at the top level of a module.
        arguments: the words after the program's name.
        environ: its whole environment.
        folder: its working directory.
        out: the file to which its output is appended.
        complaints: the same for standard error; may be the same file.
    """

    def __init__(
        self,
        run: Callable[[], object],
        *arguments: str,
        environ: Mapping[str, str],
        folder: Path | None = None,
        out: Path,
        complaints: Path,
    ) -> None:
        settings = (dict(environ), str(folder or Path.cwd()), str(out), str(complaints))
        self._process = _FORKED.Process(target=_become, args=(run, arguments, *settings), daemon=False)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        if self._process.pid is None:
            raise RuntimeError("it was not started")
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, -N if signal N ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return `returncode`."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its exit code; subprocess.TimeoutExpired after `timeout` seconds."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(["nbcohort"], timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _become(
    run: Callable[[], object],
    arguments: Sequence[str],
    environ: Mapping[str, str],
    folder: str,
    out: str,
    complaints: str,
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    for number, path in ((1, out), (2, complaints)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["nbcohort", *arguments]
    run()


def nbcohort(
    *words: str, environ: Mapping[str, str], folder: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `nbcohort` with `words` in `folder`, and return what came of it, as `subprocess.run` does.

    Raises:
        subprocess.TimeoutExpired: after `timeout` seconds; it was ended.
    """
    from nbcohort.cli import main

    with tempfile.TemporaryDirectory() as kept:
        out, complaints = Path(kept, "out"), Path(kept, "complaints")
        program = Forked(main, *words, environ=environ, folder=folder, out=out, complaints=complaints)
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        return subprocess.CompletedProcess(
            ["nbcohort", *words], code, out.read_text("utf-8"), complaints.read_text("utf-8")
        )
