"""Cells that do not end, do not listen, or end the whole process."""

from nbformat import NotebookNode

from tests.hostile.attack import NOTHING, ONLY_DOUBLE, Attack

TOO_LONG = "could not be interrupted"
DIED = "the kernel died"
LOOP = "while True:\n    pass"

PRINTS_FOREVER = """
def root(x):
    while True:
        print("still there")
"""

SIGNAL_HANDLER = """
import signal, time
def root(x):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP):
        signal.signal(number, lambda *more: None)
    while True:
        time.sleep(60)
"""

BLOCKED_IN_C = """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
def root(x):
    ctypes.CDLL(None).sleep(600)
"""

CATCHES_ALL = """
import time
def root(x):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""

CATCHES_ONCE = """
import time
def root(x):
    try:
        time.sleep(60)
    except BaseException:
        pass
    return x ** 0.5
"""

BUSY_REGULAR_EXPRESSION = """
import re
def root(x):
    return re.match("(a|aa)+$", "a" * 60 + "b")
"""

ENDLESS_SUM = """
import itertools
def root(x):
    return sum(itertools.repeat(0))
"""

AT_EXIT = """
import atexit, threading, time
def forever():
    while True:
        time.sleep(1)
atexit.register(forever)
threading.Thread(target=forever).start()
class Forever:
    def __del__(self):
        forever()
kept = Forever()
print("tried")
"""

ASYNC = """
import asyncio
async def forever():
    while True:
        await asyncio.sleep(0)
task = asyncio.ensure_future(forever())
print("tried")
"""

STALLS_THE_LOOP = """
import asyncio, time
async def stall():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
task = asyncio.get_running_loop().call_soon(asyncio.ensure_future, stall())
print("tried")
"""


def loop_everywhere(notebook: NotebookNode) -> NotebookNode:
    """Put a loop into every cell that is the learner's."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked"):
            cell.source = LOOP
    return notebook


ASK_TO_EXIT = """
import time
get_ipython().ask_exit()
exit()
print("tried")
def root(x):
    time.sleep(0.2)  # by then a stock kernel ends, as soon as the test has run
    return x ** 0.5
"""

ATTACKS: dict[str, Attack] = {
    "loops-everywhere": Attack(
        "has a loop without end in every cell",
        "loops",
        change=loop_everywhere,
        course="loops",
        earned=NOTHING,
        shows="CellTimeoutError",
    ),
    "prints-forever": Attack(
        "prints without end, in a test",
        "loops",
        {"root": PRINTS_FOREVER},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="CellTimeoutError",
    ),
    "signal-handler": Attack(
        "ignores the interrupt with a signal handler",
        "loops",
        {"root": SIGNAL_HANDLER},
        course="loops",
        earned=ONLY_DOUBLE,
        shows=TOO_LONG,
    ),
    "blocked-in-c": Attack(
        "blocks all signals and sleeps in C",
        "loops",
        {"root": BLOCKED_IN_C},
        course="loops",
        earned=ONLY_DOUBLE,
        shows=TOO_LONG,
    ),
    "catches-all": Attack(
        "catches every interrupt and goes on",
        "loops",
        {"root": CATCHES_ALL},
        course="loops",
        earned=ONLY_DOUBLE,
        shows=TOO_LONG,
    ),
    "catches-once": Attack(
        "catches the interrupt and returns the right answer, too late",
        "loops",
        {"root": CATCHES_ONCE},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="CellTimeoutError",
    ),
    "regular-expression": Attack(
        "computes for years in a regular expression",
        "loops",
        {"root": BUSY_REGULAR_EXPRESSION},
        course="loops",
        earned=ONLY_DOUBLE,
        shows="CellTimeoutError",
    ),
    "endless-sum": Attack(
        "sums without end, in C",
        "loops",
        {"root": ENDLESS_SUM},
        course="loops",
        earned=ONLY_DOUBLE,
        shows=TOO_LONG,
    ),
    "at-exit": Attack(
        "loops when the kernel ends: at exit, in a thread, in a destructor",
        "loops",
        {"by_hand": AT_EXIT},
        course="loops",
    ),
    "task": Attack("leaves a task that never ends", "loops", {"by_hand": ASYNC}, course="loops"),
    "stalls-the-loop": Attack(
        "leaves a task that stalls the kernel between two cells",
        "loops",
        {"double": STALLS_THE_LOOP},
        course="loops",
        earned=NOTHING,
        shows=TOO_LONG,
        flagged=True,
    ),
    "exits": Attack(
        "ends the process with os._exit(0)", "exits", {"root": "import os\nos._exit(0)"}, earned=ONLY_DOUBLE, shows=DIED
    ),
    "exits-in-a-test": Attack(
        "displays full marks and ends the process before the test fails",
        "exits",
        {
            "root": "import os, sys, time\ndef root(x):\n    get_ipython().displayhook(3.0)\n    sys.stdout.flush()\n"
            "    time.sleep(0.2)\n    os._exit(0)"
        },
        earned=ONLY_DOUBLE,
        shows=DIED,
    ),
    "segmentation-fault": Attack(
        "writes to address 0",
        "exits",
        {"root": "import ctypes\nctypes.memset(0, 1, 1)"},
        earned=ONLY_DOUBLE,
        shows=DIED,
    ),
    "aborts": Attack(
        "aborts, and dumps core", "exits", {"root": "import os\nos.abort()"}, earned=ONLY_DOUBLE, shows=DIED
    ),
    "stops-itself": Attack(
        "stops itself with SIGSTOP",
        "exits",
        {"root": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"},
        course="loops",
        earned=ONLY_DOUBLE,
        shows=TOO_LONG,
    ),
    "kills-itself": Attack(
        "kills itself with SIGKILL",
        "exits",
        {"root": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"},
        earned=ONLY_DOUBLE,
        shows=DIED,
    ),
    "becomes-another": Attack(
        "becomes another program with execv",
        "exits",
        {"root": "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(6.5)'])"},
        earned=ONLY_DOUBLE,
        shows=DIED,
        in_landlock=(ONLY_DOUBLE, "not permitted"),
    ),
    "asks-to-exit": Attack(
        "asks the kernel to exit, politely",
        "exits",
        {"root": ASK_TO_EXIT},
    ),
    "interrupts-itself": Attack(
        "interrupts itself while a test runs",
        "exits",
        {"root": "import os, signal\ndef root(x):\n    os.kill(os.getpid(), signal.SIGINT)\n    return x ** 0.5"},
        earned=ONLY_DOUBLE,
        shows="KeyboardInterrupt",
    ),
}
