"""People at browsers: what they click, by what is written there."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from nbcohort.demo.hub_config import Addresses
from nbcohort.demo.world import ROOM, World

SECONDS = 180
"""How long anything may take: starting a server on a busy machine is the longest."""


@dataclass
class Visited:
    """A demo that runs: its addresses, and everybody's password."""

    where: Addresses
    password: str


@dataclass
class Demo(Visited):
    """The same from inside."""

    world: World


class Guest:
    """Somebody with a browser of their own."""

    def __init__(self, demo: Visited, account: str, context: BrowserContext) -> None:
        self.demo = demo
        self.account = account
        self.context = context
        self.page = context.new_page()

    def log_in(self, path: str = "/hub/") -> None:
        """Go to an address of the Hub, and fill in the login page that appears."""
        self.page.goto(f"{self.demo.where.url}{path}")
        self.page.get_by_label("Username").fill(self.account)
        self.page.get_by_label("Password").fill(self.demo.password)
        self.page.get_by_role("button", name="Sign in").click()

    def open_lab(self) -> None:
        """Log in, and wait for JupyterLab on one's own server."""
        self.log_in()
        self.wait_for_lab()

    def enter_course_room(self) -> None:
        """Log in at the course room's address, agree (once) to tell it who one is, and wait for JupyterLab."""
        self.log_in(f"/hub/spawn/{ROOM}")
        authorize = self.page.get_by_role("button", name="Authorize")
        expect(authorize.or_(self.page.get_by_role("menuitem", name="Nbgrader"))).to_be_visible()
        if authorize.is_visible():
            authorize.click()
        self.wait_for_lab()

    def wait_for_lab(self) -> None:
        """Wait until JupyterLab can be used."""
        expect(self.page.get_by_role("menuitem", name="Nbgrader")).to_be_visible()
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def menu(self, bar: str, *names: str) -> None:
        """Choose from the menu bar."""
        self.page.get_by_role("menuitem", name=bar, exact=True).click()
        for name in names:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).click()

    def assignment_list(self) -> None:
        """Open the Assignment List, or come back to it."""
        self.menu("Nbgrader", "Assignment List")

    def refresh_files(self) -> None:
        """Let the file browser look again."""
        self.page.locator("[data-command='filebrowser:refresh']").first.click()

    def terminal(self) -> "Terminal":
        """Open a terminal."""
        self.menu("File", "New", "Terminal")
        screen = self.page.locator(".jp-Terminal .xterm").last
        expect(screen).to_be_visible()
        return Terminal(self.page, screen)

    def open_tab(self, button: Locator) -> Page:
        """Click on what opens a new tab; return the tab."""
        with self.context.expect_page() as opened:
            button.click()
        opened.value.wait_for_load_state()
        return opened.value


class Terminal:
    """A terminal in JupyterLab, whose text is on a canvas: what commands say goes to a file, and that is looked at."""

    def __init__(self, page: Page, screen: Locator) -> None:
        self.page = page
        self.screen = screen

    def type(self, command: str) -> None:
        """Type a command and Enter."""
        self.screen.click()
        self.page.keyboard.type(f"{command}\n")


@dataclass
class Guests:
    """The people of one test."""

    demo: Demo
    browser: Browser
    folder: Path
    here: list[Guest] = field(default_factory=list)

    def enter(self, account: str, **options: object) -> Guest:
        """Give `account` a browser window of their own; `options` as of Playwright's `new_context`."""
        wanted = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        context = self.browser.new_context(**wanted)  # type: ignore[arg-type]
        context.set_default_timeout(SECONDS * 1000)
        context.tracing.start(screenshots=True, snapshots=True)
        guest = Guest(self.demo, account, context)
        self.here.append(guest)
        return guest

    def leave(self, *, keep: bool) -> None:
        """Close the windows; `keep` what was on them."""
        for number, guest in enumerate(self.here):
            name = re.sub(r"\W", "_", f"{number}-{guest.account}")
            if keep:
                for tab, page in enumerate(guest.context.pages):
                    page.screenshot(path=self.folder / f"{name}-{tab}.png")
            guest.context.tracing.stop(path=self.folder / f"{name}.zip" if keep else None)
            guest.context.close()
        if keep:
            print(f"screens and traces: {self.folder}")  # noqa: T201


expect.set_options(timeout=SECONDS * 1000)
