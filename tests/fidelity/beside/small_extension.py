"""An IPython extension that lies beside the notebooks."""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    shell.register_magic_function(lambda line: line.upper(), "line", "shout")
    shell.push({"from_extension": "pushed"})


def unload_ipython_extension(shell: Any) -> None:
    print("the extension goes")  # noqa: T201 - in a notebook
