"""Which system calls untrusted code may make.

Everything is allowed but what is listed here. A list of what is allowed would break on the next C library; what is not
listed is held by namespaces, Landlock, limits and the missing capabilities, and calls that are newer than this list or
than libseccomp do not exist for the program (`ENOSYS`, for which C libraries have a way around).

Arguments of 32 bits are compared as such, because a program can fill the other half of the register with anything.
"""

import ctypes
import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nbcohort.sandbox.inside import OUR_PROCESS

_NOT_EQUAL, _GREATER, _MASKED_EQUAL = 1, 6, 7


class Comparison(ctypes.Structure):
    """What an argument is compared with: libseccomp's `struct scmp_arg_cmp`."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class Rule(NamedTuple):
    """What a system call is answered with, instead of being made, when all comparisons hold."""

    answer: int
    """An `errno`, or 0 to claim that it has been done."""
    name: str
    comparisons: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class Filter:
    """What is refused."""

    network: bool = False
    """Whether sockets of all kinds can be made; otherwise those with which a program can talk to itself."""
    alone: bool = False
    """Whether there are no namespaces: then it must not start processes, nor meet those of others."""
    truncate: bool = False
    """Whether Landlock is too old to cover truncate(2)."""

    def rules(self) -> Iterator[Rule]:
        """Return the rules."""
        yield from _refused(_NEVER, errno.EPERM)
        yield from _refused(_ABSENT, errno.ENOSYS)
        for namespace in _NAMESPACES:
            yield Rule(errno.EPERM, "clone", (_bits(0, namespace, namespace),))
        for request in _TERMINAL_INPUT:
            yield Rule(errno.EPERM, "ioctl", (_is(1, request),))
        if not self.network and not self.alone:
            for name in ("socket", "socketpair"):
                for family in range(_NETLINK):
                    if family not in (_UNIX, _INTERNET, _INTERNET_6):
                        yield Rule(errno.EAFNOSUPPORT, name, (_is(0, family),))
                yield Rule(errno.EAFNOSUPPORT, name, (Comparison(0, _GREATER, _NETLINK, 0),))
                yield Rule(errno.EAFNOSUPPORT, name, (_is(0, _NETLINK), _is_not(2, 0)))  # 0: what interfaces there are
        if self.alone:
            yield from _alone()
            yield from _unchanged()
        if self.truncate:
            yield Rule(errno.EPERM, "truncate")


def _is(argument: int, value: int) -> Comparison:
    """Compare the half that the kernel reads of a 32-bit argument; a program could fill the other with anything."""
    return _bits(argument, 0xFFFFFFFF, value)


def _is_not(argument: int, value: int) -> Comparison:
    return Comparison(argument, _NOT_EQUAL, value, 0)


def _bits(argument: int, mask: int, value: int) -> Comparison:
    return Comparison(argument, _MASKED_EQUAL, mask, value)


_NEVER = {
    "other processes' memory and files": (
        "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp"
    ),
    "file systems, and files by handles that lead out of a private root": (
        "mount umount umount2 mount_setattr open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick"
        " pivot_root chroot open_by_handle_at name_to_handle_at quotactl quotactl_fd swapon swapoff fanotify_init"
    ),
    "namespaces": "unshare setns",
    "parts of the kernel in which many of its holes were found, and which no notebook needs": (
        "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register add_key keyctl request_key"
        " modify_ldt vmsplice lookup_dcookie nfsservctl uselib _sysctl"
    ),
    "the machine": (
        "kexec_load kexec_file_load init_module finit_module delete_module create_module reboot acct settimeofday stime"
        " clock_settime clock_settime64 sethostname setdomainname syslog iopl ioperm vhangup"
    ),
}
_ABSENT = {
    "its flags are in memory, out of a filter's sight; C libraries go on with clone": "clone3",
    "memory that no limit counts": "memfd_create memfd_secret shmget",
}
_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_UNIX, _INTERNET, _INTERNET_6, _NETLINK = 1, 2, 10, 16
_DATAGRAM, _RAW = 2, 3

_ALONE = {
    "it stays one process: what it started could outlive it": "fork vfork execve execveat",
    "sockets with a path are not Landlock's matter: a session bus, a database, Docker": (
        "socket connect bind listen accept accept4"
    ),
    "queues, semaphores and memory that would stay behind": "shmat semget msgget mq_open mq_unlink",
    "others' processes and files": "tkill pidfd_send_signal inotify_add_watch migrate_pages move_pages",
}
_THREAD = 0x00010000
_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_SIGNAL_OWNERS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a file that sends a signal when it is ready
_SOCKET_OWNERS = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP


def _refused(groups: Mapping[str, str], answer: int) -> Iterator[Rule]:
    for names in groups.values():
        for name in names.split():
            yield Rule(answer, name)


def _alone() -> Iterator[Rule]:
    """Return the rules for a process that shares processes, network and users with the machine."""
    yield from _refused(_ALONE, errno.EPERM)
    yield Rule(errno.EPERM, "clone", (_bits(0, _THREAD, 0),))
    yield Rule(errno.EPERM, "prctl", (_is(0, _END_WITH_PARENT),))
    for kind in (_DATAGRAM, _RAW):  # pairs of the other kinds cannot be addressed: they have each other
        yield Rule(errno.EPERM, "socketpair", (_bits(1, 0xF, kind),))
    yield from _for_itself_alone()


def _for_itself_alone() -> Iterator[Rule]:
    """Return the rules that let a process signal and set up itself but no other."""
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        yield Rule(errno.EPERM, name, (_is_not(0, OUR_PROCESS),))
    for name in ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"):
        yield Rule(errno.EPERM, name, (_is_not(0, 0),))
    for name, a_process in (("setpriority", 0), ("ioprio_set", 1)):
        yield Rule(errno.EPERM, name, (_is_not(0, a_process),))
        yield Rule(errno.EPERM, name, (_is_not(1, 0),))
    for command in _SIGNAL_OWNERS:
        yield Rule(errno.EPERM, "fcntl", (_is(1, command),))
    for request in _SOCKET_OWNERS:
        yield Rule(errno.EPERM, "ioctl", (_is(1, request),))


_ATTRIBUTES = "setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr"
_MODES_AND_TIMES = "chmod fchmod fchmodat fchmodat2 utime utimes futimesat utimensat"
_FILE_FLAGS = (0x40086602, 0x401C5820)  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR


def _unchanged() -> Iterator[Rule]:
    """Return the rules that keep modes, owners, times and attributes as they are, which Landlock does not cover.

    They are those of all files that the user owns or, for times and attributes, may write to.
    """
    yield from _refused({"copying a file fails without, and it works without being done": _MODES_AND_TIMES}, 0)
    yield from _refused({"root alone may": "chown fchown lchown fchownat"}, errno.EPERM)
    yield from _refused({"file systems without them say so, too": _ATTRIBUTES}, errno.ENOTSUP)
    for request in _FILE_FLAGS:
        yield Rule(errno.EPERM, "ioctl", (_is(1, request),))
