"""Python's parser, asked by several threads."""

import gc
import threading
import time
from collections.abc import Iterator

import pytest

from nbcohort.parsing import parse, parse_expression

_DEEP = "f(" * 30 + "0" + ")" * 30


@pytest.fixture
def threads_that_give_way() -> Iterator[None]:
    """Collect garbage all the time, and let other threads go on meanwhile."""

    def give_way(_phase: str, _more: dict[str, int]) -> None:
        time.sleep(0)

    usual = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(10, 1000, 1000)
    yield
    gc.set_threshold(*usual)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("threads_that_give_way")
def test_trees_are_made_while_other_threads_make_theirs() -> None:
    failed: list[Exception] = []

    def work(depth: int) -> None:
        if depth:
            work(depth - 1)
            return
        for _number in range(100):
            try:
                parse(_DEEP)
                parse_expression(_DEEP)
            except Exception as error:  # noqa: BLE001 - which it is, is what we want to know
                failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
