"""The minute before a deadline: a thousand members hand in three files each, to the real service over a socket.

Half of them arrive evenly over the time, half ever more often towards its end (exponentially, with a mean of a sixth of
the time before the deadline), each on a connection of their own. Then, for the throughput, as many again with 32 under
way at once. Then every receipt is verified, and every file of every submission is fetched and compared.

The Hub is stood in for by one that answers from memory; how long it took is printed, so that it can be seen not to be
what is measured. PostgreSQL is measured twice: with one process of the service, and with two that share the members.
Beside it, in the same run, a naive peer takes the same files (see `load/naive.py` for what it lacks).
"""

import argparse
import json
import math
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from load import clients, naive
from load.clients import Done, Plan
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nbcohort.submissions.receipts import verify
from nbcohort.testing import FakeHub, RunningService, running_fake_hub, running_postgres, running_service, wait_until

COHORT = "ds1"
DUE = datetime(2026, 1, 12, 10, tzinfo=UTC)
"""The deadline, on the service's movable clock."""
AT_ONCE = 32
GOAL_P99 = 2.0
DATABASES = {"sqlite": {"sqlite": 1}, "postgresql": {"postgresql": 1, "postgresql, two processes": 2}}
"""What is measured for each database, and how many processes of the service that takes."""
CONTEXT = multiprocessing.get_context("spawn")


def arrivals(members: int, seconds: float, rng: random.Random) -> list[float]:
    """Return when each member begins, in seconds from 0 to just before `seconds`."""
    half = members // 2
    even = [rng.uniform(0, seconds) for _number in range(half)]
    late = [max(seconds - rng.expovariate(6 / seconds), rng.uniform(0, seconds)) for _number in range(members - half)]
    return [min(begin, seconds - 0.05) for begin in (*even, *late)]


def settings() -> dict[str, Any]:
    """Return a course whose `ps1` is due at `DUE`, and whose `ps2` is due later."""
    assignments = [
        {"name": "ps1", "title": "Due now", "release": "week 1 mon 08:00", "due": f"week 1 mon {DUE:%H:%M}"},
        {"name": "ps2", "title": "Due later", "release": "week 1 mon 08:00", "due": "week 2 fri 23:59"},
    ]
    late = {"policy": "accept", "until": "week 3 fri 23:59"}
    course = {"id": "ds", "title": "Data science", "assignments": [{**one, "late": late} for one in assignments]}
    cohort = {"id": COHORT, "title": "DS 1", "start": "2026-01-12", "time_zone": "UTC", "roster": "hub"}
    return {"course": course, "cohort": cohort}


@contextmanager
def classroom(service: RunningService, members: int) -> Iterator[httpx.Client]:
    """Enrol the members, all at once from the Hub's groups, and yield the administrator's client."""
    hub = service.hub
    admin = service.as_account("root", admin=True)
    service.set_clock(DUE - timedelta(minutes=30))
    admin.post("/cohorts", json={"id": COHORT, "title": "DS 1"}).raise_for_status()
    for member in range(members):
        hub.token(clients.account_of(member))
    hub.groups[f"nbgrader-{COHORT}"] = {clients.account_of(member) for member in range(members)}
    admin.put(f"/cohorts/{COHORT}/settings", json=settings()).raise_for_status()
    last = clients.account_of(members - 1)
    enrolled = service.as_account(last)
    wait_until(lambda: enrolled.get(f"/cohorts/{COHORT}").is_success, 600, "enrolling")
    service.environ["NBCOHORT_TICK_SECONDS"] = "60"  # as in production
    service.stop()
    service.start()
    yield admin


