"""The pieces of a queue: the learner's own from my_queue.py, and the kit's where there's none."""

from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from jobqueue.lab import solutions
from jobqueue.lab.own.file import LEFT, NAME, NotWritten, Section, read, sections
from jobqueue.lab.own.folder import own_folder
from jobqueue.lab.own.keep import checkers


def my_queue() -> SimpleNamespace:
    """Return the pieces by name: `mine.pick` is yours if you kept it, else the kit's. Prints which is which."""
    own, kept = load_own()
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


def load_own() -> tuple[dict[str, FunctionType], dict[str, Section]]:
    """The pieces in my_queue.py, and its sections. Prints a line if the file can't be used."""
    path = own_folder() / NAME
    try:
        content = read(path)
        functions = {name: thing for name, thing in _run(content, path).items() if isinstance(thing, FunctionType)}
        return {name: functions[name] for name in checkers() if name in functions}, sections(content)
    except NotWritten as error:
        print(f"{error} Until then you work with the kit's pieces.")
    return {}, {}


def _run(content: str, path: Path) -> dict[str, Any]:
    """Run the file as a module that isn't in sys.modules, so its functions are sent to other processes by value."""
    module = ModuleType("my_queue")
    module.__file__ = str(path)
    try:
        exec(compile(content, path, "exec"), vars(module))
    except Exception as error:
        raise NotWritten(f"{path.name} raised {type(error).__name__}: {error}. {LEFT}") from None
    return vars(module)
