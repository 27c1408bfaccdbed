"""Run one part of a suite: nbgrader's tests, unedited, in a pytest of their own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbgrader.tests
from nbgrader.utils import get_username

from tests.conformance.suites import Suite

NBGRADERS_TESTS = Path(nbgrader.tests.__file__).parent
REPOSITORY = Path(__file__).parents[2]
ALWAYS = ("tests.conformance.without_grammar", "tests.conformance.recording")
"""The plugins of each suite."""


@dataclass(frozen=True)
class Outcome:
    """How one test ended."""

    outcome: str
    """passed, failed or skipped"""
    text: str
    """The traceback, or why it was skipped."""


@dataclass(frozen=True)
class Run:
    """What one part of a suite gave."""

    collected: frozenset[str]
    """The ids of all tests of the suite, such as `apps/test_api.py::TestNbGraderAPI::test_collect`."""
    outcomes: dict[str, Outcome]
    """How those of this part ended."""
    output: str
    """What pytest printed."""


def run(suite: Suite, folder: Path, part: int = 0, *, mirrored: Iterable[str] = ()) -> Run:
    """Run a part of the suite with everything that it writes in `folder`; tests in `mirrored` have the mirror.

    Raises:
        AssertionError: it did not end in time, or pytest itself failed.
    """
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n")
    record = folder / "record.jsonl"
    plugins = [*ALWAYS, *suite.plugins, *([suite.mirror] if suite.mirror else [])]
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(settings), f"--rootdir={NBGRADERS_TESTS}"]
    command += ["-p", "no:cacheprovider", *(word for plugin in plugins for word in ("-p", plugin))]
    command += [*suite.arguments, *(str(NBGRADERS_TESTS / module) for module in suite.modules)]
    environ = {
        **_environment(folder),
        "CONFORMANCE_RECORD": str(record),
        "CONFORMANCE_PART": f"{part}/{suite.parts}",
        "CONFORMANCE_MIRRORED": "\n".join(mirrored),
    }
    output = _call(command, folder, environ, suite.seconds)
    lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()] if record.is_file() else []
    outcomes = {line["id"]: Outcome(line["outcome"], line["text"]) for line in lines if line["outcome"] != "collected"}
    return Run(frozenset(line["id"] for line in lines), outcomes, output)


def _environment(folder: Path) -> dict[str, str]:
    """A home of its own, no settings of whoever runs this, and the programs that nbgrader looks for on the PATH."""
    home = folder / "home"
    home.mkdir()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        "HOME": str(home),
        "USER": get_username(),
        "LANG": "C.UTF-8",
        "PATH": path,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _call(command: list[str], folder: Path, environ: dict[str, str], seconds: float) -> str:
    """Return what pytest printed; whatever it started has ended with it."""
    log = folder / "pytest.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o022,
        )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"not done after {seconds} s:\n{log.read_text('utf-8', 'replace')[-3000:]}") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    text = log.read_text("utf-8", "replace")
    assert code in (0, 1), f"pytest itself failed:\n{text[-3000:]}"
    return text
