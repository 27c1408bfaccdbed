"""The command that runs `launch` where this package is not visible."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nbcohort.sandbox import inside, launch

_AS_MODULE = """import sys, types
inside = types.ModuleType("inside")
exec(sys.argv.pop(1), inside.__dict__)
sys.modules["nbcohort.sandbox.inside"] = inside
exec(sys.argv.pop(1))
"""


def launching(plan: Mapping[str, Any], argv: Sequence[str], python: str) -> list[str]:
    """Return the command by which `python` does what `plan` says and becomes `argv`, see `launch`."""
    return [python, "-I", "-S", "-c", _AS_MODULE, *_sources(), json.dumps(plan), *argv]


@cache
def _sources() -> tuple[str, str]:
    inside_, launch_ = (Path(str(module.__file__)).read_text(encoding="utf-8") for module in (inside, launch))
    return inside_, launch_
