"""The demo's Hub: made-up people log in with one password, and the service's clock can be moved."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config

from nbcohort.demo.site import Secrets, Site
from nbcohort.errors import NbcohortError
from nbcohort.hub import configure
from nbcohort.i18n import _
from nbcohort.ports import free_port
from nbcohort.sandbox.process import command_of

SCOPES = ("admin:users", "read:servers", "servers", "tokens", "read:groups", "shares")
"""What the demo does on its Hub: make accounts and their tokens, and see what is there."""

CONFIGURATION = "jupyterhub_config.py"
PID_FILE = "hub.pid"
STOP_SECONDS = 60

_FILE = """\"\"\"Written by `nbcohort demo` at every start.\"\"\"

from nbcohort.demo.hub_config import configure_demo

c = get_config()
configure_demo(c, {settings})
"""


SUBDOMAINS_OF = "hub.localhost"
"""Browsers find whatever ends in `.localhost` on the machine itself; other programs may not."""


@dataclass(frozen=True)
class Addresses:
    """Where the demo's parts answer, all on the loopback interface; with `subdomains`, each server on its own host."""

    port: int
    hub_port: int
    proxy_port: int
    service_port: int
    subdomains: bool = False

    @classmethod
    def free(cls, port: int, *, subdomains: bool = False) -> "Addresses":
        """Return addresses with the given public port, and free ones for the rest."""
        return cls(port, free_port(), free_port(), free_port(), subdomains)

    @property
    def url(self) -> str:
        """The Hub's public address, for browsers."""
        return f"http://{SUBDOMAINS_OF if self.subdomains else '127.0.0.1'}:{self.port}"

    def server(self, account: str) -> str:
        """The public address of an account's server."""
        host = f"{account}.{SUBDOMAINS_OF}" if self.subdomains else "127.0.0.1"
        return f"http://{host}:{self.port}/user/{account}"

    @property
    def hub(self) -> str:
        """Where programs find the Hub: its public address, unless only browsers can resolve that."""
        return f"http://127.0.0.1:{self.hub_port}" if self.subdomains else self.url

    @property
    def service(self) -> str:
        """Where servers and commands find the service."""
        return f"http://127.0.0.1:{self.service_port}/services/nbcohort"

    @property
    def hub_api(self) -> str:
        """Where servers and commands find the Hub's API."""
        return f"http://127.0.0.1:{self.hub_port}/hub/api"


def write_configuration(
    site: Site, secrets: Secrets, addresses: Addresses, accounts: Iterable[str], admin: str
) -> Path:
    """Write the configuration file of the demo's Hub; return where."""
    settings = {
        "folder": str(site.folder),
        "port": addresses.port,
        "hub_port": addresses.hub_port,
        "proxy_port": addresses.proxy_port,
        "service_port": addresses.service_port,
        "subdomain_host": addresses.url if addresses.subdomains else "",
        "accounts": sorted(accounts),
        "admin": admin,
        "password": secrets.password,
        "token": secrets.token,
    }
    file = site.folder / CONFIGURATION
    file.touch(mode=0o600)
    file.write_text(_FILE.format(settings=json.dumps(settings, indent=4)), "utf-8")
    return file


def configure_demo(c: Config, settings: dict[str, Any]) -> None:
    """Configure the demo's Hub; `settings` are those of `write_configuration`."""
    site = Site(Path(settings["folder"]))
    c.JupyterHub.bind_url = f"http://127.0.0.1:{settings['port']}"
    c.JupyterHub.subdomain_host = settings["subdomain_host"]
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings['hub_port']}"
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings['proxy_port']}"
    c.JupyterHub.pid_file = str(site.folder / PID_FILE)
    c.JupyterHub.authenticator_class = "dummy"
    c.DummyAuthenticator.password = settings["password"]
    c.Authenticator.allowed_users = set(settings["accounts"])
    c.Authenticator.admin_users = {settings["admin"]}
    c.JupyterHub.services.append({"name": "demo", "api_token": settings["token"], "display": False})
    c.JupyterHub.load_roles.append({"name": "demo", "services": ["demo"], "scopes": list(SCOPES)})
    configure(
        c,
        site.state,
        service_port=settings["service_port"],
        service_environment={
            "NBCOHORT_DEMO": "1",
            "NBCOHORT_DEMO_CLOCK": str(site.clock),
            "NBCOHORT_TICK_SECONDS": "3",
        },
    )


def end_orphan(site: Site) -> None:
    """End a Hub of this demo that was left behind when the demo itself was killed.

    Raises:
        NbcohortError: it does not end.
    """
    try:
        pid = int((site.folder / PID_FILE).read_text("ascii"))
    except (OSError, ValueError):
        return
    if os.fsencode(site.folder / CONFIGURATION) not in command_of(pid).split(b"\0"):
        return  # it has ended, or the number is another program's by now
    with contextlib.suppress(ProcessLookupError):  # it ends just now
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while command_of(pid):
        if time.monotonic() > deadline:
            raise NbcohortError(_("The Hub of an earlier demo (process {pid}) does not end.").format(pid=pid))
        time.sleep(0.2)
