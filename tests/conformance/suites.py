"""Which of nbgrader's own tests run against what of ours: the table from which tests and docs/conformance.md follow.

To add a suite:

1. Append a `Suite` to `SUITES`. What the tests need to meet our code (a trait default, a token) is a pytest plugin: a
   module in this folder, named in `plugins`, loaded into the process in which nbgrader's tests run.
2. Write `[NAME]` with `tests = HOW MANY` into the file in `expected/` that `Suite.expected` names. What does not pass
   is listed under `[NAME.left]` and what is skipped under `[NAME.skipped]`: the test's id = the reason, in a sentence.
   Whatever is not listed has to pass, and what is listed must not.
3. Run `pytest tests/conformance -k NAME`, then `scripts/conformance-table` to write docs/conformance.md anew.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Suite:
    """Some of nbgrader's test modules, and how they are run."""

    name: str
    about: str
    """What of ours it tries, in some words, for the table."""
    modules: tuple[str, ...]
    """Files or folders, relative to nbgrader/tests."""
    plugins: tuple[str, ...] = ()
    """Modules that pytest loads with `-p`."""
    mirror: str | None = None
    """One more plugin, which helps only the tests that are expected to need it (see mirror.py)."""
    arguments: tuple[str, ...] = ()
    """More arguments for pytest."""
    parts: int = 1
    """In how many processes it is run, so that several cores have work."""
    seconds: float = 1200
    """After so long a part is ended and fails."""
    expected: str = "exchange.toml"
    """The file in expected/ that says what does not pass, and why."""


def _exchange(name: str, about: str, parts: int = 1) -> Suite:
    return Suite(
        name=name,
        about=about,
        modules=(f"apps/test_{name}.py",),
        plugins=("tests.conformance.tenants", "tests.conformance.new_gradebooks"),
        mirror="tests.conformance.mirror",
        parts=parts,
    )


def _executor(name: str, about: str, sandboxed: int = 0, **more: Any) -> Suite:
    """Return a suite for our executor; at least `sandboxed` notebooks have to run in it, in each part."""
    more.setdefault("modules", (f"apps/test_{name}.py",))
    return Suite(
        name=name,
        about=about,
        plugins=("tests.conformance.executor", "tests.conformance.new_gradebooks", "tests.conformance.user_guide"),
        arguments=(f"--sandboxed={sandboxed}", *more.pop("arguments", ())),
        expected="executor.toml",
        **more,
    )


_UNTOUCHED = "what stays nbgrader's own when our executor is configured"

SUITES = (
    _exchange("nbgrader_fetch_assignment", "exchange: fetch_assignment"),
    _exchange("nbgrader_fetchfeedback", "exchange: fetch_feedback"),
    _exchange("nbgrader_submit", "exchange: submit"),
    _exchange("nbgrader_collect", "exchange: collect"),
    _exchange("nbgrader_list", "exchange: list"),
    _exchange("nbgrader_releaseassignment", "exchange: release_assignment"),
    _exchange("nbgrader_releasefeedback", "exchange: release_feedback"),
    _exchange("api", "exchange, through the API that formgrader and the Lab extensions call", parts=2),
    _executor("nbgrader_autograde", "executor: autograde", sandboxed=25, parts=2),
    _executor("nbgrader_generate_feedback", "executor: feedback on what it ran", sandboxed=20),
    _executor("nbgrader_export", "executor: scores that leave the gradebook", sandboxed=2),
    _executor("nbgrader_update", "executor: submissions in an older format of nbgrader's", sandboxed=2),
    _executor(
        "api_autograde",
        "executor, through the API that formgrader calls: its tests that run submissions",
        sandboxed=4,
        modules=("apps/test_api.py",),
        arguments=("--executor-by-default", "-k", "test_autograde or test_generate_feedback"),
    ),
    _executor("gradebook", _UNTOUCHED, modules=("api",)),
    _executor("preprocessors", _UNTOUCHED, modules=("preprocessors",)),
    _executor("utils", _UNTOUCHED, modules=("utils",)),
    _executor("nbgrader_db", "executor: what the gradebook's commands do with its scores", sandboxed=4),
)
