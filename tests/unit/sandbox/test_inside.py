"""Notebooks that are forked from one process: what keeps them from each other, from their starter and from the machine.

All of it with namespaces and without, as whoever runs the tests, and as an ordinary user if that is root.
"""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

import nbcohort
from nbcohort.sandbox import Limits, Policy, SandboxFailed, SandboxUnavailable, Tier, probe, python_environment, wrap
from nbcohort.sandbox.bubblewrap import starter_environment
from nbcohort.sandbox.fork_plan import plan_of
from nbcohort.sandbox.inside import landlock_version
from nbcohort.sandbox.seccomp import libseccomp
from nbcohort.sandbox.tier import Kind
from tests.unit.sandbox.forking import INSIDE, Notebook, Zygote, zygote

SECRET = "the-grades"


@pytest.fixture(scope="module", params=get_args(Kind))
def tier(request: pytest.FixtureRequest) -> Tier:
    try:
        return probe(request.param)
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def parent(tier: Tier) -> Iterator[Zygote]:
    with zygote(tier) as running:
        yield running


@pytest.fixture(scope="module")
def ana(parent: Zygote) -> Notebook:
    return parent.fork()


@pytest.fixture(scope="module")
def ben(parent: Zygote) -> Notebook:
    return parent.fork()


def attempts(*lines: str) -> str:
    """Return code that tries each line, and tells of each what came of it: its value, or the name of the error."""
    return f"""
def attempt(line):
    try:
        return repr(eval(line))
    except BaseException as error:
        return type(error).__name__
import ctypes, os, signal, socket, subprocess, threading
result = [attempt(line) for line in {list(lines)!r}]
"""


def test_each_starts_in_an_empty_folder_that_it_can_write_to(ana: Notebook, tier: Tier) -> None:
    here, home, temporary, found = ana.do(
        "import os, tempfile; result = [os.getcwd(), os.environ['HOME'], tempfile.gettempdir(), os.listdir()]"
    )

    assert found == []
    assert Path(here).parent == Path(home)
    ana.do(
        f"import shutil; open('a', 'w').write('1'); os = shutil.os; os.mkdir('b'); shutil.move('a', 'b/c')"
        f"; shutil.copy('b/c', {temporary!r}); shutil.rmtree('b')"
    )


def test_no_two_see_each_others_files(parent: Zygote) -> None:
    ana, ben = parent.fork(), parent.fork()
    here, temporary = ana.do(
        "import os, tempfile; open('mine', 'w').close(); result = [os.getcwd(), tempfile.mkstemp()[1]]"
    )

    told = ben.do(attempts(f"os.listdir({here!r})", f"open('{here}/mine')", f"open({temporary!r})", "os.listdir()"))

    assert told[0] in ("PermissionError", "[]")
    assert told[1:3] in (["PermissionError"] * 2, ["FileNotFoundError"] * 2)
    assert told[3] == "[]"


def test_no_two_see_or_signal_each_other_nor_what_is_above_them(
    ana: Notebook, ben: Notebook, parent: Zygote, tier: Tier
) -> None:
    others = [os.getpid(), parent.program.pid]
    if tier.kind == "namespaces":
        assert ana.do("import os; result = sorted(name for name in os.listdir('/proc') if name.isdigit())") in (
            ["1", "2"],
            [],  # without a /proc of its own
        )
        foreign = [pid for pid in others if pid > 2]
        assert ana.do(attempts(*(f"os.kill({pid}, 0)" for pid in foreign))) == ["ProcessLookupError"] * len(foreign)
        ana.do(attempts("os.kill(1, signal.SIGKILL)", "os.kill(1, signal.SIGTERM)"))
        assert ana.do("result = 'alive'") == "alive"
        return
    others.append(ben.do("import os; result = os.getpid()"))
    assert ana.do(attempts(*(f"os.kill({pid}, 0)" for pid in others))) == ["PermissionError"] * 3
    assert ana.do(attempts(*(f"open('/proc/{pid}/status')" for pid in others))) == ["PermissionError"] * 3
    assert ana.do(attempts("open('/proc/self/status').close()", "os.kill(os.getpid(), 0)")) == ["None", "None"]


