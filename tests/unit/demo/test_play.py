"""Playing: in order, only what is left, and what is under way ends before a failure is told."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from nbcohort.demo.play import Scene, Step, Teller, play
from nbcohort.demo.site import Journal, Site, Time
from nbcohort.errors import Conflict, NbcohortError

MONDAY = datetime(2026, 1, 12, 8, tzinfo=UTC)


class Stage:
    """Somewhere to play."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: list[str] = []
        self.abandoned = False
        self.console = Console(file=StringIO(), width=80)
        self.open()

    def open(self) -> None:
        """As a new run of the demo does."""
        self.journal = Journal(self.folder / "journal.json")
        self.clock = Time(self.folder / "clock.json", self.journal)

    def step(self, name: str, do: Callable[[], str] | None = None, done: Callable[[], bool] = lambda: False) -> Step:
        def act() -> str:
            answer = do() if do else ""
            self.done.append(name)
            return answer

        return Step(name, f"{name} is done", act, done)

    def play(self, *scenes: Scene) -> int:
        def abandon() -> None:
            self.abandoned = True

        return play(scenes, self.clock, self.journal, Teller(self.console, ZoneInfo("UTC")), abandon)

    def said(self) -> str:
        file = self.console.file
        assert isinstance(file, StringIO)
        return file.getvalue()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_steps_are_played_in_order_at_their_time_and_told(stage: Stage) -> None:
    later = MONDAY + timedelta(days=1)
    assert stage.play(Scene(MONDAY, [stage.step("one"), stage.step("two")]), Scene(later, [stage.step("three")])) == 3
    assert stage.done == ["one", "two", "three"]
    assert timedelta() <= stage.clock.now() - later < timedelta(seconds=30)
    assert stage.said().index("Monday 12 January 2026") < stage.said().index("two is done")
    assert stage.said().index("Tuesday 13 January 2026") < stage.said().index("three is done")


def test_what_was_played_is_not_played_again_by_the_next_run(stage: Stage) -> None:
    stage.play(Scene(MONDAY, [stage.step("one")]))
    stage.open()
    assert stage.play(Scene(MONDAY, [stage.step("one"), stage.step("two")])) == 1
    assert stage.done == ["one", "two"]


def test_what_shows_as_done_is_not_done_again_though_the_journal_was_lost(stage: Stage) -> None:
    assert stage.play(Scene(MONDAY, [stage.step("one", done=lambda: True)])) == 0
    assert stage.done == []
    assert "one" in stage.journal.done


def test_whether_a_step_is_done_is_asked_only_after_the_steps_before_it(stage: Stage) -> None:
    def after_one() -> bool:
        assert stage.done == ["one"]
        return False

    stage.play(Scene(MONDAY, [stage.step("one"), stage.step("two", done=after_one)]))


def test_a_failure_is_raised_when_the_steps_beside_it_have_ended(stage: Stage) -> None:
    def fail() -> str:
        raise Conflict("The dog ate it.")

    def slowly() -> str:
        time.sleep(0.2)
        return ""

    with pytest.raises(Conflict, match="dog"):
        stage.play(Scene(MONDAY, [stage.step("slow", slowly), stage.step("bad", fail)], together=True))
    assert stage.done == ["slow"]
    assert not stage.abandoned


def test_an_interruption_does_not_wait_for_what_is_under_way(stage: Stage) -> None:
    ended = threading.Event()

    def interrupted() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(20)
        return ""

    def abandon() -> None:
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        play(
            [Scene(MONDAY, [stage.step("endless", interrupted)])],
            stage.clock,
            stage.journal,
            Teller(stage.console, ZoneInfo("UTC")),
            abandon,
        )
    assert ended.is_set()


def test_the_cohorts_time_never_goes_back_and_stands_still_between_runs(stage: Stage) -> None:
    stage.clock.move_to(MONDAY)
    stage.clock.move_to(MONDAY - timedelta(days=3))
    assert timedelta() <= stage.clock.now() - MONDAY < timedelta(seconds=30)
    stage.clock.keep()
    kept = stage.journal.time
    assert kept is not None
    opened = time.monotonic()
    time.sleep(1.5)
    stage.open()
    assert timedelta() <= stage.clock.now() - kept < timedelta(seconds=time.monotonic() - opened - 1)


def test_secrets_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    site = Site(tmp_path / "demo")
    assert site.prepare() == site.prepare()
    assert [oct(path.stat().st_mode & 0o77) for path in (site.folder, site.folder / "demo.json")] == ["0o0", "0o0"]


def test_a_folder_with_something_else_in_it_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for attempt in (Site(tmp_path).prepare, Site(tmp_path).forget):
        with pytest.raises(Conflict, match="something else"):
            attempt()
    assert (tmp_path / "thesis.txt").exists()


def test_a_folder_is_for_one_demo_at_a_time(tmp_path: Path) -> None:
    site = Site(tmp_path / "demo")
    with site.alone(), pytest.raises(Conflict, match="already"), site.alone():
        pass


def test_forgetting_removes_the_folder_once(tmp_path: Path) -> None:
    site = Site(tmp_path / "demo")
    site.prepare()
    assert site.forget()
    assert not site.folder.exists()
    assert not site.forget()


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NbcohortError, match="needs a folder to write to"), Site(tmp_path / "file" / "demo").alone():
        pass
