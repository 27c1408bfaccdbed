"""Cells that are run in a copy of a notebook's process, to see whether what must fail does.

The copy is a fork that can write no file, so that it changes nothing that later cells find. What its cells print is
thrown away; how each has ended comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import sys
import time
from types import ModuleType
from typing import Any

_fork, _exit, _pipe, _read, _write, _close, _kill, _waitpid, _dup2, _open = (
    os.fork,
    os._exit,
    os.pipe,
    os.read,
    os.write,
    os.close,
    os.kill,
    os.waitpid,
    os.dup2,
    os.open,
)


def in_a_copy(kernel: Any, guard: ModuleType | None, cells: list[str], seconds: float) -> list[dict[str, str]]:
    """Run `cells` in a copy; return how each has ended, as far as it got in `seconds`.

    Raises `OSError` where processes cannot be copied.
    """
    reading, writing = _pipe()
    try:
        pid = _fork()
    except OSError:
        _close(reading)
        _close(writing)
        raise
    if pid == 0:
        try:
            _be_a_copy(kernel, guard)
            _run(kernel, cells, writing)
        finally:
            _exit(0)
    _close(writing)
    try:
        return _collected(reading, seconds)
    finally:
        _close(reading)
        _kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # the notebook may let the system reap
            _waitpid(pid, 0)


async def in_place(kernel: Any, cells: list[str]) -> list[dict[str, str]]:
    """Run `cells` in this very process, where it cannot be copied; return how each has ended."""
    before = kernel.session.wire
    kernel.session.wire = None
    try:
        return [await _reply(kernel, cell) for cell in cells]
    finally:
        kernel.session.wire = before


def _be_a_copy(kernel: Any, guard: ModuleType | None) -> None:
    gc.disable()
    kernel.session.wire = None
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        pyplot.close("all")  # or else each cell would draw them
    kernel.shell.InteractiveTB.set_mode(mode="Minimal")  # nobody reads it
    null = _open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        _dup2(null, number)
    if guard is not None:
        guard.write_nothing()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(kernel: Any, cells: list[str], writing: int) -> None:
    for cell in cells:
        _write(writing, json.dumps(asyncio.run(_reply(kernel, cell))).encode() + b"\n")


async def _reply(kernel: Any, cell: str) -> dict[str, str]:
    """Run a cell as any other; return its reply's status and error."""
    replies: list[dict[str, Any]] = []
    kernel.session.heard = replies
    try:
        await kernel.execute(cell)
    finally:
        kernel.session.heard = None
    content = replies[-1] if replies else {}
    return {name: str(content.get(name, ""))[:4096] for name in ("status", "ename", "evalue")}


def _collected(reading: int, seconds: float) -> list[dict[str, str]]:
    ends = time.monotonic() + seconds
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    data = b""
    while (left := ends - time.monotonic()) > 0:
        if not poll.poll(left * 1000):
            break
        piece = _read(reading, 1 << 16)
        if not piece:
            break
        data += piece
    found = []
    for line in data.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # it was ended in the middle
            break
    return found
