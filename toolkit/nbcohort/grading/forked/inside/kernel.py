"""A real IPython kernel without sockets and threads: what it would publish goes over the wire of the notebook.

ipykernel's own kernel, shell, streams and messages are used, so that a notebook finds what it finds in JupyterLab. It
is made once, in the process that notebooks are forked from, runs a few cells there so that what is imported late is
imported already, and is given a wire in each fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import linecache
import logging
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session, json_default, json_packer
from tornado.ioloop import IOLoop
from traitlets.config import Config

from .audit import Audit
from .economies import economise, is_of_no_module
from .figures import economise_figures, show_first
from .fonts import put_fonts, take_fonts
from .operands import Operands
from .pristine import Pristine, import_helpers, is_of_notebook
from .values import packed, unpacked
from .wire import Wire
from .without import GRAMMAR, without

_BUFFERED = 1 << 14
"""Characters that a stream keeps back at most."""
_LONGEST_TEXT = 1 << 18
"""Characters of text in one message."""

_WARM_UP = (
    "print('out')\nimport sys\nprint('err', file=sys.stderr)",
    "1 / 0",
    "def (",
    "assert 1 == 2, 'a message'",
    "import asyncio\nawait asyncio.sleep(0)",
    "from IPython.display import HTML, Markdown, display\ndisplay(HTML('x'), Markdown('x'))\n'result'",
)
_WARM_UP_FOR = {
    "numpy": ("import numpy\nnumpy.random.default_rng(1).normal(size=9).mean()\nnumpy.arange(9.0)",),
    "pandas": (
        "import pandas\n"
        "frame = pandas.DataFrame({'a': [1.5, 2], 'd': pandas.date_range('2024', periods=2), 's': list('xy')})\n"
        "frame.describe()\nframe.groupby('s')['a'].sum().to_frame().merge(frame, on='s')\nframe",
    ),
    "matplotlib.pyplot": (
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\n"
        "axes.plot([1, 2])\naxes.bar([1, 2], [3, 4])\naxes.hist([1, 2, 2])\naxes.set_title('t')\nplt.show()",
    ),
}
"""Cells whose only use is what they make Python import and cache."""
_HEEDED = frozenset({"trust", "trust_all", "brief"})
_LAST = ("last_exc", "last_type", "last_value", "last_traceback")
"""What `sys` keeps of the last error."""


class DirectPublisher(IOPubThread):
    """Takes the place of the thread that would send what streams hold; there is none: they send themselves."""

    def __init__(self) -> None:
        self.thread = None
        self.io_loop = None

    def schedule(self, f: Any) -> None:
        """Do it now."""
        f()


class Stream(OutStream):
    """`sys.stdout` or `sys.stderr` of a notebook."""

    def __init__(self, session: Session, name: str, number: int) -> None:
        self.peer: Stream | None = None
        self._number = number
        self._held = 0
        self._flushed_at = 0.0
        super().__init__(session, DirectPublisher(), name, watchfd=False)

    def fileno(self) -> int:
        """Return the descriptor; what is written there is shown, too."""
        return self._number

    def write(self, string: str) -> Any:
        """Write; what the other stream holds goes first, so that the order stays."""
        if self.peer is not None and self.peer._held:
            self.peer._flush()
        if isinstance(string, str):
            self._held += len(string)
        return super().write(string)

    def _schedule_flush(self) -> None:
        if (
            self._held > _BUFFERED
            or time.monotonic() - self._flushed_at > self.flush_interval
            or threading.current_thread() is not threading.main_thread()
        ):
            self._flush()

    def _flush(self) -> None:
        self._held = 0
        self._flushed_at = time.monotonic()
        super()._flush()

    def take_over(self) -> None:
        """Belong to this process, a fork of the one that made it."""
        self._master_pid = os.getpid()
        self._buffers.clear()
        self._held = 0


class WireSession(Session):
    """Messages go over the wire instead of a ZeroMQ socket."""

    wire: Wire | None = None
    heard: list[dict[str, Any]] | None = None
    """Replies are put there while nothing goes over the wire."""

    def send(
        self,
        stream: Any,
        msg_or_type: dict[str, Any] | str,
        content: dict[str, Any] | None = None,
        parent: dict[str, Any] | None = None,
        ident: Any = None,
        buffers: list[Any] | None = None,
        track: bool = False,
        header: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a message, and return it."""
        if isinstance(msg_or_type, dict):
            message = msg_or_type
            buffers = buffers or message.get("buffers")
        else:
            message = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        kind = message["header"]["msg_type"]
        if kind == "status":  # the starter knows
            return message
        if self.wire is None:
            if self.heard is not None and kind == "execute_reply":
                self.heard.append(message["content"])
            return message
        if os.getpid() != self.wire.pid:
            if kind == "stream":  # of a process that the notebook forked off
                number = 1 if message["content"]["name"] == "stdout" else 2
                os.write(number, message["content"]["text"].encode("utf8", "replace"))
            return message
        if kind != "stream":
            sys.stdout.flush()
            sys.stderr.flush()
        parent_id = str((message.get("parent_header") or {}).get("msg_id", ""))
        for content in _pieces(kind, message["content"]):
            packed = _packed({"content": content, "metadata": message.get("metadata") or {}})
            self.wire.send(kind, parent_id, packed, [memoryview(part).cast("B") for part in buffers or ()])
        return message


