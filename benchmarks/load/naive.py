"""A peer: the least that takes hand-ins over HTTP, in the manner of ngshare.

One synchronous process: JSON with all files in base64, decoded, written to a folder, and a row in SQLite.

What it does without, and nbcohort does not: no fsync of file, folder or row (a power cut loses what was acknowledged),
no rename into place (a crash leaves half files), no receipt, no hash, no check of who is asking, of the due time, of
paths or of sizes, no attempts, no second try that does no harm, no audit; and the whole body is in memory.
"""

import base64
import json
import sqlite3
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


def serve(folder: Path, say: Any) -> None:
    """Serve for ever on a free loopback port, which `say` is told."""
    database = sqlite3.connect(folder / "naive.db", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA synchronous=OFF")
    database.execute("CREATE TABLE submission (user TEXT, course TEXT, assignment TEXT, at REAL, folder TEXT)")
    # Connections are served in threads, as otherwise one that is kept open would keep out all others; the work itself
    # is done by one at a time, as in a synchronous handler of an event loop.
    server = _Server(("127.0.0.1", 0), _handler(folder, database))
    say(server.server_address[1])
    server.serve_forever(poll_interval=0.05)


class _Server(HTTPServer):
    request_queue_size = 1024

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread."""
        Thread(target=self._serve, args=(request, client_address), daemon=True).start()

    def _serve(self, request: Any, client_address: Any) -> None:
        self.finish_request(request, client_address)
        self.shutdown_request(request)


def _handler(folder: Path, database: sqlite3.Connection) -> type[BaseHTTPRequestHandler]:
    from threading import Lock

    turn = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            with turn:
                body = json.loads(raw)
                _empty, course, assignment = self.path.split("/")
                at = time.time()
                target = folder / course / assignment / body["user"] / f"{at}"
                for path, data in body["files"].items():
                    (target / path).parent.mkdir(parents=True, exist_ok=True)
                    (target / path).write_bytes(base64.b64decode(data))
                row = (body["user"], course, assignment, at, str(target))
                database.execute("INSERT INTO submission VALUES (?, ?, ?, ?, ?)", row)
            answer = json.dumps({"success": True, "timestamp": at}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler
