"""The plugin that brings our executor into nbgrader's tests notices when it is not used."""

from pathlib import Path

import pytest

from tests.conformance.runner import run
from tests.conformance.suites import Suite

pytestmark = pytest.mark.conformance
PLUGINS = ("tests.conformance.executor", "tests.conformance.new_gradebooks")


def test_a_suite_that_runs_too_little_in_the_sandbox_fails_as_a_whole(tmp_path: Path) -> None:
    nothing_to_run = Suite("utils", "", modules=("utils",), plugins=PLUGINS, arguments=("--sandboxed=1",))

    with pytest.raises(AssertionError, match="0 notebooks ran in the sandbox"):
        run(nothing_to_run, tmp_path)


def test_a_submission_that_stock_runs_fails_its_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.conformance.runner.REPOSITORY", f"{tmp_path}:{Path(__file__).parents[2]}")
    (tmp_path / "stock_again.py").write_text(
        "from tests.conformance import executor\n\nexecutor.CONFIGURATION = 'get_config()'\n"
    )
    exporting = Suite(
        "export",
        "",
        modules=("apps/test_nbgrader_export.py",),
        plugins=(*PLUGINS, "stock_again"),
        arguments=("-k", "test_export"),
    )

    done = run(exporting, tmp_path)

    (outcome,) = done.outcomes.values()
    assert outcome.outcome == "failed"
    assert "a submission ran without our executor" in done.output
