"""A few checks run at once on a machine, and one in a course folder."""

import subprocess
import sys
from pathlib import Path

from nbcohort.checks.slots import one_at_a_time, slot, slots_here

HOLD = """
import sys
from pathlib import Path
from nbcohort.checks.slots import slot
with slot([Path(name) for name in sys.argv[1:]]):
    print("held", flush=True)
    sys.stdin.read()
"""


class Clock:
    """Time goes by only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def files(folder: Path, count: int) -> list[Path]:
    found = [folder / f"{number}.py" for number in range(count)]
    for file in found:
        file.touch()
        file.chmod(0o444)
    return found


def test_there_are_as_many_slots_as_files_and_then_one_waits(tmp_path: Path) -> None:
    two, clock = files(tmp_path, 2), Clock()
    with slot(two, clock=clock) as first, slot(two, clock=clock) as second:
        assert first
        assert second
        assert clock.now == 0
        with slot(two, patience=60, clock=clock, sleep=clock.sleep) as third:
            assert not third
            assert clock.now == 60
    with slot(two, clock=clock) as again:
        assert again


def test_a_slot_that_is_given_back_meanwhile_is_taken(tmp_path: Path) -> None:
    only, clock = files(tmp_path, 1), Clock()
    holder = slot(only)
    holder.__enter__()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        holder.__exit__(None, None, None)

    with slot(only, clock=clock, sleep=sleep) as held:
        assert held


def test_a_process_that_is_killed_holds_nothing_any_more(tmp_path: Path) -> None:
    only, clock = files(tmp_path, 1), Clock()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(only[0])], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with slot(only, patience=1, clock=clock, sleep=clock.sleep) as held:
            assert not held
        other.kill()
    with slot(only, clock=clock) as held:
        assert held


def test_what_cannot_be_locked_holds_nobody_up(tmp_path: Path) -> None:
    clock = Clock()
    with slot([], patience=5, clock=clock, sleep=clock.sleep) as held:
        assert not held


def test_there_is_at_least_one_slot_here_and_everybody_can_read_it() -> None:
    assert slots_here()
    assert all(file.is_file() for file in slots_here())


def test_one_folder_is_for_one_at_a_time_and_free_again_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "state" / "lock"
    with one_at_a_time(file):
        pass
    with one_at_a_time(file):
        assert file.exists()
