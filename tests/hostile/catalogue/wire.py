"""Messages to the grader that the kernel has not meant to send."""

from tests.hostile.attack import ABOVE, NOTHING, ONLY_DOUBLE, RIGHT, WRONG, Attack, solved, unsolved

FORGE = """
kernel = get_ipython().kernel
def forge(kind, content):
    '''Send a message as the kernel does, whatever it speaks.'''
    kernel.session.send(kernel.iopub_socket, kind, content, kernel.get_parent("shell"))
def forge_reply(content):
    parent = kernel.get_parent("shell")
    stream = getattr(kernel, "shell_stream", None) or kernel.iopub_socket
    ident = kernel._get_shell_context_var(kernel._shell_parent_ident)
    kernel.session.send(stream, "execute_reply", content, parent, ident=ident)
    kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent)
OK = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
"""

EARLY_REPLY = (
    FORGE
    + """
import time
def double(x):
    forge_reply(OK)
    time.sleep(2)  # what follows comes when nobody waits for it any more
root = double
"""
)

SILENT_SESSION = """
kernel = get_ipython().kernel
session = type(kernel.session)
original = session.send
def send(self, stream, message, content=None, *more, **options):
    kind = message["header"]["msg_type"] if isinstance(message, dict) else message
    if kind in ("error", "execute_result"):
        return None
    if kind == "execute_reply":
        content = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    return original(self, stream, message, content, *more, **options)
session.send = send
"""

RAW_FRAMES = """
import json, os, socket, struct, time
def frames(parent):
    for kind, content in (
        ("execute_reply", {"status": "ok", "execution_count": 1, "user_expressions": {}}),
        ("status", {"execution_state": "idle"}),
    ):
        body = json.dumps({"content": content, "metadata": {}}).encode()
        head = json.dumps({"kind": kind, "parent": parent, "sizes": [len(body)]}).encode()
        yield struct.pack("!I", len(head)) + head + body
def double(x):
    parent = get_ipython().kernel.get_parent("shell")["header"]["msg_id"]
    for number in range(3, 256):
        try:
            with socket.socket(fileno=os.dup(number)) as wire:
                if wire.family == socket.AF_UNIX and wire.type == socket.SOCK_STREAM:
                    for frame in frames(parent):
                        wire.send(frame, socket.MSG_DONTWAIT)
        except OSError:
            pass
    time.sleep(2)
root = double
"""

GARBAGE = """
import os
def root(x):
    for number in range(3, 256):
        try:
            os.set_blocking(number, False)
            os.write(number, b"\\xff" * 4096)
        except OSError:
            pass
    return x ** 0.5
"""

SWALLOWED = """
import json, os, socket, struct
def root(x):
    head = json.dumps({"kind": "stream", "parent": "", "sizes": [1 << 62]}).encode()
    for number in range(3, 256):
        try:
            with socket.socket(fileno=os.dup(number)) as wire:
                if wire.family == socket.AF_UNIX:
                    wire.send(struct.pack("!I", len(head)) + head, socket.MSG_DONTWAIT)
        except OSError:
            pass
    return x ** 0.5
"""

HALF_A_FRAME = """
import os, socket, struct
def root(x):
    for number in range(3, 256):
        try:
            with socket.socket(fileno=os.dup(number)) as wire:
                if wire.family == socket.AF_UNIX:
                    wire.send(struct.pack("!I", 1000) + b"{", socket.MSG_DONTWAIT)
        except OSError:
            pass
    while True:
        pass
"""

CLOSES = """
import os
def root(x):
    os.closerange(0, 4096)
    return x ** 0.5
"""

ODD_MESSAGES = (
    FORGE
    + """
odd = (5, None, [], "x", {}, {"text/plain": 5}, {"text/plain": ["a", 5]}, {"a": {"b": {}}}, "\\ud800", 1e999)
for kind in ("stream", "error", "execute_result", "display_data", "update_display_data", "clear_output", "comm_open",
             "comm_msg", "comm_close", "execute_input", "status", "debug_event", "input_request", "nonsense"):
    for one in odd:
        for content in (
            {"name": one, "text": one},
            {"ename": "x", "evalue": "x", "traceback": []} if kind != "error" else {"name": "x"},
            {"data": one, "metadata": one, "transient": one, "execution_count": one},
            {"comm_id": "x", "target_name": one, "data": one},
            {"wait": one, "execution_state": one, "code": one},
        ):
            if kind == "error" or (kind == "status" and "execution_state" in content):
                continue
            try:
                forge(kind, content)
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
"""
)

ODD_REPLIES = (
    FORGE
    + """
import sys
replies = iter(({"status": 5}, {"status": "error", "ename": ["x"], "evalue": 5, "traceback": 7}, {}))
def double(x):
    for reply in replies:
        forge_reply(reply)
root = double
"""
)

OUTPUT_WIDGET = """
import ipywidgets
kept = ipywidgets.Output()
def double(x):
    kept.msg_id = get_ipython().kernel.get_parent("shell")["header"]["msg_id"]
root = double
"""

UPDATES = """
hook = get_ipython().displayhook
original = type(hook).write_format_data
def write_format_data(self, data, metadata=None):
    original(self, data, metadata)
    self.msg["content"]["transient"] = {"display_id": "same"}
type(hook).write_format_data = write_format_data
"""
FROM_LATER = """
from IPython.display import update_display
update_display(1.5, display_id="same")
print("tried")
"""

NOISE_OF_A_THREAD = (
    FORGE
    + """
import threading, time
def talk():
    while True:
        forge("stream", {"name": "stderr", "text": "x"})
        time.sleep(0.0005)
threading.Thread(target=talk, daemon=True).start()
"""
)

ATTACKS: dict[str, Attack] = {
    "early-reply": unsolved(
        "sends the reply that a test has passed while it still runs", "wire", EARLY_REPLY, gets=RIGHT
    ),
    "silent-session": unsolved(
        "replaces the method that sends messages: no errors, no results, all well",
        "wire",
        SILENT_SESSION,
    ),
    "raw-frames": unsolved(
        "looks for sockets among its open files and writes a reply to each", "wire", RAW_FRAMES, gets=RIGHT
    ),
    "garbage-on-the-wire": Attack(
        "writes nonsense to every open file",
        "wire",
        {"root": GARBAGE},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="the kernel died",
        flagged=True,
    ),
    "swallowed": Attack(
        "announces a message of 4 exabytes, so that what follows is taken for a part of it",
        "wire",
        {"root": SWALLOWED},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="CellTimeoutError",
        flagged=True,
    ),
    "half-a-frame": Attack(
        "sends the beginning of a message and no end",
        "wire",
        {"root": HALF_A_FRAME},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="the kernel died",
        flagged=True,
    ),
    "closes-all": Attack(
        "closes every open file",
        "wire",
        {"root": CLOSES},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="the kernel died",
    ),
    "odd-messages": solved(
        "sends messages of all kinds with odd contents", "wire", ODD_MESSAGES, shows=None, flagged=True
    ),
    "odd-replies": unsolved("sends replies that are none", "wire", ODD_REPLIES),
    "output-widget": unsolved(
        "has a widget take what a test shows", "wire", OUTPUT_WIDGET, gets=NOTHING | {"parts": 1.5}
    ),
    "updates-a-result": Attack(
        "changes, in a later cell, the result that a test has shown",
        "wire",
        {"double": WRONG + UPDATES, "root": ABOVE, "by_hand": FROM_LATER},
        earned=NOTHING,
        flagged=True,
    ),
    "thread-noise": solved("writes to stderr from a thread, without a pause", "wire", NOISE_OF_A_THREAD, flagged=True),
}
