"""What each plugin claims for itself: routes, sections of the settings, tables, permissions, kinds of interaction.

Two plugins that claim the same would overwrite each other's data or answer in each other's place, and nobody could say
which of them is right; so the service does not start until one of them is uninstalled.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter

from nbcohort.courses.settings import AssignmentSettings, CourseSettings
from nbcohort.i18n import _
from nbcohort.loading import PluginError, Plugins
from nbcohort.service.permissions import Permission
from nbcohort.store.interactions import InteractionKind
from nbcohort.store.migrate import STORE, Migrations

OURS = "nbcohort"


def check_claims(plugins: Plugins) -> None:
    """Set plugins aside that claim what cannot be claimed.

    Raises:
        PluginError: two distributions claim the same; the sentence says what, and which ones.
    """
    owners = dict.fromkeys(_core(), OURS)
    for hook, read in _READERS.items():
        for plugin, claims in plugins.declared(hook, lambda declared: list(read(declared))):  # noqa: B023 - called at once
            for claim in claims:
                owner = owners.setdefault(claim, plugin.distribution)
                if owner != plugin.distribution:
                    raise PluginError(
                        _("{what} is claimed by both {one} and {other}. Uninstall one of them.").format(
                            what=claim, one=owner, other=plugin.distribution
                        )
                    )


def _core() -> Iterator[str]:
    yield from (_table(name) for name in STORE.tables)
    yield from (_course_section(name) for name in CourseSettings.model_fields)
    yield from (_assignment_section(name) for name in AssignmentSettings.model_fields)


def _routes(routers: list[APIRouter]) -> Iterator[str]:
    for router in routers:
        for route in router.routes:
            first = str(route.path).strip("/").partition("/")[0]  # type: ignore[attr-defined]
            if first.startswith("{"):
                raise PluginError(_("the route {path} should begin with a word").format(path=route.path))  # type: ignore[attr-defined]
            yield _("the route /{name}").format(name=first)


def _course_section(name: str) -> str:
    return _("the section [{name}] of course.toml").format(name=name)


def _assignment_section(name: str) -> str:
    return _("the section [assignments.<name>.{name}] of course.toml").format(name=name)


def _table(name: str) -> str:
    return _('the table "{name}"').format(name=name)


def _tables(migrations: Migrations) -> Iterator[str]:
    yield from (_table(name) for name in (*migrations.tables, migrations.version_table))


def _permissions(table: Mapping[str, Permission]) -> Iterator[str]:
    for action, permission in table.items():
        if not isinstance(permission, Permission):
            raise PluginError(_("the permission {action} should be made by may(...)").format(action=action))
        yield _('the permission "{name}"').format(name=action)


def _kinds(kinds: list[InteractionKind]) -> Iterator[str]:
    yield from (_('the interaction kind "{name}"').format(name=kind.name) for kind in kinds)


_READERS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "routers": _routes,
    "course_settings": lambda section: iter([_course_section(section[0])]),
    "assignment_settings": lambda section: iter([_assignment_section(section[0])]),
    "migrations": _tables,
    "permissions": _permissions,
    "interaction_kinds": _kinds,
}
"""Hook -> what is claimed by what it returns."""
