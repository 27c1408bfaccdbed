"""What is expected of each suite, from the files in expected/, and how a run differs from it."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.runner import Run
from tests.conformance.suites import Suite

FOLDER = Path(__file__).parent / "expected"


@dataclass(frozen=True)
class Expected:
    """How the tests of a suite are to end: those that are not named here pass."""

    tests: int
    """How many there are."""
    left: dict[str, str]
    """Test that does not pass -> why not."""
    skipped: dict[str, str]
    """Test that skips itself -> why."""
    mirror: frozenset[str]
    """Tests that pass with the mirror only. All others are run without it, but for those that are left."""

    @property
    def passed(self) -> int:
        """How many pass."""
        return self.tests - len(self.left) - len(self.skipped)

    @property
    def mirrored(self) -> list[str]:
        """The tests that are run with the mirror."""
        return sorted(self.mirror | self.left.keys())


def expected_of(suite: Suite) -> Expected:
    """Read what is expected of a suite."""
    found = tomllib.loads((FOLDER / suite.expected).read_text("utf-8"))[suite.name]
    return Expected(
        tests=found["tests"],
        left=found.get("left", {}),
        skipped=found.get("skipped", {}),
        mirror=frozenset(found.get("mirror", [])),
    )


def differences(expected: Expected, run: Run, *, mirror: bool = True) -> list[str]:
    """Return in sentences what is not as expected; a test that passes though it is listed as left is not, either.

    `mirror` says whether the tests that need the mirror had it.
    """
    found = []
    if len(run.collected) != expected.tests:
        found.append(f"There are {len(run.collected)} tests, not {expected.tests}.")
    listed: list[Iterable[str]] = [expected.left, expected.skipped, expected.mirror]
    names = [name for one in listed for name in one]
    found += [f"{name} is listed, but there is no such test." for name in names if name not in run.collected]
    found += [f"{name} is listed twice." for name in sorted(set(names)) if names.count(name) > 1]
    for name, outcome in run.outcomes.items():
        want = _expected_outcome(expected, name, mirror=mirror)
        if outcome.outcome != want:
            found.append(f"{name} {outcome.outcome}; expected: {want}.\n{outcome.text}".rstrip())
    return found


def _expected_outcome(expected: Expected, name: str, *, mirror: bool) -> str:
    if name in expected.skipped:
        return "skipped"
    if name in expected.left or (not mirror and name in expected.mirror):
        return "failed"
    return "passed"
