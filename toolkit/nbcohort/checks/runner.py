"""Run a notebook for a check: Papermill does, through the engine `nbcohort`, so in the sandbox."""

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from papermill.engines import papermill_engines

from nbcohort.grading.run import How
from nbcohort.sandbox import Limits

ENGINE = "nbcohort"
LIMITS = Limits(wall_seconds=300)
"""What a notebook may use while it is checked; others wait for their turn."""


@dataclass(frozen=True)
class Settings:
    """How notebooks are run."""

    limits: Limits = LIMITS
    how: How = field(default_factory=lambda: How(environment={"NBGRADER_EXECUTION": "validate"}))
    unsafe: bool = False
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Ran:
    """A notebook with its outputs, errors too."""

    notebook: NotebookNode
    tier: str
    seconds: float


def run(notebook: NotebookNode, folder: Path, settings: Settings) -> Ran:
    """Run all cells of `notebook`, in place, beside copies of the files in `folder`.

    Raises what `nbcohort.grading.run.run_notebook` raises.
    """
    notebook.metadata["papermill"] = NotebookNode()
    ran = papermill_engines.execute_notebook_with_engine(
        ENGINE,
        notebook,
        kernel_of(notebook),
        progress_bar=False,
        folder=folder.absolute(),
        how=settings.how,
        limits=settings.limits,
        unsafe=settings.unsafe,
        hidden=settings.hidden,
        to_the_end=True,
    )
    about = ran.metadata.papermill["nbcohort"]
    return Ran(ran, about["sandbox"], about["seconds"])


def kernel_of(notebook: NotebookNode) -> str:
    """Return the name of the kernel that a notebook asks for; this Python's if it does not say."""
    spec = notebook.metadata.get("kernelspec")
    return str((spec.get("name") if isinstance(spec, dict) else None) or "python3")
