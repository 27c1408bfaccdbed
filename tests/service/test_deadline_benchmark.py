"""The benchmark of the minute before a deadline, with few members: what it measures it must also be able to do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "deadline.py"


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_members_hand_in_within_two_seconds_and_nothing_is_lost(database: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    options = ["--members", "20", "--seconds", "2", "--database", database, "--json", str(figures)]
    done = subprocess.run([sys.executable, BENCHMARK, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(figures.read_text("utf-8"))
    mine, naive = found["measured"][database], found["measured"]["naive peer"]
    assert (mine["handed in"], mine["lost"], mine["late though created in time"], mine["errors"]) == (20, 0, 0, [])
    assert mine["seconds"].keys() == {"whole hand-in", "create", "put", "commit"}
    assert naive["handed in"] == 20
    assert found["ratios to the naive peer"][database].keys() == {"p50", "p99", "submissions per second"}
    assert "naive peer" in done.stdout
