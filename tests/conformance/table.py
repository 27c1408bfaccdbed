"""Write docs/conformance.md from what is expected of the suites, after running them (see scripts/conformance-table)."""

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from tests.conformance.expectations import differences, expected_of
from tests.conformance.runner import REPOSITORY, run
from tests.conformance.suites import SUITES, Suite

PAGE = REPOSITORY / "docs" / "conformance.md"
AT_ONCE = 2
"""Suites that are run side by side."""


def page() -> str:
    """Return the page, from expected/."""
    intro = (Path(__file__).parent / "intro.md").read_text("utf-8").format(version=version("nbgrader"))
    return "\n".join([intro, *_table(), *_left(), *_skipped(), *_mirrored()]) + "\n"


def _table() -> Iterator[str]:
    """Yield the table: a row for each suite, and the sums of those whose expectations are in one file."""
    yield "| nbgrader's tests | what of ours they try | pass | of | skipped | pass without the mirror |"
    yield "| --- | --- | --: | --: | --: | --: |"
    for file, suites in groupby(SUITES, lambda suite: suite.expected):
        rows = []
        for suite in suites:
            rows.append(_numbers(suite))
            modules = ", ".join(f"`{module}`" for module in suite.modules)
            yield f"| {modules} | {suite.about} | {' | '.join(map(str, rows[-1]))} |"
        sums = [sum(numbers) for numbers in zip(*rows, strict=True)]
        yield f"| **together** | **{file.removesuffix('.toml')}** | {' | '.join(f'**{number}**' for number in sums)} |"


def _numbers(suite: Suite) -> list[int]:
    """Return how many pass, are there, are skipped, and pass without the mirror."""
    one = expected_of(suite)
    return [one.passed, one.tests, len(one.skipped), one.passed - len(one.mirror)]


def _left() -> Iterator[str]:
    yield "\n## What does not pass, and why\n"
    for suite in SUITES:
        yield from (f"- `{_short(name)}`: {reason}" for name, reason in expected_of(suite).left.items())


def _skipped() -> Iterator[str]:
    yield "\n## What skips itself, and why\n"
    for suite in SUITES:
        yield from (f"- `{_short(name)}`: {reason}" for name, reason in expected_of(suite).skipped.items())


def _mirrored() -> Iterator[str]:
    yield "\n## What passes with the mirror only\n"
    for suite in SUITES:
        yield from (f"- `{_short(name)}`" for name in sorted(expected_of(suite).mirror))


def _short(name: str) -> str:
    """Return a test's id without folder and class."""
    module, *_classes, test = name.split("::")
    return f"{module.rsplit('/', 1)[-1]}::{test}"


def _run_all() -> list[str]:
    """Run every suite, and those with a mirror without it, too; return what is not as expected."""
    jobs = [
        (suite, part, mirror)
        for suite in SUITES
        for mirror in ((True, False) if suite.mirror else (True,))
        for part in range(suite.parts)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [one for found in pool.map(lambda job: _run(*job), jobs) for one in found]


def _run(suite: Suite, part: int, mirror: bool) -> list[str]:
    expected = expected_of(suite)
    with tempfile.TemporaryDirectory() as folder:
        done = run(suite, Path(folder), part, mirrored=expected.mirrored if mirror else ())
    wrong = differences(expected, done, mirror=mirror)
    how = "" if mirror else " without the mirror"
    sys.stderr.write(f"{suite.name} {part + 1}/{suite.parts}{how}: {'not ' if wrong else ''}as expected\n")
    return wrong


def main(arguments: list[str]) -> int:
    """Run the suites unless told `--write-only`; write the page if everything is as expected."""
    wrong = [] if "--write-only" in arguments else _run_all()
    if wrong:
        sys.stderr.write("\n\n".join(["", *wrong, "Mend it, or say why in tests/conformance/expected/.\n"]))
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
