"""Stock kernels whose ports stay theirs, whoever else looks for some at the time."""

from jupyter_client.provisioning.local_provisioner import LocalPortCache

from nbcohort.ports import free_port


def hold_their_ports() -> None:
    """Let kernels that this process starts have ports that are held for them.

    jupyter_client finds free ones and lets them go; a second later the kernel tries each once, and dies where it is
    another program's by then.
    """
    LocalPortCache.find_available_port = lambda _self, _ip: free_port()
