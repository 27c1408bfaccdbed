"""`nbcohort submit` while the service restarts: one sentence says that it waits, and then it is done."""

import os
import subprocess
import sys
from pathlib import Path

from nbcohort.testing import FakeHub, running_service
from tests.faults.people import written
from tests.service.classroom import NOTEBOOK, Classroom

COMMAND = [sys.executable, "-c", "from nbcohort.cli import main; main()"]


def test_a_hand_in_outlasts_a_restart_of_the_service(tmp_path: Path, hub: FakeHub, database: dict[str, str]) -> None:
    with running_service(tmp_path / "service", hub, tick_seconds=1, within=(), **database) as service:
        room = Classroom(service)
        room.apply()
        written(tmp_path / "home" / "ps1", {"ps1.ipynb": NOTEBOOK})
        service.stop()
        environ = {"PATH": os.environ["PATH"], "COLUMNS": "200", "NBCOHORT_COHORT": room.cohort}
        with subprocess.Popen(
            [*COMMAND, "submit", "ps1"],
            cwd=tmp_path / "home",
            env={**environ, **service.environment("ada")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as terminal:
            assert terminal.stdout is not None
            first = terminal.stdout.readline()
            service.start()
            said, complaints = terminal.communicate(timeout=90)
        assert first.startswith("The course service does not answer; waiting for it, up to ")
        assert terminal.returncode == 0, complaints
        assert "attempt 1" in said
        assert "waiting" not in said
        assert [one["attempt"] for one in room.items("ada", "submissions")] == [1]
