"""Every command of `nbcohort admin` and every option that is not shared by all is on the page about them."""

from pathlib import Path

import pytest
import typer

from nbcohort.admin.cli import commands

PAGE = (Path(__file__).parents[3] / "docs" / "admin.md").read_text("utf-8")
GROUP = typer.main.get_command(commands)
FOR_THOSE_WHO_SKIP_THE_QUESTION = {"--yes", "--help", "-h"}


@pytest.mark.parametrize("name", sorted(GROUP.commands))  # type: ignore[attr-defined]
def test_every_command_and_option_is_documented_and_explains_itself(name: str) -> None:
    command = GROUP.commands[name]  # type: ignore[attr-defined]
    assert f"nbcohort admin {name}" in PAGE
    assert len(command.help) > 20
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
    assert {option for option in options - FOR_THOSE_WHO_SKIP_THE_QUESTION if option not in PAGE} == set()
