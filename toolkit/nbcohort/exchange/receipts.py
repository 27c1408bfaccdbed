"""Keep receipts on the learner's side, outside the assignment's folder so that no later submission contains them."""

from collections.abc import Mapping
from pathlib import Path


def receipts_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for receipts, by the XDG base directory specification."""
    data = environment.get("XDG_DATA_HOME", "")
    base = Path(data) if data.startswith("/") else Path(environment.get("HOME", "~")).expanduser() / ".local/share"
    return base / "nbcohort" / "receipts"


def keep_receipt(folder: Path, cohort: str, assignment: str, submission: Mapping[str, object]) -> Path:
    """Write a submission's receipt (a compact JWS) to <cohort>/<assignment>/<attempt>-<id>.jwt and return where."""
    file = folder / cohort / assignment / f"{submission['attempt']}-{submission['id']}.jwt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{submission['receipt']}\n")
    file.chmod(0o600)
    return file
