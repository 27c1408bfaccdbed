"""The clock moves for whoever owns its file, and for nobody else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbcohort.errors import NbcohortError
from nbcohort.service.clock import DemoClock, SystemClock, set_demo_clock
from nbcohort.service.config import Config

ENVIRON = {
    "NBCOHORT_DATA": "data",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api",
    "JUPYTERHUB_API_TOKEN": "secret",
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101",
}


def test_the_system_clock_is_utc_and_cannot_be_moved() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert not clock.movable


def test_a_demo_clock_without_a_file_shows_the_real_time(tmp_path: Path) -> None:
    assert abs(DemoClock(tmp_path / "clock.json").now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_demo_clock_goes_on_from_where_it_was_set_and_outlives_a_restart(tmp_path: Path) -> None:
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)
    set_demo_clock(tmp_path / "clock.json", monday)
    first = DemoClock(tmp_path / "clock.json").now()
    again = DemoClock(tmp_path / "clock.json").now()
    assert monday <= first <= again < monday + timedelta(seconds=5)


@pytest.mark.parametrize("text", ["", "{}", '{"offset_seconds": "soon"}', "[1]", '{"offset_seconds": 1e300}'])
def test_a_broken_clock_file_is_said_and_never_taken_for_now(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock.json").write_text(text)
    with pytest.raises(NbcohortError, match="offset_seconds"):
        DemoClock(tmp_path / "clock.json").now()


def test_a_movable_clock_is_refused_outside_the_demo() -> None:
    with pytest.raises(NbcohortError, match="refused outside the demo"):
        Config.from_environment({**ENVIRON, "NBCOHORT_DEMO_CLOCK": "clock.json"})
    assert Config.from_environment({**ENVIRON, "NBCOHORT_DEMO_CLOCK": "c", "NBCOHORT_DEMO": "1"}).demo_clock


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(NbcohortError, match="JUPYTERHUB_API_TOKEN"):
        Config.from_environment({key: value for key, value in ENVIRON.items() if key != "JUPYTERHUB_API_TOKEN"})
