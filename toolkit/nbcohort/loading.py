"""Installed plugins: found by their entry points, loaded, and kept from harming each other.

A plugin that cannot be loaded is *set aside*: the rest runs as if it were not installed, and it is named in the log, in
`/health` and by `nbcohort plugins`. A plugin that fails in a hook later on is logged, and what it wrote is undone; the
others go on. What comes with nbcohort itself has to load: without it there is nothing to run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel

from nbcohort import __version__
from nbcohort.courses.findings import Finding, warning
from nbcohort.courses.settings import CohortSettings, CourseSettings, Models, Sections
from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.plugins import GROUP, SERVICE_GROUP, Hooks

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

T = TypeVar("T")

log = logging.getLogger(__name__)


class PluginError(NbcohortError):
    """What is wrong with an installed plugin."""

    status = 500
    slug = "plugin"


@dataclass
class Plugin:
    """An installed plugin: one or two modules under one name.

    Args:
        name: the entry points' name.
        distribution: what it was installed as.
        modules: pluggy's names of the modules that were loaded.
        trouble: why it was set aside, or None.
        error: what was raised then.
        failing: hook -> what its latest call raised, for those that failed.
    """

    name: str
    distribution: str
    version: str
    modules: list[str] = field(default_factory=list)
    trouble: str | None = None
    error: Exception | None = None
    failing: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether it comes with nbcohort."""
        return canonicalize_name(self.distribution) == "nbcohort"

    def __str__(self) -> str:
        """Return how a person is told of it."""
        return f"{self.name} ({self.distribution} {self.version})"


class Plugins:
    """The plugins that are installed here. Add them by entry point; `load_plugins` does."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(Hooks)
        self._plugins: dict[str, Plugin] = {}

    def __iter__(self) -> Iterator[Plugin]:
        """Every installed plugin, also those that were set aside."""
        return iter(self._plugins.values())

    @property
    def hook(self) -> pluggy.HookRelay:
        """All plugins' hooks, for those who want to know when one raises."""
        return self._manager.hook

    def hooks_of(self, plugin: Plugin) -> list[str]:
        """Return the hooks that `plugin` implements."""
        return sorted(
            caller.name
            for module in plugin.modules
            for caller in self._manager.get_hookcallers(self._manager.get_plugin(module)) or ()
        )

    def add(self, entry: EntryPoint) -> None:
        """Load a plugin's module; one that cannot be loaded is set aside.

        Raises:
            PluginError: another distribution has a plugin of this name.
            Exception: whatever a module of nbcohort itself raises.
        """
        if entry.dist is None:  # only for entry points that were made by hand
            raise PluginError(_("The entry point {name} belongs to no distribution.").format(name=entry.name))
        plugin = self._plugins.setdefault(entry.name, Plugin(entry.name, entry.dist.name, entry.dist.version))
        if plugin.distribution != entry.dist.name:
            raise PluginError(
                _("Two distributions have a plugin called {name}: {one} and {other}. Uninstall one of them.").format(
                    name=entry.name, one=plugin.distribution, other=entry.dist.name
                )
            )
        if plugin.trouble:
            return
        try:
            _require_this_version(entry.dist)
            self._register(plugin, f"{entry.group}:{entry.name}", entry.load())
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything; it is kept and told
            self.set_aside(plugin, error)

    def _register(self, plugin: Plugin, name: str, module: object) -> None:
        self._manager.register(module, name)
        plugin.modules.append(name)
        hooks = self.hooks_of(plugin)
        if unknown := [hook for hook in hooks if not hasattr(Hooks, hook)]:
            raise PluginError(
                _("nbcohort {version} has no hook {hooks}").format(version=__version__, hooks=", ".join(unknown))
            )
        if not hooks:
            raise PluginError(_("nothing in it is marked with @hook"))

    def set_aside(self, plugin: Plugin, error: Exception) -> None:
        """Go on without `plugin`, because of `error`; raises it when nbcohort itself is not whole."""
        for module in plugin.modules:
            self._manager.unregister(name=module)
        plugin.modules.clear()
        plugin.failing.clear()
        plugin.trouble, plugin.error = _told(error), error
        log.error("the plugin %s is set aside: %s", plugin, plugin.trouble, exc_info=error)
        if plugin.ours:
            raise error

    def declared(self, hook: str, read: Callable[[Any], T], **arguments: Any) -> list[tuple[Plugin, T]]:
        """Return what each plugin says of itself, as `read` understands it; one that fails is set aside."""
        found = []
        for plugin, call in self._calls(hook, arguments):
            try:
                found.append((plugin, read(call())))
            except Exception as error:  # noqa: BLE001 - as above
                self.set_aside(plugin, error)
        return found

    def each(self, hook: str, read: Callable[[Any], T], **arguments: Any) -> list[T]:
        """Return what each plugin does when asked or told something, as `read` understands it.

        One that fails is logged and left out, and what it wrote in the transaction of `acting` or `session` is undone.
        """
        return [result for _plugin, results in self._outcomes(hook, read, arguments) for result in results]

    def tell(self, event: str, **arguments: Any) -> None:
        """Tell each plugin of an event, as `each` does; none can refuse what happened."""
        self.each(event, lambda nothing: None, **arguments)

    def findings(self, course: CourseSettings, cohort: CohortSettings | None) -> list[Finding]:
        """Return what the plugins find in settings; that one could not look is a warning."""
        return self._findings("check_course", _("could not check the settings: {error}"), course=course, cohort=cohort)

    def findings_in_files(self, directory: Path) -> list[Finding]:
        """Return what the plugins find in the files of a course folder, likewise."""
        return self._findings("check_files", _("could not check its files: {error}"), directory=directory)

    def _findings(self, hook: str, failed: str, **arguments: Any) -> list[Finding]:
        found: list[Finding] = []
        for plugin, results in self._outcomes(hook, list, arguments):
            for result in results:
                found += result
            if not results:
                found.append(warning(str(plugin), failed.format(error=plugin.failing[hook])))
        return found

    def _outcomes(
        self, hook: str, read: Callable[[Any], T], arguments: dict[str, Any]
    ) -> Iterator[tuple[Plugin, list[T]]]:
        """Yield each plugin that has `hook` with its result, or with nothing when it failed.

        That the database was lost meanwhile is no plugin's failure: nothing of the transaction can be kept any more.
        """
        session: Session | None = arguments.get("session") or getattr(arguments.get("acting"), "session", None)
        for plugin, call in self._calls(hook, arguments):
            results = []
            try:
                with session.begin_nested() if session else nullcontext():
                    results.append(read(call()))
                plugin.failing.pop(hook, None)
            except Exception as error:
                if session and getattr(error, "connection_invalidated", False):  # SQLAlchemy's DBAPIError has it
                    raise
                plugin.failing[hook] = _told(error)
                log.exception("the plugin %s failed in %s", plugin, hook)
            yield plugin, results

    def _calls(self, hook: str, arguments: dict[str, Any]) -> Iterator[tuple[Plugin, Callable[[], Any]]]:
        """Yield each plugin that has `hook`, ready to be called with those of `arguments` that it asks for."""
        for found in list(getattr(self._manager.hook, hook).get_hookimpls()):
            plugin = self._plugins[found.plugin_name.partition(":")[2]]
            given = [arguments[name] for name in found.argnames]
            yield plugin, partial(found.function, *given)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, NbcohortError) else " ".join(f"{type(error).__name__}: {error}".split())


