"""The eight pieces of a queue: the learner's own from my_queue.py, and the kit's where there's none."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jobqueue.lab import solutions
from jobqueue.lab.own.file import LEFT, NAME, NotWritten, Section, read, sections
from jobqueue.lab.own.folder import own_folder
from jobqueue.lab.own.keep import checkers


def my_queue() -> SimpleNamespace:
    """Return the pieces by name: `mine.pick` is yours if you kept it, else the kit's. Prints which is which."""
    own, kept = _own(own_folder() / NAME)
    pieces: dict[str, Callable[..., Any]] = {}
    for name, checker in checkers().items():
        pieces[name] = own.get(name) or getattr(solutions, name)
        origin = _origin(kept.get(name)) if name in own else f"the kit's (you write it in lesson {checker.lesson[:2]})"
        print(f"{name:15} · {origin}")
    return SimpleNamespace(**pieces)


def _origin(section: Section | None) -> str:
    if section is None or section.is_edited:
        return f"yours, from {NAME}, and not checked since you edited it"
    return f"yours, from {NAME} ({section.note})"


def _own(path: Path) -> tuple[dict[str, Callable[..., Any]], dict[str, Section]]:
    """The functions in the file, and its sections. Prints a line if it can't be used."""
    try:
        kept = sections(read(path))
        return {name: thing for name, thing in _load(path).items() if name in checkers() and callable(thing)}, kept
    except NotWritten as error:
        print(f"{error} Until then you work with the kit's pieces.")
    return {}, {}


def _load(path: Path) -> dict[str, Any]:
    """Run the file as a module that isn't in sys.modules, so its functions are sent to other processes by value."""
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location("my_queue", path)
    if not (spec and spec.loader):
        return {}
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NotWritten(f"{path.name} raised {type(error).__name__}: {error}. {LEFT}") from None
    return vars(module)
