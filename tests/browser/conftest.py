"""The demo, early in its story, and Chromium: started once for each file of tests.

The story is played up to the first release: nobody has fetched anything. The rest of it happens in the browser.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from nbcohort.demo import story
from nbcohort.demo.desks import Desks
from nbcohort.demo.hub_config import Addresses, write_configuration
from nbcohort.demo.hub_process import hub_process
from nbcohort.demo.play import Teller, play
from nbcohort.demo.run import wait_for
from nbcohort.demo.scenes import CALENDAR, scenes
from nbcohort.demo.site import Journal, Site, Time
from nbcohort.demo.world import World
from nbcohort.ports import free_port
from tests.browser.people import Demo, Guests

CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
)


@contextmanager
def running_demo(folder: Path, *, subdomains: bool) -> Iterator[Demo]:
    """Run the demo in `folder`, played as far as the first release."""
    site = Site(folder)
    secrets = site.prepare()
    where = Addresses.free(free_port(), subdomains=subdomains)
    accounts = [one.account for one in story.CAN_LOG_IN]
    configuration = write_configuration(site, secrets, where, accounts, story.IRIS.account)
    journal = Journal(folder / "journal.json")
    clock = Time(site.clock, journal)
    with hub_process(configuration, where.hub, secrets.token, site.log) as hub:
        wait_for(where, hub)
        desks = Desks(site.homes, {"NBCOHORT_URL": where.service, "JUPYTERHUB_API_URL": where.hub_api}, hub.token_of)
        world = World(hub, desks, where.service)
        first = [one for one in scenes(world) if one.at <= CALENDAR.instant(story.RELEASES)]
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            play(first, clock, journal, Teller(Console(file=nowhere), ZoneInfo(story.TIME_ZONE)), desks.close)
        yield Demo(where, secrets.password, world)
        desks.close()
        clock.keep()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for one module.

    Not for longer: as long as Playwright's synchronous interface is there, its thread has a running event loop, and a
    test that comes to the same process later could start none of its own.
    """
    program = shutil.which("chromium")
    assert program, "there is no Chromium: scripts/system-packages test installs it"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Demo]:
    """The demo; with subdomains where the module says SUBDOMAINS."""
    folder = tmp_path_factory.mktemp("browser") / "demo"
    with running_demo(folder, subdomains=getattr(request.module, "SUBDOMAINS", False)) as running:
        yield running


@pytest.fixture
def guests(demo: Demo, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Guests]:
    """People at browsers; if the test fails, their screens and traces stay in its folder, and its path is printed."""
    some = Guests(demo, browser, tmp_path)
    failed_before = request.session.testsfailed
    yield some
    some.leave(keep=request.session.testsfailed > failed_before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
