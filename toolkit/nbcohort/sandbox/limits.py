"""How much a sandboxed program may use before it is stopped."""

import os
from dataclasses import dataclass

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What all processes of one sandbox may use; sizes in bytes, times in seconds.

    `memory` is a hard limit on each process's private data, and the sum over all processes is watched (ten times a
    second, see `process.Watch`): with no memory cgroup to write to, the kernel keeps no such sum. `disk` is the size of
    each of the two throwaway file systems, home and /tmp, which live in memory.
    """

    memory: int = 2 * GIBIBYTE
    processes: int = 256 + 8 * (os.cpu_count() or 1)
    """Threads count too, and numerical libraries start one or two per core."""
    cpu_seconds: int = 1800
    """Of each process."""
    wall_seconds: float = 1800
    file_size: int = 256 * MEBIBYTE
    disk: int = 512 * MEBIBYTE
    open_files: int = 1024
    output: int = 10 * MEBIBYTE
    """How much output is kept of what the program prints; enforced by whoever reads it."""

    def resources(self, processes_elsewhere: int = 0) -> dict[str, int]:
        """Return the values for `resource.setrlimit` by constant name.

        `processes_elsewhere`: what the same user already runs, on kernels that count a user's processes over all
        user namespaces.
        """
        return {
            "RLIMIT_CORE": 1,  # with 0 the system's own program for crashes would still get a copy of the memory
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_DATA": self.memory,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_NPROC": self.processes + processes_elsewhere,
        }
