"""A port for a server that is about to start."""

import atexit
import contextlib
import socket

_reserved = contextlib.ExitStack()
atexit.register(_reserved.close)


def free_port() -> int:
    """Return a loopback port that nothing listens on, and that stays ours as long as this process lives.

    See `held_port`.
    """
    port: int = _reserved.enter_context(held_port()).getsockname()[1]
    return port


def held_port(address: str = "127.0.0.1") -> socket.socket:
    """Return a socket with a port that nothing listens on, and that goes to no other program until it is closed.

    It is bound, without listening. Servers set SO_REUSEADDR and can bind it all the same; whoever asks for any port, or
    connects to somewhere, gets another one. A port that is found and let go may be another program's by the time our
    server has started.
    """
    holder = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    holder.bind((address, 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return holder
