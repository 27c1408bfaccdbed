"""The built wheel, in an environment of its own outside the checkout: what an instructor installs."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSIGNMENT = "tidy-tables"

pytestmark = pytest.mark.slow


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target)


def without_ours(_folder: str, names: list[str]) -> set[str]:
    """Leave out the checkout's own installation, and compiled files, which name paths."""
    return {name for name in names if "nbcohort" in name or "nbpeer" in name or name == "__pycache__"}


@pytest.fixture(scope="module")
def nbcohort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The command `nbcohort` of an environment that holds the wheel and what it depends on, and no trace of here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    target = folder / "env" / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    target.rmdir()
    shutil.copytree(sysconfig.get_path("purelib"), target, copy_function=link_or_copy, ignore=without_ours)
    for data in ("share", "etc"):  # nbconvert's templates, kernels and other things of Jupyter
        if Path(sys.prefix, data).is_dir():
            shutil.copytree(Path(sys.prefix, data), folder / "env" / data, copy_function=link_or_copy)
    python = folder / "env" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    shutil.copy2(Path(sys.prefix, "bin", "alembic"), folder / "env" / "bin" / "alembic")
    yield folder / "env" / "bin" / "nbcohort"
    shutil.rmtree(folder)


def run(nbcohort: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{nbcohort.parent}:/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run(
        [str(nbcohort), *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def test_a_course_is_made_checked_and_graded_with_nothing_but_the_wheel(nbcohort: Path, tmp_path: Path) -> None:
    made = run(nbcohort, "new", "course", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    course = tmp_path / "course"

    checked = run(nbcohort, "check-course", "course", "--json", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    python = nbcohort.with_name("python")
    generated = subprocess.run(
        [str(python), "-m", "nbgrader", "generate_assignment", ASSIGNMENT, "--create"],
        cwd=course,
        env={"PATH": f"{nbcohort.parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert generated.returncode == 0, generated.stderr
    shutil.copytree(course / "release" / ASSIGNMENT, course / "submitted" / "untouched" / ASSIGNMENT)
    shutil.copytree(course / "source" / ASSIGNMENT, course / "submitted" / "solved" / ASSIGNMENT)

    graded = run(nbcohort, "grade", ASSIGNMENT, "--no-collect", "--no-release", "--json", cwd=course)
    assert graded.returncode == 0, graded.stdout + graded.stderr
    scores = {one["account"]: one["score"] for one in json.loads(graded.stdout)["submissions"]}
    assert scores == {"solved": 14.0, "untouched": 0.0}
