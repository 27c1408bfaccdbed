"""Work in a fork of this process, of which nothing comes but its answer."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

_SECONDS = 2.0
"""How long a fork may work."""
_LONGEST = 1 << 18
"""Bytes of an answer."""


def in_fork(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a fork, as JSON keeps it; None if it fails, ends or takes too long there."""
    read, write = os.pipe()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads, whose locks the fork may wait for: for so long
            pid = os.fork()
    except OSError:  # there are as many processes as there may be
        os.close(read)
        os.close(write)
        return None
    if not pid:
        _answer(work, write)
    os.close(write)
    try:
        return json.loads(_all_of(read))
    except (ValueError, RecursionError):  # it has said nothing, or nonsense
        return None
    finally:
        os.close(read)
        with contextlib.suppress(OSError):  # something else waits for all processes
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _answer(work: Callable[[], Any], write: int) -> NoReturn:
    """Be the fork: write down what comes of the work, and end, without a word to whoever reads what is shown."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)
        with open(write, "w", encoding="utf-8") as answer:
            answer.write(json.dumps(work()))
    finally:
        os._exit(0)


def _all_of(read: int) -> bytes:
    """Return what is written to a pipe before it is closed, or before the time is over."""
    deadline, found = time.monotonic() + _SECONDS, b""
    while len(found) < _LONGEST and select.select([read], [], [], max(0, deadline - time.monotonic()))[0]:
        more = os.read(read, 1 << 16)
        if not more:
            break
        found += more
    return found
