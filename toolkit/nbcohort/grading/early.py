"""What is done while nothing has been imported yet: grading begins with seconds of imports, here and in the sandbox."""

import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OF_FORKS = re.compile(r"\b(preload|hidden)\b")
"""Settings of `SandboxedExecute` that make a difference to what notebooks are forked from."""


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Let imports of a module fail meanwhile, unless it has been imported."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def import_jsonschema() -> None:
    """Import jsonschema, on which nbformat builds, without its check of internationalised addresses.

    For that check a grammar is compiled, which takes longer than importing all the rest of nbgrader; no notebook has
    anything to be checked by it.
    """
    with _without("rfc3987_syntax"):
        import jsonschema  # type: ignore[import-untyped]  # noqa: F401


def start_what_is_forked(course: Path, *, unsafe: bool) -> None:
    """Start what the course's notebooks are forked from, if the course has no settings that only nbgrader can read.

    A wrong guess does no harm: the right one is started later.
    """
    with suppress(OSError):
        if _OF_FORKS.search((course / "nbgrader_config.py").read_text("utf-8", "replace")):
            return
    from nbcohort.grading.run import How, warm_up

    preload = preloaded_by(course)
    warm_up(How() if preload is None else How(preload=preload), hidden=(course.absolute(),), unsafe=unsafe)


def preloaded_by(course: Path) -> tuple[str, ...] | None:
    """Return the modules that `course.toml` wants imported before any notebook runs; None if it does not say."""
    with suppress(OSError, ValueError):
        found = tomllib.loads((course / "course.toml").read_text("utf-8")).get("preload")
        if isinstance(found, list):
            return tuple(map(str, found))
    return None
