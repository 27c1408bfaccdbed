"""Compare the feedback that was released with what a learner has fetched."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def feedback_status(folder: Path, released: Sequence[Mapping[str, Any]], notebook: str | None = None) -> dict[str, Any]:
    """Return the four keys with which nbgrader tells of feedback.

    `folder` is where it is fetched to, `released` the files (path, size, sha256) that there are: of a whole submission,
    or of one `notebook`. There is local feedback when every released file is here, updated when one differs.
    """
    local = [folder / file["path"] for file in released]
    has_local = bool(local) and all(file.is_file() for file in local)
    where = folder if notebook is None else folder / f"{notebook}.html"
    return {
        "has_local_feedback": has_local,
        "has_exchange_feedback": bool(released),
        "local_feedback_path": str(where) if has_local else None,
        "feedback_updated": has_local
        and any(not is_same(here, file) for here, file in zip(local, released, strict=True)),
    }


def is_same(here: Path, file: Mapping[str, Any]) -> bool:
    """Say whether a local file has the size and hash that the service names."""
    if not here.is_file() or here.stat().st_size != file["size"]:
        return False
    with here.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == str(file["sha256"])
