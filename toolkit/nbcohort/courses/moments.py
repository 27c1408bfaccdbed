"""Instants of the service as people of a cohort say them: in its time zone, to the minute."""

from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

UTC_ZONE = ZoneInfo("UTC")


class Getter(Protocol):
    """What can ask the service: `nbcohort.client.ServiceClient`."""

    def get(self, path: str, **params: Any) -> Any:
        """Return the answer at a path."""


def zone_of(client: Getter, cohort: str) -> ZoneInfo:
    """Return the cohort's time zone; UTC as long as it has no settings."""
    name = client.get(f"/cohorts/{quote(cohort, safe='')}")["time_zone"]
    return ZoneInfo(name) if name else UTC_ZONE


def moment(instant: datetime | str, zone: ZoneInfo) -> str:
    """Return an instant (aware, or in ISO 8601) as people say it: ``Fri 27 Nov 23:59``."""
    local = (datetime.fromisoformat(instant) if isinstance(instant, str) else instant).astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def moment_in(instant: datetime | str, zone: ZoneInfo) -> str:
    """Return the same with the zone: ``Fri 27 Nov 23:59 (Europe/Berlin)``."""
    return f"{moment(instant, zone)} ({zone.key})"
