"""Using up what a machine has: processes, threads, memory, disk, files, output."""

import zipfile
from pathlib import Path

from tests.hostile.attack import NOTHING, RIGHT, Attack, solved, unsolved

MACHINE = "it would take down the machine that measures it"

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
    subprocess.run(["bash", "-c", "bomb() { bomb | bomb & }; bomb"], timeout=2, stderr=subprocess.DEVNULL)
except (OSError, subprocess.SubprocessError) as error:
    print(type(error))
"""

THREAD_BOMB = """
import threading
ending = threading.Event()
threads = 0
try:
    while threads < 20000:
        threading.Thread(target=ending.wait, daemon=True).start()
        threads += 1
    print("LEAK")
except (RuntimeError, MemoryError):
    print("stopped at", threads)
ending.set()
"""

MEMORY_BOMB = """
try:
    x = bytearray(8 << 30)
    print("LEAK")
except MemoryError:
    print("refused")
import mmap, os, time
for child in range(4):
    if os.fork() == 0:
        shared = mmap.mmap(-1, 1 << 30)
        for start in range(0, 1 << 30, 1 << 20):
            shared[start:start + (1 << 20)] = b"x" * (1 << 20)
        os._exit(0)
time.sleep(20)
print("LEAK")
"""

MEMORY_BEHIND_NOISE = """
import os, time
for child in range(2):
    if os.fork() == 0:
        while True:
            os.write(1, b"x" * 4096)
for child in range(4):
    if os.fork() == 0:
        kept = [bytearray(b"x" * (1 << 20)) for number in range(450)]
        time.sleep(25)
        os._exit(0)
time.sleep(20)
print("LEAK")
"""

MEMORY_FOREVER = """
kept = []
while True:
    kept.append(bytearray(1 << 20))
"""

SHARED_MEMORY_BOMB = """
import ctypes, os
for number in range(64):
    try:
        memory = os.memfd_create("hoard")
        os.truncate(memory, 64 << 20)
        os.write(memory, b"x" * (64 << 20))
    except OSError as error:
        print("stopped at", number, error)
        break
else:
    print("LEAK")
"""

FILL_DISKS = """
import os
writable = (".", os.path.expanduser("~"), "/tmp", "/dev/shm", "/var/tmp", "/run/nbcohort/sockets")
for folder in (*writable, "/", "/dev", "/home", "/etc", "/usr"):
    written, number = 0, 0
    try:
        while written < 1 << 30:
            with open(f"{folder}/fill-{number}", "wb") as file:
                number += 1
                for _ in range(16):
                    written += file.write(b"x" * (1 << 20))
        print("LEAK", folder)
    except OSError as error:
        print(folder, written >> 20, error)
for folder in (".", os.path.expanduser("~"), "/tmp", "/dev/shm"):
    for name in os.listdir(folder):
        if name.startswith("fill-"):
            os.remove(f"{folder}/{name}")
"""

INODE_BOMB = """
import os
for folder in (".", "/tmp", "/dev/shm"):
    number = 0
    try:
        while number < 200_000:
            os.mkdir(f"{folder}/d{number}")
            number += 1
        print("LEAK", folder)
    except OSError as error:
        print("stopped at", number, error)
"""

KEPT_BOMB = """
import os
for number in range(3000):
    with open(f"kept-{number:04}.txt", "w") as file:
        file.write("x")
with open("sparse.bin", "wb") as file:
    file.truncate(30 << 20)
    os.link("sparse.bin", "again.bin")
os.makedirs("a/" * 200)
"""

DESCRIPTORS = """
import os
opened = []
try:
    while len(opened) < 20000:
        opened += os.pipe()
    print("LEAK")
except OSError:
    print("stopped at", len(opened))
for number in opened:
    os.close(number)
"""

ZIP_BOMB = """
import shutil, zipfile
try:
    zipfile.ZipFile("bomb.zip").extractall("out")
    print("LEAK")
except OSError as error:
    print("stopped by", error)
shutil.rmtree("out", ignore_errors=True)
"""

PRINT_200_MB = "print(('x' * 1023 + '\\n') * 1024 * 200)"

STDERR_IN_TESTS = """
import sys
def double(x):
    sys.stderr.write("x" * (30 << 20))
    return 2 * x
