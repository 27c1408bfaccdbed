"""`nbcohort demo`, as a newcomer runs it: it plays, comes out as foretold, resumes, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from nbcohort.demo import story
from nbcohort.ports import free_port

pytestmark = [pytest.mark.hub, pytest.mark.slow, pytest.mark.timeout(1800)]

SERVING = "The cohort is up"


@dataclass
class Demo:
    """A demo's folder and port; its processes run with both on their command lines or in their configuration."""

    folder: Path
    port: int

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start it; what it says is in `said()`."""
        command = [str(Path(sys.prefix, "bin", "nbcohort")), "demo", "--data", str(self.folder), *options]
        environment = {**os.environ, "COLUMNS": "100", "PYTHONUNBUFFERED": "1"}
        with (self.folder.parent / "said.txt").open("wb") as output:
            return subprocess.Popen(
                [*command, "--port", str(self.port)], env=environment, stdout=output, stderr=output, text=True
            )

    def reset(self) -> None:
        """End it and forget it, in a process of its own."""
        command = [str(Path(sys.prefix, "bin", "nbcohort")), "demo", "--reset", "--data", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def said(self) -> str:
        """What the last run said."""
        return (self.folder.parent / "said.txt").read_text("utf-8", "replace")

    def run(self, *options: str) -> int:
        """Run it to its end; return its exit code."""
        return self.start(*options).wait(1500)

    def wait_for(self, text: str, process: subprocess.Popen[str], seconds: float) -> float:
        """Wait until it says `text`; return the seconds that took."""
        began = time.monotonic()
        while text not in self.said():
            assert process.poll() is None, self.said()
            assert time.monotonic() - began < seconds, self.said()
            time.sleep(0.2)
        return time.monotonic() - began

    def processes(self) -> list[str]:
        """The command lines of what runs with this demo's folder: Hub, proxy, servers, programs."""
        return [line for line, _worked in self._running()]

    def worked(self) -> float:
        """For how many seconds processors have worked for what runs, and for what that waited for."""
        return sum(worked for _line, worked in self._running())

    def _running(self) -> Iterator[tuple[str, float]]:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                inside = (file.parent / "environ").read_bytes().decode("utf-8", "replace")
                ticks = (file.parent / "stat").read_text().rpartition(")")[2].split()[11:15]
            except OSError:
                continue
            if f"{self.folder}/" in line or f"={self.folder}/" in inside:
                yield line, sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def token(self) -> str:
        """The token with which the demo acts on its Hub."""
        return str(json.loads((self.folder / "demo.json").read_text())["token"])

    def counts(self) -> dict[str, int]:
        """How much there is of everything, as the instructor sees it in the service that runs."""
        url = f"http://127.0.0.1:{self.port}"
        with httpx.Client(base_url=url, timeout=30) as client:
            acting = {"Authorization": f"token {self.token()}"}
            made = client.post(f"/hub/api/users/{story.IRIS.account}/tokens", headers=acting, json={"note": "test"})
            client.headers["Authorization"] = f"token {made.raise_for_status().json()['token']}"
            service = f"/services/nbcohort/api/v1/cohorts/{story.COHORT}"

            def items(path: str) -> list[Any]:
                found: list[Any] = client.get(f"{service}/{path}").raise_for_status().json()["items"]
                return found

            rounds = [one["id"] for one in items("review/rounds") if one["id"]]
            works = [
                work
                for one in rounds
                for work in client.get(f"{service}/review/rounds/{one}").raise_for_status().json()["works"]
            ]
            return {
                "members": len(items("members")),
                "pairs": len(items("pairs")),
                "extensions": len(items("extensions")),
                "releases": len(items("releases")),
                "release versions": sum(one["version"] for one in items("releases")),
                "submissions": len(items("submissions")),
                "feedback versions": sum(one["version"] for one in items("feedback")),
                "rounds": len(rounds),
                "tasks": sum(len(work["tasks"]) for work in works),
                "review versions": sum(task["versions"] for work in works for task in work["tasks"]),
            }


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that was broken off by a signal, killed once, and then played to its end."""
    demo = Demo(tmp_path_factory.mktemp("demo") / "data", free_port())
    try:
        play_with_interruptions(demo)
        yield demo
    finally:
        demo.reset()


def play_with_interruptions(demo: Demo) -> None:
    first = demo.start("--once")
    demo.wait_for("Iris releases", first, 400)
    first.send_signal(signal.SIGTERM)
    assert first.wait(90) != 0
    assert demo.processes() == []

    second = demo.start("--once")
    demo.wait_for("Bo hands in", second, 600)
    second.kill()
    second.wait(30)

    code = demo.run("--once")
    assert code == 0, demo.said()


def test_scores_receipts_and_swap_are_as_written_down_beforehand(played: Demo) -> None:
    said = played.said()
    assert "✓ 7 scores" in said
    assert "✓ 8 receipts" in said
    assert "✓ 12 review tasks" in said
    assert "✗" not in said
    assert "Hana Novotná handed nothing in." in said


def test_nothing_is_left_running(played: Demo) -> None:
    assert played.processes() == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{played.port}/hub/api")


def test_a_second_run_serves_within_half_a_minute_duplicates_nothing_and_ends_with_ctrl_c(played: Demo) -> None:
    process = played.start()
    try:
        played.wait_for(SERVING, process, 120)
        worked = played.worked()
        before = played.counts()
        assert before == {
            "members": 9,
            "pairs": 1,
            "extensions": 1,
            "releases": 2,
            "release versions": 2,
            "submissions": 8,
            "feedback versions": 6,
            "rounds": 1,
            "tasks": 12,
            "review versions": 11,
        }
        assert "Nothing is left to play" in played.said()
        password = json.loads((played.folder / "demo.json").read_text())["password"]
        for account in (story.IRIS.account, *story.BUSY):
            assert log_in(played.port, account, password) == 302
        assert log_in(played.port, "ada", "guessed") == 403
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(90)
    assert code == 0, played.said()
    assert played.processes() == []
    assert worked < 30, "of processors' seconds: other tests keep them busy meanwhile"


def test_a_taken_port_gets_a_sentence(played: Demo) -> None:
    with socket.create_server(("127.0.0.1", played.port)):
        assert played.run("--once") == 1
    assert played.said().strip() == f"nbcohort: Port {played.port} is taken; give another one with --port."


def test_reset_ends_the_demo_that_runs_and_forgets_it(played: Demo) -> None:
    process = played.start()
    played.wait_for(SERVING, process, 120)
    played.reset()
    assert process.wait(10) == 0
    assert not played.folder.exists()
    assert played.processes() == []


def log_in(port: int, account: str, password: str) -> int:
    """Fill in the login page as a browser would; return the status of the answer."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
        browser.get("/hub/login")
        form = {"username": account, "password": password, "_xsrf": browser.cookies["_xsrf"]}
        return browser.post("/hub/login", data=form).status_code