def let(
    plan: Plan, told: Callable[[int], None] = lambda _count: None, begin: Callable[[], None] = lambda: None
) -> list[Done]:
    """Let the members of a plan do it, in a process of their own; `begin` is called when that is ready."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=clients.run, args=(plan, there))
    process.start()
    there.close()
    try:
        here.recv()
        begin()
        here.send("go")
        while True:
            kind, what = here.recv()
            if kind == "done":
                return [Done(**one) for one in what]
            told(what)
    finally:
        process.join()


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)] if ordered else 0.0


def figures(results: Sequence[Done]) -> dict[str, Any]:
    """Return seconds of whole hand-ins and of each kind of request, as seen by the members."""
    good = [one for one in results if one.receipt]
    times = {"whole hand-in": [one.ended_at - one.begun_at for one in good]}
    for one in good:
        for kind, seconds in one.requests:
            times.setdefault(kind, []).append(seconds)
    return {
        kind: {f"p{percent}": round(percentile(values, percent), 4) for percent in (50, 95, 99)}
        for kind, values in times.items()
    }


def throughput(results: Sequence[Done]) -> float:
    """Return hand-ins per second from the first one's beginning to the last one's end."""
    good = [one for one in results if one.receipt]
    if not good:
        return 0.0
    return len(good) / (max(one.ended_at for one in good) - min(one.begun_at for one in good))


def cpu_seconds(pid: int) -> float:
    """Return how long a process has worked so far: unlike other times, hardly a matter of who else uses the machine."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lost(service: RunningService, results: Sequence[Done], assignment: str, plan: str) -> int:
    """Return how many receipts do not verify, or are of files that the service does not give back byte by byte."""
    room = service.as_account(f"course-{COHORT}")
    keys = room.get("/receipt-keys").json()["keys"]
    kept: dict[str, dict[str, Any]] = {}
    params: dict[str, Any] = {"assignment": assignment, "limit": 500}
    while True:
        page = room.get(f"/cohorts/{COHORT}/submissions", params=params).raise_for_status().json()
        kept |= {one["receipt"]: one for one in page["items"]}
        if page["next"] is None:
            break
        params["after"] = page["next"]

    def is_lost(done: Done) -> bool:
        if done.receipt not in kept:
            return True
        submission = verify(done.receipt, keys).submission
        files = clients.files_of(plan, done.member)
        if {file["path"] for file in kept[done.receipt]["files"]} != files.keys():
            return True
        root = f"/cohorts/{COHORT}/submissions/{submission}/files"
        return any(room.get(f"{root}/{path}").content != data for path, data in files.items())

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(is_lost, [one for one in results if one.receipt]))


