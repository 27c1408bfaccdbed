"""One real JupyterHub for all tests in this folder: own folder, free ports, the npm proxy, the real service."""

import secrets
from collections.abc import Iterator

import pytest

from nbcohort.demo.hub_process import RunningHub, hub_process
from nbcohort.ports import free_port
from tests.hub.place import Place

CONFIGURATION = """
from pathlib import Path
from nbcohort.hub import configure

c = get_config()
c.JupyterHub.bind_url = "{url}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"grace"}}
c.Authenticator.username_map = {{"crafty": "course-ds1"}}
c.JupyterHub.services.append({{"name": "tests", "api_token": "{token}"}})
c.JupyterHub.load_roles.append({{"name": "tests", "services": ["tests"], "scopes": [
    "admin:users", "admin:servers", "admin:groups", "tokens", "shares", "access:servers", "access:services"]}})
configure(c, Path("{state}"), service_environment={{"NBCOHORT_TICK_SECONDS": "1"}})
"""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A Hub that answers."""
    folder = tmp_path_factory.mktemp("hub")
    url, token, state = f"http://127.0.0.1:{free_port()}", secrets.token_hex(16), folder / "state"
    file = folder / "jupyterhub_config.py"
    file.write_text(
        CONFIGURATION.format(url=url, hub_port=free_port(), proxy_port=free_port(), token=token, state=state), "utf-8"
    )
    with hub_process(file, url, token, folder / "hub.log") as hub:
        yield Place(hub, state, folder / "hub.log")


@pytest.fixture(scope="session")
def hub(place: Place) -> RunningHub:
    """The Hub alone."""
    return place.hub
