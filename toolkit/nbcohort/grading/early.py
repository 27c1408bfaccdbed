"""What is done while nothing has been imported yet: grading begins with seconds of imports, here and in the sandbox."""

import os
import re
import threading
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nbcohort.errors import NbcohortError
from nbcohort.grading.forked.inside.without import GRAMMAR, without
from nbcohort.grading.forked.zygote import PRELOAD, ZYGOTES, Environment
from nbcohort.sandbox import probe
from nbcohort.sandbox.probe import guess

_OF_FORKS = re.compile(r"\b(preload|hidden)\b")
"""Settings of `SandboxedExecute` that make a difference to what notebooks are forked from."""


def import_jsonschema() -> None:
    """Import jsonschema, on which nbformat builds, without its check of internationalised addresses."""
    with without(GRAMMAR):
        import jsonschema  # type: ignore[import-untyped]  # noqa: F401


def start_what_is_forked(course: Path, *, unsafe: bool) -> None:
    """Start what the course's notebooks are forked from, if the course has no settings that only nbgrader can read.

    A wrong guess does no harm: the right one is started later.
    """
    with suppress(OSError):
        if _OF_FORKS.search((course / "nbgrader_config.py").read_text("utf-8", "replace")):
            return
    preload = preloaded_by(course)
    guessed = None if unsafe else guess()
    environment = Environment(PRELOAD if preload is None else preload, (course.absolute(),), guessed)
    ZYGOTES.start(environment)
    tier = None if unsafe else probe()
    if tier != guessed:
        ZYGOTES.start(replace(environment, tier=tier))


def start_in_time(arguments: Sequence[str]) -> None:
    """Do so, while more is imported here, for the command line of `nbcohort grade`, before it is well understood."""
    course = Path(_value_of("--course", arguments) or os.environ.get("NBCOHORT_COURSE") or ".")
    if _value_of("--executor", arguments):
        return

    def start() -> None:
        # The command itself comes across it, too, and says it; or it has ended already, and no thread can be started.
        with suppress(NbcohortError, OSError, RuntimeError):
            start_what_is_forked(course, unsafe="--unsafe" in arguments)

    threading.Thread(target=start, name="early", daemon=True).start()


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    for one, following in zip(arguments, [*arguments[1:], None], strict=True):
        if one == option:
            return following
        if one.startswith(f"{option}="):
            return one.partition("=")[2]
    return None


def preloaded_by(course: Path) -> tuple[str, ...] | None:
    """Return the modules that `course.toml` wants imported before any notebook runs; None if it does not say."""
    with suppress(OSError, ValueError):
        found = tomllib.loads((course / "course.toml").read_text("utf-8")).get("preload")
        if isinstance(found, list):
            return tuple(map(str, found))
    return None
