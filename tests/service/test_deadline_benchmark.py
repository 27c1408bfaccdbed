"""The benchmark of the minute before a deadline, with few members: what it measures it must also be able to do."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "deadline.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "measured"), [("sqlite", {"sqlite"}), ("postgresql", {"postgresql", "postgresql, two processes"})]
)
def test_twenty_members_hand_in_within_two_seconds_and_nothing_is_lost(
    database: str, measured: set[str], tmp_path: Path
) -> None:
    figures = tmp_path / "figures.json"
    options = ["--members", "20", "--seconds", "2", "--database", database, "--json", str(figures)]
    with subprocess.Popen(
        [sys.executable, BENCHMARK, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its servers can be ended with it
    ) as program:
        try:
            printed, complained = program.communicate(timeout=300)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    assert program.returncode == 0, printed + complained
    found = json.loads(figures.read_text("utf-8"))
    naive = found["measured"].pop("naive peer")
    assert naive["handed in"] == 20
    assert found["measured"].keys() == measured
    for name, mine in found["measured"].items():
        assert (mine["handed in"], mine["lost"], mine["late though created in time"], mine["errors"]) == (20, 0, 0, [])
        assert mine["seconds"].keys() == {"whole hand-in", "create", "commit"}
        assert found["ratios to the naive peer"][name].keys() == {"p50", "p99", "submissions per second"}
        assert f"{name}: whole hand-ins under 2 s at p99: " in printed
