"""Short names that stand for works and reviewers: the same throughout a round, unrelated to those of other rounds."""

import hashlib
import hmac
from collections.abc import Iterable

_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"
"""No vowels, so that no words come out, and nothing that is mistaken for something else."""
_SHORTEST = 4


def pseudonyms(secret: bytes, keys: Iterable[str]) -> dict[str, str]:
    """Return a pseudonym for each of `keys`, all different; nothing of a key can be told from it without `secret`."""
    taken: dict[str, str] = {}
    for key in sorted(keys):
        digest = hmac.new(secret, key.encode(), hashlib.sha256).digest()
        letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest)
        length = next(n for n in range(_SHORTEST, len(letters) + 1) if letters[:n] not in taken)
        taken[letters[:length]] = key
    return {key: name for name, key in taken.items()}


def pseudonym(secret: bytes, key: str, taken: Iterable[str]) -> str:
    """Return a pseudonym for one more key that is none of those `taken` already."""
    name, others = pseudonyms(secret, [key])[key], set(taken)
    while name in others:
        secret = derive(secret, "again")
        name = pseudonyms(secret, [key])[key]
    return name


def derive(secret: bytes, purpose: str) -> bytes:
    """Return a secret for one purpose, from which the others cannot be told."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
