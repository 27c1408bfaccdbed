"""A pytest plugin that lets nbgrader's tests meet our executor: the configuration that users write, and a proof of use.

`nbgrader_config.py` in a folder of JUPYTER_CONFIG_PATH calls the `configure` that we ship; whatever a test configures
comes after it. With `--executor-by-default` what `configure` sets is nbgrader's default instead, for tests that read no
configuration. A submission that stock's `Execute` runs fails its test, and a process that ran fewer notebooks in the
sandbox than `--sandboxed` says, or one of them in a kernel of its own instead of a fork, fails as a whole.
"""

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.converters import Autograde
from traitlets.config import Config

from nbcohort.grading import kernel_runner
from nbcohort.grading.executor import SandboxedExecute, configure
from nbcohort.grading.job import Job
from nbcohort.sandbox import probe

CONFIGURATION = """from nbcohort.grading.executor import configure

c = get_config()
configure(c)
c.SandboxedExecute.preload = []
"""
"""Nothing is preloaded: each test has a course of its own, whose notebooks are forked from a process of its own."""

_sandboxed: list[str] = []
"""The sandbox of each notebook that our executor ran."""
_in_own_kernels: list[str] = []
"""The kernels of our own Python that were started for a notebook each, as for those of other languages."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a suite say how our executor gets there, and how much has to happen in the sandbox."""
    parser.addoption("--executor-by-default", action="store_true", help="set defaults instead of a configuration")
    parser.addoption("--sandboxed", type=int, default=0, help="how many notebooks must run in the sandbox, at least")


@pytest.fixture(scope="session", autouse=True)
def executor(pytestconfig: pytest.Config) -> Iterator[None]:
    """Configure nbgrader, and count."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if pytestconfig.getoption("--executor-by-default"):
            config = Config()
            configure(config)
            steps = Autograde.class_traits()["autograde_preprocessors"]
            patch.setattr(steps, "default_args", (config.Autograde.autograde_preprocessors,))
        else:
            (Path(folder) / "nbgrader_config.py").write_text(CONFIGURATION)
            patch.setenv("JUPYTER_CONFIG_PATH", folder)
        patch.setattr(SandboxedExecute, "preprocess", _counted(SandboxedExecute.preprocess))
        patch.setattr(kernel_runner, "run_in_own_kernel", _noted(kernel_runner.run_in_own_kernel))
        patch.setattr(ExecutePreprocessor, "preprocess", _not_for_submissions(ExecutePreprocessor.preprocess))
        yield


def _counted(preprocess: Any) -> Any:
    @functools.wraps(preprocess)
    def counted(self: SandboxedExecute, nb: Any, resources: Any, km: None = None) -> Any:
        done = preprocess(self, nb, resources, km)
        _sandboxed.append(nb.metadata["nbcohort"]["sandbox"])
        return done

    return counted


def _noted(run_in_own_kernel: Any) -> Any:
    @functools.wraps(run_in_own_kernel)
    def noted(job: Job) -> Any:
        if job.kernel_name in ("", "python", "python3"):
            _in_own_kernels.append(job.kernel_name)
        return run_in_own_kernel(job)

    return noted


def _not_for_submissions(preprocess: Any) -> Any:
    @functools.wraps(preprocess)
    def checked(self: ExecutePreprocessor, *arguments: Any, **named: Any) -> Any:
        exporter = self.parent
        assert not isinstance(exporter.parent if exporter else None, Autograde), "a submission ran without our executor"
        return preprocess(self, *arguments, **named)

    return checked


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the process if our executor had too little to do, or did it the slow way."""
    wanted = session.config.getoption("--sandboxed")
    if _in_own_kernels or (wanted and (len(_sandboxed) < wanted or set(_sandboxed) != {probe().name})):
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much it had to do."""
    terminalreporter.write_line(f"{len(_sandboxed)} notebooks ran in the sandbox: {', '.join(sorted(set(_sandboxed)))}")
    terminalreporter.write_line(f"{len(_in_own_kernels)} of them could have been forked, and were not")
