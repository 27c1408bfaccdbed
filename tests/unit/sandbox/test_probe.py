"""Which sandbox is chosen, and what is said where there is none."""

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from nbcohort.sandbox import SandboxUnavailable, Tier, probe
from nbcohort.sandbox.inside import landlock_version
from nbcohort.sandbox.probe import FORCED, candidates, kinds, landlock_candidates, look, why_no_forks
from nbcohort.sandbox.process import processes_elsewhere


def test_root_tries_to_become_someone_else_first_and_others_cannot() -> None:
    assert [tier.privileged for tier in candidates(0)] == [True, True, False, False]
    assert [tier.privileged for tier in candidates(1000)] == [False, False]
    assert [tier.name for tier in candidates(1000)] == ["namespaces (user)", "namespaces (user, without /proc)"]
    assert [tier.name for tier in landlock_candidates(0)] == ["landlock (root)", "landlock (user)"]
    assert [tier.name for tier in landlock_candidates(1000)] == ["landlock (user)"]


def test_namespaces_come_first_and_the_environment_can_ask_for_either() -> None:
    assert kinds({}) == ("namespaces", "landlock")
    assert kinds({FORCED: "landlock"}) == ("landlock",)
    assert kinds({FORCED: "namespaces"}) == ("namespaces",)
    with pytest.raises(SandboxUnavailable, match="NBCOHORT_SANDBOX is docker; it can be namespaces or landlock"):
        kinds({FORCED: "docker"})


def test_servers_are_not_what_the_environment_asks_about(monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(look("namespaces"), str):
        pytest.skip("there are no namespaces")
    monkeypatch.setenv(FORCED, "landlock")
    probe.cache_clear()

    assert probe("namespaces").kind == "namespaces"
    probe.cache_clear()


def test_without_bubblewrap_notebooks_are_still_held(monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(look("landlock"), str):
        pytest.skip("there is no Landlock")
    monkeypatch.delenv(FORCED, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    probe.cache_clear()

    assert probe().kind == "landlock"
    probe.cache_clear()


def test_without_anything_the_sentence_gives_both_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FORCED, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(sys.modules["nbcohort.sandbox.inside"], "landlock_version", lambda: 0)
    probe.cache_clear()

    with pytest.raises(SandboxUnavailable, match=r"no sandbox\..*apt-get install bubblewrap.*no Landlock.*Linux 5\.13"):
        probe()
    probe.cache_clear()


def test_without_bubblewrap_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    assert "apt-get install bubblewrap" in str(look("namespaces"))


def test_where_bubblewrap_cannot_work_the_sentence_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert "No permissions to create new namespace" in str(look("namespaces"))


def test_without_libseccomp_the_tier_says_so_and_landlock_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["nbcohort.sandbox.probe"], "can_filter", lambda: False)
    found = look("namespaces")

    if isinstance(found, Tier):
        assert found.name.endswith(", without seccomp)")
        assert why_no_forks(found) is None
    assert "apt-get install libseccomp2" in str(look("landlock")) or not landlock_version()


@pytest.fixture
def namespaces() -> Tier:
    found = look("namespaces")
    if isinstance(found, str):
        pytest.skip(found)
    return found


def test_notebooks_can_be_forked_wherever_there_are_namespaces(namespaces: Tier) -> None:
    assert why_no_forks(namespaces) is None
    assert why_no_forks(dataclasses.replace(namespaces, proc=False)) is None


def test_where_forks_cannot_isolate_themselves_the_reason_is_given(
    namespaces: Tier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forbidding = tmp_path / "bwrap"  # as AppArmor's profile of bubblewrap does: no capabilities inside
    forbidding.write_text(FORBIDDING.format(path=os.environ["PATH"]))
    forbidding.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    why_no_forks.cache_clear()

    assert "Operation not permitted" in str(why_no_forks(namespaces))
    why_no_forks.cache_clear()


FORBIDDING = """#!/usr/bin/env python3
import os, sys
at = sys.argv.index("--chdir")
os.environ["PATH"] = {path!r}
os.execvp("bwrap", ["bwrap", *sys.argv[1:at], "--cap-drop", "ALL", *sys.argv[at:]])
"""


def test_old_kernels_and_those_without_namespaces_count_what_the_user_runs_elsewhere() -> None:
    user, root = Tier(privileged=False, proc=True), Tier(privileged=True, proc=True)
    alone = Tier(privileged=False, proc=False, kind="landlock")

    assert processes_elsewhere(user, "6.1.0-13-amd64") == 0
    assert processes_elsewhere(root, "5.10.0") == 0
    assert processes_elsewhere(user, "5.10.0-8-amd64") > 0
    assert processes_elsewhere(alone, "6.1.0-13-amd64") > 0
