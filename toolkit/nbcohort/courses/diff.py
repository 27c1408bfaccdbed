"""What differs between two versions of settings, for people and for the audit. Pure.

Lists whose elements have a `name` or an `id` are compared element by element whatever their order, so that a criterion
put first is not a rewrite of all the others; other lists of tables by position, and lists of plain values as a whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One setting that differs; None stands for what is not there."""

    path: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what differs between two nested settings in JSON form, in the order of `after`."""
    return tuple(_differences("", before, after))


def _differences(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            yield from _differences(_join(path, key), before.get(key), after.get(key))
    elif (name := _naming_key(before, after)) is not None:
        old, new = ({item[name]: item for item in items} for items in (before, after))
        yield from _differences(path, old, new)
        kept_before, kept_after = [key for key in old if key in new], [key for key in new if key in old]
        if kept_before != kept_after:
            yield Change(_join(path, "(order)"), kept_before, kept_after)
    elif _are_tables(before) and _are_tables(after) and before and after:
        for index in range(max(len(before), len(after))):
            items = (side[index] if index < len(side) else None for side in (before, after))
            yield from _differences(f"{path} #{index + 1}", *items)
    elif before != after:
        yield Change(path, before, after)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _are_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(x, Mapping) for x in value)


def _naming_key(before: Any, after: Any) -> str | None:
    """Return the key that names each element of both lists, if there is one and no name comes twice."""
    if not (_are_tables(before) and _are_tables(after) and (before or after)):
        return None
    for key in ("name", "id"):
        if all(isinstance(item.get(key), str) for item in [*before, *after]) and all(
            len({item[key] for item in side}) == len(side) for side in (before, after)
        ):
            return key
    return None
