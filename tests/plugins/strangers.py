"""Plugins made on the spot: a module and the metadata with which it would have been installed."""

import sys
from pathlib import Path

import pytest


def install(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    source: str,
    *,
    group: str = "nbcohort.service",
    requires: str = "nbcohort",
    plugin: str | None = None,
) -> None:
    """Put a distribution `name` with one module into `folder`, which is on the import path until the test ends."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(source)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: {requires}\n"
    )
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{plugin or name} = {name}.plugin\n")
    monkeypatch.syspath_prepend(folder)
    for module in (name, f"{name}.plugin"):
        monkeypatch.delitem(sys.modules, module, raising=False)
