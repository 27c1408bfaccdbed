"""Every minute, and at start: let each plugin move on what is over."""

import asyncio
import logging

from anyio import to_thread

from nbcohort.service.house import House

log = logging.getLogger(__name__)


def tick(house: House) -> None:
    """Call every plugin's `advance` once; what one raises is logged and does not stop the others."""
    now = house.clock.now()
    for name, plugin in house.plugins.list_name_plugin():
        advance = getattr(plugin, "advance", None)
        if advance is None:
            continue
        try:
            advance(house=house, now=now)
        except Exception:
            log.exception("the plugin %s could not move its rounds on", name)


async def tick_for_ever(house: House, seconds: float) -> None:
    """Tick now and then every `seconds`, until cancelled."""
    while True:
        await to_thread.run_sync(tick, house)
        await asyncio.sleep(seconds)
