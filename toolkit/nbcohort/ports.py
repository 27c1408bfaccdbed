"""A port for a server that is about to start."""

import atexit
import contextlib
import socket

_reserved = contextlib.ExitStack()
atexit.register(_reserved.close)


def free_port() -> int:
    """Return a loopback port that nothing listens on, and that stays ours: the system gives it to no other program.

    It is bound, without listening, as long as this process lives. Servers set SO_REUSEADDR and can bind it all the
    same; whoever asks for any port, or connects to somewhere, gets another one. A port that is found and let go may be
    another program's by the time our server has started.
    """
    holder = _reserved.enter_context(socket.socket())
    holder.bind(("127.0.0.1", 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port: int = holder.getsockname()[1]
    return port
