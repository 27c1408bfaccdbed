"""What can go wrong, as types that carry the sentence the user will read.

They are raised where the cause is known and turned into output in one place each: HTTP problem details (RFC 9457) in
`nbcohort.service.problems`, one line on the terminal in `nbcohort.cli`.
"""

from collections.abc import Mapping


class NbcohortError(Exception):
    """Something a person can understand and mostly mend; as text, the sentence: what was wrong, where, what to do."""

    status = 400
    """The HTTP status the service answers with."""

    slug = "bad-request"
    """Names the kind of problem: the last part of the problem detail's `type`."""

    def __init__(self, sentence: str, **extra: object) -> None:
        super().__init__(sentence)
        self.extra: Mapping[str, object] = extra
        """Further members of the problem detail, for programs (JSON values)."""


class NotPermitted(NbcohortError):
    """The acting account may not do this."""

    status = 403
    slug = "not-permitted"


class NotFound(NbcohortError):
    """There is no such thing, or not for the one who asks."""

    status = 404
    slug = "not-found"


class Conflict(NbcohortError):
    """It contradicts what is there already."""

    status = 409
    slug = "conflict"


class TooLarge(NbcohortError):
    """More bytes or files than the limits allow."""

    status = 413
    slug = "too-large"


class Invalid(NbcohortError):
    """The request is well-formed, but what it says cannot be."""

    status = 422
    slug = "invalid"


class StorageFull(NbcohortError):
    """The service has no room for what was sent; nothing of it was kept."""

    status = 507
    slug = "storage-full"
