"""Tests that run in a process of their own, in which nothing of the notebook has run.

A test says so in comments at its top, as TOML:

    #| isolated = true
    #| values = {small = "double(2)", rows = "rows"}

`values` are the names that the test knows, and what each is in the notebook; a list of names does where both are the
same. They travel as JSON or Arrow, never as code. With `notebook = true` the test also knows the notebook as it was run
so far, as `notebook` (nbformat).
"""

import tomllib
from dataclasses import dataclass

from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.parsing import parse_expression

_MARK = "#|"
_KEYS = {"isolated", "values", "notebook"}


@dataclass(frozen=True)
class Isolation:
    """What an isolated test is given."""

    values: dict[str, str]
    """Names in the test, and expressions in the notebook."""
    notebook: bool


def isolation(source: str) -> Isolation | None:
    """Return what a test cell says of its isolation, None if it is not isolated; raises `Invalid`."""
    lines = []
    for line in source.splitlines():
        if not line.startswith(_MARK):
            break
        lines.append(line.removeprefix(_MARK).strip())
    if not any(line.replace(" ", "").startswith("isolated=") for line in lines):
        return None
    try:
        said = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(_("The lines that begin with #| are no TOML: {why}").format(why=error)) from error
    unknown = sorted(said.keys() - _KEYS)
    if unknown:
        raise Invalid(_("An isolated test has no setting {name}.").format(name=unknown[0]))
    if said["isolated"] is False:
        return None
    return Isolation(_values(said.get("values", [])), bool(said.get("notebook", False)))


def _values(said: object) -> dict[str, str]:
    """Return names and expressions from what a test says of `values`; raises `Invalid`."""
    values = {name: name for name in said if isinstance(name, str)} if isinstance(said, list) else said
    if not isinstance(values, dict) or not all(
        name.isidentifier() and isinstance(one, str) for name, one in values.items()
    ):
        raise Invalid(_("`values` is a list of names, or a table of names and expressions."))
    for name, expression in values.items():
        try:
            parse_expression(expression)
        except (SyntaxError, ValueError) as error:
            raise Invalid(
                _("What `values` says of {name} is no expression: {expression}").format(
                    name=name, expression=expression
                )
            ) from error
    return values
