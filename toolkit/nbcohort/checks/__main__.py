"""`python -m nbcohort.checks`: what a course room's server starts, and what ends with it.

Its standard input is a pipe from the server. When that is closed, however the server ended, the work ends.
"""

import os
import sys
import threading
import time
from _thread import interrupt_main
from contextlib import closing, suppress
from pathlib import Path

from nbcohort.checks.room import worker_of
from nbcohort.client import open_client
from nbcohort.errors import NbcohortError

_GRACE = 5.0
"""Seconds that a run has to end in."""


def _end_with_input() -> None:
    while sys.stdin.buffer.read(1024):
        pass
    interrupt_main()
    time.sleep(_GRACE)
    os._exit(0)


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def main() -> None:
    """Check what is handed in to the cohort NBCOHORT_COHORT, with the course in the current folder."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        with suppress(KeyboardInterrupt), closing(open_client()) as client:
            worker_of(client, os.environ["NBCOHORT_COHORT"], Path.cwd(), _tell).work(threading.Event())
    except NbcohortError as error:
        _tell(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
