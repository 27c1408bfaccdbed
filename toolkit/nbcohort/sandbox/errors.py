"""What can go wrong with a sandbox."""

from nbcohort.errors import NbcohortError


class SandboxUnavailable(NbcohortError):
    """There is no sandbox on this system; the sentence names the reason and what to install or allow."""

    status = 503
    slug = "sandbox-unavailable"


class SandboxFailed(NbcohortError):
    """A sandbox that this system can give did not start for this program."""

    status = 500
    slug = "sandbox-failed"
