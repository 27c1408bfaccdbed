"""What one hostile submission is: what it tries, what it deserves, and what it gets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any, Literal

from nbformat import NotebookNode

KINDS = {
    "hooks": "AST, input and run-cell hooks",
    "equal": "Objects that equal everything",
    "patched": "Patched builtins and test helpers",
    "frames": "Frames and linecache",
    "others": "Gradebook, sources and other work",
    "startup": "Home and startup files",
    "processes": "Surviving and killing processes",
    "network": "Network",
    "deletion": "Deletion",
    "bombs": "Fork, memory, disk and output bombs",
    "loops": "Loops in every cell, and ignored signals",
    "exits": "`os._exit`, and signals to oneself",
    "links": "Links",
    "scripts": "Script injection",
    "metadata": "Duplicate and mutated metadata",
    "shadowing": "Shadowing modules",
    "formats": "Huge, deep, empty, foreign, old and future formats",
    "wire": "Forged replies on the wire",
}
"""Classes of attacks, in the order of the page, with their headings."""

Kind = Literal[
    "hooks",
    "equal",
    "patched",
    "frames",
    "others",
    "startup",
    "processes",
    "network",
    "deletion",
    "bombs",
    "loops",
    "exits",
    "links",
    "scripts",
    "metadata",
    "shadowing",
    "formats",
    "wire",
]
Course = Literal["numbers", "tables", "loops"]
"""Which course it is handed in to: that of the unit tests, one with numpy and pandas, the first with short limits."""

Scores = dict[str, float | None]
"""Automatic scores by test cell; None for what is left to a person."""

RIGHT: Scores = {"double_test": 2, "root_test": 3, "parts": 1.5}
NOTHING: Scores = dict.fromkeys(RIGHT, 0)
ASSERTIONS: Scores = {**RIGHT, "parts": 0}
"""Of who passes what asserts, and not what computes a part of the points."""
TABLES: Scores = {"close_test": 2, "frame_test": 2, "plain_test": 1}
NO_TABLES: Scores = dict.fromkeys(TABLES, 0)

ABOVE = "# see above"
WRONG = "def double(x):\n    return None\ndef root(x):\n    return None\n"
WRONG_TABLES = "def halves(xs):\n    return None\ndef table():\n    return None\n"
ONLY_DOUBLE: Scores = {"double_test": 2, "root_test": 0, "parts": 0}
"""Of who does not get beyond the answer `root`."""
DOUBLE = "\ndef double(x):\n    return 2 * x\n"
TRIED = "\nprint('tried')\n"
"""What an attack prints that went to its end."""


Change = Callable[[NotebookNode], NotebookNode | bytes | None]
"""Makes of an answered notebook what is handed in; None for no notebook."""


def as_it_is(notebook: NotebookNode) -> NotebookNode:
    """Change nothing."""
    return notebook


def no_more(_folder: Path) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Attack:
    """One hostile submission. Sources may hold `@name@` for what the harness knows, see `harness.Known`."""

    does: str
    """A sentence without a subject and a full stop."""
    kind: Kind
    answers: Mapping[str, str] = field(default_factory=dict)
    """Sources of solution cells by grade id; right ones if not given."""
    course: Course = "numbers"
    change: Change = as_it_is
    files: Mapping[str, bytes] = field(default_factory=dict)
    prepare: Callable[[Path], None] = no_more
    """Does the rest in the folder that is handed in."""
    earned: Mapping[str, float | None] = field(default_factory=lambda: RIGHT)
    """What the answers are worth."""
    gets: Mapping[str, float | None] | None = None
    """What our grading gives, if it is something else."""
    flagged: bool = False
    """Whether a person must be told."""
    refused: str | None = None
    """The sentence with which it is refused, instead of a score."""
    shows: str | None = "tried"
    """What stands in the outputs: that the attack has run, or what stopped it."""
    in_landlock: tuple[Mapping[str, float | None], str] | None = None
    """Scores and what is shown where notebooks cannot start processes, and disks are watched, if that is different."""
    twice: bool = False
    """Whether two accounts hand it in: the second looks for what the first left behind."""
    not_with_stock: str | None = None
    """Why it is not tried with stock nbgrader."""

    @property
    def scores(self) -> Mapping[str, float | None]:
        """Return the expected scores, if it is not refused."""
        return self.earned if self.gets is None else self.gets

    def expected(self, sandbox: str) -> tuple[Mapping[str, float | None], str | None]:
        """Return the expected scores and what stands in the outputs, in this kind of sandbox."""
        return self.in_landlock if self.in_landlock and sandbox == "landlock" else (self.scores, self.shows)


def solved(does: str, kind: Kind, source: str, **more: Any) -> Attack:
    """Return an attack by someone who then solves the task: it gives nothing and costs nothing.

    The attack may be broken off by what the system refuses; any other exception is a mistake in the attack.
    """
    attempt = f"try:\n{indent(source, '    ')}\nexcept OSError as error:\n    print('refused:', error)"
    return Attack(does, kind, {"double": attempt + TRIED + DOUBLE}, **more)


def unsolved(does: str, kind: Kind, source: str, **more: Any) -> Attack:
    """Return an attack for points by someone whose answers are wrong."""
    options: dict[str, Any] = {"answers": {"double": WRONG + source + TRIED, "root": ABOVE}, "earned": NOTHING}
    return Attack(does, kind, **{**options, "flagged": True, **more})


def unsolved_tables(does: str, kind: Kind, source: str, **more: Any) -> Attack:
    """Return an attack for points in the course with numpy and pandas."""
    options: dict[str, Any] = {"answers": {"halves": WRONG_TABLES + source + TRIED, "table": ABOVE}}
    return Attack(does, kind, **{**options, "earned": NO_TABLES, "course": "tables", "flagged": True, **more})
