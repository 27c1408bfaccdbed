"""Programs in the sandbox: what they see, what they may, and that nothing is left of them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nbcohort.sandbox import (
    HOME,
    WORK,
    Limits,
    Policy,
    SandboxFailed,
    SandboxUnavailable,
    Tier,
    Watch,
    python_environment,
    start,
    wrap,
)
from nbcohort.sandbox import probe as find_tier
from nbcohort.sandbox.bubblewrap import starter_environment, unused_user
from nbcohort.sandbox.policy import without_nested
from nbcohort.sandbox.process import Sandboxed


@pytest.fixture(scope="module")
def tier() -> Tier:
    try:
        return find_tier("namespaces")
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return Policy(python_environment(), folder=tmp_path)


def run(source: str, policy: Policy, tier: Tier) -> "subprocess.CompletedProcess[str]":
    command = wrap([sys.executable, "-c", source], policy, tier)
    return subprocess.run(
        command, env=starter_environment(policy), capture_output=True, text=True, check=False, timeout=60
    )


def test_only_regular_files_get_in_as_copies(tmp_path: Path, policy: Policy, tier: Tier) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "data.csv").write_text("1,2")
    (tmp_path / "secret").symlink_to("/etc/shadow")
    (tmp_path / "left.ipynb").write_text("{}")
    os.mkfifo(tmp_path / "pipe")
    source = (
        "import os; print(os.getcwd(), sorted(os.listdir()), open('deep/data.csv').read()); os.remove('deep/data.csv')"
    )

    result = run(source, replace(policy, left_out=("left.ipynb",)), tier)

    assert result.stdout == f"{WORK} ['deep'] 1,2\n", result.stderr
    assert (tmp_path / "deep" / "data.csv").read_text() == "1,2"


def test_the_environment_is_what_the_policy_says_and_no_more(
    policy: Policy, tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    source = "import os; print(sorted(os.environ), os.environ['HOME'], os.environ['ANSWER'])"

    result = run(source, replace(policy, environment={"ANSWER": "42"}), tier)

    names = ["ANSWER", "HOME", "LANG", "LOGNAME", "PATH", "PWD", "TMPDIR", "USER"]
    assert result.stdout == f"{names} {HOME} 42\n", result.stderr


def test_it_is_nobody_in_particular_without_capabilities(policy: Policy, tier: Tier) -> None:
    source = "import os; print(os.getuid() == 0, os.getgroups(), open('/proc/self/status').read())"

    result = run(source, policy, tier)

    if tier.privileged:
        assert result.stdout.startswith("False [")
    assert "CapEff:\t0000000000000000" in result.stdout
    assert "NoNewPrivs:\t1" in result.stdout


def test_a_home_that_lasts_keeps_what_is_written(tmp_path: Path, tier: Tier) -> None:
    home = tmp_path / "ana"
    home.mkdir()
    if tier.privileged:
        os.chown(home, 61234, 61234)
    policy = Policy(python_environment(), home=home, network=True, limits=None, nestable=True, user=61234)

    result = run("import os; open('kept.txt', 'w').write(os.getcwd())", policy, tier)

    assert result.returncode == 0, result.stderr
    assert (home / "kept.txt").read_text() == str(home)


def test_a_hidden_folder_inside_a_visible_one_is_empty(tmp_path: Path, tier: Tier) -> None:
    (tmp_path / "env" / "course").mkdir(parents=True)
    (tmp_path / "env" / "course" / "gradebook.db").write_text("grades")
    (tmp_path / "env" / "library.py").write_text("")
    policy = Policy((*python_environment(), tmp_path / "env"), hidden=(tmp_path / "env" / "course",))

    result = run(f"import os; print(os.listdir({str(tmp_path / 'env')!r}), os.listdir('course'))", policy, tier)
    seen = run(f"import os; print(os.listdir({str(tmp_path / 'env' / 'course')!r}))", policy, tier)

    assert "gradebook" not in result.stdout
    assert seen.stdout == "[]\n", seen.stderr


def test_files_that_do_not_fit_are_a_failure_with_a_reason(tmp_path: Path, policy: Policy, tier: Tier) -> None:
    (tmp_path / "big").write_bytes(bytes(2 << 20))

    with pytest.raises(SandboxFailed, match="No space left"):
        start(["true"], replace(policy, limits=Limits(disk=1 << 20)), tier)


@pytest.fixture
def sleeper(policy: Policy, tier: Tier) -> Iterator[Sandboxed]:
    source = "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(300)"
    program = start([sys.executable, "-c", source], policy, tier)
    yield program
    program.close()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_ending_it_ends_all_it_started(sleeper: Sandboxed) -> None:
    time.sleep(0.5)
    assert alive(sleeper.pid)

    sleeper.kill()

    assert not alive(sleeper.pid)
    assert sleeper.init is not None
    assert not alive(sleeper.init)


def test_it_is_ended_when_its_time_is_over(sleeper: Sandboxed) -> None:
    watch = Watch(sleeper, Limits(wall_seconds=0.3))
    watch.start()
    sleeper.starter.wait(timeout=20)
    watch.stop()

    assert watch.exceeded == "time"


def test_the_memory_of_all_its_processes_together_is_limited(policy: Policy, tier: Tier) -> None:
    source = "import os, time\nfor _ in range(3): os.fork()\nmine = bytearray(os.urandom(30 << 20))\ntime.sleep(60)"
    limits = Limits(memory=100 << 20)
    program = start([sys.executable, "-c", source], replace(policy, limits=limits), tier)
    watch = Watch(program, limits)
    watch.start()
    try:
        program.starter.wait(timeout=40)
    finally:
        watch.stop()
        program.close()

    assert watch.exceeded == "memory"


def test_forked_processes_that_share_their_memory_are_not_ended(policy: Policy, tier: Tier) -> None:
    source = "import os, time\nmine = os.urandom(60 << 20)\nfor _ in range(3): os.fork()\ntime.sleep(3)"
    limits = Limits(memory=200 << 20)
    program = start([sys.executable, "-c", source], replace(policy, limits=limits), tier)
    watch = Watch(program, limits)
    watch.start()
    try:
        program.starter.wait(timeout=40)
    finally:
        watch.stop()
        program.close()

    assert watch.exceeded is None


@pytest.mark.parametrize(
    ("uid_map", "lowest", "highest"),
    [
        ("0 0 4294967295", 1 << 30, (1 << 31) - 1),
        ("0 1000 1\n1 100000 65536", 60_000, 65_536),
        ("0 100000 65536", 60_000, 65_533),
    ],
)
def test_the_user_is_one_that_no_account_has(uid_map: str, lowest: int, highest: int) -> None:
    assert lowest < unused_user(uid_map) <= highest


def test_an_environment_is_seen_once_and_never_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "lib"
    inner.mkdir()

    assert without_nested([inner, tmp_path, Path("/usr/lib"), Path("/"), tmp_path / "missing"]) == (tmp_path,)
