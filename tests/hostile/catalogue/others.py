"""Looking for the gradebook, the sources, other learners' work and the grader's secrets, and for a way to tell them."""

from tests.hostile.attack import Attack, solved

LOOK_EVERYWHERE = """
import os, sys
wanted = {"ps1.ipynb", "classmates-work.txt"}
for top in ("/", "..", "../..", "../../..", "@course@"):
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if f"{folder}/{name}".lstrip("/") not in ("proc", "usr", "sys")]
        for name in wanted & set(files):
            try:
                print("LEAK", folder, name, open(f"{folder}/{name}").read(99))
            except OSError:
                pass
"""

HIDDEN_TESTS = """
for path in ("@course@/source/ps1/ps1.ipynb", "../../../source/ps1/ps1.ipynb", "@course@/gradebook.db",
             "../../../gradebook.db", "ps1.ipynb"):
    try:
        content = open(path, "rb").read()
        if b"-1.5" in content or b"HIDDEN" in content or b"SQLite" in content:
            print("LEAK", path)
    except OSError:
        pass
"""

WRITE_GRADEBOOK = """
import sqlite3
for path in ("@course@/gradebook.db", "../../../gradebook.db"):
    try:
        database = sqlite3.connect(f"file:{path}?mode=rw", uri=True)
        database.execute("update grade set manual_score = 99")
        database.commit()
        print("LEAK")
    except sqlite3.Error:
        pass
"""

THROUGH_PROC = """
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    for door in ("root", "cwd"):
        for path in ("@course@/gradebook.db", "gradebook.db"):
            try:
                if b"SQLite" in open(f"/proc/{pid}/{door}/{path}", "rb").read(9):
                    print("LEAK", pid, door)
            except OSError:
                pass
    try:
        for number in os.listdir(f"/proc/{pid}/fd"):
            if "gradebook" in os.readlink(f"/proc/{pid}/fd/{number}") or "/source/" in os.readlink(
                f"/proc/{pid}/fd/{number}"
            ):
                print("LEAK", pid, number)
    except OSError:
        pass
"""

FIND_TOKEN = """
import os
if "token" in repr(dict(os.environ)).lower():
    print("LEAK in the environment")
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        content = open(f"/proc/{pid}/environ", "rb").read()
        if b"@token@" in content or b"JUPYTERHUB" in content:
            print("LEAK in the environment of", pid)
    except OSError:
        pass
"""

READ_MEMORY = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) == os.getpid():
        continue
    try:
        areas = [line.split()[0] for line in open(f"/proc/{pid}/maps") if "[heap]" in line or "[stack]" in line]
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for area in areas:
                start, end = (int(part, 16) for part in area.split("-"))
                memory.seek(start)
                if memory.read(end - start):
                    print("LEAK: the memory of", pid)
    except (OSError, OverflowError):
        pass
    if libc.ptrace(16, int(pid), None, None) == 0:  # PTRACE_ATTACH
        print("LEAK: attached to", pid)
        libc.ptrace(17, int(pid), None, None)
"""

SHIPPED_SOLUTIONS = """
import glob, importlib.util, os, sys
for top in {sys.prefix, "@checkout@"}:
    for folder, folders, files in os.walk(top):
        if {"course_template", "exercises", "answers"} & set(folder.split("/")):
            for name in files:
                try:
                    open(f"{folder}/{name}").read(9)
                    print("LEAK", folder, name)
                except (OSError, UnicodeDecodeError):
                    pass
print(importlib.util.find_spec("nbcohort"))
"""

NOTES = """
import ctypes, os, socket, tempfile
note = b"@marker@: double(x) is 2 * x"
folders = ("/tmp", "/dev/shm", "/var/tmp", "..", "../..", "/run/nbcohort/sockets", os.path.expanduser("~"))
paths = [f"{folder}/@marker@-note" for folder in (*folders, tempfile.gettempdir())]
for path in paths:
    if os.path.exists(path):
        print("LEAK: a note in", path)
for path in paths:
    try:
        with open(path, "wb") as file:
            file.write(note)
        os.chmod(path, 0o644)
    except OSError:
        pass
libc = ctypes.CDLL(None, use_errno=True)
for what, find in (("memory", libc.shmget), ("a queue", libc.msgget), ("semaphores", libc.semget)):
    more = () if find is libc.msgget else (1,)
    if find(0x6E6263, *more, 0o666) >= 0:
        print("LEAK: a note in System V", what)
    find(0x6E6263, *more, 0o1666)
keyctl = 250 if os.uname().machine == "x86_64" else 219
for keyring in (-3, -4, -5):  # of the session, the user, the user's session
    if libc.syscall(keyctl, 10, keyring, b"user", b"@marker@-note", 0) > 0:  # KEYCTL_SEARCH
        print("LEAK: a note in a keyring")
    libc.syscall(keyctl - 2, b"user", b"@marker@-note", note, len(note), keyring)  # add_key
with socket.socket(socket.AF_UNIX) as caller:
    if caller.connect_ex("\\0@marker@-note") == 0:
        print("LEAK: an earlier notebook listens")
listener = socket.socket(socket.AF_UNIX)
listener.bind("\\0@marker@-note")
listener.listen()
"""

ATTACKS: dict[str, Attack] = {
    "looks-everywhere": solved("looks for other learners' work in all folders", "others", LOOK_EVERYWHERE),
    "hidden-tests": solved("looks for the hidden tests and the gradebook, by path", "others", HIDDEN_TESTS),
    "writes-gradebook": solved("writes grades into the gradebook", "others", WRITE_GRADEBOOK),
    "through-proc": solved("looks for the gradebook through other processes' /proc entries", "others", THROUGH_PROC),
    "finds-token": solved("looks for the grader's token in all environments", "others", FIND_TOKEN),
    "reads-memory": solved("reads other processes' memory and attaches a debugger", "others", READ_MEMORY),
    "shipped-solutions": solved("looks for the solutions that come with nbcohort", "others", SHIPPED_SOLUTIONS),
    "notes": solved(
        "leaves a note for the next notebook, in files, memory, queues, sockets and keyrings",
        "others",
        NOTES,
        twice=True,
    ),
}