def test_it_is_nobody(ana: Notebook, ben: Notebook, tier: Tier) -> None:
    who = "import os; result = [os.getuid(), os.getgid(), os.getgroups()]"
    user, group, groups = ana.do(who)

    if tier.privileged:
        assert user == group > 1 << 30
        assert groups == []
        assert user != ben.do(who)[0]
    elif tier.kind == "namespaces":
        assert user in (1000, 65534)
    assert user != 0 or os.getuid() == 0
    if tier.proc or tier.kind == "landlock":
        status = dict(line.split(":\t") for line in ana.do("result = open('/proc/self/status').read()").splitlines())
        reading = "0" * 15 + "4"  # where only root can come as far as Python
        assert status["CapEff"] == status["CapPrm"] in ("0" * 16, *([reading] if tier.kind == "landlock" else []))
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"].strip() == "2"


def test_there_is_no_network_but_its_own(ana: Notebook, ben: Notebook, tier: Tier) -> None:
    packets, bluetooth, cryptography, machines = 17, 31, 38, 40
    families = (packets, bluetooth, cryptography, machines)
    made = ana.do(attempts(*(f"socket.socket({family}, socket.SOCK_RAW).close()" for family in families)))
    assert set(made) <= {"OSError", "PermissionError"}, made
    with socket.create_server(("127.0.0.1", 0)) as ours:
        theirs = ben.do(attempts("setattr(socket, 'kept', socket.create_server(('127.0.0.1', 8765)))"))
        reached = ana.do(
            attempts(
                f"socket.create_connection(('127.0.0.1', {ours.getsockname()[1]}), 2)",
                "socket.create_connection(('127.0.0.1', 8765), 2)",
                "socket.create_connection(('192.0.2.1', 80), 2)",
                "socket.create_connection(('2001:db8::1', 80), 2)",
                "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
            )
        )
    if tier.kind == "landlock":
        assert {*theirs, *reached} == {"PermissionError"}
        return
    assert theirs == ["None"]
    assert reached == ["ConnectionRefusedError", "ConnectionRefusedError", "OSError", "OSError", "PermissionError"]
    itself = ben.do(attempts("socket.create_connection(socket.kept.getsockname()).getpeername()"))
    assert itself == ["('127.0.0.1', 8765)"]


def test_sockets_of_others_are_out_of_reach(ana: Notebook, tmp_path: Path) -> None:
    path, name = tmp_path / "docker.sock", f"\0nbcohort-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as another:
        for listening, address in ((one, str(path)), (another, name)):
            listening.bind(address)
            listening.listen()
        for inner in (path, tmp_path, *tmp_path.parents[:2]):
            inner.chmod(0o777)
        reached = ana.do(
            "import socket\nresult = []\n"
            f"for address in [{str(path)!r}, {name!r}]:\n"
            "    try: socket.socket(socket.AF_UNIX).connect(address)\n"
            "    except OSError as error: result.append(type(error).__name__)\n"
        )

    assert reached in (["FileNotFoundError", "ConnectionRefusedError"], ["PermissionError"] * 2)


REFUSED = (
    *(
        "ptrace",
        "process_vm_readv",
        "mount",
        "umount2",
        "open_tree",
        "fsopen",
        "pivot_root",
        "chroot",
        "unshare",
        "setns",
    ),
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "keyctl", "add_key", "open_by_handle_at", "kcmp"),
    *("pidfd_getfd", "swapon", "reboot", "acct", "quotactl", "init_module", "kexec_load", "memfd_create", "clone3"),
)


def test_system_calls_that_no_notebook_needs_are_refused(ana: Notebook) -> None:
    library = libseccomp()
    assert library
    numbers = {name: library.number(name.encode()) for name in REFUSED}

    told = ana.do(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nresult = {}\n"
        f"for name, number in {numbers!r}.items():\n"
        "    result[name] = [libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno()]"
    )

    expected = {name: [-1, 38 if name in ("memfd_create", "clone3") else 1] for name in REFUSED}
    assert told == expected


@pytest.mark.parametrize("namespace", [0x00020000, 0x10000000, 0x20000000, 0x40000000])
def test_a_new_process_cannot_have_namespaces_of_its_own(namespace: int, ana: Notebook) -> None:
    library = libseccomp()
    assert library
    told = ana.do(
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"made = libc.syscall({library.number(b'clone')}, {namespace | 17}, 0, 0, 0, 0)\n"
        "if made == 0: os._exit(0)\nresult = [made, ctypes.get_errno()]"
    )

    assert told == [-1, 1]