def _require_this_version(distribution: Distribution) -> None:
    for text in distribution.requires or ():
        needed = Requirement(text)
        if canonicalize_name(needed.name) != "nbcohort" or (
            needed.marker and not needed.marker.evaluate({"extra": ""})
        ):
            continue
        if not needed.specifier.contains(__version__, prereleases=True):
            raise PluginError(
                _("it needs nbcohort{wanted}, and this is nbcohort {version}; install versions that fit").format(
                    wanted=needed.specifier, version=__version__
                )
            )


def load_plugins(*, service: bool = False) -> Plugins:
    """Return every installed plugin: nbcohort's own first, each as far as it is meant for this place.

    Args:
        service: whether to load also what only the service and who works on its database can run.

    Raises:
        PluginError: two plugins have one name.
    """
    plugins = Plugins()
    for group in (GROUP, SERVICE_GROUP) if service else (GROUP,):
        for entry in sorted(entry_points(group=group), key=_order):
            plugins.add(entry)
    return plugins


def _order(entry: EntryPoint) -> tuple[bool, str]:
    return (entry.dist is not None and canonicalize_name(entry.dist.name) != "nbcohort", entry.name)


def settings_sections(plugins: Plugins) -> Sections:
    """Return every plugin's sections of `course.toml`."""

    def models(hook: str) -> Models:
        return dict(section for _plugin, section in plugins.declared(hook, _section))

    return Sections(course=models("course_settings"), assignment=models("assignment_settings"))


def _section(declared: tuple[str, type[BaseModel]]) -> tuple[str, type[BaseModel]]:
    name, model = declared
    if not issubclass(model, BaseModel):
        raise PluginError(_("the section {name} needs a pydantic model").format(name=name))
    return name, model
