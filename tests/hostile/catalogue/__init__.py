"""All attacks, by the account that hands them in."""

from tests.hostile.attack import Attack
from tests.hostile.catalogue import (
    bombs,
    equal,
    formats,
    frames,
    hooks,
    links,
    loops,
    metadata,
    others,
    patched,
    processes,
    scripts,
    shadowing,
    startup,
    wire,
)

_FILES = (
    hooks,
    equal,
    patched,
    frames,
    others,
    startup,
    processes,
    bombs,
    loops,
    links,
    scripts,
    metadata,
    shadowing,
    formats,
    wire,
)

ATTACKS: dict[str, Attack] = {name: attack for file in _FILES for name, attack in file.ATTACKS.items()}
assert len(ATTACKS) == sum(len(file.ATTACKS) for file in _FILES), "two attacks have one name"


def accounts(name: str) -> tuple[str, ...]:
    """Return the accounts that hand in an attack: two of them if the second looks for what the first left."""
    return (name, f"{name}-again") if ATTACKS[name].twice else (name,)
