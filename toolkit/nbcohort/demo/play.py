"""Play scenes: whatever is not done yet, in order of the cohort's time, each step with a line that says so.

A step knows how to see, from the service or from somebody's home, whether it is done; so a play that was broken off
goes on where it was, and one that is over does nothing.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbcohort.demo.site import Journal, Time

TOGETHER = 3
"""How many people act at the same time, at most: more would only wait for the processor."""


@dataclass(frozen=True)
class Step:
    """One thing somebody does.

    Args:
        name: in the journal, and what idempotency keys are made from.
        title: what the progress line says.
        do: does it; returns what came of it, for the progress line, or nothing.
        done: whether it is done, asked of where it would show.
    """

    name: str
    title: str
    do: Callable[[], str]
    done: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True)
class Scene:
    """What happens at one time of the cohort; `together` if the steps do not need each other's outcome."""

    at: datetime
    steps: Sequence[Step]
    together: bool = False


class Teller:
    """Says on the terminal what happens, with the real time that passed and the cohort's time."""

    def __init__(self, console: Console, zone: ZoneInfo, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self._zone = zone
        self._clock = clock
        self._began = clock()
        self._day = ""

    def elapsed(self) -> float:
        """Return the seconds since the beginning."""
        return self._clock() - self._began

    def say(self, text: str, detail: str = "", style: str = "") -> None:
        """Say that something is done."""
        self._line("", text, detail, style)

    def step(self, at: datetime, title: str, detail: str) -> None:
        """Say that a step of the story is done."""
        local = at.astimezone(self._zone)
        day = f"{local:%A} {local.day} {local:%B %Y}"
        if day != self._day:
            self._day = day
            self.console.print(Text(f"\n{day}", style="bold cyan"))
        self._line(f"{local:%H:%M}", title, detail, "")

    def _line(self, when: str, text: str, detail: str, style: str) -> None:
        seconds = round(self.elapsed())
        row = Table.grid(padding=(0, 2, 0, 0))
        for width in (6, 5) if when else (6,):
            row.add_column(width=width, no_wrap=True)
        row.add_column(overflow="fold")
        said = Text.assemble((text, style), (f"  {detail}" if detail else "", "dim"))
        row.add_row(
            *(
                Text(f"{seconds // 60:>3}:{seconds % 60:02}", style="dim"),
                *([Text(when, style="cyan")] if when else []),
            ),
            said,
        )
        self.console.print(row)


def play(scenes: Sequence[Scene], clock: Time, journal: Journal, teller: Teller, abandon: Callable[[], None]) -> int:
    """Play what is not done yet; return how many steps that were.

    Raises whatever a step raises, after the steps that were under way have ended; at KeyboardInterrupt these are not
    waited for but ended by `abandon`.
    """
    played = 0
    for scene in scenes:
        for some in [list(scene.steps)] if scene.together else [[step] for step in scene.steps]:
            left = [step for step in some if not _is_done(step, clock, journal)]
            if left:
                clock.move_to(scene.at)
                _play_together(scene.at, left, clock, journal, teller, abandon)
                played += len(left)
    return played


def _is_done(step: Step, clock: Time, journal: Journal) -> bool:
    if step.name in journal.done:
        return True
    if step.done():
        journal.note(step.name, "", clock.now())
        return True
    return False


def _play_together(
    at: datetime, steps: Sequence[Step], clock: Time, journal: Journal, teller: Teller, abandon: Callable[[], None]
) -> None:
    with (
        teller.console.status(Text(f"{steps[0].title} ...")) as status,
        ThreadPoolExecutor(TOGETHER, thread_name_prefix="demo") as pool,
    ):
        waiting: dict[Future[str], Step] = {}
        try:
            for step in steps:
                waiting[pool.submit(step.do)] = step
            for finished in as_completed(waiting):
                step, detail = waiting[finished], finished.result()
                journal.note(step.name, detail, clock.now())
                teller.step(at, step.title, detail)
                rest = [one.title for future, one in waiting.items() if not future.done()]
                status.update(Text(f"{rest[0]} ...") if rest else Text(""))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):
                abandon()
            raise


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until `holds()`.

    Raises:
        TimeoutError: it does not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timedelta(seconds=seconds).seconds} s")
        time.sleep(0.2)