def _packed(message: dict[str, Any]) -> bytes:
    """Return it as JSON; half a character (a lone surrogate) is replaced, as it has no place in UTF-8."""
    try:
        packed: bytes = json_packer(message)
    except UnicodeEncodeError:
        # As escapes, which the starter replaces.
        packed = json.dumps(message, default=json_default, allow_nan=False).encode()
    return packed


def _pieces(kind: str, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the content of a message; that of a long text in pieces, so that its beginning can be kept."""
    if kind != "stream" or len(content["text"]) <= _LONGEST_TEXT:
        yield content
        return
    for start in range(0, len(content["text"]), _LONGEST_TEXT):
        yield {**content, "text": content["text"][start : start + _LONGEST_TEXT]}


class NotebookKernel(IPythonKernel):
    """An IPython kernel that is told what to do by `serve`."""

    _execute_sleep = 0

    def take_over(
        self,
        wire: Wire,
        streams: tuple[Stream, Stream],
        pristine: Pristine,
        operands: Operands,
        audit: Audit,
    ) -> None:
        """Belong to this process, a fork of the one that made it, and speak over `wire`."""
        self._pristine, self._operands, self._audit = pristine, operands, audit
        self.session.wire = wire
        self.session.pid = os.getpid()
        for stream in streams:
            stream.take_over()
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())

    async def serve(self, wire: Wire) -> None:
        """Do what the starter asks, until it hangs up."""
        self.io_loop = IOLoop.current()
        loop = asyncio.get_running_loop()
        while True:
            received = await _next(loop, wire)
            if received is None:
                return
            head, parts = received
            message = _request(head, json.loads(parts[0]))
            if head["kind"] == "execute_request":
                await self._execute(message)
            elif head["kind"] == "values":
                self._say(wire, head, self._values(message["content"]))
            elif head["kind"] == "define":
                self._say(wire, head, self._define(message["content"]))
            elif head["kind"] in _HEEDED:
                with contextlib.suppress(Exception):  # the notebook may have put anything there
                    self._heed(head["kind"], message["content"])
            elif head["kind"] in ("begin_test", "end_test"):
                await self._attend(wire, head, message["content"])
            elif head["kind"].startswith("comm"):
                self.set_parent([b""], message, channel="shell")
                getattr(self.comm_manager, head["kind"])(None, None, message)

    def _heed(self, kind: str, content: dict[str, Any]) -> None:
        """Do what takes no answer."""
        if kind == "trust_all":
            self._pristine.trust()
        elif kind == "trust":
            self._pristine.trust_names(content["names"])
        else:
            self.shell.InteractiveTB.set_mode(mode="Minimal")  # nobody reads what comes now

    async def _attend(self, wire: Wire, head: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Do what comes before or after a test; what the notebook has broken must not break more than that."""
        try:
            begins = head["kind"] == "begin_test"
            content = self._begin_test(wanted) if begins else await self._end_test(wanted)
        except Exception as error:  # noqa: BLE001
            content = {"trouble": type(error).__name__}
        self._say(wire, head, content)

    def _say(self, wire: Wire, head: dict[str, Any], content: dict[str, Any]) -> None:
        wire.send(f"{head['kind']}_reply", head["parent"], json.dumps({"content": content}).encode())

    def _values(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Return what expressions are in the notebook, for an isolated test."""
        self.pre_handler_hook()  # so that it can be interrupted
        try:
            found = {name: packed(eval(one, self.shell.user_ns)) for name, one in wanted["values"].items()}  # noqa: S307
            return {"values": found}
        except BaseException as error:  # noqa: BLE001 - it is the notebook's
            return {"ename": type(error).__name__, "evalue": str(error)[:1000]}
        finally:
            self.post_handler_hook()

    def _define(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Be the process of an isolated test: know these values."""
        values = {name: unpacked(one) for name, one in wanted["values"].items()}
        if "notebook" in wanted:
            with without(GRAMMAR):
                import nbformat
            values["notebook"] = nbformat.from_dict(wanted["notebook"])
        self.shell.user_ns.update(values)
        return {"defined": sorted(values)}

    def _begin_test(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Put back what the notebook has replaced, and look at what the next cell compares."""
        replaced = self._pristine.restore(codes=self._audit.codes_were_replaced)
        covered = self._pristine.covered(wanted["builtins"])
        changed = self._pristine.changed(wanted["fixed"])
        self._operands.begin(self.shell)
        self._audit.begin_test()
        return {"replaced": replaced, "covered": covered, "changed": changed}

    async def _end_test(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Say what the notebook did meanwhile, which mutants hold, and whether a cell fails that must."""
        source = wanted["test"]
        seen = self._audit.take(self.shell.compile.get_code_name(source, source, 0))
        own_result = bool(wanted["result"]) and is_of_notebook(type(self.shell.user_ns.get("_")))
        self._pristine.after_test()
        held = self._operands.end(self.shell, source)
        failed = await self._fails(wanted["canary"]) if wanted["canary"] else True
        return {"seen": seen, "own_result": own_result, "held": held if wanted["canary"] else [], "failed": failed}

    async def _fails(self, code: str) -> bool:
        """Run a cell that nobody sees; return whether it has failed."""
        session, traceback = self.session, self.shell.InteractiveTB
        wire, mode = session.wire, traceback.mode
        session.wire, session.heard = None, []
        last = {name: vars(sys)[name] for name in _LAST if name in vars(sys)}
        traceback.set_mode(mode="Minimal")  # nobody reads it
        try:
            content = {"code": code, "store_history": False}
            await self._execute(_request({"kind": "execute_request", "parent": "canary"}, content))
            return bool(session.heard) and session.heard[-1].get("status") == "error"
        finally:
            session.wire, session.heard = wire, None
            traceback.set_mode(mode=mode)
            for name in _LAST:  # or `%tb` would show the canary, and with it the test
                vars(sys).pop(name, None)
            vars(sys).update(last)

    async def _execute(self, message: dict[str, Any]) -> None:
        is_of_no_module(self.shell, message["content"]["code"])
        self.set_parent([b""], message, channel="shell")
        self.pre_handler_hook()
        self.shell._last_traceback = None  # that of an earlier error is in no reply
        try:
            await self.execute_request(None, [], message)
        except KeyboardInterrupt:  # it came after the cell had ended
            pass
        finally:
            self.post_handler_hook()


async def _next(loop: asyncio.AbstractEventLoop, wire: Wire) -> Any:
    """Return the next frame; tasks that cells have left running go on until it comes."""
    arrived = loop.create_future()

    def arrives() -> None:
        if not arrived.done():
            arrived.set_result(None)

    loop.add_reader(wire.end.fileno(), arrives)
    try:
        await arrived
    finally:
        loop.remove_reader(wire.end.fileno())
    return wire.receive()


def _request(head: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Return a message as ipykernel gets it; the starter decides what comes after an error, not the kernel."""
    if head["kind"] == "execute_request":
        content = {**content, "silent": False, "allow_stdin": False, "stop_on_error": False}
    header = {
        "msg_id": head["parent"],
        "msg_type": head["kind"],
        "session": "nbcohort",
        "username": "learner",
        "version": "5.3",
    }
    return {
        "header": header,
        "msg_id": head["parent"],
        "msg_type": head["kind"],
        "parent_header": {},
        "metadata": {},
        "content": content,
        "buffers": [],
    }


class Workshop:
    """A kernel and its streams, made and warmed up before any notebook is known."""

    def __init__(self, preload: list[str], fonts: int | None = None) -> None:
        """Make them; `fonts` is an open file for Matplotlib's list, see there."""
        session = WireSession(key=b"")
        self.streams = (Stream(session, "stdout", 1), Stream(session, "stderr", 2))
        self.streams[0].peer, self.streams[1].peer = self.streams[1], self.streams[0]
        sys.stdout, sys.stderr = self.streams
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        log = logging.getLogger("nbcohort.kernel")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        application: Any = IPKernelApp.instance(config=config, log=log)
        self.kernel = application.kernel = NotebookKernel.instance(
            parent=application,
            config=config,
            session=session,
            iopub_socket=object(),
            log=log,
            user_ns=None,  # or else `__main__` is no module
        )
        self.shell: Any = self.kernel.shell
        application.init_pdb()
        application.patch_io()
        application.init_shell()
        application.init_extensions()
        # `exit()` would end the kernel a tenth of a second later: before whichever cell comes next by then.
        self.shell.unobserve_all("exit_now")
        economise(self.shell)
        self.failed = []
        for name in ("matplotlib", "time"):  # IPython imports magics when they are first used
            self.shell.find_magic(name)
        with self.shell.builtin_trap:  # pandas and others look when they are imported whether there is a kernel
            if fonts is not None and any(name.partition(".")[0] == "matplotlib" for name in preload):
                with contextlib.suppress(ImportError, OSError, ValueError):  # then Matplotlib makes its list
                    put_fonts(fonts)
            for name in preload:
                try:
                    importlib.import_module(name)
                except ImportError as error:
                    self.failed.append(f"{name}: {error}")
            import_helpers()
            economise_figures()
        for_modules = (code for name in preload if name in sys.modules for code in _WARM_UP_FOR.get(name, ()))
        self._cells = (*_WARM_UP, *for_modules)
        self.kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
        gc.freeze()  # or what is imported would be looked through for garbage, here and before forks
        self.rehearse()
        self._operands = Operands()
        if fonts is not None:
            with contextlib.suppress(OSError, ValueError):  # then the next run makes it again
                take_fonts(fonts)
        self._pristine = Pristine(self.kernel)
        self._audit = Audit()

    def rehearse(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Run cells that nobody sees, no more of them when it is time to `stop`, and forget them.

        Before notebooks are forked, they let Python import and cache what it otherwise would in each notebook. In a
        fork that waits for its notebook, they let the system copy the memory that notebooks use.
        """
        names = dict(self.shell.user_ns)
        self._run_unseen(self._cells, stop)
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot:
            pyplot.close("all")
            show_first(self.shell)
        self.shell.reset(new_session=True, aggressive=False)
        history = self.shell.history_manager
        history._i00 = history._i = history._ii = history._iii = ""
        self.shell.user_ns.update({name: names[name] for name in names if name.startswith("__")}, _="")
        for name in _LAST:
            vars(sys).pop(name, None)
        self.shell.execution_count = 1
        for stream in self.streams:
            stream.take_over()

    def _run_unseen(self, codes: Iterable[str], stop: Callable[[], bool]) -> None:
        """Run cells of which nobody hears."""

        async def run() -> None:
            self.kernel.io_loop = IOLoop.current()
            for code in codes:
                if stop():
                    break
                request = _request({"kind": "execute_request", "parent": "unseen"}, {"code": code})
                await self.kernel._execute(request)

        before = set(linecache.cache)
        asyncio.run(run())
        for name in linecache.cache.keys() - before:
            if not Path(name).exists():  # what cells were compiled as
                del linecache.cache[name]
        self.kernel._shell_parent.set({})

    def run(self, wire: Wire) -> None:
        """Be the kernel of one notebook, until the starter hangs up."""
        random.seed()
        numpy = sys.modules.get("numpy")
        if numpy:
            numpy.random.seed()
        self.kernel.take_over(wire, self.streams, self._pristine, self._operands, self._audit)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as ipykernel does while no cell runs
        asyncio.run(self.kernel.serve(wire))
