"""docs/checks.md says what there is: each command, each option, each key of a result."""

import json
import re
from pathlib import Path

import pytest
import typer

from nbcohort.checks.cli import checks
from nbcohort.checks.results import Finding, Result, Where

PAGE = (Path(__file__).parents[3] / "docs" / "checks.md").read_text("utf-8")
GROUP = typer.main.get_command(checks)


@pytest.mark.parametrize("name", sorted(set(GROUP.commands) - {"show"}))  # type: ignore[attr-defined]
def test_every_command_is_on_the_page_and_explains_itself(name: str) -> None:
    assert f"nbcohort checks {name}" in PAGE
    assert len(GROUP.commands[name].help) > 20  # type: ignore[attr-defined]


def test_the_result_on_the_page_is_one_and_every_key_of_it_is_explained() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    shown = Result.model_validate(json.loads(example))
    assert {*json.loads(example)} == set(Result.model_fields)
    assert {*json.loads(example)["findings"][0]} == set(Finding.model_fields)
    assert {*json.loads(example)["findings"][0]["where"]} == set(Where.model_fields)
    table = PAGE[PAGE.index("| key | is |") :]
    explained = set(re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in table.splitlines()[2:] if "|" in row)))
    assert (set(Result.model_fields) | set(Finding.model_fields)) - {"findings"} <= explained
    assert not shown.passed
