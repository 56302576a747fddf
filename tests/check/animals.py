"""The animals of the zoo, as functions."""

import importlib.util
import inspect
from pathlib import Path

from jobqueue.lab import check

ZOO = Path(__file__).parent / "zoo"
ANIMALS = sorted(ZOO.glob("*/*_*.py"))


def name(path):
    return f"{path.parent.name}/{path.stem}"


def animal(path):
    """(the checker, the last function that the file defines, the file's docstring)."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    functions = [thing for thing in vars(module).values() if inspect.isfunction(thing)]
    own = [function for function in functions if function.__module__ == module.__name__]
    return getattr(check, path.parent.name), own[-1], module.__doc__
