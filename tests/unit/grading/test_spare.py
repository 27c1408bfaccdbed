"""A notebook's process that is made before it is asked for: it rehearses, and nobody sees that it did."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from nbcohort.grading.forked.kernel import ForkedKernel
from nbcohort.grading.forked.zygote import Environment, Fork, Zygote
from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import Limits, probe
from nbcohort.testing import wait_until
from tests.unit.grading.course import code

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one is made only if a processor is idle"),
]

LOOK = """
import os, sys
import matplotlib.pyplot as plt
shell = get_ipython()
print(sorted(name for name in globals() if not name.startswith("_")), plt.get_fignums(), In, Out, shell.execution_count)
print(hasattr(sys, "last_value"), sorted(os.listdir(".")), shell.history_manager.input_hist_raw)
"""


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    made = Zygote(Environment(("numpy", "matplotlib.pyplot"), (), probe("namespaces")))
    made.wait_until_ready()
    yield made
    made.close()


def spares(zygote: Zygote) -> list[Fork]:
    return list(zygote._spares.values())


def use(zygote: Zygote) -> int:
    """Start and end a kernel; return its process's number."""
    kernel = ForkedKernel(zygote, (), {}, Limits())
    kernel.close()
    return kernel.pid


def test_none_is_made_for_one_notebook_and_one_for_the_next_of_several(zygote: Zygote) -> None:
    use(zygote)
    assert spares(zygote) == []
    use(zygote)
    wait_until(lambda: len(spares(zygote)) == 1)
    use(zygote)
    wait_until(lambda: len(spares(zygote)) == 1)


def test_none_is_made_while_all_processors_are_busy(zygote: Zygote) -> None:
    kernels = [ForkedKernel(zygote, (), {}, Limits()) for _processor in os.sched_getaffinity(0)]
    try:
        wait_until(lambda: not zygote._makes_spare)
        before = len(spares(zygote))
        for _number in range(3):
            use(zygote)
        assert not zygote._makes_spare
        assert len(spares(zygote)) <= before
    finally:
        for kernel in kernels:
            kernel.close()


def test_it_ends_with_the_zygote(zygote: Zygote) -> None:
    use(zygote)
    use(zygote)
    wait_until(lambda: len(spares(zygote)) == 1)
    process = os.dup(spares(zygote)[0].whole)
    try:
        zygote.close()
        wait_until(lambda: has_ended(process))
    finally:
        os.close(process)


def has_ended(process: int) -> bool:
    """Return whether the process of a pidfd has ended."""
    return bool(select.select([process], [], [], 0)[0])


def test_a_notebook_finds_nothing_of_the_rehearsal(tmp_path: Path) -> None:
    shown = []
    for seconds in (0, 0, 0, 1, 1, 0):  # time for a part of it, and for all
        notebook = new_notebook(cells=[code(f"from time import sleep\nsleep({seconds})\ndel sleep"), code(LOOK)])
        run_notebook(notebook, tmp_path, Limits(), How())
        shown.append(notebook.cells[1].outputs[0].text.replace(f"sleep({seconds})", "sleep"))

    assert set(shown) == {shown[0]}
