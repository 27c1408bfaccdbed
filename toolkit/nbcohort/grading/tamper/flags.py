"""What is odd about a submission, for a person to look at."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["replaced", "covered", "assertions", "equal", "looks", "messages", "errors", "result", "names"]
"""What is odd.

`replaced`: what tests rely on was replaced, and put back. `covered`: a function of the notebook's has the name of a
builtin that the test calls. `assertions`: one that must fail did not. `equal`: a test passes whatever is compared.
`looks`: code looks at what calls it. `messages`: nonsense on the wire, or answers to what was answered. `errors`: an
error was not shown. `result`: a test's result is of the notebook's making. `names`: code names what solutions do not
need, or changes what a set-up cell defines.
"""


@dataclass(frozen=True)
class Flag:
    """Something odd."""

    cell: str
    """The name of the test, or of the answer."""
    kind: Kind
    sentence: str
    evidence: tuple[str, ...] = ()
