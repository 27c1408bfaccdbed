"""Homes and commands of people's servers, without a Hub."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from jupyterhub.spawner import SimpleLocalProcessSpawner

from nbcohort import spawner
from nbcohort.sandbox import SandboxUnavailable, Tier
from nbcohort.spawner import SandboxedSpawner, inner_process, make_home, visible_paths


@pytest.fixture
def server(tmp_path: Path) -> SandboxedSpawner:
    """The spawner of an account's server, as the Hub makes it."""

    class User:
        name = "Ada Lovelace"

    return SandboxedSpawner(user=User(), homes=str(tmp_path))


def test_every_account_has_a_home_of_its_own_whatever_its_name(server: SandboxedSpawner, tmp_path: Path) -> None:
    names = ["ada", "Ada", "ada/../ben", "..", "course-ds1", "ädä", "a" * 200]
    homes = set()
    for name in names:
        one = SandboxedSpawner(user=type("User", (), {"name": name})(), homes=str(tmp_path))
        assert Path(one.home_dir).parent == tmp_path
        assert Path(one.home_dir).name not in (".", "..")
        homes.add(one.home_dir)
    assert len(homes) == len(names)


def test_a_servers_port_is_held_for_it_until_it_has_ended(
    server: SandboxedSpawner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def started(self: SandboxedSpawner) -> tuple[str, int]:
        return "127.0.0.1", self.port

    monkeypatch.setattr(SimpleLocalProcessSpawner, "start", started)
    monkeypatch.setattr(server, "_sandboxed", lambda command: command)
    address = asyncio.run(server.start())
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(address)
    with socket.create_server(address):  # as the server does
        pass
    server.clear_state()
    with socket.socket() as stranger:
        stranger.bind(address)
    assert server.port == 0


def test_without_a_sandbox_the_server_starts_and_the_log_says_what_that_means(
    server: SandboxedSpawner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spawner, "tier_here", lambda: SandboxUnavailable("Install bubblewrap."))
    assert server._sandboxed(["server"]) == ["server"]
    assert Path(server.home_dir).is_dir()
    assert "NO SANDBOX" in caplog.text
    assert "Install bubblewrap." in caplog.text


def test_with_a_sandbox_the_server_is_wrapped_with_its_home_alone(
    server: SandboxedSpawner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spawner, "tier_here", lambda: Tier(privileged=False, proc=True))
    (tmp_path / "somebody-else").mkdir()
    words = server._sandboxed(["server"])
    assert words[0].endswith("bwrap")
    assert words[-1] == "server"
    assert words[words.index("--bind") + 2] == server.home_dir
    assert not any("somebody-else" in word for word in words)


def test_a_home_keeps_the_owner_it_got_first(tmp_path: Path) -> None:
    home = tmp_path / "ada"
    if os.getuid() != 0:
        assert make_home(home, ".", None) is None
        return
    assert make_home(home, ".", 70001) == 70001
    assert make_home(home, "course", 70002) == 70001
    assert home.stat().st_uid == 70001


def test_servers_can_read_the_packages_they_run(tmp_path: Path) -> None:
    package = Path(spawner.__file__)
    assert any(package.is_relative_to(path) for path in visible_paths())
    assert not any(tmp_path.is_relative_to(path) for path in visible_paths())


def test_the_server_inside_is_found_two_generations_below_the_sandbox() -> None:
    sandbox = subprocess.Popen(["sh", "-c", "sh -c 'sleep 30; true'; true"], start_new_session=True)
    try:
        inner = None
        deadline = time.monotonic() + 10
        while inner is None and time.monotonic() < deadline:
            inner = inner_process(sandbox.pid)
        assert inner is not None
        os.kill(inner, signal.SIGTERM)
        assert sandbox.wait(timeout=10) == 0
        assert inner_process(sandbox.pid) is None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(sandbox.pid, signal.SIGKILL)
        sandbox.wait(timeout=10)


def test_the_environment_says_where_home_and_configuration_are(server: SandboxedSpawner) -> None:
    environment = server.user_env({"PATH": "/bin"})
    assert environment["HOME"] == environment["JUPYTERHUB_ROOT_DIR"] == server.home_dir
    assert environment["PATH"].startswith(f"{sys.prefix}/bin")
    assert "course_room" not in environment["JUPYTER_CONFIG_PATH"]


def test_a_course_room_starts_in_its_course_folder_with_formgrader_configured(tmp_path: Path) -> None:
    room = SandboxedSpawner(user=type("User", (), {"name": "course-ds1"})(), homes=str(tmp_path))
    environment = room.user_env({})
    assert environment["JUPYTERHUB_ROOT_DIR"] == f"{tmp_path}/course-ds1/course"
    assert environment["NBCOHORT_COHORT"] == "ds1"
    first, second = environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert (Path(first).name, Path(second).name) == ("course_room", "everyone")
    assert (Path(first) / "nbgrader_config.py").is_file()
