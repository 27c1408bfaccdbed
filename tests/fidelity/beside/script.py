"""A script that lies beside the notebooks."""

import sys

made_by_script = [*sys.argv[1:], __name__]
print("script.py got", sys.argv[1:])  # noqa: T201 - a script

if __name__ == "__main__":
    print("run as a program")  # noqa: T201
