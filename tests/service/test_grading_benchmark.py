"""The benchmark of grading, with few submissions: everything that it compares must run, and give the same scores."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "grading.py"
FIGURES = {"end_to_end_ratio_24", "end_to_end_ratio_200", "papermill_ratio", "floor_ratio", "first_result_ms"}


@pytest.mark.slow
def test_all_graders_give_three_submissions_the_same_scores(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    options = ["--quick", "--profile", "--json", str(figures)]
    done = subprocess.run([sys.executable, BENCHMARK, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(figures.read_text("utf-8"))
    assert found.keys() >= FIGURES
    assert found["goals"].keys() == FIGURES
    assert found["troubles"] == []
    assert found["end_to_end_ratio_24"] is None, "three submissions say nothing of 24"
    assert found["floor_ratio"] > 0
    assert found["first_result_ms"] > 0
    measured = {one["name"]: one for one in found["whole processes"]}
    assert measured.keys() >= {"nbgrader autograde", "nbcohort grade, 1 worker", "papermill, default engine"}
    assert all(one["submissions"] == 3 and min(one["seconds"]) > 0 for one in measured.values())
    assert "otter" in measured or any("otter" in note for note in found["notes"])
    assert found["profile"]["stages"]["execution"] > 0
    assert "Goals" in done.stdout
