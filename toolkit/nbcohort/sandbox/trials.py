"""Small programs that try a sandbox from inside. Each ends with status 0, or with one line that says what is wrong."""

RUN = """
import ctypes, os, signal, sys, time
if os.getuid() == 0 and {privileged}:
    sys.exit("it stays root")
if os.path.exists("/proc/self/environ") != {proc}:
    sys.exit("its /proc is not its own")
if {filtered} and ctypes.CDLL(None).unshare(0x10000000) == 0:
    sys.exit("its system calls are not filtered")
children = []
try:
    while len(children) < 16:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)
except BlockingIOError:
    pass
for child in children:
    os.kill(child, signal.SIGKILL)
if len(children) == 16:
    sys.exit("the number of processes of this user cannot be limited")
"""
"""For `wrap`, with a limit of fewer than 16 processes."""

_LOAD = """
import json, os, socket, sys, threading, types
inside = types.ModuleType("inside")
with open(sys.argv[1]) as file:
    exec(file.read(), inside.__dict__)
plan = json.loads(sys.argv[2])
"""

FORK = (
    _LOAD
    + """
def wait_for(child):
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        os._exit(status)
    return status

try:
    nursery = inside.open_nursery()
    notebook, _first = inside.fork_apart(nursery)
    if notebook == 0:
        inside.isolate(plan)
        inside.confine(plan)
        if os.getpid() == 1:
            raise OSError("the notebook's process is the first of its namespace")
        open("file", "w").close()
        os._exit(0)
except OSError as error:
    os.write(2, f"{error}\\n".encode())
    os._exit(1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(notebook, 0)[1]))
"""
)
"""For a policy that `forks`; arguments: the file of `inside`, a plan."""

ALONE = (
    _LOAD
    + """
secret = sys.argv[3]
try:
    inside.confine(plan)
    import colorsys  # something of Python's that is not loaded yet
    open("file", "w").close()
except (ImportError, OSError) as error:
    sys.exit(str(error))
if os.getuid() == 0 and plan["user"] is not None:
    sys.exit("it stays root")
def can(do, *arguments):
    try:
        do(*arguments)
    except PermissionError:
        return False
    return True
if can(open, secret):
    sys.exit("it can read files of its starter")
if can(socket.socket):
    sys.exit("it has the network")
if can(os.kill, os.getppid(), 0):
    sys.exit("it can signal other processes")
if can(os.fork):
    os._exit(1)
threads, over = [], threading.Event()
try:
    while len(threads) < 64:
        threads.append(threading.Thread(target=over.wait))
        threads[-1].start()
except RuntimeError:
    threads.pop()
over.set()
if len(threads) == 64:
    sys.exit("the number of threads of this user cannot be limited")
"""
)
"""For a plan without namespaces and a limit of fewer than 64 processes; arguments: the file of `inside`, the plan, and
a file that it must not read."""
