"""Sockets on which hostile code might call."""

import contextlib
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Listener:
    """Sockets on which hostile code might call; `heard` is what it said."""

    folder: Path
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.abstract = f"nbcohort-{os.getpid()}-{id(self)}"
        self.path = str(self.folder / "door")
        self.sockets = [
            socket.create_server(("127.0.0.1", 0)),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX),
        ]
        self.sockets[1].bind(("127.0.0.1", 0))
        for one, address in zip(self.sockets[2:], (f"\0{self.abstract}", self.path), strict=True):
            one.bind(address)
            one.listen()
        self.threads = [threading.Thread(target=self._listen, args=(one,)) for one in self.sockets]
        self._stop = False
        for thread in self.threads:
            thread.start()

    def _listen(self, one: socket.socket) -> None:
        one.settimeout(0.2)
        while not self._stop:
            with contextlib.suppress(TimeoutError):
                if one.type == socket.SOCK_DGRAM:
                    self.heard.append(one.recv(99))
                else:
                    connection, _address = one.accept()
                    connection.close()
                    self.heard.append(b"a connection")

    def close(self) -> None:
        self._stop = True
        for thread in self.threads:
            thread.join()
        for one in self.sockets:
            one.close()

    @property
    def addresses(self) -> dict[str, Any]:
        tcp, udp = (one.getsockname()[1] for one in self.sockets[:2])
        return {"tcp": tcp, "udp": udp, "abstract": self.abstract, "path": self.path}