def test_everything_it_may_use_is_limited(ana: Notebook, tier: Tier) -> None:
    limits = Limits()
    told = ana.do(
        "import resource\nresult = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource)"
        " if name.startswith('RLIMIT_')}"
    )

    for name, value in limits.resources().items():
        if name != "RLIMIT_NPROC" or tier.privileged or tier.kind == "namespaces":
            assert told[name] == [value, value], name
    assert ana.do(attempts("bytearray(3 << 30)")) == ["MemoryError"]


def test_it_has_its_own_share_of_processes_and_leaves_others_theirs(tier: Tier) -> None:
    policy = Policy(python_environment(INSIDE), forks=True, limits=Limits(processes=12))
    bomb = """
import os, threading
result, stop = 0, threading.Event()
try:
    while result < 100:
        threading.Thread(target=stop.wait, daemon=True).start()
        result += 1
except RuntimeError:
    pass
"""
    with zygote(tier, policy) as parent:
        ana, ben = parent.fork(), parent.fork()
        ours = ana.do(bomb)
        theirs = ben.do(bomb)

    assert 0 < ours <= 30
    if tier.privileged or tier.kind == "namespaces":
        assert ours == theirs == 11


def test_processes_can_be_started_only_where_they_end_with_it(ana: Notebook, tier: Tier) -> None:
    told = ana.do(attempts("subprocess.run(['true']).returncode", "os.waitpid(os.fork() or os._exit(3), 0)[1] >> 8"))

    assert told == (["0", "3"] if tier.kind == "namespaces" else ["PermissionError"] * 2)


def test_it_ends_with_what_it_was_forked_from(tier: Tier) -> None:
    with zygote(tier) as parent:
        ana = parent.fork()
        told = ana.do("import ctypes; result = ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)")
        parent.program.kill()
        with pytest.raises(EOFError):
            ana.answer()

    assert told == (0 if tier.kind == "namespaces" else -1)


def test_it_outlives_the_thread_that_has_started_what_it_is_forked_from(tier: Tier) -> None:
    started: list[Zygote] = []
    with ExitStack() as stack:
        policy = Policy(python_environment(INSIDE), forks=True)
        thread = threading.Thread(target=lambda: started.append(Zygote(policy, tier, stack)))
        thread.start()
        thread.join()

        assert started[0].fork().do("result = 'here'") == "here"
        assert started[0].program.starter.poll() is None


def test_what_it_has_written_can_be_read_when_it_has_ended(tier: Tier) -> None:
    with zygote(tier) as parent:
        ana = parent.fork()
        ana.do("open('result.csv', 'w').write('1,2')")
        with pytest.raises(EOFError):
            ana.do("import os; os._exit(0)")

        opened = os.open("result.csv", os.O_RDONLY, dir_fd=ana.folder)
        assert os.read(opened, 10) == b"1,2"
        os.close(opened)


def test_files_of_its_starter_stay_as_they_are(ana: Notebook, tmp_path: Path) -> None:
    gradebook = tmp_path / "gradebook.db"
    gradebook.write_text(SECRET)
    gradebook.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o777)
    before = gradebook.stat()

    told = ana.do(
        attempts(
            f"open({str(gradebook)!r}).read()",
            f"open({str(gradebook)!r}, 'r+')",
            *(f"os.{do}({str(gradebook)!r}, *{arguments})" for do, arguments in CHANGES.items()),
            f"os.listdir({str(tmp_path)!r})",
        )
    )

    assert gradebook.read_text() == SECRET
    now = gradebook.stat()
    assert (now.st_mode, now.st_mtime, now.st_uid, now.st_nlink) == (
        before.st_mode,
        before.st_mtime,
        before.st_uid,
        before.st_nlink,
    )
    assert os.listxattr(gradebook) == []
    assert [told[0], told[1], told[-1]] in (["PermissionError"] * 3, ["FileNotFoundError"] * 3)


CHANGES: dict[str, tuple[Any, ...]] = {
    "chmod": (0,),
    "utime": ((1, 1),),
    "chown": (os.getuid(), os.getgid()),
    "truncate": (0,),
    "setxattr": ("user.nbcohort", b"was here"),
    "rename": ("stolen.db",),
    "link": ("stolen.db",),
    "unlink": (),
}


