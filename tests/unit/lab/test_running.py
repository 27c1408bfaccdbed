"""A throwaway copy of a peer's work is run on the reviewer's server, and stopped."""

import json
from pathlib import Path
from typing import Any

import pytest

from nbcohort.errors import NotFound
from nbcohort.lab.running import Fetch, Runs
from nbcohort.sandbox import SandboxUnavailable, probe
from nbcohort.testing import wait_until

WORK = "/cohorts/ds1/review/tasks/t1"


def fetch(*sources: str) -> Fetch:
    """Put a notebook with these cells into the folder, and a file beside it."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for i, source in enumerate(sources)
    ]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    def put(folder: Path) -> None:
        (folder / "ps1.ipynb").write_text(json.dumps(content))
        (folder / "data.csv").write_text("4\n2\n")

    return put


@pytest.fixture
def runs() -> Runs:
    return Runs()


def ended(runs: Runs) -> dict[str, Any]:
    wait_until(lambda: runs.status(WORK, "ps1.ipynb")["state"] != "running", 60, "the end of the run")
    return runs.status(WORK, "ps1.ipynb")


@pytest.fixture
def sandbox() -> None:
    try:
        probe()
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_it_runs_beside_its_files_without_our_secrets_and_is_shown_harmlessly(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-token")
    secrets = f"import os; print([n for n in os.environ if 'TOKEN' in n], os.path.exists({__file__!r}))"
    html = "from IPython.display import HTML; HTML('<b>bold</b><script>ran()</script>')"
    started = runs.start(WORK, "ps1.ipynb", fetch("print(open('data.csv').read())", secrets, html, "1/0"))
    assert started["state"] == "running"
    run = ended(runs)

    assert run["state"] == "done", run
    assert "ended with an error: 1" in run["sentence"]
    page = runs.result(WORK, "ps1.ipynb").page(0)
    shown = "".join(part["html"] for part in page["parts"])
    assert "4\n2" in shown
    assert "[] False" in shown
    assert "<b>bold</b>" in shown
    assert "<script" not in shown
    assert "ZeroDivisionError" in shown
    with pytest.raises(NotFound, match="run it again"):
        runs.result(WORK, "other.ipynb")


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_a_run_is_stopped_at_once_and_the_next_one_stops_the_last(runs: Runs) -> None:
    folders = []

    def endless(folder: Path) -> None:
        folders.append(folder)
        fetch("while True: pass")(folder)

    def is_under_way() -> bool:
        return "Cell 1 of 1" in runs.status(WORK, "ps1.ipynb")["sentence"]

    runs.start(WORK, "ps1.ipynb", endless)
    wait_until(is_under_way, 60, "the first cell")
    assert runs.stop(WORK, "ps1.ipynb")["state"] == "cancelled"
    wait_until(lambda: not folders[0].exists(), 10, "the end of the program")

    runs.start(WORK, "ps1.ipynb", endless)
    runs.start("/another", "ps1.ipynb", fetch("42"))
    assert runs.status(WORK, "ps1.ipynb")["state"] == "none"
    wait_until(lambda: runs.status("/another", "ps1.ipynb")["state"] == "done", 60, "the other run")


def test_where_there_is_no_sandbox_a_sentence_says_so(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import nbcohort.grading.run as run\n"
        "from nbcohort.sandbox import SandboxUnavailable\n"
        "def probe():\n"
        "    raise SandboxUnavailable('There is no sandbox here; ask your instructor.')\n"
        "run.probe = probe\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    runs.start(WORK, "ps1.ipynb", fetch("1"))

    assert ended(runs) == {
        "number": 1,
        "state": "failed",
        "sentence": "There is no sandbox here; ask your instructor.",
    }


def test_what_cannot_be_fetched_says_so(runs: Runs) -> None:
    def nothing(folder: Path) -> None:
        raise NotFound("There is no such work.")

    runs.start(WORK, "ps1.ipynb", nothing)
    assert ended(runs)["sentence"] == "There is no such work."
