"""The inner sandbox: what a fork does to itself before it runs untrusted code.

One sandbox per environment holds a *zygote*, a process that has imported what notebooks need. Each notebook runs in a
fork of it, and forks must be kept from each other as strictly as from the machine:

    zygote -> nursery -> process 1 of a new process namespace, which waits
           -> the notebook's process in that namespace: `isolate(plan)`, then `confine(plan)`

With process 1 all of its namespace ends. It is no fork of the zygote itself, which has a hundred megabytes by then:
making and ending such a copy takes longer than all else here. `open_nursery` forks what forks it while the zygote is
small, and `fork_apart` is `os.fork` into a new namespace. Where there are none, the zygote forks as ever, and the
notebook's process calls `confine` alone.

The plan is JSON, made by the starter (`fork_plan.plan_of`). This file is loaded by its path where the package is not
visible, by a Python that may be another one than ours: it needs nothing but the standard library and the C library.
Every function raises `OSError` if something it must do cannot be done; then nothing untrusted may run.
"""

import binascii
import ctypes
import os
import resource
import signal
import stat
import struct
from collections.abc import Iterable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:  # loading `typing` takes longer than making a sandbox
    import socket
    from typing import Any, NoReturn

    Plan = Mapping[str, Any]

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 1 << 14, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 8, 22, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_READ_SEARCH = 1 << 2
OPEN_TREE, MOVE_MOUNT = 428, 429  # system calls have the same numbers on all architectures from 424 on
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
AT_FDCWD, AT_RECURSIVE, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH = -100, 0x8000, 1, 4

ACCESS_EXECUTE, ACCESS_WRITE, ACCESS_READ, ACCESS_LIST = 1, 2, 4, 8
ACCESS_TRUNCATE, ACCESS_DEVICE = 1 << 14, 1 << 15
ACCESS_OF_FILES = ACCESS_EXECUTE | ACCESS_WRITE | ACCESS_READ | ACCESS_TRUNCATE | ACCESS_DEVICE
ACCESSES = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many kinds of access to files Landlock knows, by its version; 16 since version 5."""

JUMP, CLASS = 0x05, 0x07  # of the kernel's filters (BPF)
OUR_PROCESS = 0x6E62636F
"""Stands in a filter for the number of the process that installs it; no process has this number."""

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """Return `result`; raise the C library's error if it says that there was one."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int, what: str) -> None:
    """Set `option` of this process; `what` that does is for the complaint."""
    check(libc.prctl(option, ctypes.c_ulong(value), *(ctypes.c_ulong(0),) * 3), what)


def mount(kind: str, target: str, options: str = "", flags: int = MS_NOSUID | MS_NODEV) -> None:
    """Mount a new file system of this kind."""
    flags_, options_ = ctypes.c_ulong(flags), options.encode()
    check(libc.mount(kind.encode(), target.encode(), kind.encode(), flags_, options_), f"mounting {target}")


def open_nursery() -> "socket.socket":
    """Fork off the process that `fork_apart` has process 1 of each namespace from; it ends with its maker.

    For a process that is small still. Process 1 is a fork as well, so what is in memory now can be seen in its.
    """
    import socket

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    maker = os.getpid()
    if os.fork():
        theirs.close()
        return ours
    status = 1
    try:
        _keep_only(theirs.fileno(), above=2)
        _end_with_parent("ending with the nursery's maker")
        if os.getppid() == maker:
            _nurse(theirs)
        status = 0
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(status)


def _nurse(requests: "socket.socket") -> None:
    """Answer each request with a new process 1, as a pidfd, until nobody asks any more."""
    import socket

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # here and in process 1, the system reaps
    while True:
        _request, numbers, _flags, _address = socket.recv_fds(requests, 64, 1)
        if not numbers:
            return
        check(libc.unshare(CLONE_NEWPID), "making a process namespace")
        pid = os.fork()
        if not pid:
            _be_first(numbers[0])
        first = os.pidfd_open(pid)
        socket.send_fds(requests, [b"first"], [first])
        for number in (first, numbers[0]):
            os.close(number)
        _come_back()


def _be_first(number: int) -> "NoReturn":
    """Be process 1: hear which process all is about, and wait until that has ended, or nobody can say it any more."""
    import select
    import socket

    try:
        _end_with_parent("ending with the nursery")
        drop_capabilities()
        _keep_only(number)
        _message, process, _flags, _address = socket.recv_fds(socket.socket(fileno=number), 64, 1)
        if process:
            ended = select.poll()
            ended.register(process[0], select.POLLIN)
            ended.poll()
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(0)


