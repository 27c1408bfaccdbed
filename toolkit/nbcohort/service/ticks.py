"""Every minute, at start, and when the demo's clock is moved: let each plugin move on what is over."""

import asyncio
import logging
import time

from anyio import to_thread

from nbcohort.service.clock import Clock
from nbcohort.service.house import House

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often it is looked whether a movable clock was moved."""


def tick(house: House) -> None:
    """Call every plugin's `advance` once; what one raises is logged and does not stop the others."""
    house.plugins.tell("advance", house=house, now=house.clock.now())


async def tick_for_ever(house: House, seconds: float) -> None:
    """Tick now, and then every `seconds` and whenever the clock was moved, until cancelled."""
    while True:
        moved = house.clock.moved()
        try:
            await to_thread.run_sync(tick, house)
        except Exception:
            log.exception("a tick failed; the next one comes after %g seconds", seconds)
        await _sleep(house.clock, moved, seconds)


async def _sleep(clock: Clock, moved: object, seconds: float) -> None:
    if not clock.movable:
        await asyncio.sleep(seconds)
        return
    ends = time.monotonic() + seconds
    while clock.moved() == moved and (left := ends - time.monotonic()) > 0:  # noqa: ASYNC110 - by another process
        await asyncio.sleep(min(left, LOOK_SECONDS))
