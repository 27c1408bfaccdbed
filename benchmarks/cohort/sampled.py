"""Run a Python program with a sampling profiler in it: `sampled.py REPORT PROGRAM ARGUMENT...`.

Every 5 ms it looks at what each thread of the program is doing, other processes' work not included: a thread that
waits for one is seen at what waits. REPORT, a JSON file, has the seconds of each stage, added up over the threads, and
of the functions that were busiest. cProfile would tell the same of one thread only, and slow it down.
"""

import atexit
import json
import runpy
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

EVERY = 0.005

STAGES = (
    ("imports", ("<frozen importlib._bootstrap>",)),
    ("execution", ("grading/run.py", "grading/forked/", "grading/engine.py")),
    ("feedback", ("generate_feedback.py", "exporters/html.py")),
    ("gradebook", ("/sqlalchemy/", "/sqlite3/", "nbgrader/api.py")),
    ("steps before and after execution", ("nbgrader/preprocessors/",)),
    ("reading and writing notebooks", ("/nbformat/",)),
    ("nbgrader's converter", ("nbgrader/converters/", "/nbconvert/")),
    ("opening the course", ("grading/course_room.py",)),
    ("configuration", ("/traitlets/",)),
)
"""The first stage of which a part is in the path of any file on the stack is what a thread is at."""

_IDLE = ("threading.py", "queue.py", "concurrent/futures/thread.py", "concurrent/futures/_base.py")


def stack(top: FrameType) -> list[tuple[str, str]]:
    """Return (file, function) from the innermost out."""
    found = []
    frame: FrameType | None = top
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_code.co_name))
        frame = frame.f_back
    return found


def stage_of(files: list[str]) -> str | None:
    """Return what a thread with these files on its stack is at; None for nothing."""
    for name, parts in STAGES:
        if any(part in file for file in files for part in parts):
            return name
    return None if files[0].endswith(_IDLE) else "other"


def _most(seconds: dict[str, float]) -> dict[str, float]:
    """Return the 40 that took longest, in that order."""
    return dict(sorted(seconds.items(), key=lambda item: -item[1])[:40])


def main() -> None:
    """Start looking, and run the program in this process."""
    report, program = Path(sys.argv[1]), sys.argv[2]
    sys.argv[:] = sys.argv[2:]
    stages: defaultdict[str, float] = defaultdict(float)
    busiest: defaultdict[str, float] = defaultdict(float)
    begun = time.perf_counter()

    def look() -> None:
        me, before = threading.get_ident(), time.perf_counter()
        while True:
            time.sleep(EVERY)
            now = time.perf_counter()
            passed, before = now - before, now
            for thread, top in sys._current_frames().items():
                if thread == me:
                    continue
                frames = stack(top)
                stage = stage_of([file for file, _function in frames])
                if stage:
                    file, function = frames[0]
                    stages[stage] += passed
                    busiest[f"{'/'.join(file.split('/')[-3:])}:{function}"] += passed

    def write() -> None:
        found = {
            "seconds": time.perf_counter() - begun,
            "stages": _most(stages),
            "busiest": _most(busiest),
        }
        report.write_text(json.dumps(found, indent=2), "utf-8")

    atexit.register(write)
    threading.Thread(target=look, daemon=True).start()
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
