"""Settings that nbgrader's users know: they keep their meaning, or the log names them."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_notebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, IgnorePattern, SaveAutoGrades
from traitlets.config import Config

from nbcohort.grading.course_room import open_course
from nbcohort.grading.early import start_what_is_forked
from nbcohort.grading.executor import _PASSED_ON, _WITHOUT_EFFECT, SandboxedExecute, configure
from nbcohort.grading.forked.zygote import PRELOAD, ZYGOTES, Environment
from nbcohort.grading.scores import SaveScores
from nbcohort.sandbox import Tier, probe
from tests.unit.grading.course import code


def test_every_setting_of_execute_is_passed_on_or_named_as_without_effect() -> None:
    settings = {*Execute.class_traits(config=True), "on_cell_executed"}  # this one is a method of `Execute`

    assert settings == {*_PASSED_ON, *_WITHOUT_EFFECT, "enabled", "timeout"}
    assert not set(_PASSED_ON) & set(_WITHOUT_EFFECT)


@pytest.mark.slow
def test_hooks_are_called_and_settings_without_effect_are_named_in_the_log(tmp_path: Path) -> None:
    called: list[int] = []
    said: list[str] = []
    log = logging.Logger("of-this-test")

    def hear(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return False

    log.addFilter(hear)
    execute = SandboxedExecute(
        log=log,
        config=Config(
            Execute={"iopub_timeout": 9, "kernel_name": "python3"},
            ExecutePreprocessor={"skip_cells_with_tag": "hard", "timeout": 20},
        ),
        on_cell_start=lambda cell, cell_index: called.append(cell_index),
    )
    notebook = new_notebook(cells=[code("1"), code("open('big', 'w').write('x' * 10)"), code("3")])
    notebook.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "?"}
    execute.kept_files = 5

    execute.preprocess(notebook, {"metadata": {"path": str(tmp_path)}})

    assert [cell.outputs[0]["data"]["text/plain"] for cell in notebook.cells] == ["1", "10", "3"]
    assert called == [0, 1, 2]
    assert execute.timeout == 20
    assert said == [
        "Execute.iopub_timeout has no effect in the sandbox: outputs are waited for as long as they keep coming",
        "Execute.skip_cells_with_tag has no effect in the sandbox: learners could choose which tests run",
        "Files that the notebook wrote are not kept: big",
    ]


def test_steps_that_a_course_appended_stay() -> None:
    config = Config()
    config.Autograde.autograde_preprocessors.append(IgnorePattern)

    configure(config)

    steps: list[Any] = list(Autograde.class_traits()["autograde_preprocessors"].default())
    ours = {Execute: SandboxedExecute, SaveAutoGrades: SaveScores}
    expected = [ours.get(step, step) for step in steps]
    assert config.Autograde.autograde_preprocessors == [*expected, IgnorePattern]


def test_what_is_preloaded_is_what_course_toml_says_or_else_the_usual(tmp_path: Path) -> None:
    courses = CourseDirectory(root=str(tmp_path))
    owner = Autograde(coursedir=courses)

    usual = SandboxedExecute(parent=owner).settings().how.preload
    (tmp_path / "course.toml").write_text('preload = ["numpy", "my_lesson.data"]')
    said = SandboxedExecute(parent=owner).settings().how.preload
    configured = SandboxedExecute(parent=owner, preload=["scipy"]).settings().how.preload

    assert (usual, said, configured) == (PRELOAD, ("numpy", "my_lesson.data"), ("scipy",))


def test_what_is_forked_is_started_early_unless_only_nbgrader_can_know_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Environment] = []
    monkeypatch.setattr(ZYGOTES, "start", started.append)
    monkeypatch.setattr("nbcohort.grading.early.guess", probe)
    sandbox = probe()

    start_what_is_forked(tmp_path, unsafe=True)
    (tmp_path / "nbgrader_config.py").write_text("c.SandboxedExecute.memory = 5")
    (tmp_path / "course.toml").write_text('preload = ["numpy"]')
    start_what_is_forked(tmp_path, unsafe=False)
    (tmp_path / "nbgrader_config.py").write_text("c.SandboxedExecute.preload = []")
    start_what_is_forked(tmp_path, unsafe=False)

    assert started == [Environment(PRELOAD, (tmp_path,), None), Environment(("numpy",), (tmp_path,), sandbox)]


def test_where_the_guess_was_wrong_the_sandbox_that_there_is_is_started_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Environment] = []
    wrong = Tier(privileged=True, proc=False)
    monkeypatch.setattr(ZYGOTES, "start", started.append)
    monkeypatch.setattr("nbcohort.grading.early.guess", lambda: wrong)

    start_what_is_forked(tmp_path, unsafe=False)

    assert started == [Environment(PRELOAD, (tmp_path,), wrong), Environment(PRELOAD, (tmp_path,), probe())]


def test_what_is_started_early_is_what_grading_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Environment] = []
    monkeypatch.setattr(ZYGOTES, "start", started.append)
    start_what_is_forked(tmp_path, unsafe=True)

    (tmp_path / "nbgrader_config.py").touch()
    room = open_course(tmp_path, Config({"SandboxedExecute": {"unsafe": True}}))
    settings = SandboxedExecute(parent=Autograde(coursedir=room.courses, parent=room.api)).settings()

    assert started == [Environment(settings.how.preload, settings.hidden, None)]


def test_a_grammar_that_nobody_needs_is_not_compiled() -> None:
    code = (
        "import sys; from nbcohort.grading.early import import_jsonschema; import_jsonschema();"
        "import nbformat; assert 'lark' not in sys.modules; import rfc3987_syntax"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
