"""How much one caller may ask in a time, so that nobody can keep the service from the others.

What this guarantees: over any time, a caller gets at most `burst + per_second * seconds` requests through; a caller who
stays below `per_second` is never refused. This is the generic cell rate algorithm (ITU-T I.371), a token bucket that
keeps one number for each caller: the instant at which the bucket would be full again.

Libraries were looked at and left out: `limits` counts by windows and has no token bucket, `slowapi` is built on it, and
of `fastapi-limiter` its users ask whether it is maintained.

What is counted is counted in this process: with several service processes each gives as much, so that together they
give at most as many times as much.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

REMEMBERED = 10_000
"""Callers whose buckets are kept; when there are more, those that are nearest to full are forgotten."""


class TooMany(NbcohortError):
    """More than one may ask in a time; `retry_after` says after how many seconds it will be taken."""

    status = 429
    slug = "too-many"

    def __init__(self, sentence: str, wait: float) -> None:
        super().__init__(sentence, retry_after=max(1, math.ceil(wait)))


class Rate:
    """A token bucket for each caller.

    Args:
        per_second: how many requests a caller may send in a second, over time.
        burst: how many at once, after a while of silence.
        monotonic: seconds.
    """

    def __init__(self, per_second: float, burst: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self.burst = burst
        self._monotonic = monotonic
        self._full_at: dict[Hashable, float] = {}

    def wait(self, caller: Hashable) -> float:
        """Return after how many seconds the caller may send one more request; 0 for now."""
        now = self._monotonic()
        debt = max(self._full_at.get(caller, now) - now, 0) * self.per_second
        return max(debt + 1 - self.burst, 0) / self.per_second

    def count(self, caller: Hashable) -> None:
        """Count a request, also one beyond what is allowed, but never so many that silence would not help soon."""
        now = self._monotonic()
        full_at = max(self._full_at.get(caller, now), now) + 1 / self.per_second
        self._full_at[caller] = min(full_at, now + (self.burst + 1) / self.per_second)
        if len(self._full_at) > REMEMBERED:
            self._forget(now)

    def take(self, caller: Hashable) -> None:
        """Count a request of the caller; raises `TooMany` instead when it is one too many."""
        wait = self.wait(caller)
        if wait > 0:
            raise TooMany(
                _("You send more requests than the service takes from one account; it takes more in {wait} s.").format(
                    wait=math.ceil(wait)
                ),
                wait,
            )
        self.count(caller)

    def _forget(self, now: float) -> None:
        emptiest = sorted(self._full_at.items(), key=lambda item: item[1])[-REMEMBERED // 2 :]
        self._full_at = {caller: full_at for caller, full_at in emptiest if full_at > now}


class Parallel:
    """How many requests a caller may have under way at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._under_way: Counter[Hashable] = Counter()

    @contextmanager
    def one(self, caller: Hashable) -> Iterator[None]:
        """Have one request under way; raises `TooMany` when the caller has `most` already."""
        if self._under_way[caller] >= self.most:
            raise TooMany(
                _("You have {most} requests under way, and no more are taken at once; let one of them end.").format(
                    most=self.most
                ),
                1,
            )
        self._under_way[caller] += 1
        try:
            yield
        finally:
            self._under_way[caller] -= 1
            if not self._under_way[caller]:
                del self._under_way[caller]