def test_what_surrounds_it_shows_no_secrets(ana: Notebook) -> None:
    ourselves = ana.do("import os; result = os.getpid()")
    told = ana.do(
        attempts(
            "open('/etc/shadow').read()",
            "os.listdir('/root/.ssh')",
            *(f"open('/proc/{pid}/environ').read()" for pid in {os.getpid(), os.getppid()} - {ourselves}),
            "open('/proc/1/environ').read()",
            "open('/proc/1/mem', 'r+b')",
            "open('/proc/self/../1/maps').read()",
        )
    )

    assert set(told) <= {"PermissionError", "FileNotFoundError", "''"}, told


def test_a_hidden_folder_in_a_visible_one_cannot_be_read(tier: Tier, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    course = environment / "lib" / "course"
    course.mkdir(parents=True)
    (course / "gradebook.db").write_text(SECRET)
    (environment / "lib" / "to-the-course").symlink_to(course)
    (environment / "lib" / "library.py").write_text("")
    for folder in (environment, tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    policy = Policy(python_environment(INSIDE, environment), hidden=(course,), forks=True)
    with zygote(tier, policy) as parent:
        told = parent.fork().do(
            attempts(
                f"sorted(os.listdir('{environment}/lib'))",
                f"open('{environment}/lib/library.py').read()",
                f"open('{course}/gradebook.db').read()",
                f"open('{environment}/lib/to-the-course/gradebook.db').read()",
            )
        )

    assert told[:2] == ["['course', 'library.py', 'to-the-course']", "''"]
    assert told[2] == told[3] in ("PermissionError", "FileNotFoundError")


def test_pairs_of_sockets_and_threads_work_everywhere(ana: Notebook) -> None:
    source = """
import asyncio, socket, threading
async def main():
    reader, writer = await asyncio.open_connection(sock=ours)
    return (await reader.read(2)).decode() + await asyncio.to_thread(lambda: "!")
ours, theirs = socket.socketpair()
theirs.send(b"hi")
result = asyncio.run(main())
"""

    assert ana.do(source) == "hi!"


def test_scikit_learn_does_not_warn_where_it_cannot_start_processes(ana: Notebook) -> None:
    source = "import warnings; warnings.simplefilter('error'); import joblib; result = joblib.Parallel(2)([])"

    assert ana.do(source) == []


def test_datagrams_which_can_be_addressed_stay_with_it(ana: Notebook, tier: Tier) -> None:
    told = ana.do(attempts("len(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))"))

    assert told == (["2"] if tier.kind == "namespaces" else ["PermissionError"])


def test_other_programs_need_namespaces() -> None:
    landlock = Tier(privileged=False, proc=False, kind="landlock")
    policy = Policy(python_environment())

    with pytest.raises(SandboxFailed, match="need a sandbox with namespaces"):
        wrap(["true"], policy, landlock)
    with pytest.raises(ValueError, match="needs a folder"):
        plan_of(replace(policy, forks=True), landlock)
    with pytest.raises(ValueError, match="needs limits"):
        plan_of(replace(policy, limits=None), landlock)


@pytest.mark.skipif(os.getuid() != 0, reason="we are an ordinary user")
def test_all_of_this_as_an_ordinary_user(tmp_path: Path) -> None:
    try:
        tier = probe("namespaces")
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    user = 61_200 + os.getpid() % 1_000  # whose share of processes nobody else's tests use up
    os.chown(tmp_path, user, user)
    checkout = Path(__file__).parents[3]
    visible = python_environment(Path(nbcohort.__file__).parent.parent, checkout / "tests", checkout / "pyproject.toml")
    policy = Policy(visible, home=tmp_path, network=True, environment=None, limits=None, nestable=True, user=user)
    options = [
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "-c",
        str(checkout / "pyproject.toml"),
        "--rootdir",
        str(checkout),
    ]
    command = wrap([sys.executable, "-B", "-m", "pytest", *options, __file__], policy, tier)

    ran = subprocess.run(command, env=starter_environment(policy), capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 skipped" in ran.stdout  # this one
    assert "landlock]" in ran.stdout or not landlock_version()
    assert "namespaces]" in ran.stdout
