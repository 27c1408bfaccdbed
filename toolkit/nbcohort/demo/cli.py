"""`nbcohort demo`: a cohort's first two weeks, on a real Hub, on this machine."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _

PORT = 8000


def commands(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help=_("Play, report and exit: 1 if something differs."))] = False,
    data: Annotated[Path, typer.Option(help=_("The folder that the demo lives in."))] = Path(".demo"),
    port: Annotated[int | None, typer.Option(help=_("Where the Hub answers; 8000 or the next free one."))] = None,
    subdomains: Annotated[
        bool, typer.Option("--subdomains", help=_("Give each server a host of its own, as ada.hub.localhost."))
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help=_("End the demo in the folder, forget it, and exit."))] = False,
) -> None:
    """Start a Hub, play two weeks of a cohort on it, report, and stay up. Started again, it goes on where it was."""
    console = Console(highlight=False)
    try:
        from nbcohort.demo.hub_config import end_orphan
        from nbcohort.demo.run import run
        from nbcohort.demo.site import Site
    except ImportError as error:
        raise NbcohortError(
            _("The demo needs {module}: install nbcohort[hub,service,lab].").format(module=error.name)
        ) from error
    site = Site(data.absolute())
    if reset:
        gone = site.forget(lambda: end_orphan(site))
        console.print(_("The demo is forgotten.") if gone else _("There was no demo."))
        return
    with ending_on_signals(), site.alone():
        end_orphan(site)
        good = run(site, free_or(port, console), once=once, subdomains=subdomains, console=console)
    if once and not good:
        raise typer.Exit(1)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does; a second one while it ends changes nothing."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_or(wanted: int | None, console: Console) -> int:
    """Return the port to answer on: the wanted one, or the first free one from 8000.

    Raises:
        NbcohortError: the wanted one is taken, or none is free.
    """
    if wanted is not None:
        if not is_free(wanted):
            raise NbcohortError(_("Port {port} is taken; give another one with --port.").format(port=wanted))
        return wanted
    for port in range(PORT, PORT + 100):
        if is_free(port):
            if port != PORT:
                console.print(_("Port {taken} is taken; the Hub answers on {port}.").format(taken=PORT, port=port))
            return port
    raise NbcohortError(_("No port from 8000 to 8099 is free; give one with --port."))


def is_free(port: int) -> bool:
    """Whether the Hub can listen on this port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
