"""Public ids: opaque, so that an id shown to a person tells nothing of order, time or who."""

import secrets

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def new_id(prefix: str) -> str:
    """Return `prefix`, an underscore and 24 random base-32 characters (120 bits): unguessable and unique for ever."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(24))}"
