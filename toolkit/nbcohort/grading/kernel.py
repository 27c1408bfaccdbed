"""A Jupyter kernel that runs in a sandbox, for anything that takes a jupyter_client kernel manager.

The kernel talks over unix sockets in a throwaway folder of the sandbox, which has no network. The sandbox hands that
folder out, open, so the sockets are reached at /proc/self/fd/<folder>/kernel-<channel>, and nothing on the host is
writable from inside.
"""

import os
import shutil
import signal
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Instance

from nbcohort.sandbox import SOCKETS, Limits, Policy, Sandboxed, Tier, Watch, start

_CHANNELS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")


class SandboxProvisioner(LocalProvisioner):
    """Starts the kernel in a sandbox, interrupts it there, and ends it with everything it has started."""

    process: Any = None
    program: Sandboxed | None = None
    watch: Watch | None = None
    folder: Path | None = None
    connection_file = ""
    """What the kernel reads; the sandbox sees nothing else of `folder`."""

    @property
    def has_process(self) -> bool:
        """Return whether there is a kernel that has not been waited for."""
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file with the socket names that the kernel shall use."""
        manager = self.parent
        self.folder = Path(tempfile.mkdtemp(prefix="nbcohort-kernel-"))
        manager.transport = "ipc"
        manager.ip = str(SOCKETS / "kernel")
        for number, channel in enumerate(_CHANNELS, start=1):
            setattr(manager, channel, number)
        self.connection_file = str(self.folder / "kernel.json")
        manager.connection_file = self.connection_file
        manager.write_connection_file()
        os.chmod(self.connection_file, 0o644)  # noqa: PTH101 - its folder is ours alone; the kernel is another user
        kwargs.pop("env", None)
        kwargs.pop("cwd", None)
        kwargs["cmd"] = manager.format_kernel_cmd(extra_arguments=kwargs.pop("extra_arguments", []))
        # From here on the manager's file is another one: it writes it anew, with the addresses as seen from here.
        manager.connection_file = str(self.folder / "manager.json")
        return kwargs

    async def launch_kernel(self, cmd: list[str], **_kwargs: Any) -> dict[str, Any]:
        """Start `cmd`; return how to reach it from here."""
        manager = self.parent
        visible = (*manager.policy.read_only, Path(self.connection_file))
        try:
            self.program = start(cmd, replace(manager.policy, read_only=visible), manager.tier)
        except BaseException:
            await self.cleanup()
            raise
        self.process, self.pid, self.pgid = self.program.starter, self.program.pid, self.program.pid
        manager.forget_work()
        manager.work = os.dup(self.program.work)
        self.watch = Watch(self.program, manager.policy.limits or Limits())
        self.watch.start()
        manager.ip = f"/proc/self/fd/{self.program.sockets}/kernel"
        self.connection_info = manager.get_connection_info()
        return dict(self.connection_info)

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel and what it runs; anything else ends it."""
        if self.program is None:
            return
        if signum == signal.SIGINT:
            self.program.signal_group(signum)
        else:
            self.program.kill()

    async def kill(self, restart: bool = False) -> None:
        """End every process of the sandbox."""
        if self.program:
            self.program.kill()

    async def terminate(self, restart: bool = False) -> None:
        """End every process of the sandbox: nothing in there is worth a goodbye."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """End it, and forget its files."""
        if self.watch:
            self.watch.stop()
        if self.program:
            self.program.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.process = None


class SandboxKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels run under `policy`."""

    policy = Instance(Policy)
    tier = Instance(Tier)
    provisioner: Any
    kernel_id: Any
    work: int | None = None
    """The folder in which the last kernel worked, open, from its start until `forget_work`."""

    def forget_work(self) -> None:
        """Let go of the folder in which the kernel worked; with that it is gone."""
        if self.work is not None:
            os.close(self.work)
            self.work = None

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or kwargs.pop("kernel_id", os.urandom(8).hex())
            self.provisioner = SandboxProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        command, rest = await super()._async_pre_start_kernel(**kwargs)
        return command, rest

    pre_start_kernel = _async_pre_start_kernel

    @property
    def exceeded(self) -> str | None:
        """Return which limit ended the kernel, if one did: `memory` or `time`."""
        watch = self.provisioner.watch if isinstance(self.provisioner, SandboxProvisioner) else None
        return watch.exceeded if watch else None
