"""What `configure` sets, and what it leaves to the administrator."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.scopes import scope_definitions
from traitlets.config import Config

from nbcohort import hub
from nbcohort.errors import NbcohortError
from nbcohort.spawner import SandboxedSpawner


@pytest.fixture
def c(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(hub, "proxy_command", lambda: ["proxy"])
    return Config()


def value(section: Config, name: str, initial: Any) -> Any:
    """The option as the Hub would find it, set or extended."""
    found = section[name]
    return found.get_value(initial) if hasattr(found, "get_value") else found


def test_the_service_and_its_role_come_on_top_of_those_the_administrator_has(c: Config, tmp_path: Path) -> None:
    c.JupyterHub.services = [{"name": "culler"}]
    c.JupyterHub.load_roles = [{"name": "culler"}]
    hub.configure(c, tmp_path)
    c.JupyterHub.services.append({"name": "later"})
    assert [service["name"] for service in value(c.JupyterHub, "services", [])] == ["culler", "nbcohort", "later"]
    assert [role["name"] for role in value(c.JupyterHub, "load_roles", [])] == ["culler", "nbcohort"]


def test_a_visitors_token_in_a_server_may_do_nothing_on_their_behalf(c: Config, tmp_path: Path) -> None:
    hub.configure(c, tmp_path)
    assert "oauth_client_allowed_scopes" not in c.Spawner


def test_every_scope_is_one_that_jupyterhub_knows() -> None:
    scopes = {scope.split("!")[0] for scope in (*hub.SERVICE_SCOPES, *hub.SERVER_TOKEN_SCOPES)}
    assert scopes <= scope_definitions.keys()


def test_spawner_proxy_and_database_that_the_administrator_chose_stay(c: Config, tmp_path: Path) -> None:
    c.JupyterHub.spawner_class = "docker"
    c.JupyterHub.proxy_class = "traefik"
    c.JupyterHub.db_url = "postgresql://hub"
    hub.configure(c, tmp_path, service_url="https://hub.example.org/services/nbcohort")
    assert (c.JupyterHub.spawner_class, c.JupyterHub.db_url) == ("docker", "postgresql://hub")
    assert "command" not in c.ConfigurableHTTPProxy
    assert c.Spawner.environment == {"NBCOHORT_URL": "https://hub.example.org/services/nbcohort"}


def test_without_a_choice_servers_are_sandboxed_and_state_is_closed_to_others(c: Config, tmp_path: Path) -> None:
    hub.configure(c, tmp_path / "state")
    assert c.JupyterHub.spawner_class is SandboxedSpawner
    assert [oct((tmp_path / "state" / name).stat().st_mode & 0o777) for name in ("hub", "service")] == ["0o700"] * 2


def test_settings_of_the_service_come_from_the_hubs_environment_and_win_when_given(
    c: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBCOHORT_DATABASE", "postgresql://courses")
    monkeypatch.setenv("NBCOHORT_TICK_SECONDS", "60")
    hub.configure(c, tmp_path, service_environment={"NBCOHORT_TICK_SECONDS": "1"})
    environment = value(c.JupyterHub, "services", [])[0]["environment"]
    assert environment["NBCOHORT_DATA"] == str(tmp_path / "service")
    assert environment["NBCOHORT_DATABASE"] == "postgresql://courses"
    assert environment["NBCOHORT_TICK_SECONDS"] == "1"


def log_in(c: Config, name: str) -> Any:
    authenticator = SimpleNamespace(log=SimpleNamespace(warning=lambda *_: None))
    return asyncio.run(c.Authenticator.post_auth_hook(authenticator, None, {"name": name}))


def test_our_own_accounts_are_refused_after_the_administrators_hook_has_spoken(c: Config, tmp_path: Path) -> None:
    async def rename(authenticator: Any, handler: Any, authentication: dict[str, Any]) -> dict[str, Any]:
        return {"name": authentication["name"].removeprefix("x-")}

    c.Authenticator.post_auth_hook = rename
    hub.configure(c, tmp_path)
    assert log_in(c, "x-ada") == {"name": "ada"}
    assert log_in(c, "x-course-ds1") is None
    assert log_in(c, "room-1") is None


def test_a_missing_proxy_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NbcohortError, match="npm install"):
        hub.proxy_command()
