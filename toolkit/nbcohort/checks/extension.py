"""A Jupyter server extension of course rooms: what is handed in is checked while the room's server runs."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

PAUSES = (5.0, 30.0, 300.0)
"""Seconds before the program is started again; the last one for ever."""
_LONG_ENOUGH = 60.0
"""Seconds after which the next end is the first one again."""


async def keep_checking(folder: Path, log: logging.Logger) -> None:
    """Run `python -m nbcohort.checks` in the course folder, and start it again when it ends."""
    loop = asyncio.get_running_loop()
    ends = 0
    while True:
        started = loop.time()
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nbcohort.checks", cwd=folder, stdin=asyncio.subprocess.PIPE
        )
        status = await program.wait()
        ends = 1 if loop.time() - started > _LONG_ENOUGH else ends + 1
        pause = PAUSES[min(ends, len(PAUSES)) - 1]
        log.warning("Checks of submissions ended with %s; they are started again in %d s.", status, pause)
        await asyncio.sleep(pause)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbcohort.checks.extension"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Begin, if this server is a cohort's course room that knows its service."""
    if not os.environ.get("NBCOHORT_COHORT") or not os.environ.get("NBCOHORT_URL"):
        return

    def begin() -> None:
        task = asyncio.get_running_loop().create_task(keep_checking(Path(app.root_dir), app.log))
        app.web_app.settings["nbcohort_checks"] = task  # a task that nobody holds may vanish

    app.io_loop.add_callback(begin)
