"""What is run of one submission: a pure function of its notebooks, the files beside them, and settings.

In this process the files lie in a folder, and what cells write stays there. Elsewhere (a Dask worker) they travel as
bytes, and so does what cells write; no path of the course goes with them.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from nbcohort import __version__
from nbcohort.grading.cells import Onlooker
from nbcohort.grading.job import How
from nbcohort.grading.left import Keep
from nbcohort.grading.tamper.flags import Flag
from nbcohort.sandbox import Limits


@dataclass(frozen=True)
class Settings:
    """How notebooks are run, see `run.run_notebook`."""

    limits: Limits = field(default_factory=Limits)
    how: How = field(default_factory=How)
    unsafe: bool = False
    keep: Keep | None = None
    hidden: tuple[Path, ...] = ()

    def watched_by(self, onlooker: Onlooker | None) -> "Settings":
        """Return the same with someone who is told of each cell."""
        return replace(self, how=replace(self.how, onlooker=onlooker))

    def without_paths(self) -> "Settings":
        """Return what makes sense on another machine."""
        return replace(self.watched_by(None), hidden=())


@dataclass(frozen=True)
class Ran:
    """How it went."""

    tier: str
    """The sandbox, or `run.UNSAFE`."""
    left_behind: tuple[str, ...]
    """Files that cells wrote and that could not be kept."""
    remarks: tuple[str, ...]
    flags: Mapping[str, tuple[Flag, ...]] = field(default_factory=dict)
    """What is odd, by the name of the notebook."""


def run_in(folder: Path, notebooks: Mapping[str, NotebookNode], settings: Settings) -> Ran:
    """Run notebooks one after the other, in place, beside the files in `folder`, where what they write is kept.

    Raises what `run_notebook` raises.
    """
    from nbcohort.grading.run import run_notebook

    tier, left_behind, remarks = "", dict[str, None](), dict[str, None]()
    flags: dict[str, tuple[Flag, ...]] = {}
    for name, notebook in notebooks.items():
        done = run_notebook(
            notebook,
            folder,
            settings.limits,
            settings.how,
            unsafe=settings.unsafe,
            hidden=settings.hidden,
            keep=settings.keep,
        )
        tier = done.tier
        flags[name] = done.flags
        left_behind |= dict.fromkeys(done.left_behind)
        remarks |= dict.fromkeys(done.remarks)
    return Ran(tier, tuple(left_behind), tuple(remarks), flags)


@dataclass(frozen=True)
class Task:
    """A submission's notebooks and files, on their way to where they are run."""

    notebooks: tuple[tuple[str, str], ...]
    """Name and JSON."""
    files: tuple[tuple[str, bytes], ...]
    """Relative path and content."""
    settings: Settings


@dataclass(frozen=True)
class Done:
    """What came of it, on its way back."""

    notebooks: tuple[tuple[str, str], ...]
    written: tuple[tuple[str, bytes], ...]
    """The files that cells have written or changed."""
    ran: Ran


def pack(folder: Path, notebooks: Mapping[str, NotebookNode], settings: Settings) -> Task:
    """Return the task of running `notebooks` beside the files in `folder`."""
    texts = tuple((name, json.dumps(notebook)) for name, notebook in notebooks.items())
    return Task(texts, tuple(_files(folder).items()), settings.without_paths())


def perform(task: Task) -> Done:
    """Run a task in a throwaway folder; raises what `run_notebook` raises."""
    with tempfile.TemporaryDirectory(prefix="nbcohort-task-") as name:
        folder = Path(name)
        _write(folder, task.files)
        notebooks = {name: nbformat.from_dict(json.loads(text)) for name, text in task.notebooks}
        ran = run_in(folder, notebooks, task.settings)
        before = dict(task.files)
        written = tuple((path, content) for path, content in _files(folder).items() if before.get(path) != content)
        return Done(tuple((name, json.dumps(notebook)) for name, notebook in notebooks.items()), written, ran)


def unpack(done: Done, folder: Path) -> dict[str, NotebookNode]:
    """Put the files that cells have written into `folder`; return the notebooks."""
    _write(folder, done.written)
    return {name: nbformat.from_dict(json.loads(text)) for name, text in done.notebooks}


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _write(folder: Path, files: tuple[tuple[str, bytes], ...]) -> None:
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it may be read-only
        path.write_bytes(content)


def _described(settings: Settings) -> str:
    """Return settings as text, with names for functions: their addresses are others in each run."""
    client = {
        name: getattr(value, "__qualname__", "?") if callable(value) else value
        for name, value in settings.how.client.items()
    }
    return repr(replace(settings, how=replace(settings.how, client=client, onlooker=None)))


def key_of(
    folder: Path, notebooks: Mapping[str, NotebookNode], settings: Settings, never_the_same: tuple[str, ...]
) -> str:
    """Return the same for what gives the same when run: notebooks (but for cells' ids), files and settings.

    Files directly in `folder` whose names are in `never_the_same` make no difference.
    """
    found = hashlib.sha256(f"{__version__} {sys.version} {_described(settings)}".encode())
    for name, notebook in notebooks.items():
        cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook.cells]
        text = json.dumps([name, notebook.metadata, cells], sort_keys=True)
        found.update(f"\n{len(text)} {text}".encode())
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in never_the_same:
            found.update(f"\n{name} ".encode("utf-8", "surrogateescape"))
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()
