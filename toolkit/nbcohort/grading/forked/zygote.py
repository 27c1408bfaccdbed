"""A zygote, as seen by its starter: one process that has imported everything, and forks notebooks when asked."""

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbcohort.errors import NbcohortError
from nbcohort.grading.forked.fonts import Fonts
from nbcohort.i18n import _
from nbcohort.sandbox import Limits, Policy, Sandboxed, Tier, python_environment, shipped_solutions, start
from nbcohort.sandbox import inside as guard
from nbcohort.sandbox.fork_plan import plan_of

_INSIDE = Path(__file__).parent / "inside"
_GUARD = Path(guard.__file__)
_BOOT = """
import gc, sys
gc.disable()
sys.path.insert(0, sys.argv.pop(1))
from inside.without import DEBUGGER, without
with without(DEBUGGER):
    from inside.zygote import main
main()
"""
"""There is next to nothing for the garbage collector to find in what is imported, and it would look again and again."""
_SECONDS = 120
_MOST_FORESEEN = 1000
"""How many cells a zygote is told of: its memory is not endless."""
PRELOAD = ("numpy", "pandas", "matplotlib.pyplot")
"""What is imported before any notebook runs, if the course does not say otherwise."""
_ONE_THREAD = ("MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""A process with threads cannot be forked safely, and notebooks run side by side anyway."""


class CannotFork(NbcohortError):
    """Notebooks of this environment have to run in kernels of their own; the sentence says why."""

    status = 500
    slug = "cannot-fork"


@dataclass(frozen=True)
class Environment:
    """What the notebooks of one zygote have in common."""

    preload: tuple[str, ...]
    hidden: tuple[Path, ...]
    """Folders that stay invisible although the Python environment holds them."""
    tier: Tier | None
    """None: no sandbox."""
    hash_seed: str | None = None
    """`PYTHONHASHSEED`, if the course fixes it."""


_Kind = tuple[tuple[tuple[str, str], ...], Limits]
"""What all notebooks of a kind have in common, besides the zygote: environment variables and limits."""


@dataclass
class Fork:
    """A new notebook process, before its first message."""

    wire: socket.socket
    out: int
    err: int
    whole: int
    """A pidfd of the process with which all of the notebook ends."""

    def close(self) -> None:
        """Let go of it: it ends when nobody has its wire."""
        self.wire.close()
        for number in (self.out, self.err, self.whole):
            os.close(number)


class Zygote:
    """One zygote; several threads may ask it to fork."""

    def __init__(self, environment: Environment) -> None:
        """Start it, and do not wait until it is ready. Raises `CannotFork`, or what the sandbox raises."""
        self._environment = environment
        self._turn = threading.Lock()
        self._spares: dict[_Kind, Fork] = {}
        self._spare_turn = threading.Lock()
        self._makes_spare = False
        self._running = 0
        self._lately: deque[int] = deque(maxlen=6)
        """How many ran when the last ones were asked for."""
        self._closed = False
        self._is_ready = False
        self._foreseen: set[str] = set()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(_SECONDS)
        self.program: Sandboxed | None = None
        self._fonts = Fonts(environment.tier) if environment.tier else None
        try:
            with theirs:
                self.process = self._start(theirs.fileno())
        except BaseException:
            self.close()
            raise

    def wait_until_ready(self) -> None:
        """Wait until it can fork. Raises `CannotFork` if it cannot, and ends it then; for one thread at a time."""
        if self._is_ready:
            return
        try:
            ready = self._ready()
            if self._fonts:
                self._fonts.keep()
                self._fonts.close()
            if ready["threads"] != 1:
                raise CannotFork(
                    _(
                        "Notebooks run in kernels of their own, which takes longer: importing {modules} starts threads."
                        " Leave out of `preload` what does."
                    ).format(modules=", ".join(self._environment.preload))
                )
        except BaseException:
            self.close()
            raise
        self.not_imported: list[str] = ready["failed"]
        self._is_ready = True

    def _start(self, control: int) -> "subprocess.Popen[bytes]":
        environment = self._environment
        options = {
            "control": control,
            "guard": str(_GUARD) if environment.tier else None,
            "apart": self.namespaces,
            "fonts": self._fonts.number if self._fonts else None,
            "preload": list(environment.preload),
            "forget": [str(_INSIDE.parent)],
        }
        variables = dict.fromkeys(_ONE_THREAD, "1")
        if environment.hash_seed is not None:
            variables["PYTHONHASHSEED"] = environment.hash_seed
        argv = [sys.executable, "-c", _BOOT, str(_INSIDE.parent), json.dumps(options)]
        if environment.tier is None:
            return subprocess.Popen(
                argv,
                env={**os.environ, **variables},
                cwd=tempfile.gettempdir(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[control],
                start_new_session=True,
            )
        self.policy = Policy(
            python_environment(_INSIDE, _GUARD),
            (*environment.hidden, *shipped_solutions()),
            environment=variables,
            forks=True,
        )
        self.program = start(
            argv, self.policy, environment.tier, inherit=[control, *([self._fonts.number] if self._fonts else [])]
        )
        return self.program.starter

    def _ready(self) -> dict[str, Any]:
        try:
            answer = self.control.recv(1 << 16)
        except OSError:
            answer = b""
        if not answer:
            raise CannotFork(_("The process that notebooks are forked from did not start."))
        ready: dict[str, Any] = json.loads(answer)
        if "error" in ready:
            raise CannotFork(
                _("The process that notebooks are forked from did not start: {why}").format(why=ready["error"])
            )
        return ready

    @property
    def namespaces(self) -> bool:
        """Return whether each notebook has a process namespace of its own, so that all it starts ends with it."""
        tier = self._environment.tier
        return tier is not None and tier.kind == "namespaces"

    def has_ended(self, within: float = 0) -> bool:
        """Return whether it has ended, or does within these seconds.

        It hangs up when it ends, before anything of its notebooks does: whoever sees one of them end knows why. Where
        what ended is its sandbox, all end at once, and that has ended already.
        """
        if self.control.fileno() < 0 or self.process.poll() is not None:
            return True
        hung_up = select.poll()
        hung_up.register(self.control, 0)
        return bool(hung_up.poll(within * 1000))

    def fork(self, variables: Mapping[str, str], limits: Limits, work: Path | None) -> Fork:
        """Return a new notebook process; without namespaces, it works in the folder `work`. Raises `OSError`.

        With namespaces, and a processor that has nothing else to do, it may have been made before it was asked for, and
        rehearses until it is; the next one is made now, in the background. Whoever has it says when it has `ended`.
        """
        kind = (tuple(sorted(variables.items())), limits)
        with self._spare_turn:
            fork = self._spares.pop(kind, None)
        if fork is None:
            fork = self._fork(variables, limits, work)
        with self._spare_turn:
            self._running += 1
            self._lately.append(self._running)
            is_idle = len(self._lately) > 1 and max(self._lately) < len(os.sched_getaffinity(0))
            wanted = self.namespaces and is_idle and not self._makes_spare and kind not in self._spares
            self._makes_spare |= wanted
        if wanted:
            threading.Thread(target=self._make_spare, args=(kind,), name="spare", daemon=True).start()
        return fork

    def ended(self) -> None:
        """Hear that a notebook process has ended."""
        with self._spare_turn:
            self._running -= 1

    def foresee(self, cells: Iterable[str]) -> None:
        """Let it prepare for cells that many notebooks have, each of them once; without that, notebooks take longer."""
        with self._turn, contextlib.suppress(OSError):  # if it has ended, who forks hears of it
            new = [cell for cell in dict.fromkeys(cells) if cell not in self._foreseen]
            if not new or len(new) + len(self._foreseen) > _MOST_FORESEEN:
                return
            self._foreseen.update(new)
            with open(os.memfd_create("cells"), "w+", encoding="utf-8") as file:  # noqa: PTH123 - it has no path
                json.dump(new, file)
                file.seek(0)
                socket.send_fds(self.control, [b'{"foresee": true}'], [file.fileno()])

    def _make_spare(self, kind: _Kind) -> None:
        """Make a notebook process that waits for a notebook of this kind; without one, the next is made when needed."""
        fork = None
        with contextlib.suppress(OSError):
            fork = self._fork(dict(kind[0]), kind[1], None, spare=True)
        with self._spare_turn:  # both at once, or another one could be made meanwhile and this one be forgotten
            self._makes_spare = False
            if fork and not self._closed:
                self._spares[kind] = fork
            elif fork:
                fork.close()

    def _fork(self, variables: Mapping[str, str], limits: Limits, work: Path | None, *, spare: bool = False) -> Fork:
        tier = self._environment.tier
        plan = {
            "guard": plan_of(replace(self.policy, limits=limits), tier, work) if tier else None,
            "work": str(work) if work else None,
            "spare": spare,
            "environment": dict(variables),
            "unset": list(_ONE_THREAD),
        }
        ours, theirs = socket.socketpair()
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        try:
            whole = self._ask(json.dumps(plan).encode(), [theirs.fileno(), out_end, err_end])
        except BaseException:
            ours.close()
            os.close(out)
            os.close(err)
            raise
        finally:
            theirs.close()
            os.close(out_end)
            os.close(err_end)
        return Fork(ours, out, err, whole)

    def _ask(self, request: bytes, numbers: list[int]) -> int:
        with self._turn:
            socket.send_fds(self.control, [request], numbers)
            answer, received, _flags, _address = socket.recv_fds(self.control, 64, 1)
        if answer != b"forked" or not received:
            raise BrokenPipeError(answer or "the zygote has ended")
        return received[0]

    def close(self) -> None:
        """End it, and every notebook that it has forked."""
        with self._spare_turn:
            self._closed = True
            for fork in self._spares.values():
                fork.close()
            self._spares.clear()
        with contextlib.suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        self.control.close()
        if self._fonts:
            self._fonts.close()
        if self.program:
            self.program.close()
        elif hasattr(self, "process"):
            self.process.kill()
            self.process.wait()


class Zygotes:
    """The zygotes of this process, one for each environment, started when first asked for."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._locks: dict[Environment, threading.Lock] = {}
        self._zygotes: dict[Environment, Zygote] = {}

    def of(self, environment: Environment) -> Zygote:
        """Return the zygote of an environment, ready; a new one if it has ended. Raises `CannotFork` and `OSError`."""
        with self._lock(environment):
            zygote = self._started(environment)
            zygote.wait_until_ready()
            return zygote

    def start(self, environment: Environment) -> None:
        """Start the zygote of an environment, so that the first notebook need not wait as long for it.

        What goes wrong is told to the first notebook.
        """
        with self._lock(environment), contextlib.suppress(NbcohortError, OSError):
            self._started(environment)

    def _lock(self, environment: Environment) -> threading.Lock:
        with self._turn:
            return self._locks.setdefault(environment, threading.Lock())

    def _started(self, environment: Environment) -> Zygote:
        zygote = self._zygotes.get(environment)
        if zygote is None or zygote.has_ended():
            if zygote:
                zygote.close()
            zygote = self._zygotes[environment] = Zygote(environment)
        return zygote

    def close(self) -> None:
        """End them all."""
        with self._turn:
            zygotes = list(self._zygotes.values())
            self._zygotes.clear()
        for zygote in zygotes:
            zygote.close()


ZYGOTES = Zygotes()
"""Those that `run_notebook` uses; they end with this process."""
atexit.register(ZYGOTES.close)
