"""Which files of a submission a reviewer may know of, and under which paths."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from nbpeer.scrub.names import Names

_LEFT_OUT_FILES = frozenset({"timestamp.txt", "receipt.jws", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_LEFT_OUT_FOLDERS = frozenset({"__pycache__", "__macosx", "feedback", "$recycle.bin", "system volume information"})
_LEFT_OUT_ENDINGS = (".pyc", ".pyo", "_info.json", ".jwt", ".lnk", "~", ".swp")
_RECEIPT = re.compile(r"\.receipt-\d+(-\w+)?\.txt$")


def clean_paths(paths: Iterable[str], names: Names) -> dict[str, str]:
    """Return clean path -> original path for the files that a reviewer may know of, in the order of the clean paths."""
    clean: dict[str, str] = {}
    for path in sorted(paths):
        if is_left_out(path):
            continue
        wanted = candidate = names.replace_in_path(path)
        number = 2
        while candidate in clean:
            pure = PurePosixPath(wanted)
            candidate = str(pure.with_name(f"{pure.stem}-{number}{pure.suffix}"))
            number += 1
        clean[candidate] = path
    return dict(sorted(clean.items()))


def is_left_out(path: str) -> bool:
    """Say whether a file is hidden, a cache, of version control, of the system or of the exchange."""
    *folders, file = path.lower().split("/")
    if any(part.startswith(".") for part in (*folders, file)) or file in _LEFT_OUT_FILES:
        return True
    if _RECEIPT.search(file):
        return True
    return file.endswith(_LEFT_OUT_ENDINGS) or any(folder in _LEFT_OUT_FOLDERS for folder in folders)
