"""Run code on a person's server, through the Hub's proxy, the way JupyterLab does."""

import json
import uuid
from urllib.parse import urlsplit

import httpx
import websocket

SECONDS = 600
"""How long a server may be silent."""


def execute(server: str, token: str, code: str) -> str:
    """Run Python `code` in a new kernel of the server at URL `server`; return what it printed, errors included."""
    headers = {"Authorization": f"token {token}"}
    with httpx.Client(headers=headers, timeout=60) as client:
        kernel = client.post(f"{server}/api/kernels", json={}).raise_for_status().json()["id"]
        try:
            return _execute(server, kernel, headers, code)
        finally:
            client.delete(f"{server}/api/kernels/{kernel}")


def _execute(server: str, kernel: str, headers: dict[str, str], code: str) -> str:
    address, message_id = urlsplit(server), uuid.uuid4().hex
    scheme = "wss" if address.scheme == "https" else "ws"
    url = f"{scheme}://{address.netloc}{address.path}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    request = {
        "header": {
            "msg_id": message_id,
            "msg_type": "execute_request",
            "username": "",
            "session": "",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
    }
    socket = websocket.create_connection(url, header=headers, timeout=SECONDS)
    printed: list[str] = []
    try:
        socket.send(json.dumps(request))
        while True:
            message = json.loads(socket.recv())
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                printed.append(f"{content['ename']}: {content['evalue']}\n")
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return "".join(printed)
    finally:
        socket.close()
