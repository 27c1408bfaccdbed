"""The process that notebooks are forked from.

It has imported what notebooks need and made a kernel; then it waits on a control socket (SOCK_SEQPACKET) for requests.
Some come with a file of cells that are about to come, and have no answer. Each other one comes with three descriptors:
the notebook's wire, and the pipes that become its standard output and error. The answer is the process that holds the
notebook together, as a pidfd: when that one ends, all of it has.

With namespaces, that process is number 1 of a namespace of its own and does nothing but wait (the `nursery` makes it);
without, it is the notebook's kernel itself.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import select
import signal
import socket
import stat
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from .wire import Wire, frame

if TYPE_CHECKING:
    from .kernel import Workshop

_LARGEST_REQUEST = 1 << 17
_GARBAGE = 10_000, 10, 10
"""When garbage is looked for; a notebook is short, and Python's own 700 takes 5 % of its time."""


def main() -> None:
    """Prepare, say so or why not, and serve until the starter hangs up."""
    options: dict[str, Any] = json.loads(sys.argv[1])
    control = socket.socket(fileno=options["control"])
    try:
        guard = _module(options["guard"]) if options["guard"] else None
        nursery = guard.open_nursery() if guard and options["apart"] else None
        workshop = _prepare(options)
    except BaseException as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        raise
    control.send(json.dumps({"threads": _count_threads(), "failed": workshop.failed}).encode())
    _serve(workshop, guard, nursery, control)


def _count_threads() -> int:
    """Return how many threads this process has, Python's or not; 1 where that cannot be seen."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 1


def _prepare(options: dict[str, Any]) -> Workshop:
    from .kernel import Workshop  # when there is a nursery: it takes a hundred megabytes

    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin if launcher and launcher.origin else sys.argv[0], "-f", "kernel.json"]
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    sys.path[:] = [entry for entry in sys.path if entry not in ("", *options["forget"])]
    workshop = Workshop(options["preload"], options["fonts"])
    if options["fonts"] is not None:
        os.close(options["fonts"])
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    gc.enable()
    return workshop


def _serve(workshop: Workshop, guard: ModuleType | None, nursery: socket.socket | None, control: socket.socket) -> None:
    """Fork when asked, until the starter hangs up."""
    from .foreseen import FORESEEN

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps
    while True:
        request, numbers, _flags, _address = socket.recv_fds(control, _LARGEST_REQUEST, 3)
        if not request:
            return
        plan = json.loads(request)
        if "foresee" in plan:
            FORESEEN.read(workshop.shell, numbers[0])
            os.close(numbers[0])
            continue
        pid, answer = guard.fork_apart(nursery) if guard and nursery else (os.fork(), -1)
        if pid == 0:
            control.close()
            _notebook(workshop, guard, plan, numbers)
        if answer < 0:
            with contextlib.suppress(ProcessLookupError):  # it ended at once
                answer = os.pidfd_open(pid)
        for number in numbers:
            os.close(number)
        if answer >= 0:
            socket.send_fds(control, [b"forked"], [answer])
            os.close(answer)
        else:
            control.send(b"ended")


def _module(path: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location("nbcohort_guard", path)
    if specification is None or specification.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _notebook(workshop: Workshop, guard: ModuleType | None, plan: dict[str, Any], numbers: list[int]) -> NoReturn:
    """In the fork: become the notebook; never returns."""
    wire, out, err = numbers
    status = 70
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for number, standard in ((null, 0), (out, 1), (err, 2)):
            os.dup2(number, standard)
        for number in (null, out, err):
            os.close(number)
        if guard is None:
            os.setsid()
            os.chdir(plan["work"])
        else:
            if plan["guard"]["namespaces"]:
                guard.isolate(plan["guard"])
            guard.confine(plan["guard"])
        _run(workshop, plan, Wire(socket.socket(fileno=wire)))
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may come back to the zygote's loop
        os.write(2, traceback.format_exc().encode())
    os._exit(status)


def _run(workshop: Workshop, plan: dict[str, Any], wire: Wire) -> None:
    if plan["guard"]:
        os.environ.update(HOME=plan["guard"]["home"], TMPDIR=plan["guard"]["temporary"])
    os.environ.update(plan["environment"])
    for name in plan["unset"]:
        os.environ.pop(name, None)
    tempfile.tempdir = None
    if plan["spare"]:
        workshop.rehearse(lambda: bool(select.select([wire.end], [], [], 0)[0]))
    sys.path.append("")  # last: a file beside the notebook is no replacement for what is installed
    _receive_files(wire)
    ourselves, folder = os.pidfd_open(os.getpid()), os.open(".", os.O_PATH | os.O_DIRECTORY)
    socket.send_fds(wire.end, [frame({"kind": "ready", "parent": ""}, [b"{}"])], [ourselves, folder])
    os.close(ourselves)
    os.close(folder)
    workshop.run(wire)


def _receive_files(wire: Wire) -> None:
    """Write the files that come over the wire, until it says that these were all."""
    while True:
        received = wire.receive()
        if received is None:
            os._exit(0)
        head, parts = received
        if head["kind"] != "file":
            return
        file = Path(head["name"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(parts[0])
        file.chmod(0o600 | head["mode"] & stat.S_IXUSR)


if __name__ == "__main__":
    main()
