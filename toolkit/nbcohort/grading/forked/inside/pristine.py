"""What a test relies on, as it was before any notebook was known: IPython, builtins, helpers of tests.

`Pristine.restore` puts back what the notebook has replaced, and says what that was. What the instructor's own cells
replace is meant to be so: `Pristine.trust` takes it over. A notebook shares its process with
the tests, so it can undo this, too; that is then for canaries and mutants to show (`probe`).
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import gc
import importlib
import operator
import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .versions import Watched

_MODULES = (
    "ast",
    "builtins",
    "linecache",
    "math",
    "operator",
    "unittest.case",
    "numpy.testing",
    "numpy.testing._private.utils",
    "pandas.testing",
    "pandas._testing",
    "pandas._testing.asserters",
    "IPython.core.interactiveshell",
    "IPython.core.compilerop",
    "ipykernel.compiler",
    "ipykernel.ipkernel",
    "ipykernel.kernelbase",
    "ipykernel.zmqshell",
)
"""Modules whose functions and classes tests, or the running of tests, rely on."""
_CLASSES = (
    "unittest.case.TestCase",
    "IPython.core.interactiveshell.ExecutionResult",
)
_RUN_TESTS = ("IPython.", "ipykernel.", "numpy.testing", "pandas._testing", "pandas.testing", "unittest.")
"""What functions are looked into, whether they have other bodies now."""
_LISTS = ("cleanup_transforms", "line_transforms", "token_transformers")
_NUMBERS = (bool, int, float, complex)
_MISSING = object()
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, classmethod, staticmethod, property, functools.partial)


def is_installed(filename: str) -> bool:
    """Return whether code of this file has been installed; a notebook's has other names, or none."""
    return filename.startswith(_INSTALLED)


_INSTALLED = tuple(
    {
        "<frozen ",
        *(f"{prefix}/" for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)),
        f"{Path(ast.__file__).parent}/",
        f"{Path(ast.__file__).resolve().parent}/",
        f"{Path(__file__).parent}/",
    }
)


def is_of_notebook(thing: Any) -> bool:
    """Return whether something that can be called was made by the notebook."""
    thing = _bare(thing)
    if isinstance(thing, types.FunctionType):
        return not is_installed(thing.__code__.co_filename)
    if isinstance(thing, types.BuiltinFunctionType):
        return not isinstance(thing.__self__, types.ModuleType | None)
    kind = thing if isinstance(thing, type) else type(thing)
    codes = [_bare(one).__code__ for one in vars(kind).values() if isinstance(_bare(one), types.FunctionType)]
    if codes:
        return any(not is_installed(code.co_filename) for code in codes)
    module = sys.modules.get(kind.__module__)
    built_in = kind.__module__ in sys.builtin_module_names
    return not is_installed(_file_of(module) or ("<frozen >" if built_in else ""))


def _bare(thing: Any) -> Any:
    """Return the function in a method, a partial or a descriptor."""
    for _number in range(8):
        if isinstance(thing, types.MethodType | classmethod | staticmethod):
            thing = thing.__func__
        elif isinstance(thing, property) and thing.fget is not None:
            thing = thing.fget
        elif isinstance(thing, functools.partial):
            thing = thing.func
        else:
            break
    return thing


def _file_of(module: Any) -> str:
    """Return the file that a module says it is of; whatever the module does with attributes that it does not have."""
    try:
        filename = vars(module).get("__file__")
    except TypeError:
        return ""
    return filename if isinstance(filename, str) else ""


