"""The filter of system calls, run through instruction by instruction, for both architectures on whichever we are."""

import errno
import struct

import pytest

from nbcohort.sandbox.inside import OUR_PROCESS
from nbcohort.sandbox.seccomp import can_filter, libseccomp, program
from nbcohort.sandbox.system_calls import Filter

pytestmark = pytest.mark.skipif(libseccomp() is None, reason="libseccomp is not installed")

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386, ARM = 0x40000003, 0x40000028
ALLOWED, KILLED = "allowed", "killed"
RUN, ALONE = Filter(), Filter(alone=True, truncate=True)

both = pytest.mark.parametrize("machine", ARCHITECTURES)


def simulate(code: bytes, number: int, architecture: int, arguments: tuple[int, ...]) -> int:
    """Return what the kernel would be told about a system call."""
    arguments = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(argument % (1 << 64) for argument in arguments))
    instructions = list(struct.iter_unpack("=HBBI", code))
    at, accumulator = 0, 0
    while True:
        operation, yes, no, value = instructions[at]
        at += 1
        if operation == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x54:
            accumulator &= value
        elif operation == 0x06:
            return int(value)
        elif operation == 0x05:
            at += value
        else:
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x35: accumulator >= value}[operation]
            at += yes if holds else no


def number_of(name: str, machine: str) -> int:
    library = libseccomp()
    assert library
    names = (number for number in range(1024) if library.name_of(ARCHITECTURES[machine], number) == name)
    return next(names)


def answer(
    wanted: Filter, machine: str, name: str | int, *arguments: int, architecture: int | None = None
) -> int | str:
    """Return `ALLOWED`, `KILLED` or the error that a program gets."""
    number = number_of(name, machine) if isinstance(name, str) else name
    told = simulate(program(wanted, machine), number, architecture or ARCHITECTURES[machine], arguments)
    if told == 0x7FFF0000:
        return ALLOWED
    if told == 0x80000000:
        return KILLED
    assert told >> 16 == 5
    return told & 0xFFFF


@both
@pytest.mark.parametrize("wanted", [RUN, ALONE])
def test_what_every_program_does_is_allowed(wanted: Filter, machine: str) -> None:
    for name in ("read", "openat", "mmap", "munmap", "futex", "getrandom", "exit_group", "rt_sigaction", "epoll_pwait"):
        assert answer(wanted, machine, name) == ALLOWED, name
    assert answer(wanted, machine, "clone", 0x3D0F00) == ALLOWED  # a thread
    assert answer(wanted, machine, "socketpair", 1, 1) == ALLOWED


@both
@pytest.mark.parametrize("wanted", [RUN, ALONE])
def test_what_no_notebook_needs_is_refused(wanted: Filter, machine: str) -> None:
    for name in ("ptrace", "bpf", "keyctl", "mount", "open_tree", "unshare", "setns", "io_uring_setup", "userfaultfd"):
        assert answer(wanted, machine, name) == errno.EPERM, name
    assert answer(wanted, machine, "clone3") == errno.ENOSYS


@both
def test_calls_that_are_newer_than_the_list_do_not_exist(machine: str) -> None:
    assert [answer(RUN, machine, number) for number in (470, 512, 1023, 0x40000000 + 165)] == [errno.ENOSYS] * 4


@pytest.mark.parametrize(("machine", "other"), [("x86_64", I386), ("aarch64", ARM)])
def test_calls_in_another_architectures_way_end_the_program(machine: str, other: int) -> None:
    assert [answer(RUN, machine, number, architecture=other) for number in (0, 4, 120, 359)] == [KILLED] * 4


@both
def test_processes_may_be_started_but_not_with_namespaces(machine: str) -> None:
    assert answer(RUN, machine, "clone", 0x11) == ALLOWED
    for bit in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        for high in (0, 1 << 32):
            assert answer(RUN, machine, "clone", 0x11 | bit | high) == errno.EPERM


@both
def test_there_are_sockets_with_which_a_program_talks_to_itself(machine: str) -> None:
    for family in (1, 2, 10):
        assert answer(RUN, machine, "socket", family, 1) == ALLOWED
    assert answer(RUN, machine, "socket", 16, 3, 0) == ALLOWED  # which interfaces there are
    for protocol in (2, 9, 12, 15, 1 | 1 << 32):
        assert answer(RUN, machine, "socket", 16, 3, protocol) == errno.EAFNOSUPPORT
    for family in (0, 3, 9, 15, 17, 38, 40, 44, 1 << 31):
        assert answer(RUN, machine, "socket", family, 1) == errno.EAFNOSUPPORT
    assert answer(Filter(network=True), machine, "socket", 17, 1) == ALLOWED


@both
def test_without_namespaces_it_is_one_process_that_meets_no_other(machine: str) -> None:
    for name in ("execve", "socket", "connect", "bind", "pidfd_send_signal", "tkill", "inotify_add_watch"):
        assert answer(ALONE, machine, name, 1) == errno.EPERM, name
    assert answer(ALONE, machine, "clone", 0x11) == errno.EPERM
    for name in ("kill", "tgkill", "rt_sigqueueinfo"):
        assert answer(ALONE, machine, name, OUR_PROCESS) == ALLOWED
        for other in (1, 0, -1, OUR_PROCESS + 1, OUR_PROCESS | 1 << 32):
            assert answer(ALONE, machine, name, other) == errno.EPERM, (name, other)
    for name in ("prlimit64", "sched_setaffinity"):
        assert [answer(ALONE, machine, name, pid) for pid in (0, 1, OUR_PROCESS)] == [ALLOWED, errno.EPERM, errno.EPERM]
    assert [answer(ALONE, machine, "setpriority", *who) for who in ((0, 0), (0, 7), (2, 0))] == [ALLOWED, 1, 1]
    assert [answer(ALONE, machine, "socketpair", 1, kind) for kind in (1, 5, 2, 3, 2 | 0x80000)] == [ALLOWED] * 2 + [
        1
    ] * 3
    assert [answer(ALONE, machine, "fcntl", 3, command) for command in (1, 8, 8 | 1 << 32)] == [ALLOWED, 1, 1]
    assert answer(ALONE, machine, "prctl", 1 | 1 << 32) == errno.EPERM


@both
def test_without_namespaces_files_stay_as_they_are(machine: str) -> None:
    assert [answer(ALONE, machine, name) for name in ("fchmod", "utimensat", "fchown", "setxattr", "truncate")] == [
        0,
        0,
        errno.EPERM,
        errno.ENOTSUP,
        errno.EPERM,
    ]
    assert answer(RUN, machine, "fchmod") == ALLOWED


def test_every_name_in_the_list_is_one() -> None:
    library = libseccomp()
    assert library
    newer = {"open_tree_attr", "setxattrat", "removexattrat", "file_setattr"}  # than libseccomp 2.5
    unknown = {rule.name for rule in ALONE.rules() if library.number(rule.name.encode()) == -1}

    assert unknown <= newer


def test_there_is_no_program_for_other_machines() -> None:
    assert can_filter("x86_64")
    assert can_filter("aarch64")
    assert not can_filter("riscv64")
