"""`nbcohort doctor`: what it says of this machine, and of poorer ones."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from nbcohort.sandbox import Tier, cli
from nbcohort.sandbox import doctor as doctor_module
from nbcohort.sandbox.doctor import Finding, Report, examine
from nbcohort.sandbox.probe import FORCED

NAMESPACES = Tier(privileged=False, proc=True)
LANDLOCK = Tier(privileged=False, proc=False, kind="landlock")


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    cli.commands(app)
    result = CliRunner().invoke(app, ["doctor", *arguments])
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FORCED, raising=False)


def on_a_machine(monkeypatch: pytest.MonkeyPatch, **found: Any) -> None:
    """Pretend that looking for each kind of sandbox finds this."""
    monkeypatch.setattr(doctor_module, "look", found.__getitem__)
    monkeypatch.setattr(doctor_module, "why_no_forks", lambda tier: None)


def named(report: Report, name: str) -> Finding:
    return next(finding for finding in report.findings if finding.name == name)


def test_it_says_of_this_machine_what_probing_finds() -> None:
    status, printed = run("--json")
    report = json.loads(printed)

    assert status == (0 if report["tier"] else 1)
    names = [finding["name"] for finding in report["findings"]]
    assert names[0] == "sandbox"
    for name in ("bubblewrap", "libseccomp", "Landlock", "kernel", "user", "environment", "limits", "machine"):
        assert name in names
    assert named(examine(), "environment").value.endswith(sys.prefix)


def test_people_read_a_line_for_each_thing_and_one_for_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine(monkeypatch, namespaces="bubblewrap is not installed.", landlock=LANDLOCK)
    status, printed = run()

    assert status == 0
    lines = printed.splitlines()
    assert lines[0].split() == ["weak", "sandbox", "landlock", "(user)"]
    assert lines[1].strip() == "bubblewrap is not installed."
    assert any(line.startswith("missing  servers") for line in lines)
    assert any(line.startswith("weak     processes") for line in lines)


def test_with_namespaces_there_is_nothing_to_complain_of(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine(monkeypatch, namespaces=NAMESPACES, landlock="This kernel has no Landlock.")

    assert named(examine(), "sandbox") == Finding("sandbox", "good", "namespaces (user)")
    assert named(examine(), "notebooks").verdict == "good"


def test_without_any_sandbox_the_status_is_1_and_the_reasons_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine(monkeypatch, namespaces="bubblewrap is not installed.", landlock="This kernel has no Landlock.")
    status, printed = run("--json")

    assert status == 1
    report = json.loads(printed)
    assert report["tier"] is None
    assert report["findings"][0]["advice"] == "bubblewrap is not installed. This kernel has no Landlock."


def test_what_the_environment_asks_for_is_what_it_gets_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine(monkeypatch, namespaces=NAMESPACES, landlock=LANDLOCK)
    monkeypatch.setenv(FORCED, "landlock")
    report = examine()

    assert report.tier == "landlock (user)"
    assert "NBCOHORT_SANDBOX asks for landlock" in named(report, "sandbox").advice
    assert named(report, "servers").verdict == "good"

    monkeypatch.setenv(FORCED, "docker")
    assert examine().tier is None
    assert "can be namespaces or landlock" in examine().findings[0].advice


def test_where_forks_cannot_isolate_themselves_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine(monkeypatch, namespaces=NAMESPACES, landlock=LANDLOCK)
    monkeypatch.setattr(doctor_module, "why_no_forks", lambda tier: "Operation not permitted")
    finding = named(examine(), "notebooks")

    assert finding.verdict == "weak"
    assert "(Operation not permitted)" in finding.advice
    assert "AppArmor" in finding.advice


def test_what_is_missing_or_old_comes_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_a_machine(monkeypatch, namespaces="bubblewrap is not installed.", landlock=LANDLOCK)
    monkeypatch.setattr(doctor_module, "libseccomp", lambda: None)
    monkeypatch.setattr(doctor_module, "landlock_version", lambda: 0)
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    report = examine()

    assert named(report, "libseccomp").advice == "apt-get install libseccomp2"
    assert named(report, "Landlock").verdict == "missing"
    assert named(report, "bubblewrap") == Finding("bubblewrap", "weak", "0.4.1", "Install version 0.8 or later.")

    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(doctor_module, "landlock_version", lambda: 3)
    assert named(examine(), "bubblewrap").advice == "apt-get install bubblewrap"
    assert named(examine(), "Landlock").verdict == "weak"
