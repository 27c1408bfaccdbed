"""Fixtures for all tests, those of plugin authors, too; and which tests stay together when several run at once."""

import re
import signal

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["nbcohort.testing"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell does so for what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # programs that are tested end with Ctrl-C

settings.register_profile(
    "tests", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("tests"), derandomize=False)
settings.load_profile("tests")  # the same examples each time; others with --hypothesis-profile=explore

A_HUB = ("browser", "hub")
"""Folders whose tests share a Hub."""
SHARING_NOTHING = ("conformance", "packaging")
"""Folders whose tests share nothing; those of other files share a service, one for each database, or what was run once
for all of them."""
LONG = ("hub", "browser", "conformance", "hostile", "faults", "fuzz", "fidelity", "packaging", "unit/nbpeer")
"""Folders that take longest: these begin first, so that none of them is all that is left at the end."""


def together(nodeid: str) -> str:
    """Return the name of what a test shares with others; its own where it shares nothing."""
    folder = nodeid.split("/")[1]
    if folder in A_HUB:
        return folder
    if folder in SHARING_NOTHING:
        return nodeid
    file, _colons, name = nodeid.partition("::")
    database = re.search(r"\[(sqlite|postgresql)\b", name) if folder != "fidelity" else None  # a feature is named so
    return f"{file}[{database[1]}]" if database else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest."""

    def turn(item: pytest.Item) -> int:
        begins = (turn for turn, folder in enumerate(LONG) if item.nodeid.startswith(f"tests/{folder}/"))
        return next(begins, len(LONG))

    items.sort(key=turn)


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps in one process what shares a Hub or a service."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Let several processes share the tests our way."""
    return Together(config, log)
