"""The first program inside a sandbox: it prepares everything and becomes the untrusted program.

It copies the files in, drops what is left of privileges and sets the limits. It runs as
`python -I -S -c <this file> PLAN ARGV...` with nothing but the standard library, because this package is not visible
inside. PLAN is JSON, see `bubblewrap.wrap`. It ends with status 120 and one line on stderr if it cannot do its work:
then nothing untrusted has run.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import sys

MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
LINUX_CAPABILITY_VERSION_3 = 0x20080522


def check(result: int, what: str) -> None:
    """Raise the C library's error if `result` says that there was one."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount_whole_proc(libc: ctypes.CDLL) -> None:
    """Mount a /proc of this process namespace with nothing covered, so that a nested sandbox may do the same.

    What bubblewrap covers (/proc/sys, sysrq-trigger, ...) only root could write to, and the program is not root.
    """
    flags = ctypes.c_ulong(MS_NOSUID_NODEV_NOEXEC)
    check(libc.mount(b"proc", b"/proc", b"proc", flags, None), "mounting /proc")


def copy_regular_files(source: str, target: str, user: int | None) -> None:
    """Copy folders and regular files; `user` owns the copies. Links and devices are left out, never followed."""
    os.mkdir(target, 0o700)  # noqa: PTH102
    with os.scandir(source) as entries:
        for entry in entries:
            copy = f"{target}/{entry.name}"
            mode = os.lstat(entry.path).st_mode  # the entry knows the file below, not a device mounted over it
            if stat.S_ISDIR(mode):
                copy_regular_files(entry.path, copy, user)
            elif stat.S_ISREG(mode):
                shutil.copyfile(entry.path, copy, follow_symlinks=False)
                os.chmod(copy, 0o600 | mode & stat.S_IXUSR)  # noqa: PTH101
                if user is not None:
                    os.chown(copy, user, user)
    if user is not None:
        os.chown(target, user, user)


def become(user: int) -> None:
    """Be `user` and only that, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up what an ordinary user was given inside its own user namespace (root's went with `become`)."""
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clearing ambient capabilities")
    header = struct.pack("=II", LINUX_CAPABILITY_VERSION_3, 0)
    check(libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24))), "dropping capabilities")


def limit(resources: dict[str, int]) -> None:
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


def hand_over(control: int, *folders: str) -> None:
    """Send `folders`, open, and who we are (the kernel fills in our process id as the starter sees it)."""
    opened = [os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in folders]
    with socket.socket(fileno=control) as channel:
        socket.send_fds(channel, [b"ready"], opened)
    for one in opened:
        os.close(one)


def main() -> None:
    """Do what PLAN says, then become ARGV."""
    plan, argv = json.loads(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if plan["proc"]:
        mount_whole_proc(libc)
    if plan["copy"]:
        copy_regular_files(plan["copy"][0], plan["copy"][1], plan["user"])
    if plan["user"] is not None:
        become(plan["user"])
    if not plan["forks"]:
        drop_capabilities(libc)
    if plan["directory"]:
        os.makedirs(plan["directory"], exist_ok=True)  # noqa: PTH103
        os.chdir(plan["directory"])
    os.umask(0o077)
    if not plan["forks"]:
        limit(plan["resources"])
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; the program shall find the defaults
        signal.signal(number, signal.SIG_DFL)
    if plan["control"] is not None:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        hand_over(plan["control"], plan["sockets"], os.curdir)
    os.execvp(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(120)
