"""The finding for an error that a program raised: its kind, its words, and the line where it came up."""

import asyncio
import linecache
import os
import traceback
from pathlib import Path
from types import FrameType

import redis

from jobqueue.errors import is_a
from jobqueue.explorer.engine.loop import Blocked, Hung, Spin
from jobqueue.explorer.fences.confine import MEMORY_MB, lift_memory_limit
from jobqueue.explorer.fences.trespass import Trespass
from jobqueue.explorer.record import Finding

#: Folders whose code is never a program's own. A tool that is built on the explorer adds its own.
MACHINERY = [os.path.dirname(module.__file__ or "") for module in (redis, asyncio)] + [str(Path(__file__).parents[1])]

#: Folders of libraries: a line of theirs says less than the program's line that called it.
LIBRARIES = (os.path.dirname(os.__file__), os.path.dirname(os.path.dirname(redis.__file__)))

#: Characters of an exception's text that are worth showing.
LONGEST = 1_000


def blame(name: str, error: BaseException, where: str = "") -> Finding:
    """The finding for an error that the program `name` raised. `where` has more words about the place."""
    if is_a(MemoryError, error):
        lift_memory_limit()
    line = place(error)
    while is_a(BaseExceptionGroup, error):
        error = error.exceptions[0]  # type: ignore[attr-defined]  # is_a tells a type checker nothing
        line = place(error) or line  # an error that was never raised has no place
    if is_a(MemoryError, error) or is_a(Trespass, error):
        traceback.clear_frames(error.__traceback__)  # they may hold what filled the memory
    if is_a(MemoryError, error):
        return Finding("uses too much memory", f"{name} uses more than {MEMORY_MB} MB of memory{line}", name)
    if is_a(Trespass, error):
        return Finding(error.kind, f"{name} {error}{line}", name)  # type: ignore[attr-defined]  # likewise
    if is_a(SystemExit, error) or is_a(KeyboardInterrupt, error):
        return Finding("ends the program", f"{name} ends the program ({_describe(error)}){line}", name)
    if is_a(Blocked, error):
        words = f"blocks{line}, where it neither computes nor awaits"
        return Finding("stops the loop", f"{name} {words}", name)
    if is_a(Hung, error):
        return Finding("spins", f"{name} computes forever{line}: it never awaits, so nothing else can run", name)
    return Finding("raised", f"{name} raised {_describe(error)}{line}{where}", name)


def blame_loop(name: str, error: BaseException) -> Finding:
    """The finding for an error that left the event loop while the program `name` had its turn."""
    if is_a(Spin, error) or (is_a(Hung, error) and not is_a(Blocked, error)):
        return Finding("spins", f"{name} goes round and round without sending a command{place(error)}", name)
    return blame(name, error)


def class_name(error: BaseException) -> str:
    return str(vars(type)["__name__"].__get__(type(error)))  # a metaclass may define its own `__name__`


def place(error: BaseException) -> str:
    """Where in the program `error` came up, as ", at line 3 of reap (`x[0]`)": the deepest frame that is its own."""
    raised_at = vars(BaseException)["__traceback__"].__get__(error)  # a class may define its own `__getattribute__`
    return _deepest(traceback.extract_tb(raised_at))


def place_of(frame: FrameType | None) -> str:
    """The same for a program that is at work: the line it runs."""
    return _deepest(traceback.extract_stack(frame))


def _deepest(stack: traceback.StackSummary) -> str:
    frames = [frame for frame in stack if not _is_in(frame.filename, MACHINERY)]
    own = [frame for frame in frames if is_own_code(frame.filename)] or frames
    if not own:
        return ""
    frame = own[-1]
    code = (linecache.getline(frame.filename, frame.lineno or 0) or frame.line or "").strip()
    return f", at line {frame.lineno} of {frame.name}" + (f" (`{code}`)" if code else "")


def is_own_code(filename: str) -> bool:
    """Is this file the program's own, and not the explorer's or a library's?"""
    return not _is_in(filename, [*MACHINERY, *LIBRARIES]) and not filename.startswith("<frozen ")


def _is_in(filename: str, folders: list[str]) -> bool:
    return any(filename.startswith(f"{folder}/") for folder in folders)


def _describe(error: BaseException) -> str:
    """The error's type and text. A program may raise its own errors, so even `str` may fail."""
    try:
        text = f"{error}"
    except BaseException as another:
        text = f"its text cannot be made, as that raises {class_name(another)}"
    text = text if len(text) <= LONGEST else text[:LONGEST] + " …"
    return f"{class_name(error)}: {text}"
