"""Who may do what: one declarative table for the whole house, made of the tables of its features.

A role is what an account is in one cohort. `course room` is the account that a cohort's instructors share to collect
and grade; `admin` is an administrator of the Hub who is no member; `service` is the service itself, moving rounds on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Role = Literal["learner", "mentor", "instructor", "course room", "admin", "service"]

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Permission:
    """Roles that may act on anybody's things, and roles that may act on their own."""

    anyones: frozenset[Role]
    own: frozenset[Role] = field(default=frozenset())

    def allows(self, role: Role, own: bool) -> bool:
        """Whether `role` may; `own` says whether the thing is the acting member's own."""
        return role in self.anyones or (own and role in self.own)


def may(*roles: Role, own: tuple[Role, ...] = ()) -> Permission:
    """Return the permission of `roles`, and of the roles in `own` for what is theirs."""
    return Permission(frozenset(roles), frozenset(own))


def merge(tables: list[Mapping[str, Permission]]) -> dict[str, Permission]:
    """Return one table of all.

    Raises:
        ValueError: two features name the same action.
    """
    merged: dict[str, Permission] = {}
    for table in tables:
        if clash := merged.keys() & table.keys():
            raise ValueError(f"declared twice: {', '.join(sorted(clash))}")
        merged.update(table)
    return merged
