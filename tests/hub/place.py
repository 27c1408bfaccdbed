"""The Hub that the tests in this folder run against."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from nbcohort.demo.hub_process import RunningHub
from nbcohort.tls import verify_for


@dataclass
class Place:
    """The Hub under test, its folder and its log."""

    hub: RunningHub
    state: Path
    log: Path

    def log_in(self, name: str) -> httpx.Response:
        """Fill in the login page as a browser would; return the answer to the form."""
        with httpx.Client(base_url=self.hub.url, timeout=30, verify=verify_for(self.hub.url)) as browser:
            return self.log_in_with(browser, name)

    @staticmethod
    def log_in_with(browser: httpx.Client, name: str) -> httpx.Response:
        """Fill in the login page in a browser that goes on from there."""
        browser.get("/hub/login")
        form = {"username": name, "password": "x", "_xsrf": browser.cookies["_xsrf"]}
        return browser.post("/hub/login", data=form, follow_redirects=False)
