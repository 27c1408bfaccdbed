"""A pytest plugin for the process in which nbgrader's tests run: run one part, write down how each test ended.

Each line of the file in CONFORMANCE_RECORD is a JSON object with a test's `id` and its `outcome`: collected, passed,
failed or skipped, the last two with `text`. CONFORMANCE_PART is `1/2` for every second test from the second on.
"""

import json
import os
from pathlib import Path

import pytest

_worst: dict[str, tuple[int, str, str]] = {}
_RANK = {"passed": 0, "skipped": 1, "failed": 2}


def _write(**line: str) -> None:
    with Path(os.environ["CONFORMANCE_RECORD"]).open("a", encoding="utf-8") as record:
        record.write(json.dumps(line) + "\n")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Write down every test, and keep those of this part."""
    for item in items:
        _write(id=item.nodeid, outcome="collected")
    part, parts = (int(number) for number in os.environ["CONFORMANCE_PART"].split("/"))
    config.hook.pytest_deselected(items=[item for number, item in enumerate(items) if number % parts != part])
    items[:] = [item for number, item in enumerate(items) if number % parts == part]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the worst of set-up, call and tear-down."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    if report.nodeid not in _worst or _RANK[report.outcome] > _worst[report.nodeid][0]:
        _worst[report.nodeid] = (_RANK[report.outcome], report.outcome, text)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Write down how the test ended."""
    _rank, outcome, text = _worst.pop(nodeid)
    _write(id=nodeid, outcome=outcome, text=text)
