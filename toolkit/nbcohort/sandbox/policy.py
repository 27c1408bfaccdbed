"""What a sandboxed program sees and may do, as plain values."""

import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbcohort.sandbox.limits import Limits

HOME = Path("/home/learner")
"""The throwaway home inside a sandbox."""

WORK = HOME / "work"
"""Where the files of `Policy.folder` are, as copies, inside a sandbox; the program starts there."""

SOCKETS = Path("/run/nbcohort/sockets")
"""Where a program can put unix sockets that its starter reaches (`process.Sandboxed.sockets`)."""


@dataclass(frozen=True)
class Policy:
    """One sandbox: everything not named here is not there.

    Two uses: a run (grading, checks) leaves `home` out, gets copies of `folder`, an empty environment, no network, and
    all it writes is thrown away; a server (the demo's spawner) has a `home` that lasts, the network and the environment
    it was started with, and is `nestable`.
    """

    read_only: tuple[Path, ...]
    """Folders and files that are visible at their own paths, on top of the system's: see `python_environment`."""
    hidden: tuple[Path, ...] = ()
    """Folders that stay invisible although they lie in a visible one."""
    folder: Path | None = None
    """The program gets a copy of its regular files; links and devices are left out."""
    left_out: tuple[str, ...] = ()
    """Names of files directly in `folder` that the program does not get."""
    home: Path | None = None
    """A folder that is kept, writable at its own path; None for a throwaway home."""
    network: bool = False
    environment: Mapping[str, str] | None = field(default_factory=dict)
    """Added to what every program needs; None passes the starter's environment on, whatever it holds."""
    limits: Limits | None = field(default_factory=Limits)
    nestable: bool = False
    """Whether a sandbox inside this one can have a /proc of its own (the kernel allows it only where the outer /proc is
    mounted whole; bubblewrap covers parts of it when root starts it)."""
    forks: bool = False
    """Whether the program is a trusted one that forks and confines the forks (`inside`): it stays root in its sandbox,
    with what that needs, and the limits are for its forks, see `fork_plan.plan_of`."""
    user: int | None = None
    """The numeric user (and group) to become when started by root; None picks one that nobody else uses."""


def python_environment(*more: Path) -> tuple[Path, ...]:
    """Return the folders this interpreter and its packages live in, wherever they are, and `more`.

    A virtual environment needs its base as well, and a path with symbolic links needs the real one too.
    """
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts", "data")
    found = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix), Path(sys.executable).resolve().parent]
    found += [Path(sysconfig.get_path(name)) for name in names]
    found += [Path(str(sysconfig.get_config_var("LIBDIR")))]
    return without_nested([*found, *(path.resolve() for path in found), *more])


def shipped_solutions() -> tuple[Path, ...]:
    """Return the existing folders of this installation that hold solutions: the template, the exercises, the demo's.

    An installation for development has a second copy of them where packages are, beside nothing else of nbcohort.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1]
    packages = [package, *(Path(sysconfig.get_path(name), package.name) for name in ("purelib", "platlib"))]
    folders = [folder / inner for folder in packages for inner in ("_data", "demo/answers")]
    folders += [checkout / "course_template", checkout / "exercises", *(folder.resolve() for folder in folders)]
    return tuple(folder for folder in dict.fromkeys(folders) if folder.is_dir())


def without_nested(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the existing `paths`, sorted, without those inside another one or inside /usr, which is always there."""
    kept: list[Path] = [Path("/usr")]
    for path in sorted({path for path in paths if path.is_absolute() and path.exists() and path != Path("/")}):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return tuple(kept[1:])
