"""A JupyterHub in a process of its own, started and ended from Python: for the demo and for tests."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from nbcohort.demo.on_server import execute
from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.tls import verify_for

START_SECONDS = 90
STOP_SECONDS = 60


class HubDidNotStart(NbcohortError):
    """The Hub or one of its servers does not answer; the sentence ends with the last lines of its log."""


@dataclass
class RunningHub:
    """A Hub that answers.

    Args:
        url: where, without a slash at the end.
        token: of a service that may make accounts and tokens.
        process: its own; its servers have theirs.
        log: where its log goes.
    """

    url: str
    token: str
    process: subprocess.Popen[bytes]
    log: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def acting(self, account: str | None = None) -> httpx.Client:
        """Return an HTTP client for the Hub that acts as `account`, or as our own service."""
        token = self.token if account is None else self.token_of(account)
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"token {token}"}, timeout=60, verify=verify_for(self.url)
        )

    def api(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """Ask the Hub's REST API as our own service."""
        with self.acting() as client:
            return client.request(method, f"/hub/api/{path}", json=json)

    def token_of(self, account: str) -> str:
        """Return a token with all that `account` may do; the account is made if it is not there."""
        if account not in self.tokens:
            self.api("POST", f"users/{account}")
            answer = self.api("POST", f"users/{account}/tokens", {"note": "nbcohort"})
            self.tokens[account] = answer.raise_for_status().json()["token"]
        return self.tokens[account]

    def start_server(self, account: str, acting: str | None = None) -> str:
        """Start `account`'s server as `acting` (by default, the account), wait until it is ready, and return its URL.

        Raises:
            httpx.HTTPStatusError: that is not permitted.
            HubDidNotStart: it does not become ready.
        """
        with self.acting(acting or account) as client:
            if client.get(f"/user/{account}/api/status").status_code != 200:
                client.post(f"/hub/api/users/{account}/server", json={}).raise_for_status()
            deadline = time.monotonic() + START_SECONDS
            while time.monotonic() < deadline:
                if client.get(f"/user/{account}/api/status").status_code == 200:
                    return f"{self.url}/user/{account}"
                time.sleep(0.5)
        raise HubDidNotStart(_("The server of {account} does not answer.").format(account=account))

    def run(self, account: str, code: str, acting: str | None = None) -> str:
        """Run Python `code` in a kernel of `account`'s server, as `acting`; return what it printed."""
        return execute(f"{self.url}/user/{account}", self.token_of(acting or account), code)


@contextmanager
def hub_process(configuration: Path, url: str, token: str, log: Path) -> Iterator[RunningHub]:
    """Run a Hub with the file `configuration`; it has ended, and its servers with it, when the block is left.

    Args:
        configuration: the Hub's configuration file; it runs in that folder.
        url: where it will answer.
        token: what the configuration gives to a service of ours.
        log: where its log goes, and those of its servers.

    Raises:
        HubDidNotStart: it does not answer in time.
    """
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "CONFIGPROXY"))}
    command = [sys.executable, "-m", "jupyterhub", "-f", str(configuration)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=configuration.parent,
            env=keep,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(url, process, log)
            yield RunningHub(url, token, process, log)
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the Hub in order, or at least end it; what it started ends with it, even if it was still starting."""
    family = list(_descendants(process.pid))
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid, began in family:
            if began and _began(pid) == began:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        if _ended(family, STOP_SECONDS):
            return


def _descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Yield the processes that `pid` started, and theirs: number and start."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in file.read_text("ascii").split()]
        except OSError:
            continue
        for child in children:
            yield child, _began(child)
            yield from _descendants(child)


def _began(pid: int) -> str:
    """Return what tells a process from a later one with the same number; nothing if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rsplit(")", 1)[-1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _ended(family: Sequence[tuple[int, str]], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(began and _began(pid) == began for pid, began in family):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/hub/api", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise HubDidNotStart(did_not_start(_("The Hub did not start."), log))


def did_not_start(what: str, log: Path) -> str:
    """Return `what` happened, and the end of the Hub's log, which is likely to say why."""
    last = log.read_text("utf-8", "replace")[-3000:]
    return _("{what} The end of the Hub's log, {log}:\n{last}").format(what=what, log=log, last=last)