"""

DISPLAY_FLOOD = """
from IPython.display import HTML, clear_output, display
for number in range(1_500):
    display(HTML("x" * 1000))
    display({"text/plain": "y", "image/png": "z"}, raw=True)
    clear_output(wait=number % 3 == 0)
handle = display("a", display_id="same")
for number in range(1_000):
    handle.update(str(number))
"""

WIDGET_FLOOD = """
import ipywidgets
for number in range(1000):
    kept = ipywidgets.HTML("x" * 2000)
"""

CARRIAGE_RETURNS = """
for number in range(100_000):
    print(f"\\r{number}", end="")
"""

DEEP = """
import sys
sys.setrecursionlimit(10**9)
class Deeper:
    def __repr__(self):
        return repr(self)
def root(x):
    return repr(Deeper())
"""


def leave_a_bomb(folder: Path) -> None:
    """Put a small archive of files that have 2 GB together into `folder`."""
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(128):
            archive.writestr(f"{number}.txt", bytes(16 << 20))


ATTACKS: dict[str, Attack] = {
    "fork-bomb": solved("forks without end", "bombs", FORK_BOMB, not_with_stock=MACHINE),
    "thread-bomb": solved("starts threads without end", "bombs", THREAD_BOMB, not_with_stock=MACHINE),
    "memory-bomb": solved(
        "takes 4 GB of memory in several processes",
        "bombs",
        MEMORY_BOMB,
        gets=NOTHING,
        shows="used more memory than it may",
        not_with_stock=MACHINE,
        in_landlock=(RIGHT, "refused"),
    ),
    "memory-behind-noise": solved(
        "takes memory in several processes while it prints without a pause",
        "bombs",
        MEMORY_BEHIND_NOISE,
        gets=NOTHING,
        shows="used more memory than it may",
        not_with_stock=MACHINE,
        in_landlock=(RIGHT, "refused"),
    ),
    "memory-forever": Attack(
        "takes memory in a loop without end",
        "bombs",
        {"double": "print('tried')\n" + MEMORY_FOREVER},
        gets={"double_test": 0, "root_test": 3, "parts": 0},
        not_with_stock=MACHINE,
    ),
    "shared-memory": solved(
        "hoards memory in files without a name", "bombs", SHARED_MEMORY_BOMB, not_with_stock=MACHINE
    ),
    "fills-disks": solved(
        "fills all disks", "bombs", FILL_DISKS, not_with_stock=MACHINE, in_landlock=(NOTHING, "wrote more than it may")
    ),
    "inode-bomb": solved(
        "makes folders without end",
        "bombs",
        INODE_BOMB,
        not_with_stock=MACHINE,
        in_landlock=(NOTHING, "wrote more than it may"),
    ),
    "kept-bomb": solved("leaves thousands of files, sparse and deep ones, beside the notebook", "bombs", KEPT_BOMB),
    "descriptors": solved("opens files without end", "bombs", DESCRIPTORS),
    "zip-bomb": solved(
        "unpacks 2 MB that become 2 GB",
        "bombs",
        ZIP_BOMB,
        prepare=leave_a_bomb,
        not_with_stock=MACHINE,
        in_landlock=(NOTHING, "wrote more than it may"),
    ),
    "prints": solved("prints 200 MB", "bombs", PRINT_200_MB, shows="Output truncated"),
    "prints-and-fails": unsolved(
        "prints 200 MB so that there is no room for a result that gives no points",
        "bombs",
        PRINT_200_MB,
        flagged=False,
        shows="Output truncated",
    ),
    "stderr-in-tests": Attack(
        "prints 30 MB to stderr in each test", "bombs", {"double": STDERR_IN_TESTS}, shows="over the limit"
    ),
    "display-flood": solved("displays 3,000 things, clears and updates them", "bombs", DISPLAY_FLOOD, shows=None),
    "widget-flood": solved("makes a thousand widgets", "bombs", WIDGET_FLOOD, shows=None),
    "carriage-returns": solved("draws a progress bar with 100,000 steps", "bombs", CARRIAGE_RETURNS),
    "deep": Attack(
        "recurs until the stack overflows",
        "bombs",
        {"root": DEEP + "print('tried')"},
        gets={"double_test": 2, "root_test": 0, "parts": 0},
    ),
}
