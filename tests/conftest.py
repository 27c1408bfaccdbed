"""Fixtures for all tests: the ones that plugin authors use, too."""

import pytest

pytest_plugins = ["nbcohort.testing"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that share what is made once for a file stay in one process (`--dist loadgroup`)."""
    for item in items:
        if isinstance(item, pytest.Function) and (group := _group(item)):
            item.add_marker(pytest.mark.xdist_group(group))


def _group(item: pytest.Function) -> str | None:
    """Return what is shared and with which parameters: a Hub by a folder, other things by a file; None for nothing."""
    if item.path.parent.name in ("browser", "hub"):
        return item.path.parent.name
    definitions = item._fixtureinfo.name2fixturedefs
    shared = {name for name, found in definitions.items() if found[-1].scope in ("module", "class", "package")}
    if not shared:
        return None
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return "-".join([item.path.stem, *(str(params[name]) for name in sorted(shared & params.keys()))])