def fork_apart(nursery: "socket.socket") -> "tuple[int, int]":
    """Fork, into a process namespace of its own; return the new process and a pidfd of that namespace's process 1.

    In the new process, return 0 twice. When it ends, process 1 does, and with that all else in the namespace.
    """
    import socket

    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(nursery, [b"fork"], [theirs.fileno()])
    _answer, numbers, _flags, _address = socket.recv_fds(nursery, 64, 1)
    if not numbers:
        raise BrokenPipeError("the process that makes process namespaces has ended")
    first = numbers[0]
    check(libc.setns(first, CLONE_NEWPID), "going into a process namespace")
    pid = os.fork()
    if not pid:
        nursery.close()
        ours.close()
        os.close(first)
        return 0, 0
    _come_back()
    with ours:
        try:
            process = os.pidfd_open(pid)
            socket.send_fds(ours, [b"forked"], [process])
            os.close(process)
        except (ProcessLookupError, BrokenPipeError):
            pass  # one of them has ended at once: process 1 does when `ours` is closed, and the other one with it
    return pid, first


def _come_back() -> None:
    """Let forks be in our own process namespace again: once process 1 of another has ended, none can be made in it."""
    ourselves = os.pidfd_open(os.getpid())
    try:
        check(libc.setns(ourselves, CLONE_NEWPID), "coming back to the own process namespace")
    finally:
        os.close(ourselves)


def _end_with_parent(what: str) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, what)


def _keep_only(number: int, above: int = -1) -> None:
    """Close all file descriptors after `above` but this one."""
    os.closerange(above + 1, number)
    os.closerange(max(above, number) + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1] & 0x7FFFFFFF)


