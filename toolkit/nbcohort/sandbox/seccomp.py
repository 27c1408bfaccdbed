"""Programs for the kernel's filter of system calls (seccomp), made by libseccomp from the rules in `system_calls`.

libseccomp rather than instructions of our own: it knows each architecture's numbers, how to compare 64-bit arguments in
32-bit steps, and the second numbering of x86-64 (x32), which it refuses; calls in another architecture's way end the
program. It can also make the program of an architecture that is not ours, which a test runs through. It costs a library
that Debian, Ubuntu, Fedora and their containers have anyway, and half a millisecond, once. It is needed where a sandbox
is started, not in it: forks install finished bytes.

Where it is missing, namespaces are used without a filter and the tier says so; without namespaces there is no sandbox.
"""

import base64
import ctypes
import errno
import functools
import os
import platform
import struct
from contextlib import suppress

from nbcohort.sandbox.system_calls import Comparison, Filter

_ALLOW, _ANSWER, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_ON_BAD_ARCHITECTURE = 2
_UNKNOWN = -1
_LOAD_WORD, _JUMP_IF_GREATER, _RETURN = 0x20, 0x25, 0x06

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_NEWEST = 469
"""The number of the newest system call that was thought of here, `file_setattr` of Linux 6.17. From 424 on the numbers
are the same on all architectures."""


class Libseccomp:
    """The few functions of <https://github.com/seccomp/libseccomp> (2.5 or later) that are used."""

    def __init__(self) -> None:
        """Load it; raises `OSError` where it is missing."""
        library = ctypes.CDLL("libseccomp.so.2")
        self.init, self.release = library.seccomp_init, library.seccomp_release
        self.init.argtypes, self.init.restype = (ctypes.c_uint32,), ctypes.c_void_p
        self.release.argtypes, self.release.restype = (ctypes.c_void_p,), None
        self.attribute_set = library.seccomp_attr_set
        self.attribute_set.argtypes = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32
        self.arch_native = library.seccomp_arch_native
        self.arch_native.restype = ctypes.c_uint32
        self.arch_add, self.arch_remove = library.seccomp_arch_add, library.seccomp_arch_remove
        self.arch_add.argtypes = self.arch_remove.argtypes = ctypes.c_void_p, ctypes.c_uint32
        self.number = library.seccomp_syscall_resolve_name
        self.number.argtypes = (ctypes.c_char_p,)
        self._name = library.seccomp_syscall_resolve_num_arch
        self._name.argtypes, self._name.restype = (ctypes.c_uint32, ctypes.c_int), ctypes.c_void_p
        self._free = ctypes.CDLL(None).free
        self._free.argtypes, self._free.restype = (ctypes.c_void_p,), None
        self.rule_add = library.seccomp_rule_add_array
        comparisons = ctypes.POINTER(Comparison)
        self.rule_add.argtypes = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, comparisons
        self.export = library.seccomp_export_bpf
        self.export.argtypes = ctypes.c_void_p, ctypes.c_int
        self.version_ = library.seccomp_version
        self.version_.restype = ctypes.POINTER(ctypes.c_uint * 3)

    def name_of(self, architecture: int, number: int) -> str | None:
        """Return the name of the system call with this number on this architecture, None if there is none."""
        found = self._name(architecture, number)
        if not found:
            return None
        try:
            return ctypes.string_at(found).decode("ascii")
        finally:
            self._free(found)

    @property
    def version(self) -> str:
        """Return its version."""
        return ".".join(map(str, self.version_().contents))


@functools.cache
def libseccomp() -> Libseccomp | None:
    """Return the library, None where it is missing or too old to be used."""
    with suppress(OSError, AttributeError):
        return Libseccomp()
    return None


def can_filter(machine: str | None = None) -> bool:
    """Return whether programs can be made here, for this machine or one with that name."""
    return libseccomp() is not None and (machine or platform.machine()) in _ARCHITECTURES


@functools.cache
def program(wanted: Filter, machine: str | None = None) -> bytes:
    """Return the program of a filter for this machine, or one with that name, as `inside.install_filter` takes it."""
    library = libseccomp()
    architecture = _ARCHITECTURES[machine or platform.machine()]
    if not library:
        raise OSError("there is no libseccomp")
    rules = library.init(_ALLOW)
    try:
        _check(library.attribute_set(rules, _ON_BAD_ARCHITECTURE, _KILL))
        if architecture != library.arch_native():
            _check(library.arch_add(rules, architecture))
            _check(library.arch_remove(rules, library.arch_native()))
        for answer, name, comparisons in wanted.rules():
            number = library.number(name.encode())
            if number != _UNKNOWN:
                array = (Comparison * len(comparisons))(*comparisons)
                _check(library.rule_add(rules, _ANSWER | answer, number, len(comparisons), array))
        return _beginning(_newest(library, architecture)) + _exported(library, rules)
    finally:
        library.release(rules)


def in_text(code: bytes) -> str:
    """Return a program as it stands in a plan."""
    return base64.b64encode(code).decode("ascii")


def _check(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))


def _newest(library: Libseccomp, architecture: int) -> int:
    """Return the number of the newest system call that both libseccomp and we know."""
    return next(number for number in range(_NEWEST, 0, -1) if library.name_of(architecture, number))


def _beginning(newest: int) -> bytes:
    """Return instructions that answer all newer calls, x32's too, and lead on to what comes next."""
    load = struct.pack("=HBBI", _LOAD_WORD, 0, 0, 0)
    skip = struct.pack("=HBBI", _JUMP_IF_GREATER, 0, 1, newest)
    return load + skip + struct.pack("=HBBI", _RETURN, 0, 0, _ANSWER | errno.ENOSYS)


def _exported(library: Libseccomp, rules: int) -> bytes:
    reading, writing = os.pipe()  # holds 65,536 bytes, a program has at most 4,096 instructions of 8
    try:
        _check(library.export(rules, writing))
        return os.read(reading, 1 << 16)
    finally:
        os.close(reading)
        os.close(writing)
