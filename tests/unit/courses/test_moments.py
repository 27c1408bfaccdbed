from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nbcohort.courses.moments import moment, moment_in, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("instant", ["2026-11-27T22:59:00Z", datetime(2026, 11, 27, 22, 59, tzinfo=UTC)])
def test_an_instant_is_said_in_the_cohorts_zone(instant: str | datetime) -> None:
    assert moment(instant, BERLIN) == "Fri 27 Nov 23:59"
    assert moment_in(instant, BERLIN) == "Fri 27 Nov 23:59 (Europe/Berlin)"


class Service:
    def __init__(self, time_zone: str | None) -> None:
        self.time_zone = time_zone

    def get(self, path: str, **_params: Any) -> Any:
        assert path == "/cohorts/ds1"
        return {"time_zone": self.time_zone}


def test_a_cohort_without_settings_has_utc() -> None:
    assert zone_of(Service("Asia/Tokyo"), "ds1").key == "Asia/Tokyo"
    assert zone_of(Service(None), "ds1").key == "UTC"
