"""How the Hub starts people's servers on its own machine: each in a sandbox with a home of its own.

No system users are needed. What a server sees is a list of what is let in, never of what is kept out: the system and
the Python environment to read, its home to write, an empty `/tmp`. Other homes, the service's data and the Hub's files
are not there. The network is the machine's, because the server must reach the Hub; so kernels talk over sockets in the
sandbox's own `/tmp`, not over ports on which another account could listen in. When the Hub runs as root, each home
belongs to a user id of its own, and the server runs as that.

Where the system does not allow sandboxes, all servers run as one system user who can read everything; every start says
so in the log.
"""

import hashlib
import importlib.util
import os
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import quote

from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import List, Unicode, default

from nbcohort.ports import held_port
from nbcohort.sandbox import Policy, SandboxUnavailable, Tier, probe, python_environment, shipped_solutions, wrap
from nbcohort.sandbox.bubblewrap import unused_user

COURSE_ROOM_PREFIX = "course-"
CONFIGURATION = Path(__file__).parent / "servers"
"""Jupyter's and nbgrader's configuration of servers: `everyone`, and `course_room` on top of it."""

_RUNTIME = "/tmp/jupyter"  # noqa: S108 - the sandbox's own; short, because the paths of sockets may not be long


def visible_paths() -> list[Path]:
    """Return what servers read besides the system: Python, its packages, and ours if they are installed in place.

    Who teaches sees `shipped_solutions()`, too; from everybody else they are hidden.
    """
    ours: list[Path] = []
    for package in ("nbcohort", "nbpeer"):
        spec = importlib.util.find_spec(package)
        places = (spec.submodule_search_locations or []) if spec else []
        ours += [Path(place).parent for place in places]
    return list(python_environment(*ours))


def tier_here() -> Tier | SandboxUnavailable:
    """Return how servers are kept apart on this machine, or why they are not."""
    try:
        return probe("namespaces")
    except SandboxUnavailable as reason:
        return reason


def home_name(account: str) -> str:
    """Return the name of `account`'s home: legible, no other account's, and never a path that leads elsewhere."""
    name = quote(account, safe="")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > 200:  # file systems allow 255
        name = f"{name[:120]}%-{hashlib.sha256(account.encode()).hexdigest()}"  # no quoted name has "%-"
    return name