class _Space:
    """The functions and classes of a module or a class."""

    def __init__(self, name: str, thing: Any, bases: tuple[type, ...] = ()) -> None:
        self._name, self._thing, self._bases = name, thing, bases
        self._every = name == "builtins"
        self._values = {key: value for key, value in vars(thing).items() if self._is_kept(key, value)}
        runs_tests = name.startswith(_RUN_TESTS)  # elsewhere, a look at each function would take too long
        self._codes = list(_codes(self._values.values())) if runs_tests else []
        self._state = list(vars(thing).values())
        self._watched = Watched(vars(thing))
        self._watched.seen()

    def _is_kept(self, key: str, value: Any) -> bool:
        return key != "_" if self._every else isinstance(value, (*_FUNCTIONS, type))

    def trust(self) -> None:
        """Take over all that is there."""
        if not self._is_same():
            self._values = {key: value for key, value in vars(self._thing).items() if self._is_kept(key, value)}
            self._state = list(vars(self._thing).values())

    def trust_names(self, names: Iterable[str]) -> None:
        """Take over what is there under those of these names that are of this module, such as `builtins.print`."""
        last = self._name.rpartition(".")[2]
        for key in (name.removeprefix(f"{last}.") for name in names if name.startswith(f"{last}.")):
            if key in self._values and key in vars(self._thing):
                self._values[key] = vars(self._thing)[key]

    def _is_same(self) -> bool:
        """Return whether nothing can be another thing: looking closely takes much longer."""
        if not self._watched.may_have_changed():
            return True
        self._watched.seen()  # first: what a thread of the notebook changes meanwhile is seen the next time
        now = vars(self._thing)
        return len(now) == len(self._state) and all(map(operator.is_, now.values(), self._state))

    def _has_same_codes(self) -> bool:
        return all(map(_is_as_it_was, self._codes))

    def restore(self, *, codes: bool) -> Iterator[str]:
        """Put back what is another thing now; yield its name. `codes`: look into functions, too."""
        if not self._is_same() or (codes and not self._has_same_codes()):
            yield from self._restore()
            self._state = list(vars(self._thing).values())

    def _restore(self) -> Iterator[str]:
        now = vars(self._thing)
        changed = [key for key, value in self._values.items() if now.get(key, _MISSING) is not value]
        added = [key for key in now if key not in self._values and self._covers(key, now[key])]
        for key in changed:
            setattr(self._thing, key, self._values[key])
            yield f"{self._name}.{key}"
        for key in added:
            delattr(self._thing, key)
            yield f"{self._name}.{key}"
        for function, code, defaults, more in self._codes:
            if not _is_as_it_was((function, code, defaults, more)):
                function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, more
                yield f"{self._name}.{function.__name__}"

    def _covers(self, key: str, value: Any) -> bool:
        """Return whether something new in a class covers what it inherits."""
        return isinstance(value, _FUNCTIONS) and any(key in vars(base) for base in self._bases)


def _is_as_it_was(known: tuple[Any, Any, Any, Any]) -> bool:
    """Return whether a function has the body and the defaults that it had."""
    function, *before = known
    return all(map(operator.is_, (function.__code__, function.__defaults__, function.__kwdefaults__), before))


