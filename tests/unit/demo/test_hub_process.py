"""However the Hub ends, what it started ends with it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nbcohort.demo.hub_config import Addresses
from nbcohort.demo.hub_process import HubDidNotStart, RunningHub, end
from nbcohort.demo.run import wait_for
from nbcohort.ports import free_port
from nbcohort.testing import wait_until

RUDE = """
import os, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(300)
"""


def test_a_hub_that_ends_without_ending_its_children_leaves_none(tmp_path: Path) -> None:
    noted = tmp_path / "child"
    process = subprocess.Popen([sys.executable, "-c", RUDE, str(noted)])
    wait_until(lambda: noted.exists() and noted.read_text() != "", seconds=60)
    child = int(noted.read_text())
    assert Path(f"/proc/{child}").exists()
    end(process)
    assert process.returncode is not None
    assert not _runs(child)


def test_a_hub_that_ends_early_is_not_waited_for_and_its_log_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "hub.log"
    log.write_text("[C] Service nbcohort exited with status 1\n")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    where = Addresses.free(free_port())
    with pytest.raises(HubDidNotStart, match=r"(?s)The Hub has ended\..*exited with status 1"):
        wait_for(where, RunningHub(where.url, "", process, log))


def test_a_free_port_stays_free_for_our_own_servers_and_goes_to_nobody_else() -> None:
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    with (
        socket.create_server(("127.0.0.1", port)) as server,
        socket.create_connection(("127.0.0.1", port)) as client,
        server.accept()[0] as accepted,
    ):
        assert accepted.getpeername() == client.getsockname()
    others = {free_port() for _ in range(50)}
    assert len(others) == 50
    assert port not in others


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0] != "Z"
    except OSError:
        return False
