"""docs/plugins.md teaches what is there: its example is the example, its hooks are the hooks, and its test passes."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbcohort import api
from nbcohort.plugins import Hooks
from tests.plugins.conftest import KUDOS

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
HOOKS = {name: hook for name, hook in vars(Hooks).items() if not name.startswith("_")}
PYTHON = sorted(path.relative_to(KUDOS) for path in KUDOS.rglob("*.py"))


def shown(file: str) -> str:
    """Return the code that the page shows under a file's name."""
    found = re.search(rf"`{re.escape(file)}`[^\n]*:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"the page does not show {file}"
    return found[1]


SHOWN = ["pyproject.toml", *(str(path) for path in PYTHON if str(path) != "kudos/__init__.py")]
"""What has more than a line of docstring."""


@pytest.mark.parametrize("file", SHOWN)
def test_the_page_shows_the_example_as_it_is(file: str) -> None:
    assert shown(file) == (KUDOS / file).read_text("utf-8")


def test_the_example_is_less_than_a_hundred_lines_with_its_migration() -> None:
    lines = [line for path in PYTHON for line in (KUDOS / path).read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) < 100


def test_the_example_imports_nothing_of_nbcohort_but_its_api() -> None:
    for path in PYTHON:
        for node in ast.walk(ast.parse((KUDOS / path).read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not [alias.name for alias in node.names if alias.name.startswith(("nbcohort", "nbpeer"))]
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("nbcohort"):
                names = {alias.name for alias in node.names}
                assert (node.module, names) == ("nbcohort", {"api"}) or (node.module == "nbcohort.api")


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_on_the_page_with_its_arguments_and_what_it_says(name: str) -> None:
    signature = inspect.signature(HOOKS[name])
    arguments = ", ".join(str(one).replace("'", "") for one in list(signature.parameters.values())[1:])
    text = f"### {name}\n\n`{name}({arguments}) -> {signature.return_annotation}`\n\n{inspect.getdoc(HOOKS[name])}\n"
    assert text in PAGE


def test_no_hook_is_on_the_page_that_does_not_exist() -> None:
    assert set(re.findall(r"^### ([a-z_]+)$", PAGE, re.MULTILINE)) == set(HOOKS)


def test_every_name_of_the_api_is_on_the_page_and_no_other() -> None:
    table = PAGE[PAGE.index("\n## Names") :]
    documented = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert documented == set(api.__all__)


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_of_the_api_is_there(name: str) -> None:
    assert getattr(api, name) is not None


def python(*words: str, path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_the_test_on_the_page_passes(site: Path, tmp_path: Path) -> None:
    for name, begin in {"conftest.py": "pytest_plugins", "test_kudos.py": "from nbcohort.testing"}.items():
        (code,) = re.findall(rf"```python\n({begin}.*?)```", PAGE, re.DOTALL)
        (tmp_path / name).write_text(code)
    options = ("-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist")
    ran = python("-m", "pytest", *options, str(tmp_path), path=site, cwd=tmp_path)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.slow
def test_a_strangers_migration_is_what_the_tool_writes(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "site")
    shutil.rmtree(tmp_path / "site" / "kudos" / "migrations")
    revise = ("-m", "nbcohort.service.revise", "kudos", "who thanked whom")
    ran = python(*revise, path=tmp_path / "site", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    (written,) = (tmp_path / "site" / "kudos" / "migrations").glob("*.py")
    assert ran.stdout.splitlines()[-1] == str(written)
    ours = KUDOS / "kudos" / "migrations" / written.name
    assert ast.dump(ast.parse(written.read_text("utf-8"))) == ast.dump(ast.parse(ours.read_text("utf-8")))

    # A second one has what has changed since.
    activity = tmp_path / "site" / "kudos" / "activity.py"
    column = "    given_at: Mapped[datetime]\n"
    activity.write_text(activity.read_text("utf-8").replace(column, f"{column}    stars: Mapped[int | None]\n"))
    again = python(*revise[:-1], "stars", path=tmp_path / "site", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    second = (written.parent / "kudos_0002_stars.py").read_text("utf-8")
    assert "stars" in second
    assert "create_table" not in second
