"""How many notebooks run at once, and what becomes of threads that are not waited for."""

import os
import threading
from collections.abc import Iterator

import pytest

from nbcohort.grading import pool
from nbcohort.grading.pool import in_threads, workers_here
from nbcohort.sandbox import Limits


def test_every_outcome_comes_however_many_threads_there_are() -> None:
    def halves(item: int) -> Iterator[float]:
        yield item / 2
        yield -item / 2

    for workers in (1, 3, 50):
        found = sorted(in_threads(halves, range(1, 21), workers, threading.Event()))
        assert found == sorted([number / 2 for number in range(1, 21)] + [-number / 2 for number in range(1, 21)])


def test_as_many_run_at_once_as_there_are_workers() -> None:
    together = threading.Barrier(3)

    def meet(item: int) -> Iterator[int]:
        together.wait(30)
        yield item

    assert sorted(in_threads(meet, range(6), 3, threading.Event())) == list(range(6))


def test_nothing_is_begun_after_it_was_stopped() -> None:
    stop = threading.Event()
    begun = []

    def begin(item: int) -> Iterator[int]:
        begun.append(item)
        stop.set()
        yield item

    assert list(in_threads(begin, range(9), 1, stop)) == [0]
    assert begun == [0]


def test_what_a_thread_raises_is_raised_where_the_outcomes_are_taken() -> None:
    def fails(item: int) -> Iterator[int]:
        raise LookupError(item)
        yield item

    with pytest.raises(LookupError):
        list(in_threads(fails, range(3), 2, threading.Event()))


def test_there_is_a_worker_for_each_core_if_there_is_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)))
    for gigabytes, workers in ((100, 8), (5, 5), (0, 1)):
        monkeypatch.setattr(pool, "_available_memory", lambda gigabytes=gigabytes: gigabytes << 30)
        assert workers_here(Limits(memory=2 << 30)) == workers


def test_the_memory_that_is_free_is_less_than_the_machine_has() -> None:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    assert 0 < pool._available_memory() <= total
