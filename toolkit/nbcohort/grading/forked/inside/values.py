"""Values on their way from the notebook's process to the one in which an isolated test runs: as JSON or Arrow, no code.

Only plain types travel, by their exact type: an object of a learner's class would bring its methods along.
"""

from __future__ import annotations

import base64
import importlib
import sys
from typing import Any

_PLAIN = (type(None), bool, int, float, str)
_DEEPEST = 50


class CannotTravel(TypeError):
    """A value is of a type that cannot be sent without its code."""


def packed(value: Any, depth: int = 0) -> list[Any]:
    """Return a value as JSON: its kind, and what it is made of."""
    kind = type(value)
    if depth > _DEEPEST:
        raise CannotTravel("it is nested too deeply")
    if kind in _PLAIN:
        return ["plain", value]
    if kind in (list, tuple, set, frozenset):
        return [kind.__name__, [packed(one, depth + 1) for one in value]]
    if kind is dict:
        return ["dict", [[packed(key, depth + 1), packed(one, depth + 1)] for key, one in value.items()]]
    if kind is complex:
        return ["complex", [value.real, value.imag]]
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy and isinstance(value, numpy.generic) and kind.__module__ == "numpy":
        return ["scalar", [str(value.dtype), packed(value.item(), depth + 1)]]
    if numpy and kind is numpy.ndarray and value.dtype.kind in "biufcUS":
        return ["array", [str(value.dtype), packed(value.tolist(), depth + 1), list(value.shape)]]
    if pandas and kind in (pandas.DataFrame, pandas.Series):
        return _packed_table(value, pandas)
    raise CannotTravel(f"a value of type {kind.__name__} does not travel to an isolated test")


def _packed_table(value: Any, pandas: Any) -> list[Any]:
    series = type(value) is pandas.Series
    frame = value.to_frame("values" if value.name is None else value.name) if series else value
    name = packed(value.name)[1] if series else None
    try:
        pyarrow = importlib.import_module("pyarrow")
    except ImportError:
        columns = [[packed(column), packed(frame[column].tolist()), str(frame[column].dtype)] for column in frame]
        return ["table", [series, name, columns, packed(frame.index.tolist())]]
    sink = pyarrow.BufferOutputStream()
    table = pyarrow.Table.from_pandas(frame)
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return ["arrow", [series, name, base64.b64encode(sink.getvalue()).decode()]]


def unpacked(what: list[Any]) -> Any:
    """Return a value; raises `ValueError` or the like if it is none."""
    kind, content = what
    if kind == "plain":
        return content
    if kind in _MADE_OF_MANY:
        return _MADE_OF_MANY[kind](unpacked(one) for one in content)
    if kind == "dict":
        return {unpacked(key): unpacked(one) for key, one in content}
    if kind == "complex":
        return complex(*content)
    return _unpacked_library(kind, content)


_MADE_OF_MANY: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def _unpacked_library(kind: str, content: list[Any]) -> Any:
    import numpy

    if kind == "scalar":
        return numpy.dtype(content[0]).type(unpacked(content[1]))
    if kind == "array":
        return numpy.array(unpacked(content[1]), dtype=content[0]).reshape(content[2])
    import pandas

    series, name = content[0], content[1]
    if kind == "arrow":
        pyarrow = importlib.import_module("pyarrow")
        frame = pyarrow.ipc.open_stream(base64.b64decode(content[2])).read_all().to_pandas()
    elif kind == "table":
        index = pandas.Index(unpacked(content[3]))
        columns = {
            unpacked(column): pandas.Series(unpacked(values), index=index, dtype=dtype)
            for column, values, dtype in content[2]
        }
        frame = pandas.DataFrame(columns, index=index)
    else:
        raise ValueError(kind)
    return frame.iloc[:, 0].rename(name) if series else frame
