"""Where and how many at once: threads that each drive a notebook, here or on the workers of a Dask cluster."""

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_core.utils import ensure_event_loop

from nbcohort.errors import Invalid, NbcohortError
from nbcohort.grading.task import Done, Task, perform
from nbcohort.i18n import _
from nbcohort.sandbox import Limits

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

Perform = Callable[[Task], Done]

_DASK = "dask://"
_WORKER_DEATHS = 3
"""How many of its workers may die of one submission, or of something else, before it is given up."""


class ClusterFailed(NbcohortError):
    """The Dask cluster is not there, or did not do it."""

    status = 502
    slug = "cluster-failed"


class Stopped(Exception):
    """Work was to be ended before it was done."""


def workers_here(limits: Limits) -> int:
    """Return how many notebooks this machine can run at once: one per core, if there is memory.

    A notebook is counted with half of what it may use: few use all of it, and none at the same moment.
    """
    return max(1, min(len(os.sched_getaffinity(0)), _available_memory() // max(1, limits.memory // 2)))


def _available_memory() -> int:
    """Return the bytes of memory that are free, or were if caches gave way; in a container, of its share."""
    found = [1 << 62]
    with suppress(OSError, LookupError, ValueError):
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        found.append(int(fields["MemAvailable"].split()[0]) << 10)
    with suppress(OSError, ValueError):  # "max" is no number
        group = Path("/sys/fs/cgroup")
        found.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return min(found)


@dataclass
class _Ended:
    """What a thread says last."""

    by: BaseException | None = None


def in_threads(
    function: Callable[[Item], Iterable[Outcome]], items: Iterable[Item], workers: int, stop: threading.Event
) -> Iterator[Outcome]:
    """Yield what `function` gives for each item, as it comes, from `workers` threads.

    The threads are ahead of who takes the outcomes by a few only. When `stop` is set, no more items are begun; nobody
    waits for the threads then (they are daemons). What `function` raises is raised here.
    """
    waiting = queue.SimpleQueue[Item | None]()
    for item in items:
        waiting.put(item)
    outcomes = queue.Queue[Outcome | _Ended](maxsize=2 * workers)

    def work() -> None:
        loop = ensure_event_loop()  # nbclient's, which nobody closes
        ended = _Ended()
        try:
            while not stop.is_set():
                item = waiting.get()
                if item is None:
                    return
                for outcome in function(item):
                    outcomes.put(outcome)
        except BaseException as error:  # noqa: BLE001
            ended.by = error
        finally:
            loop.close()
            outcomes.put(ended)

    for _number in range(workers):
        waiting.put(None)
        threading.Thread(target=work, name="grading", daemon=True).start()
    yield from _until_all_have_ended(outcomes, workers)


def _until_all_have_ended(outcomes: "queue.Queue[Outcome | _Ended]", threads: int) -> Iterator[Outcome]:
    ended = 0
    while ended < threads:
        outcome = outcomes.get()
        if not isinstance(outcome, _Ended):
            yield outcome
        elif outcome.by is None:
            ended += 1
        else:
            raise outcome.by


@contextmanager
def cluster(address: str) -> Iterator[tuple[Perform, int]]:
    """Connect to the Dask cluster at `dask://host:port`; return how to perform a task there, and how many at once.

    A task whose worker dies is performed by another one.
    """
    client = _connect(address)
    try:
        executor = client.get_executor(pure=False, retries=_WORKER_DEATHS)  # type: ignore[no-untyped-call]

        def elsewhere(task: Task) -> Done:
            try:
                done: Done = executor.submit(perform, task).result()
            except NbcohortError:
                raise
            except CancelledError:
                raise Stopped from None
            except Exception as error:
                sentence = _("No worker of the cluster did it: {why}").format(why=_first_line(error))
                raise ClusterFailed(sentence) from error
            return done

        yield elsewhere, max(1, sum(client.nthreads().values()))  # type: ignore[no-untyped-call]
    finally:
        with suppress(Exception):
            client.close(timeout=5)  # type: ignore[no-untyped-call]


def _connect(address: str) -> "Client":
    if not address.startswith(_DASK) or ":" not in address[len(_DASK) :]:
        raise Invalid(
            _("An executor is given as dask://host:port, which {address} is not.").format(address=repr(address))
        )
    try:
        from distributed import Client
    except ImportError as error:
        raise Invalid(_("Dask is not installed here: pip install 'nbcohort[dask]'.")) from error
    try:
        return Client(address[len(_DASK) :], timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterFailed(
            _("There is no Dask scheduler at {address}: {why}").format(address=address, why=_first_line(error))
        ) from error


def _first_line(error: Any) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
