"""`nbcohort grade`."""

import gc
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from nbcohort.i18n import _

if TYPE_CHECKING:
    from nbcohort.grading.grade import Result


def commands(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("grade")(grade)


def grade(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    course: Annotated[
        Path, typer.Option(envvar="NBCOHORT_COURSE", help=_("The course folder; the current one if not given."))
    ] = Path(),
    only: Annotated[list[str] | None, typer.Option(help=_("Grade this account only; may be repeated."))] = None,
    force: Annotated[bool, typer.Option("--force", help=_("Grade again what is graded already."))] = False,
    no_collect: Annotated[
        bool, typer.Option("--no-collect", help=_("Grade what is there; do not get what was handed in."))
    ] = False,
    no_feedback: Annotated[bool, typer.Option("--no-feedback", help=_("Write no feedback, and release none."))] = False,
    no_release: Annotated[
        bool, typer.Option("--no-release", help=_("Do not let learners have the feedback yet."))
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help=_("How many notebooks run at once; as many as the machine can, if not given.")),
    ] = None,
    executor: Annotated[
        str | None, typer.Option(help=_("Run notebooks on a Dask cluster: dask://host:port of its scheduler."))
    ] = None,
    unsafe: Annotated[
        bool,
        typer.Option("--unsafe", help=_("Run without a sandbox: learners' code can read and write all that you can.")),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the results as JSON."))] = False,
) -> None:
    """Collect, grade and give feedback: each submission in a sandbox, into nbgrader's gradebook."""
    from nbcohort.grading.early import import_jsonschema, start_what_is_forked
    from nbcohort.sandbox import probe

    import_jsonschema()
    from traitlets.config import Config

    from nbcohort.grading import grade as grading
    from nbcohort.grading.course_room import open_course, tools_on_path

    tier = "none" if unsafe else probe().name
    if not executor:
        start_what_is_forked(course, unsafe=unsafe)
    gc.freeze()  # what is imported stays
    gc.enable()
    results: list[Result] = []
    with tools_on_path():
        room = open_course(course, Config({"SandboxedExecute": {"unsafe": unsafe}}))
        room.require_generated(assignment)
        if not no_collect:
            room.collect(assignment)
        chosen = grading.choose(room.submitted(assignment), only or [])
        with _progress(silent=as_json) as bar:
            task = bar.add_task(assignment, total=len(chosen))
            options = grading.Options(
                force, workers, executor, not no_feedback, tell=lambda sentence: _tell(sentence, bar.console)
            )
            try:
                with _heard_interrupts() as interrupted:
                    for result in grading.grade(room, assignment, chosen, options):
                        if interrupted.is_set():
                            raise KeyboardInterrupt
                        results.append(result)
                        bar.update(task, advance=1, description=result.account)
            except KeyboardInterrupt:
                bar.stop()
                _tell(_interrupted(assignment, len(results), len(chosen)))
                raise typer.Exit(_INTERRUPTED) from None
        results.sort(key=lambda result: result.account)
        ready = [result for result in results if result.outcome != "failed"]
        released = bool(ready) and not no_release and not no_feedback
        if released:
            room.release_feedback(assignment)
    if as_json:
        report = {
            "assignment": assignment,
            "sandbox": tier,
            "feedback_released": released,
            "submissions": [asdict(result) for result in results],
        }
        typer.echo(json.dumps(report, indent=2))
    else:
        _show_results(results, assignment, released=released, feedback=not no_feedback)
    if len(ready) < len(results):
        raise typer.Exit(1)


_INTERRUPTED = 130
"""The exit code of what Ctrl-C has ended, as shells have it."""


@contextmanager
def _heard_interrupts() -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt at Ctrl-C, if not at once then at the end: what was interrupted may have swallowed it.

    The event tells that it happened.
    """
    interrupted = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # ignored, as in a shell's background; or someone else hears it
        yield interrupted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    except Exception as error:
        if interrupted.is_set():
            raise KeyboardInterrupt from error
        raise
    else:
        if interrupted.is_set():
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(sentence: str, console: Console | None = None) -> None:
    console = console or Console(stderr=True)
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _interrupted(assignment: str, done: int, of: int) -> str:
    return _(
        "Interrupted: {done} of {of} submissions are done and stay so. `nbcohort grade {name}` goes on with the others."
    ).format(done=done, of=of, name=assignment)


def _progress(*, silent: bool):  # type: ignore[no-untyped-def]
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn(_("left:")),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=silent,
    )


def _show_results(results: "list[Result]", assignment: str, *, released: bool, feedback: bool) -> None:
    from rich.table import Table

    console = Console(highlight=False, markup=False, soft_wrap=True)
    if not results:
        console.print(_("Nobody has handed in {name}.").format(name=assignment))
        return
    table = Table(_("account"), _("outcome"), _("score"), _("by hand"), _("repaired"), _("odd"), box=None)
    for result in results:
        score = "" if result.score is None else f"{result.score:g} / {result.max_score:g}"
        outcome = {"graded": _("graded"), "already graded": _("already graded"), "failed": _("failed")}[result.outcome]
        repaired = _("see the notebook") if result.repairs else ""
        odd = _("look at it") if result.flags else ""
        by_hand = _("to do") if result.needs_manual_grade else ""
        table.add_row(result.account, outcome, score, by_hand, repaired, odd)
    console.print(table)
    for result in results:
        for flag in result.flags:
            where = " ".join(part for part in (result.account, flag["notebook"], flag["cell"]) if part)
            evidence = "; ".join(flag["evidence"])
            console.print(f"{where}: {flag['sentence']}" + (f" ({evidence})" if evidence else ""))
    failed = [result for result in results if result.outcome == "failed"]
    for result in failed:
        console.print(_("{account} was not graded: {reason}").format(account=result.account, reason=result.reason))
    if released:
        console.print(_("Feedback is released to those who were graded."))
    elif feedback:
        console.print(_("Feedback is written, not released."))
