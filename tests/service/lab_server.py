"""A learner's Jupyter server without a Hub, set up as the Hub does it, with the Lab's extension of this tree."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from nbcohort.ports import free_port
from nbcohort.spawner import CONFIGURATION

_EXTENSION = Path(__file__).parents[2] / "extensions" / "lab"
_BUILT = _EXTENSION / "nbcohort_lab" / "labextension"
TOKEN = "secret"
_POLICY = "frame-ancestors 'none'"
"""What JupyterHub lets servers say of frames."""
_AUTHORIZATION = {"Authorization": f"token {TOKEN}"}


@dataclass
class Server:
    """The server, and how a page on it asks."""

    url: str
    http: httpx.Client
    log: Path
    start: "Callable[[], subprocess.Popen[bytes]]"
    process: "subprocess.Popen[bytes]"

    @property
    def lab(self) -> str:
        """The address at which a browser is logged in, and finds nothing open."""
        return f"{self.url}lab?token={TOKEN}&reset"

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.process.wait(30)

    def come_back(self) -> None:
        """Start it again, at the same address."""
        self.process = self.start()
        _wait(self)

    def get(self, address: str, /, **params: Any) -> httpx.Response:
        """Ask below `nbcohort/api/`."""
        return self.http.get(address, params=params, headers=_AUTHORIZATION)

    def put(self, path: str, body: Any) -> httpx.Response:
        """Send below `nbcohort/api/`."""
        return self.http.put(path, json=body, headers=_AUTHORIZATION)

    def wait_until_noted(self, name: str) -> None:
        """Wait until the Lab has noted here that what is called `name` is open, so that a reload opens it again."""
        for _try in range(600):
            workspace = self.http.get(f"{self.url}lab/api/workspaces/default", headers=_AUTHORIZATION).json()
            layout = workspace["data"].get("layout-restorer:data") or {"left": {}, "main": None}
            if name == layout["left"].get("current") or name in json.dumps(layout["main"]):
                return
            time.sleep(0.1)
        raise AssertionError(f"the Lab has not noted that {name} is open: {workspace}")


@contextmanager
def running_server(home: Path, environ: Mapping[str, str]) -> Iterator[Server]:
    """A server whose home is `home`; `environ` says where the service is, and who is asking."""
    port = free_port()
    home.mkdir(parents=True)
    environ = {
        **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        "HOME": str(home),
        "JUPYTER_CONFIG_PATH": str(CONFIGURATION / "everyone"),
        "JUPYTER_PATH": str(_built_extension(home.parent)),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **environ,
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += [f"--ServerApp.tornado_settings={{'headers': {{'Content-Security-Policy': \"{_POLICY}\"}}}}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={home}", "--ServerApp.port_retries=0"]

    def start() -> "subprocess.Popen[bytes]":
        with (home / ".log").open("wb") as log:
            return subprocess.Popen(command, cwd=home, env=environ, stdout=log, stderr=subprocess.STDOUT)

    url = f"http://127.0.0.1:{port}/"
    server = Server(url, httpx.Client(base_url=f"{url}nbcohort/api/", timeout=60), home / ".log", start, start())
    try:
        _wait(server)
        yield server
    finally:
        server.http.close()
        server.process.terminate()
        server.process.wait(30)


def is_extension_there() -> bool:
    """Whether servers have the Lab's extension: installed, or built in the tree."""
    return _BUILT.exists() or (Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "nbcohort-lab").exists()


def _built_extension(folder: Path) -> Path:
    """Return a folder for JUPYTER_PATH with what was built in the tree, if anything; it precedes what is installed."""
    if _BUILT.exists():
        there = folder / "jupyter" / "labextensions" / "nbcohort-lab"
        shutil.copytree(_BUILT, there, dirs_exist_ok=True)
        shutil.copy(_EXTENSION / "install.json", there)
    return folder / "jupyter"


def _wait(server: Server) -> None:
    for _try in range(1_200):
        assert server.process.poll() is None, server.log.read_text()
        try:
            server.http.get(f"{server.url}api/status")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(server.log.read_text())
