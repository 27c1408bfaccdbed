"""Programs that are forked behave as started ones do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbcohort import __version__
from nbcohort.testing.forked import Forked, nbcohort


def tell() -> None:
    sys.stdout.write(" ".join([os.environ["WHO"], str(Path.cwd()), *sys.argv, str(sorted(os.environ))]) + "\n")
    sys.exit("and no more")


def wait_for_ever() -> None:
    time.sleep(600)


def test_it_has_its_words_environment_folder_and_files_and_an_exit_code(tmp_path: Path) -> None:
    out, complaints = tmp_path / "out", tmp_path / "complaints"
    program = Forked(tell, "a", "b c", environ={"WHO": "ada"}, folder=tmp_path, out=out, complaints=complaints)
    assert program.wait(60) == program.poll() == 1
    assert out.read_text() == f"ada {tmp_path} nbcohort a b c ['WHO']\n"
    assert complaints.read_text() == "and no more\n"


def test_signals_end_it_and_waiting_has_an_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = Forked(wait_for_ever, environ={}, out=log, complaints=log)
    with pytest.raises(subprocess.TimeoutExpired):
        program.wait(0.1)
    assert program.returncode is None
    program.terminate()
    assert program.wait(60) == -signal.SIGTERM
    program.kill()  # nothing is there any more
    assert not Path(f"/proc/{program.pid}/fd").exists()


def test_commands_say_what_they_say_in_a_terminal(tmp_path: Path) -> None:
    said = nbcohort("--version", environ={}, folder=tmp_path)
    assert (said.returncode, said.stdout, said.stderr) == (0, f"nbcohort {__version__}\n", "")
    odd = nbcohort("nonsense", environ={}, folder=tmp_path)
    assert odd.returncode == 2
    assert "No such command" in odd.stderr
