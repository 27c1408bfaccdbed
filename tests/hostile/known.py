"""What attacks are told: their sources name it as `@name@`."""

from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from tests.hostile.attack import Attack
from tests.unit.grading.course import Course

CHECKOUT = Path(__file__).parents[2]


def told(text: str, known: Mapping[str, object]) -> str:
    """Return a source with what an attacker may know filled in."""
    for name, value in known.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def write(attack: Attack, account: str, course: Course, known: Mapping[str, object]) -> None:
    """Hand in an attack; no two accounts hand in the same."""
    answers = {name: told(source, known) for name, source in attack.answers.items()}
    notebook: NotebookNode | bytes | None = course.answered(**answers)
    if isinstance(notebook, NotebookNode):
        notebook.cells[0].source += f"\n\n{account}"
        notebook = attack.change(notebook)
    folder = course.hand_in(account, None, dict(attack.files))
    if notebook is not None:
        (folder / "ps1.ipynb").write_bytes(notebook if isinstance(notebook, bytes) else as_bytes(notebook))
    attack.prepare(folder)


def as_bytes(notebook: NotebookNode) -> bytes:
    """Return a notebook's JSON, however invalid it is; nbformat would mend it."""
    import json

    return json.dumps(notebook).encode()
