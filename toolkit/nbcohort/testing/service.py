"""The real service in a process of its own, on a free loopback port."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from nbcohort.ports import free_port
from nbcohort.service.clock import set_demo_clock
from nbcohort.testing.forked import Forked
from nbcohort.testing.hub import SERVICE_TOKEN, FakeHub
from nbcohort.tls import verify_for

PREFIX = "/services/nbcohort/"
START_SECONDS = 120


@dataclass
class RunningService:
    """The real service in a process of its own."""

    hub: FakeHub
    data: Path
    url: str
    environ: dict[str, str]
    process: subprocess.Popen[bytes] | Forked
    within: Sequence[str] = ()
    """A command that runs the one appended to it in its own place, such as one that enters a namespace."""
    _clients: list[httpx.Client] = field(default_factory=list)

    def as_account(self, account: str, *, admin: bool = False) -> httpx.Client:
        """Return an HTTP client of `/api/v1` as `account`; `raise_for_status` is the caller's affair."""
        token = self.hub.token(account, admin=admin)
        headers = {"Authorization": f"token {token}"}
        client = httpx.Client(base_url=f"{self.url}api/v1", headers=headers, timeout=60, verify=verify_for(self.url))
        self._clients.append(client)
        return client

    def environment(self, account: str) -> dict[str, str]:
        """Return the variables with which a program talks to the service as `account`."""
        return {"NBCOHORT_URL": self.url, "JUPYTERHUB_API_TOKEN": self.hub.token(account), "JUPYTERHUB_USER": account}

    def set_clock(self, instant: datetime) -> None:
        """Let the service's clock show `instant` now, and go on from there."""
        set_demo_clock(self.data / "clock.json", instant)

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End the process, by its own process id."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def start(self) -> None:
        """Start the process (again), and wait until it answers."""
        file = self.data.parent / "service.log"
        if self.within or self.environ.get("PYTHONPATH") != os.environ.get("PYTHONPATH"):
            command = [*self.within, sys.executable, "-m", "nbcohort.service"]
            with file.open("ab") as log:
                self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)
        else:
            self.process = Forked(_serve, environ=self.environ, out=file, complaints=file)
        _wait_for(f"{self.url}health", self.process, file)

    def close(self) -> None:
        """End the process and the clients."""
        for client in self._clients:
            client.close()
        self.stop()


def _serve() -> None:
    from nbcohort.service.__main__ import main

    main()


def _wait_for(url: str, process: subprocess.Popen[bytes] | Forked, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(timeout=2, verify=verify_for(url)) as client:
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(url).status_code == 200:
                    return
            time.sleep(0.05)
    process.kill()
    process.wait()
    raise RuntimeError(f"the service did not start:\n{log.read_text('utf-8', 'replace')}")


@contextlib.contextmanager
def running_service(
    folder: Path, hub: FakeHub, *, tick_seconds: float = 3.0, within: Sequence[str] = (), **environ: str
) -> Iterator[RunningService]:
    """The real service with its data in `folder`/data; `environ` adds to or replaces its environment.

    It ticks when its clock is moved, and every `tick_seconds`.
    See `RunningService` for `within`.
    """
    port = free_port()
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    bind = f"http://127.0.0.1:{port}"
    settings = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        "NBCOHORT_DATA": str(data),
        "NBCOHORT_DEMO": "1",
        "NBCOHORT_DEMO_CLOCK": str(data / "clock.json"),
        "NBCOHORT_TICK_SECONDS": str(tick_seconds),
        "JUPYTERHUB_API_URL": hub.url,
        "JUPYTERHUB_API_TOKEN": SERVICE_TOKEN,
        "JUPYTERHUB_SERVICE_URL": bind,
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        **environ,
    }
    process: subprocess.Popen[bytes] = subprocess.Popen(["true"])
    process.wait()
    service = RunningService(hub, data, f"{bind}{PREFIX}", settings, process, within)
    try:
        service.start()
        yield service
    finally:
        service.close()


def wait_until(holds: Callable[[], bool], seconds: float = 120, what: str = "the condition") -> None:
    """Wait until `holds()`; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {seconds} s")
        time.sleep(0.02)
