"""Run the service with a sampling profiler in it: `sampled.py REPORT python -m nbcohort.service`.

Every 5 ms it looks at what each thread is doing. The report, written at the end, counts by function how often it was
at work itself and how often it or something it called was; threads that wait are left out.
"""

import atexit
import runpy
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

EVERY = 0.005
IDLE = ("select.py", "selectors.py", "threading.py", "queue.py")


def main() -> None:
    """Start looking, and run the service in this process."""
    report = Path(sys.argv[1])
    own: Counter[str] = Counter()
    with_called: Counter[str] = Counter()

    def look() -> None:
        me = threading.get_ident()
        while True:
            time.sleep(EVERY)
            for thread, top in sys._current_frames().items():
                if thread == me or top.f_code.co_filename.endswith(IDLE) or top.f_code.co_name == "_recv_loop":
                    continue
                names: list[str] = []
                frame = top
                while frame is not None:
                    code = frame.f_code
                    names.append(f"{'/'.join(code.co_filename.split('/')[-3:])}:{code.co_name}")
                    frame = frame.f_back
                own[f"{names[0]}:{top.f_lineno}"] += 1
                with_called.update(set(names))

    def write() -> None:
        lines = ["# at work itself"]
        lines += [f"{count:7d} {name}" for name, count in own.most_common(60)]
        lines += ["", "# with what it called"]
        lines += [f"{count:7d} {name}" for name, count in with_called.most_common(150)]
        report.write_text("\n".join(lines), "utf-8")

    atexit.register(write)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # which uvicorn raises again when it has ended
    threading.Thread(target=look, daemon=True).start()
    runpy.run_module("nbcohort.service", run_name="__main__")


if __name__ == "__main__":
    main()