def _codes(values: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    for value in values:
        function = _bare(value)
        for _number in range(8):
            if not isinstance(function, types.FunctionType):
                break
            yield function, function.__code__, function.__defaults__, function.__kwdefaults__
            function = getattr(function, "__wrapped__", None)


def import_helpers() -> None:
    """Import the helpers of tests that belong to what is imported: a copy can be made of what is there alone."""
    for name in _MODULES:
        if name.partition(".")[0] in sys.modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


class Pristine:
    """Copies, made once before notebooks are forked."""

    def __init__(self, kernel: Any) -> None:
        shell = kernel.shell
        self._shell = shell
        self._imported = dict(sys.modules)
        self._modules = Watched(sys.modules)
        self._modules.seen()
        self._instances = {
            "get_ipython()": shell,
            "the kernel": kernel,
            "the kernel's session": kernel.session,
            "get_ipython().compile": shell.compile,
            "get_ipython().displayhook": shell.displayhook,
            "get_ipython().display_pub": shell.display_pub,
            "get_ipython().display_formatter": shell.display_formatter,
            "get_ipython().input_transformer_manager": shell.input_transformer_manager,
            "get_ipython().events": shell.events,
        }
        self._own = {name: dict(vars(one)) for name, one in self._instances.items()}
        self._spaces: dict[str, _Space] = {}
        self._take_spaces()
        self._spaces.update((name, _Space(name, kind, kind.__mro__[1:])) for name, kind in self._classes())
        self._namespace = shell.user_ns
        self._take_settings()

    def _take_spaces(self) -> None:
        for name in _MODULES:
            if name in sys.modules and name not in self._spaces:
                self._spaces[name] = _Space(name, sys.modules[name])

    def _take_settings(self) -> None:
        shell = self._shell
        self._builtins = shell.user_ns.get("__builtins__", builtins)
        self._callbacks = {name: list(callbacks) for name, callbacks in shell.events.callbacks.items()}
        self._known = {
            id(one)
            for many in (shell.ast_transformers, shell.input_transformers_post, *self._transforms(), sys.meta_path)
            for one in many
        }
        self._interactivity = shell.ast_node_interactivity
        self._asked_for = self._interactivity
        self._exceptions = shell.custom_exceptions
        self._shown_by = {kind: self._printers().get(kind) for kind in _NUMBERS}

    def _printers(self) -> dict[type, Any]:
        printers: dict[type, Any] = self._shell.display_formatter.formatters["text/plain"].type_printers
        return printers

    def trust(self) -> None:
        """Take over what there is now: only the instructor's cells have run.

        Unless they have imported modules that are not installed; those may have been handed in.
        """
        new = sys.modules.keys() - self._imported.keys() if self._modules.may_have_changed() else set()
        if not all(name in sys.builtin_module_names or is_installed(_file_of(sys.modules[name])) for name in new):
            return
        for space in self._spaces.values():
            space.trust()
        self._take_spaces()
        self._take_settings()
        self._own = {name: dict(vars(one)) for name, one in self._instances.items()}
        if new:
            self._modules.seen()
            self._imported = dict(sys.modules)

    def trust_names(self, names: list[str]) -> None:
        """Take over what a cell of the instructor's has put under these names: others have run before it."""
        for space in self._spaces.values():
            space.trust_names(names)

    def _classes(self) -> Iterator[tuple[str, type]]:
        for name in _CLASSES:
            module, _dot, last = name.rpartition(".")
            if module in sys.modules:
                yield name, getattr(sys.modules[module], last)
        seen = set()
        for one in (*self._instances.values(), self._shell.history_manager):
            for kind in type(one).__mro__[:-1]:
                if kind not in seen and not kind.__module__.startswith("traitlets"):
                    seen.add(kind)
                    yield f"{kind.__module__}.{kind.__qualname__}", kind

    def _transforms(self) -> list[list[Any]]:
        return [getattr(self._shell.input_transformer_manager, name) for name in _LISTS]

    def restore(self, *, codes: bool) -> list[str]:
        """Put back what the notebook has replaced; return what that was, in words that are names.

        `codes`: look into functions, too, which makes copies of much memory.
        """
        found: list[str] = []
        for space in self._spaces.values():
            found += space.restore(codes=codes)
        found += self._restore_instances()
        found += self._restore_lists()
        found += self._restore_settings()
        found += self._stop_tracers()
        found += self._restore_modules()
        return found

    def _restore_instances(self) -> Iterator[str]:
        for name, one in self._instances.items():
            before, now = self._own[name], vars(one)
            for key in [key for key in now if key not in before and hasattr(type(one), key)]:
                if callable(getattr(type(one), key)):
                    del now[key]
                    yield f"{name}.{key}"
            for key, value in before.items():
                if hasattr(type(one), key) and callable(value) and now.get(key, _MISSING) is not value:
                    now[key] = value
                    yield f"{name}.{key}"
        shell = self._shell
        for key in (
            "compile",
            "displayhook",
            "display_pub",
            "display_formatter",
            "input_transformer_manager",
            "events",
        ):
            if getattr(shell, key) is not self._instances[f"get_ipython().{key}"]:
                setattr(shell, key, self._instances[f"get_ipython().{key}"])
                yield f"get_ipython().{key}"

    def _restore_lists(self) -> Iterator[str]:
        shell = self._shell
        named = {
            "ast_transformers": shell.ast_transformers,
            "input_transformers_post": shell.input_transformers_post,
            **dict(zip(_LISTS, self._transforms(), strict=True)),
            **{f"events: {name}": callbacks for name, callbacks in shell.events.callbacks.items()},
        }
        kept = {id(one) for callbacks in self._callbacks.values() for one in callbacks} | self._known
        for name, many in named.items():
            for one in [one for one in many if id(one) not in kept and is_of_notebook(one)]:
                many.remove(one)
                yield f"get_ipython().{name}"
        for one in [one for one in sys.meta_path if id(one) not in self._known and is_of_notebook(one)]:
            sys.meta_path.remove(one)
            yield "sys.meta_path"
        for one in [one for one in gc.callbacks if is_of_notebook(one)]:
            gc.callbacks.remove(one)
            yield "gc.callbacks"

    def _restore_settings(self) -> Iterator[str]:
        shell = self._shell
        if shell.user_ns is not self._namespace:
            self._namespace.update(dict.items(shell.user_ns))
            shell.user_ns = self._namespace
            yield "get_ipython().user_ns"
        if self._namespace.get("__builtins__") is not self._builtins:
            self._namespace["__builtins__"] = self._builtins
            yield "__builtins__"
        self._asked_for = shell.ast_node_interactivity
        if self._asked_for != self._interactivity:
            shell.ast_node_interactivity = self._interactivity
            if self._asked_for == "none":
                yield "get_ipython().ast_node_interactivity"
        if shell.custom_exceptions != self._exceptions:
            shell.custom_exceptions = self._exceptions
            yield "get_ipython().set_custom_exc"
        printers = self._printers()
        for kind in _NUMBERS:
            known = self._shown_by[kind]
            if kind in printers and printers[kind] is not known and is_of_notebook(printers[kind]):
                del printers[kind]
                printers.update({kind: known} if known else {})
                yield f"the formatter of {kind.__name__}"

    def after_test(self) -> None:
        """Let results be shown as the notebook has asked for: tests show theirs as the instructor has."""
        if self._asked_for != "none":
            self._shell.ast_node_interactivity = self._asked_for

    def _stop_tracers(self) -> Iterator[str]:
        if sys.gettrace() is not None:
            sys.settrace(None)
            yield "sys.settrace"
        if sys.getprofile() is not None:
            sys.setprofile(None)
            yield "sys.setprofile"
        monitoring: Any = getattr(sys, "monitoring", None)
        for tool in range(6) if monitoring else ():
            if monitoring.get_tool(tool) is not None and monitoring.get_events(tool):
                monitoring.set_events(tool, 0)
                yield "sys.monitoring"

    def _restore_modules(self) -> Iterator[str]:
        if self._modules.may_have_changed():
            self._modules.seen()
            yield from self._restore_imported()
        for name in _MODULES:
            above, _dot, last = name.rpartition(".")
            parent, child = self._imported.get(above), self._imported.get(name)
            if parent and child and vars(parent).get(last) is not child:
                setattr(parent, last, child)
                yield name

    def _restore_imported(self) -> Iterator[str]:
        for name, module in self._imported.items():
            now = sys.modules.get(name)
            if now is not module and now is not None and name != "__main__":
                sys.modules[name] = module
                if not isinstance(now, types.ModuleType) or not is_installed(_file_of(now)):
                    yield f"sys.modules[{name!r}]"

    def covered(self, names: list[str]) -> list[str]:
        """Return which of these builtins are covered by functions of the notebook."""
        found = []
        for name in names:
            value = dict.get(self._namespace, name, _MISSING)
            known = value is _MISSING or value is vars(builtins).get(name)
            if not known and callable(value) and is_of_notebook(value):
                found.append(name)
        return found

    def changed(self, fixed: dict[str, str]) -> list[str]:
        """Return which names are not what they are said to be; each is given with the source of its value."""
        return [
            name
            for name, source in fixed.items()
            if name in self._namespace and not _is_as_written(self._namespace[name], ast.literal_eval(source))
        ]


def _is_as_written(value: Any, written: Any) -> bool:
    """Return whether something is made of Python's own types, and the same as what was written."""
    if type(value) is not type(written):
        return False
    if isinstance(written, list | tuple):
        return len(value) == len(written) and all(map(_is_as_written, value, written))
    if isinstance(written, dict):
        return _is_as_written(list(value.items()), list(written.items()))
    if isinstance(written, set):
        return all(type(one) in (int, float, str, bytes, tuple, bool) for one in value) and bool(value == written)
    return repr(value) == repr(written)