def measure(
    name: str, processes: int, members: int, seconds: float, progress: Progress, profile: Path | None
) -> dict[str, Any]:
    """Measure the service on one database, in one or more processes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nbcohort-deadline-")))
        hub: FakeHub = stack.enter_context(running_fake_hub())
        environ = {}
        if name != "sqlite":
            environ["NBCOHORT_DATABASE"] = stack.enter_context(running_postgres(durable=True)).new_database()
        sampled = [sys.executable, f"{Path(__file__).parent}/load/sampled.py", f"{profile}.{name}"]
        within = sampled if profile else ()
        service = stack.enter_context(running_service(folder, hub, tick_seconds=1, within=within, **environ))
        stack.enter_context(classroom(service, members))
        services = [service]
        while len(services) < processes:
            services.append(stack.enter_context(running_service(folder, hub, tick_seconds=60, **environ)))
        urls = [f"{one.url}api/v1" for one in services]
        bar = progress.add_task(f"{name}: to the deadline", total=members)
        begin = arrivals(members, seconds, random.Random(1))  # noqa: S311 - the same for all
        warm = [0.0] * min(members, 8 * processes)
        let(Plan(urls, COHORT, "ps2", "warm", warm))  # what is imported or made at first use
        spent, load, asked = time.process_time(), os.getloadavg()[0], _count(hub)
        results = let(
            Plan(urls, COHORT, "ps1", "deadline", begin),
            lambda count: progress.update(bar, completed=count),
            lambda: service.set_clock(DUE - timedelta(seconds=seconds)),
        )
        hub_seconds = time.process_time() - spent
        bar = progress.add_task(f"{name}: as many as it takes", total=members)
        pids = [one.process.pid for one in services]
        worked = sum(map(cpu_seconds, pids))
        flood = let(
            Plan(urls, COHORT, "ps2", "flood", [0.0] * members, together=AT_ONCE),
            lambda count: progress.update(bar, completed=count),
        )
        worked = sum(map(cpu_seconds, pids)) - worked
        in_time = [one for one in results if one.created_at and one.created_at <= DUE.timestamp()]
        return {
            "seconds": figures(results),
            "submissions per second": round(throughput(flood), 1),
            "CPU seconds per submission": round(worked / members, 4),
            "handed in": sum(bool(one.receipt) for one in results),
            "lost": lost(service, results, "ps1", "deadline") + lost(service, flood, "ps2", "flood"),
            "late though created in time": sum(one.late for one in in_time),
            "created after the deadline": len(results) - len(in_time),
            "second attempts": sum(one.retries for one in results),
            "errors": [one.error for one in (*results, *flood) if one.error],
            "hub": {"questions": asked(), "seconds of CPU, this process's own included": round(hub_seconds, 2)},
            "load average before": round(load, 1),
        }


def _count(hub: FakeHub) -> Callable[[], int]:
    """Count what the Hub is asked from now on; return a function that says how much it was."""
    answer, asked = hub.answer, [0]

    def counted(method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        asked[0] += 1
        return answer(method, path, token, body)

    hub.answer = counted  # type: ignore[method-assign]
    return lambda: asked[0]


def measure_naive(members: int, seconds: float, progress: Progress) -> dict[str, Any]:
    """Measure the naive peer."""
    with tempfile.TemporaryDirectory(prefix="nbcohort-naive-") as folder:
        receiver, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=naive.serve, args=(Path(folder), sender.send), daemon=True)
        process.start()
        try:
            urls = [f"http://127.0.0.1:{receiver.recv()}"]
            bar = progress.add_task("naive peer: to the deadline", total=members)
            begin = arrivals(members, seconds, random.Random(1))  # noqa: S311
            load = os.getloadavg()[0]
            plan = Plan(urls, COHORT, "ps1", "deadline", begin, naive=True)
            results = let(plan, lambda count: progress.update(bar, completed=count))
            bar = progress.add_task("naive peer: as many as it takes", total=members)
            flood = let(
                Plan(urls, COHORT, "ps2", "flood", [0.0] * members, together=AT_ONCE, naive=True),
                lambda count: progress.update(bar, completed=count),
            )
        finally:
            process.terminate()
            process.join()
        return {
            "seconds": figures(results),
            "submissions per second": round(throughput(flood), 1),
            "handed in": sum(bool(one.receipt) for one in results),
            "errors": [one.error for one in (*results, *flood) if one.error],
            "load average before": round(load, 1),
        }


def show(found: dict[str, Any], console: Console) -> None:
    """Print the figures as a table, and the ratios."""
    table = Table(title="Seconds, as the members saw them")
    for heading in ("", "what", "p50", "p95", "p99"):
        table.add_column(heading, justify="right" if heading.startswith("p") else "left")
    for name, one in found["measured"].items():
        for number, (kind, values) in enumerate(one["seconds"].items()):
            table.add_row(name if not number else "", kind, *(f"{value:.3f}" for value in values.values()))
    console.print(table)
    for name, met in found["goal"]["met"].items():
        verdict = "reached" if met else "not reached"
        console.print(f"{name}: whole hand-ins under {GOAL_P99:g} s at p99: {verdict}")
    for name, one in found["measured"].items():
        plain = {key: value for key, value in one.items() if key not in ("seconds", "errors")}
        console.print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in plain.items()))
        for error in sorted(set(one["errors"]))[:5]:
            console.print(f"  error: {error}", style="red")
    for name, ratios in found["ratios to the naive peer"].items():
        console.print(
            f"{name} against the naive peer: " + ", ".join(f"{key} x{value}" for key, value in ratios.items())
        )


def ratios(one: dict[str, Any], peer: dict[str, Any]) -> dict[str, float]:
    """Return how many times slower (p99, p50) or faster (throughput) than the peer."""
    mine, theirs = one["seconds"]["whole hand-in"], peer["seconds"]["whole hand-in"]
    return {
        "p50": round(mine["p50"] / theirs["p50"], 2),
        "p99": round(mine["p99"] / theirs["p99"], 2),
        "submissions per second": round(one["submissions per second"] / peer["submissions per second"], 3),
    }


def main() -> int:
    """Measure, print, and say by the exit code whether nothing was lost or wrongly late. Speed fails nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1000, help="how many hand in (default 1000)")
    parser.add_argument("--seconds", type=float, default=60, help="time to the deadline, at most 600 (default 60)")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FILE",
        help="sample what the service does; writes FILE.<what is measured>",
    )
    arguments = parser.parse_args()
    if arguments.members < 1 or not 1 <= arguments.seconds <= 600:
        parser.error("--members should be at least 1, and --seconds from 1 to 600")
    databases = list(DATABASES) if arguments.database == "both" else [arguments.database]
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        peer = measure_naive(arguments.members, arguments.seconds, progress)
        measured = {
            name: measure(name, processes, arguments.members, arguments.seconds, progress, arguments.profile)
            for database in databases
            for name, processes in DATABASES[database].items()
        }
    found = {
        "members": arguments.members,
        "seconds": arguments.seconds,
        "cores": os.cpu_count(),
        "goal": {"p99": GOAL_P99, "met": {name: _p99(one) < GOAL_P99 for name, one in measured.items()}},
        "measured": {**measured, "naive peer": peer},
        "ratios to the naive peer": {name: ratios(one, peer) for name, one in measured.items()},
    }
    show(found, console)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2), "utf-8")
    broken = [
        name for name, one in measured.items() if one["lost"] or one["late though created in time"] or one["errors"]
    ]
    if broken:
        console.print(f"Something was lost, refused or wrongly late on {', '.join(broken)}.", style="bold red")
    return 1 if broken else 0


def _p99(one: dict[str, Any]) -> float:
    return float(one["seconds"]["whole hand-in"]["p99"])


if __name__ == "__main__":
    sys.exit(main())
