"""Run stock nbgrader in a sandbox over a class with one attacker, and write down what became of everything else.

Runs where nbcohort and the tests are not visible: `python inside.py` in a copy of the course, with `plan.json` and
`attack.tar` beside it. Writes `outcome.json`, unless it does not live to do so.
"""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COURSE = Path.cwd()
HOME = Path.home()
ENVIRONMENT = HOME / "env"
PLACES = {
    "the sources": COURSE / "source",
    "the release": COURSE / "release",
    "other submissions": COURSE / "submitted" / "aa-honest",
    "later submissions": COURSE / "submitted" / "zz-honest",
    "other graded work": COURSE / "autograded" / "aa-honest",
    "the course's configuration": COURSE / "nbgrader_config.py",
    "the Python environment": ENVIRONMENT,
    "the home": HOME,
    "/tmp": Path("/tmp"),
}
ORDINARY = ("work/", "env/", ".cache/", ".local/share/jupyter/runtime/", ".local/share/jupyter/nbsignatures")
"""What changes below the home because programs run: the course and the environment are places of their own."""
ORDINARY_OF_IPYTHON = ("db/", "log/", "pid/", "security/", "startup/README", "history.sqlite")


class Listener:
    """Hears whether somebody calls."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.heard = False
        sockets = [
            socket.create_server(("127.0.0.1", plan["tcp"])),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX),
        ]
        sockets[1].bind(("127.0.0.1", plan["udp"]))
        sockets[2].bind(f"\0{plan['abstract']}")
        sockets[3].bind(plan["path"])
        for one in sockets[2:]:
            one.listen()
        for one in sockets:
            threading.Thread(target=self._listen, args=(one,), daemon=True).start()

    def _listen(self, one: socket.socket) -> None:
        while True:
            if one.type == socket.SOCK_DGRAM:
                one.recv(99)
            else:
                one.accept()[0].close()
            self.heard = True


def make_environment() -> None:
    """Make a Python environment that is the grader's own, to write to, with everything that the real one has."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(ENVIRONMENT)], check=True)
    packages = next(ENVIRONMENT.glob("lib/python3*/site-packages"))
    (packages / "real.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")


def state(place: Path) -> dict[str, str]:
    """Return a hash of each file at or below a place."""
    found = {}
    for path in [place, *walk(place)]:
        name = str(path.relative_to(place)) if path != place else ""
        with contextlib.suppress(OSError):
            if path.is_symlink():
                found[name] = str(path.readlink())
            elif path.is_file():
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def walk(place: Path) -> Iterator[Path]:
    """Yield the files and links below a place."""
    for at, _folders, names in os.walk(place):
        if "__pycache__" not in at:
            yield from (Path(at) / name for name in names)


def is_ordinary(place: str, name: str) -> bool:
    """Return whether a file changes anyway."""
    if place != "the home":
        return name.startswith(("matplotlib-", "nbcohort")) or "__pycache__" in name
    if name.startswith(".ipython/profile_default/"):
        return name.removeprefix(".ipython/profile_default/").startswith(ORDINARY_OF_IPYTHON)
    return name.startswith((*ORDINARY, ".ipython/README"))


def others() -> list[str]:
    """Return the command lines of all other processes."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(folder.name) not in (1, os.getpid()):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200])
    return [line for line in found if line]


def main() -> None:
    """Do it."""
    plan = json.loads(Path("plan.json").read_text())
    with tarfile.open("attack.tar") as archive:
        archive.extractall("submitted", filter="fully_trusted")  # noqa: S202 - that is what a submission is: anything
    make_environment()
    listener = Listener(plan)
    before = {place: state(path) for place, path in PLACES.items()}
    with Path("/tmp/nbcohort-log").open("wb") as log:
        started = time.monotonic()
        grader = subprocess.Popen(
            [ENVIRONMENT / "bin" / "python", "-m", "nbgrader", "autograde", "ps1"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "JUPYTERHUB_API_TOKEN": plan["token"]},
        )
        try:
            status: int | None = grader.wait(plan["seconds"])
        except subprocess.TimeoutExpired:
            status = None
        seconds = time.monotonic() - started
    time.sleep(1)
    left = others() if status is not None else []
    after = {place: state(path) for place, path in PLACES.items()}
    changed = {
        place: sorted(
            name
            for name in before[place].keys() | after[place].keys()
            if before[place].get(name) != after[place].get(name) and not is_ordinary(place, name)
        )[:5]
        for place in PLACES
    }
    outcome = {
        "status": status,
        "seconds": round(seconds, 1),
        "heard": listener.heard,
        "left": left[:5],
        "changed": {place: names for place, names in changed.items() if names},
        "log": Path("/tmp/nbcohort-log").read_text(errors="replace")[-3000:],
    }
    COURSE.mkdir(exist_ok=True)
    (COURSE / "outcome.json").write_text(json.dumps(outcome))
    if status is None:
        os.killpg(grader.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
