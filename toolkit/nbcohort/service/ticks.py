"""Every minute, and at start: let each plugin move on what is over."""

import asyncio

from anyio import to_thread

from nbcohort.service.house import House


def tick(house: House) -> None:
    """Call every plugin's `advance` once; what one raises is logged and does not stop the others."""
    house.plugins.tell("advance", house=house, now=house.clock.now())


async def tick_for_ever(house: House, seconds: float) -> None:
    """Tick now and then every `seconds`, until cancelled."""
    while True:
        await to_thread.run_sync(tick, house)
        await asyncio.sleep(seconds)