def make_home(home: Path, account_folder: str, user: int | None) -> int | None:
    """Make `home` with `account_folder` in it, both for their owner alone.

    Returns the user id the server must run as: the home's owner, who is `user` if the home is new; None without root.
    """
    new = not home.exists()
    (home / account_folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    if user is None:
        return None
    if new or home.stat().st_uid == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
    return home.stat().st_uid


def inner_process(pid: int) -> int | None:
    """Return the process id of the server inside the sandbox that process `pid` (bubblewrap) keeps, if it runs."""
    inner = pid
    for _generation in range(2):
        try:
            children = Path(f"/proc/{inner}/task/{inner}/children").read_text("ascii").split()
        except OSError:
            return None
        if not children:
            return None
        inner = int(children[0])
    return inner


class SandboxedSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """Starts each server as a local process in its own sandbox; it ends when the Hub does."""

    homes = Unicode(help="Folder that holds every account's home.").tag(config=True)

    read_only_paths = List(Unicode(), help="What servers can read besides the system: Python and its packages.").tag(
        config=True
    )

    _held: socket.socket | None = None

    @default("read_only_paths")  # type: ignore[untyped-decorator]
    def _visible_paths(self) -> list[str]:
        return [str(path) for path in visible_paths()]

    @default("cmd")  # type: ignore[untyped-decorator]
    def _singleuser(self) -> list[str]:
        return [sys.executable, "-m", "nbcohort.singleuser"]

    @default("home_dir")  # type: ignore[untyped-decorator]
    def _home(self) -> str:
        return str(Path(self.homes).resolve() / home_name(self.user.name))

    @property
    def is_course_room(self) -> bool:
        """Whether this is the server of an account `course-<cohort>`. Nobody can log in as one."""
        return str(self.user.name).startswith(COURSE_ROOM_PREFIX)

    @property
    def folder(self) -> str:
        """The folder that the server shows: the course folder in a course room, else the home."""
        return f"{self.home_dir}/course" if self.is_course_room else str(self.home_dir)

    def make_preexec_fn(self, name: str) -> None:
        """No system user is changed to."""

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Return `env` with who and where the server is, and where its configuration lies."""
        parts = ["course_room", "everyone"] if self.is_course_room else ["everyone"]
        env["JUPYTER_CONFIG_PATH"] = os.pathsep.join(str(CONFIGURATION / part) for part in parts)
        env["USER"] = env["LOGNAME"] = self.user.name
        env["HOME"] = str(self.home_dir)
        env["SHELL"] = "/bin/bash"
        env["PATH"] = os.pathsep.join([str(Path(sys.prefix, "bin")), env.get("PATH") or os.defpath])
        env["JUPYTERHUB_ROOT_DIR"] = self.folder
        if self.is_course_room:
            env["NBCOHORT_COHORT"] = str(self.user.name).removeprefix(COURSE_ROOM_PREFIX)
        if isinstance(tier_here(), Tier):
            env["JUPYTER_RUNTIME_DIR"] = _RUNTIME
        return env

    def get_args(self) -> list[str]:
        """Return the server's arguments."""
        args: list[str] = super().get_args()
        return [*args, "--KernelManager.transport=ipc"] if isinstance(tier_here(), Tier) else args

    async def start(self) -> tuple[str, int]:
        """Make the home if it is not there, and start the server in the sandbox, with a port that is held for it.

        JupyterHub itself finds a port and lets it go. Where many servers start at once, it is another program's by the
        time that the server is there, which ends then.
        """
        if self.port == 0:  # type: ignore[has-type]
            self._held = held_port(self.ip or "127.0.0.1")
            self.port = self._held.getsockname()[1]
        command: list[str] = list(self.cmd)  # type: ignore[has-type]
        self.cmd = self._sandboxed(["/usr/bin/env", f"--chdir={self.folder}", *command])
        try:
            address: tuple[str, int] = await super().start()
        finally:
            self.cmd = command
        return address

    def clear_state(self) -> None:
        """Forget the server that was, and let its port go."""
        super().clear_state()
        if self._held:
            self._held.close()
            self._held, self.port = None, 0

    def _sandboxed(self, command: list[str]) -> list[str]:
        home, inside = Path(self.home_dir), "course" if self.is_course_room else "."
        tier = tier_here()
        if isinstance(tier, SandboxUnavailable):
            self.log.warning(
                "NO SANDBOX. The server of %s runs as system user %s, like all others, and can read their files. %s",
                self.user.name,
                os.getuid(),
                tier,
            )
            make_home(home, inside, None)
            return command
        new_user = unused_user(Path("/proc/self/uid_map").read_text("ascii")) if tier.privileged else None
        policy = Policy(
            (*map(Path, self.read_only_paths), *(shipped_solutions() if self.is_course_room else ())),
            () if self.is_course_room else shipped_solutions(),
            home=home,
            network=True,
            environment=None,
            limits=None,
            nestable=True,
            user=make_home(home, inside, new_user),
        )
        return wrap(command, policy, tier)

    async def _signal(self, sig: int) -> bool:
        """Signal the server inside the sandbox, so that it ends in order; bubblewrap ends with it."""
        if (
            sig in (signal.SIGINT, signal.SIGTERM)
            and isinstance(tier_here(), Tier)
            and (inner := inner_process(self.pid))
        ):
            try:
                os.kill(inner, sig)
            except ProcessLookupError:
                return False
            return True
        alive: bool = await super()._signal(sig)
        return alive