def isolate(plan: "Plan") -> None:
    """Be alone: own mounts, /proc, network and System V objects; empty folders in memory wherever one can write.

    For a process in a new process namespace, which keeps its capabilities: `confine` needs them.
    """
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET), "making namespaces")
    raise_loopback()
    check(libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "making mounts private")
    if plan["proc"]:
        mount("proc", "/proc", flags=MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.umask(0o022)
    kept = [(copy_of_tree(path), path) for path in plan["kept"]]
    for target, options in plan["scratch"]:
        mount("tmpfs", target, options)
    for tree, path in kept:
        put_tree(tree, path)
    mount("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620", MS_NOSUID | MS_NOEXEC)
    make_folders(plan)


def raise_loopback() -> None:
    """Let 127.0.0.1 be this sandbox itself: there is no other interface in a new network namespace."""
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def copy_of_tree(path: str) -> int:
    """Return a second view of what is seen at `path` now, open: a file, or a folder with what is mounted in it."""
    flags = ctypes.c_uint(OPEN_TREE_CLONE | os.O_CLOEXEC | AT_RECURSIVE)
    arguments = ctypes.c_long(OPEN_TREE), ctypes.c_int(AT_FDCWD), os.fsencode(path), flags
    return check(libc.syscall(*arguments), f"keeping {path}")


def put_tree(tree: int, path: str) -> None:
    """Show it at `path` again, where a new file system is now."""
    is_folder = stat.S_ISDIR(os.fstat(tree).st_mode)
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    if not is_folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    there = ctypes.c_int(AT_FDCWD), os.fsencode(path), ctypes.c_uint(MOVE_MOUNT_F_EMPTY_PATH)
    check(libc.syscall(ctypes.c_long(MOVE_MOUNT), ctypes.c_int(tree), b"", *there), f"keeping {path}")
    os.close(tree)


def make_folders(plan: "Plan") -> None:
    """Make the folders that the notebook's process works in, for its user alone."""
    for folder in plan["folders"]:
        os.mkdir(folder, 0o700)  # noqa: PTH102
    if plan["user"] is not None:
        for folder in (plan["home"], *plan["folders"]):
            os.chown(folder, plan["user"], plan["user"])


def confine(plan: "Plan") -> None:
    """Give up everything that the notebook's process does not need, for good, and go to its working folder.

    Its file descriptors are the caller's to close before untrusted code runs.
    """
    parent = os.getppid()
    os.setsid()
    if not plan["namespaces"]:
        make_folders(plan)
    kept = CAP_DAC_READ_SEARCH if plan["reads_everything"] else 0
    if plan["user"] is not None:
        prctl(PR_SET_KEEPCAPS, bool(kept), "keeping capabilities")
        become(plan["user"])
    elif plan["namespaces"]:
        enter_user_namespace(plan)
    drop_capabilities(kept)
    prctl(PR_SET_DUMPABLE, 1, "being seen in /proc")  # as a program would be that has been started by its user
    _end_with_parent("ending with the parent")
    if os.getppid() != parent:
        raise ProcessLookupError("the parent has ended")
    os.umask(0o077)
    os.chdir(plan["work"])
    os.environ.update(plan["environment"], HOME=plan["home"], TMPDIR=plan["temporary"])
    limit(plan["resources"])
    prctl(PR_SET_NO_NEW_PRIVS, 1, "giving up new privileges")
    if plan["landlock"]:
        restrict(**plan["landlock"])
    if plan["filter"]:
        install_filter(binascii.a2b_base64(plan["filter"]))


def become(user: int) -> None:
    """Be `user` and only that."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def enter_user_namespace(plan: "Plan") -> None:
    """Be an ordinary user in a user namespace of our own: the kernel counts processes and keys by it.

    Without a /proc to write the map to, the number of the user is the one that stands for all that have none.
    """
    user, group = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER), "making a user namespace")
    if plan["proc"]:
        inside = plan["inside_user"]
        for name, content in (
            ("setgroups", "deny"),
            ("uid_map", f"{inside} {user} 1"),
            ("gid_map", f"{inside} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
                file.write(content)


def drop_capabilities(kept: int = 0) -> None:
    """Give up all capabilities but `kept` (of the first 32); without new privileges no program gets them back."""
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clearing ambient capabilities")
    header = struct.pack("=II", LINUX_CAPABILITY_VERSION_3, 0)
    data = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    check(libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(data)), "dropping capabilities")


def limit(resources: Mapping[str, int]) -> None:
    """Set each limit, or keep the hard one that is there if it is lower; be the first to go when memory runs out."""
    for name, value in resources.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (lowest, lowest))
    try:
        with open("/proc/self/oom_score_adj", "w") as adjustment:  # noqa: PTH123
            adjustment.write("1000")
    except OSError:
        pass


def landlock_version() -> int:
    """Return which version of Landlock the kernel has, 0 if none."""
    create = LANDLOCK_CREATE_RULESET
    return max(0, int(libc.syscall(ctypes.c_long(create), None, ctypes.c_size_t(0), ctypes.c_uint(1))))


def restrict(
    lists: Iterable[str], read: Iterable[str], write: Iterable[str], devices: Iterable[str], *, own_network: bool
) -> None:
    """Allow names of files below `lists`, reading below `read`, everything below `write`, using `devices`.

    There is no TCP, except in a network of its own, and nothing to do with processes outside. What is not there is left
    out; what the kernel's version of Landlock does not know stays as it is.
    """
    version = landlock_version()
    known = (1 << ACCESSES.get(version, 16)) - 1
    # No rule allows TCP (version 4), abstract sockets and signals to processes outside (6).
    handled = struct.pack("=QQQ", known, 0 if own_network else 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = check(
        libc.syscall(ctypes.c_long(LANDLOCK_CREATE_RULESET), handled, ctypes.c_size_t(len(handled)), ctypes.c_uint(0)),
        "making Landlock rules",
    )
    for paths, access in (
        (lists, ACCESS_LIST),
        (read, ACCESS_EXECUTE | ACCESS_READ | ACCESS_LIST),
        (write, known),
        (devices, ACCESS_WRITE | ACCESS_READ | ACCESS_TRUNCATE | ACCESS_DEVICE),
    ):
        for path in paths:
            allow(ruleset, path, access & known)
    arguments = ctypes.c_long(LANDLOCK_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint(0)
    check(libc.syscall(*arguments), "obeying Landlock rules")
    os.close(ruleset)


def allow(ruleset: int, path: str, access: int) -> None:
    """Add a rule: `access` to the file `path`, or to everything below that folder."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    if not os.path.isdir(path):  # noqa: PTH112
        access &= ACCESS_OF_FILES
    rule = struct.pack("=Qi", access, opened)
    add, below = ctypes.c_long(LANDLOCK_ADD_RULE), ctypes.c_int(1)
    check(libc.syscall(add, ctypes.c_int(ruleset), below, rule, ctypes.c_uint(0)), f"allowing {path}")
    os.close(opened)


def install_filter(program: bytes) -> None:
    """Let the kernel ask `program` (BPF) about every system call from now on."""
    instructions = [
        struct.pack("=HBBI", code, yes, no, os.getpid() if value == OUR_PROCESS and code & CLASS == JUMP else value)
        for code, yes, no, value in struct.iter_unpack("=HBBI", program)
    ]
    ready = ctypes.create_string_buffer(b"".join(instructions), len(program))
    padding = ctypes.sizeof(ctypes.c_void_p) - 2
    described = struct.pack(f"@H{padding}xP", len(instructions), ctypes.addressof(ready))
    arguments = PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.c_char_p(described)
    check(libc.prctl(*arguments, ctypes.c_ulong(0), ctypes.c_ulong(0)), "filtering system calls")
