"""What attacks are told: their sources name it as `@name@`."""

import json
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from tests.hostile.attack import Attack
from tests.unit.grading.course import Course

CHECKOUT = Path(__file__).parents[2]
TOKEN = "s3cret-f00d"
SECRET = "words-of-a-classmate"
"""What the first learner has in a file."""


def told(text: str, known: Mapping[str, object]) -> str:
    """Return a source with what an attacker may know filled in."""
    for name, value in known.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def hand_in(attack: Attack, account: str, course: Course, known: Mapping[str, object]) -> None:
    """Hand in an attack; no two accounts hand in the same."""
    answers = {name: told(source, known) for name, source in attack.answers.items()}
    notebook = course.answered(**answers)
    notebook.cells[0].source += f"\n\n{account}"
    changed = attack.change(notebook)
    folder = course.hand_in(account, None, dict(attack.files))
    if changed is not None:
        (folder / "ps1.ipynb").write_bytes(changed if isinstance(changed, bytes) else as_bytes(changed))
    attack.prepare(folder)


def as_bytes(notebook: NotebookNode) -> bytes:
    """Return a notebook's JSON, however invalid it is; nbformat would mend it."""
    return json.dumps(notebook).encode()
