"""Where the command `nbcohort` begins: what takes long is begun before the command line itself is imported."""

import sys


def main() -> None:
    """Run the command line."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["grade"] and not {"-h", "--help"} & set(arguments):
        from nbcohort.grading.early import start_in_time

        start_in_time(arguments[1:])
    from nbcohort.cli import main as run

    run()
