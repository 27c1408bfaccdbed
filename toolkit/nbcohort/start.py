"""Where the command `nbcohort` begins: grading has seconds of imports before it, here and in the sandbox.

So both are begun at once, and nothing is imported that grading does not need.
"""

import gc
import sys


def main() -> None:
    """Run the command line."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["grade"] and not {"-h", "--help"} & set(arguments):
        gc.disable()  # there is next to nothing to find in what is imported; `grade` enables it
        from nbcohort.grading.early import start_in_time

        start_in_time(arguments[1:])
        from nbcohort.cli import main as run
        from nbcohort.grading.cli import commands

        run(commands)
    else:
        from nbcohort.cli import main as run

        run()
