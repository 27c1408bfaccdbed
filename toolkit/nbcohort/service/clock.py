"""One clock, UTC. The demo and tests may start the service with a movable one; nobody can move it over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _


class Clock(Protocol):
    """Tells the time."""

    movable: bool

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def moved(self) -> object:
        """Return what is another thing after somebody moved the clock."""
        ...


class SystemClock:
    """The machine's clock."""

    movable = False

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)

    def moved(self) -> None:
        """Nobody moves it."""


class DemoClock:
    """The machine's clock, shifted by what a file says: `{"offset_seconds": 86400}`. No file means no shift.

    Who may write the file, on the service's host, moves the clock with `set_demo_clock`. The shift outlives restarts.
    """

    movable = True

    def __init__(self, file: Path) -> None:
        self.file = file

    def now(self) -> datetime:
        """Return the shifted instant.

        Raises:
            NbcohortError: the file is there and does not hold a shift.
        """
        try:
            text = self.file.read_text("utf-8")
        except FileNotFoundError:
            return datetime.now(UTC)
        try:
            return datetime.now(UTC) + timedelta(seconds=float(json.loads(text)["offset_seconds"]))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise NbcohortError(
                _('The demo clock\'s file {file} should hold {{"offset_seconds": number}}.').format(file=self.file)
            ) from error

    def moved(self) -> object:
        """Return which file says the shift: `set_demo_clock` writes a new one."""
        try:
            status = self.file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns


def set_demo_clock(file: Path, instant: datetime) -> None:
    """Shift the demo clock kept in `file` so that it shows `instant` now, and goes on from there."""
    offset = (instant - datetime.now(UTC)).total_seconds()
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(json.dumps({"offset_seconds": offset}), "utf-8")
    draft.replace(file)
