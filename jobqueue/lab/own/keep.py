"""`keep(reap_stale_jobs)`: a learner's piece that passed its checker goes into their my_queue.py."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from jobqueue.lab import check
from jobqueue.lab.check.checker import Checker
from jobqueue.lab.own.definitions import Definitions, gather
from jobqueue.lab.own.file import NAME, NotWritten, Section, read, sections, write
from jobqueue.lab.own.folder import own_folder
from jobqueue.lab.own.passed import is_kits_own, passed


def checkers() -> dict[str, Checker]:
    """The checkers in the order of their lessons, by the name of the piece that each expects."""
    every = [thing for name in check.__all__ if isinstance(thing := getattr(check, name), Checker)]
    return {checker.piece: checker for checker in sorted(every, key=lambda checker: checker.lesson)}


def keep(function: Callable[..., Any]) -> None:
    """Write your function into my_queue.py, next to your notebook, once its checker has passed it. Lesson 12 uses it.

    All that it needs goes with it. If you keep it again, the newer one takes its place. Prints what was done.
    """
    try:
        print(_keep(function))
    except NotWritten as reason:
        print(reason)


def _keep(function: Callable[..., Any]) -> str:
    if not isinstance(function, FunctionType):
        raise NotWritten("`keep` takes the function itself, without parentheses, so nothing was kept.")
    if is_kits_own(function):
        raise NotWritten(
            f"This {function.__name__} is the kit's own, so nothing was kept. Run the cell with yours, and check it."
        )
    own = gather(function)
    piece, counted = _pass(own)
    alias = "" if piece == own.name else f"\n\n{piece} = {own.name}\n"
    new = Section(piece, f"check.{checkers()[piece].name}: {counted}", own.text + alias)
    _try_out(new, own)
    path = own_folder() / NAME
    old = sections(read(path)).get(piece)
    if old and (old.text, old.note) == (new.text, new.note):
        return f"{piece} is in {NAME} already, just as it is here."
    copy = write(path, new)
    before = f" You had edited the older one by hand, so {copy.name} is a copy of that file." if copy else ""
    lacks = f" It couldn't take {_listed(own)} along." if own.missing else ""
    return f"{piece} is kept in {NAME} ({counted}).{before}{lacks}"


def _pass(own: Definitions) -> tuple[str, str]:
    """Which piece the function passed as, and what was counted then. Raises NotWritten if it didn't pass."""
    every = checkers()
    for piece in sorted(every, key=lambda piece: piece != own.name):
        if counted := passed(piece).get(own.text):
            return piece, counted
    if own.name not in every:
        raise NotWritten(f"No checker has passed {own.name} yet, so nothing was kept.")
    if not own.text:
        raise NotWritten(f"{own.name} was not kept: its text lacks {_listed(own)}.")
    checker = f"check.{every[own.name].name}"
    if passed(own.name):
        raise NotWritten(f"{checker} passed another version of it, so nothing was kept. Check this one, too.")
    raise NotWritten(f"{checker} hasn't passed yet, so nothing was kept.")


def _try_out(new: Section, own: Definitions) -> None:
    """Run the text by itself, as an import of my_queue.py will. Raises NotWritten if that fails."""
    try:
        exec(compile(new.text, f"<{NAME}>", "exec"), {"__name__": "my_queue"})
    except Exception as error:
        lacks = f" It couldn't take {_listed(own)} along." if own.missing else ""
        failure = f"{type(error).__name__}: {error}"
        raise NotWritten(f"{new.name} was not kept. It fails outside this notebook ({failure}).{lacks}") from None


def _listed(own: Definitions) -> str:
    *others, last = own.missing
    return f"{', '.join(others)} and {last}" if others else last
