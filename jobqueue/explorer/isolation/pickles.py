"""cloudpickle, with two more things: where a function was written, and clocks that stay virtual.

From 3.1.3 on, cloudpickle leaves out the file, or the cell, of a function. Without it, a traceback in another process
can't show the line that went wrong.

A program may say `from time import perf_counter`. While it's explored, another function stands in for that one.
"""

import io
import time
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType
from typing import Any

import cloudpickle

_reduce = cloudpickle.Pickler.dispatch_table[CodeType]

#: Where the file's name stands among the arguments of CodeType.
FILENAME = 10


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    dispatch_table = cloudpickle.Pickler.dispatch_table.new_child({CodeType: lambda code: _with_its_file(code)})

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, BuiltinFunctionType) and obj.__module__ == "time":
            return clock, (obj.__name__,)
        return super().reducer_override(obj)


def clock(name: str) -> Callable[..., Any]:
    """`time.perf_counter` and its like, looked up at each call: while programs are explored, the clock is virtual."""

    def call(*args: Any) -> Any:
        return getattr(time, name)(*args)

    call.__name__ = name
    return call


def dumps(value: Any) -> bytes:
    """Pickle `value` as cloudpickle does; `pickle.loads` reads it."""
    with io.BytesIO() as file:
        _Pickler(file).dump(value)
        return file.getvalue()


def _with_its_file(code: CodeType) -> tuple[Any, ...]:
    make, args = _reduce(code)[:2]
    return make, (*args[:FILENAME], code.co_filename, *args[FILENAME + 1 :])
