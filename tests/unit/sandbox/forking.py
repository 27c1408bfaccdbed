"""A small zygote, and notebooks that are forked from it and do what tests tell them."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from nbcohort.sandbox import Policy, Sandboxed, Tier, inside, python_environment, start
from nbcohort.sandbox.fork_plan import plan_of
from nbcohort.sandbox.throwaway import throwaway

INSIDE = Path(inside.__file__)
ZYGOTE = """
import json, os, socket, sys, time, traceback, types
inside = types.ModuleType("inside")
with open(sys.argv[1]) as file:
    exec(file.read(), inside.__dict__)
control = socket.socket(fileno=int(sys.argv[2]))
nursery = inside.open_nursery() if sys.argv[3] == "namespaces" else None

def notebook(plan, wire):
    begun = time.perf_counter()
    if plan["namespaces"]:
        inside.isolate(plan)
    inside.confine(plan)
    folder = os.open(".", os.O_PATH | os.O_DIRECTORY)
    socket.send_fds(wire, [json.dumps(time.perf_counter() - begun).encode()], [folder])
    os.close(folder)
    while source := wire.recv(1 << 16):
        scope = {}
        try:
            exec(source, scope)
            answer = {"result": scope.get("result")}
        except BaseException as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        wire.send(json.dumps(answer).encode())

while True:
    request, numbers, _flags, _address = socket.recv_fds(control, 1 << 17, 1)
    if not request:
        break
    plan = json.loads(request)
    child, first = inside.fork_apart(nursery) if nursery else (os.fork(), 0)
    if child == 0:
        control.close()
        wire = socket.socket(fileno=numbers[0])
        try:
            notebook(plan, wire)
        except BaseException:
            wire.send(traceback.format_exc().encode())
        os._exit(0)
    for number in (numbers[0], first):
        if number:
            os.close(number)
"""


class Failed(Exception):
    """What a notebook's code raised, as text."""


class Notebook:
    """A notebook's process."""

    def __init__(self, wire: socket.socket) -> None:
        """Wait until it is confined."""
        self._wire = wire
        wire.settimeout(60)
        message, numbers, _flags, _address = socket.recv_fds(wire, 1 << 16, 1)
        assert numbers, message.decode()
        self.seconds: float = json.loads(message)
        self.folder = numbers[0]

    def do(self, source: str) -> Any:
        """Run `source`; return what it has put into `result`. Raises `Failed`, and `EOFError` when it has ended."""
        self._wire.send(source.encode())
        return self.answer()

    def answer(self) -> Any:
        """Return the next answer, as `do`."""
        try:
            message = self._wire.recv(1 << 20)
        except ConnectionResetError:
            message = b""
        if not message:
            raise EOFError
        answer = json.loads(message)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End it."""
        self._wire.close()
        os.close(self.folder)


class Zygote:
    """A process that notebooks are forked from."""

    def __init__(self, policy: Policy, tier: Tier, stack: ExitStack) -> None:
        """Start it."""
        self.policy, self.tier = policy, tier
        self._stack = stack
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.callback(self._control.close)
        argv = [sys.executable, "-I", "-c", ZYGOTE, str(INSIDE), str(theirs.fileno()), tier.kind]
        with theirs:
            self.program: Sandboxed = start(argv, policy, tier, inherit=[theirs.fileno()])
        stack.callback(self.program.close)

    def fork(self) -> Notebook:
        """Return a new notebook."""
        folder = self._stack.enter_context(throwaway()) if self.tier.kind == "landlock" else None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        plan = plan_of(self.policy, self.tier, folder)
        with theirs:
            socket.send_fds(self._control, [json.dumps(plan).encode()], [theirs.fileno()])
        notebook = Notebook(ours)
        self._stack.callback(notebook.close)
        return notebook


@contextmanager
def zygote(tier: Tier, policy: Policy | None = None) -> Iterator[Zygote]:
    """Keep a zygote for a while."""
    with ExitStack() as stack:
        yield Zygote(policy or Policy(python_environment(INSIDE), forks=True), tier, stack)
