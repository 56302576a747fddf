"""cloudpickle, with two more things: where a function was written, and clocks that stay virtual.

From 3.1.3 on, cloudpickle leaves out the file, or the cell, of a function. Without it, a traceback in another process
can't show the line that went wrong.

A program may say `from time import perf_counter`, or `from datetime import datetime`. While it's explored, something
else stands in for these.
"""

import functools
import io
import sys
import time
from collections.abc import Callable
from datetime import datetime
from types import BuiltinFunctionType, CodeType, ModuleType
from typing import Any

import cloudpickle

from jobqueue.errors import BadSetting
from jobqueue.explorer.engine.dates import VirtualDatetime

_reduce = cloudpickle.Pickler.dispatch_table[CodeType]

#: Where the file's name stands among the arguments of CodeType.
FILENAME = 10


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    dispatch_table = cloudpickle.Pickler.dispatch_table.new_child({CodeType: lambda code: _with_its_file(code)})

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, BuiltinFunctionType) and obj.__module__ == "time":
            return clock, (obj.__name__,)
        if obj is datetime:
            return virtual_datetime, ()
        return super().reducer_override(obj)


def virtual_datetime() -> type[datetime]:
    return VirtualDatetime


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


def dumps_with_code(value: object) -> bytes:
    """Pickle by value all code that may be edited while a child is warm: it would have the old version."""
    modules = [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    from_files = [module for module in modules if _may_change(module)]
    for module in from_files:
        cloudpickle.register_pickle_by_value(module)
    try:
        return dumps(value)
    except Exception as error:  # a __reduce__ may raise anything
        raise BadSetting(
            f"it can't be sent to the explorer's process: {error}. "
            "Does a function use this notebook's redis or world? It may only use its own"
        ) from None
    finally:
        for module in from_files:
            cloudpickle.unregister_pickle_by_value(module)


@functools.cache  # there are hundreds, and a check asks for each of its cases
def _may_change(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    name = getattr(module, "__name__", "")
    installed = file.startswith((sys.prefix, sys.base_prefix)) or "site-packages" in file
    return bool(file) and not installed and name != "__main__" and name.partition(".")[0] != "jobqueue"


def _with_its_file(code: CodeType) -> tuple[Any, ...]:
    make, args = _reduce(code)[:2]
    return make, (*args[:FILENAME], code.co_filename, *args[FILENAME + 1 :])
