"""The learner's function: where it stands, whether it can be tried at all, and how it is called in the child."""

import ast
import asyncio
import dis
import functools
import inspect
import linecache
import sys
import types

import cloudpickle
import redis
import redis.asyncio

from jobqueue.lab.check.verdict import Idea
from jobqueue.lab.explorer.loop import PROGRAM


class OwnConnection(BaseException):
    """Raised where a function opens a connection of its own. Not an Exception: it must not be caught."""


class Piece:
    """Called like the function itself, in the explorer's child, where nobody sees what it prints.

    Its source goes along, so that a line of a notebook's cell can be shown.
    """

    def __init__(self, function):
        self.function = function
        self.file = function.__code__.co_filename
        self.source = linecache.getlines(self.file)

    def __call__(self, *args):
        linecache.cache.setdefault(self.file, (len(self.source), None, self.source, self.file))
        _refuse_connections()
        return self.function(*args)


@functools.cache
def _refuse_connections() -> None:
    """From now on, no program of the explorer can reach a server through redis-py. (Its own way is another.)"""

    def refusing(connect):
        def guarded(self, *args, **kwargs):
            if PROGRAM.get() is not None:
                raise OwnConnection("a connection of its own")
            return connect(self, *args, **kwargs)

        return guarded

    for base in (redis.connection.AbstractConnection, redis.asyncio.connection.AbstractConnection):
        for name in ("connect", "connect_check_health"):
            if hasattr(base, name):
                setattr(base, name, refusing(getattr(base, name)))


def where(function) -> str:
    """The first line of `function` and where it stands, such as "async def reap(redis): (cell 7, line 2)"."""
    code = function.__code__
    line = next((words for words in _source(function) if words.startswith(("def ", "async def "))), function.__name__)
    return f"{line.rstrip(':')} · {place(code.co_filename)}line {code.co_firstlineno}"


def place(file: str) -> str:
    """ "cell 7, ", or a file's name; cells are known to IPython only."""
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    found = shell and shell.compile.format_code_name(file)
    if found:
        return f"cell {found[1].strip('In[]')}, "
    return "" if file.startswith("<") else f"{file.rpartition('/')[2]}, "


def _source(function) -> list[str]:
    code = function.__code__
    return [line.strip() for line in linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]]


def objection(function, signature: str) -> Idea | None:
    """Why `function` cannot be tried at all, or None. `signature`: what is expected, `async def f(a, b)`."""
    wanted = ast.parse(f"{signature}: ...").body[0]
    is_async = isinstance(wanted, ast.AsyncFunctionDef)
    if not inspect.isfunction(function):
        return Idea("not-a-function", f"{_what(function)} The checker takes the function itself, `{signature}`.")
    if inspect.iscoroutinefunction(function) != is_async:
        return Idea("not-async" if is_async else "async", _about_async(function, is_async))
    names = [argument.arg for argument in wanted.args.args]
    try:
        inspect.signature(function).bind(*names)
    except TypeError as error:
        return Idea("signature", f"It is called as `{signature}`, but {_readable(error)}: your function is "
                                 f"`{function.__name__}{inspect.signature(function)}`.")  # fmt: skip
    if is_stub(function):
        return Idea("not-written-yet", "It does nothing so far. Write its body, run its cell, and check again.")
    return _not_portable(function)


def _what(thing) -> str:
    if inspect.iscoroutine(thing):
        thing.close()  # or Python complains that it was never awaited
        return "This is a call of an async function, `f(…)`. Leave the parentheses out."
    if isinstance(thing, functools.partial):
        return "This is a functools.partial."
    if inspect.isclass(thing):
        return f"`{thing.__name__}` is a class."
    if inspect.ismethod(thing):
        return f"`{thing.__name__}` is a method."
    return f"This is {'None' if thing is None else f'of type {type(thing).__name__}'}, and no function."


def _about_async(function, is_async: bool) -> str:
    if not is_async:
        return f"`{function.__name__}` is `async`, but this piece only computes: write it with a plain `def`."
    if function.__name__ == "<lambda>":
        return "This is a lambda, which cannot await Redis. Write it with `async def`."
    if inspect.isasyncgenfunction(function):
        return f"`{function.__name__}` has a `yield` in it, which makes it a generator: nobody would run it to its end."
    if inspect.iscoroutinefunction(inspect.unwrap(function)):
        return f"`{function.__name__}` is decorated with something that hides `async`. Check it without the decorator."
    return f"`{function.__name__}` is not `async`: it talks to Redis, so write `async def`, and `await` each command."


def _readable(error: TypeError) -> str:
    words = str(error)
    return {"too many positional arguments": "yours takes fewer arguments"}.get(words, words)


def is_stub(function) -> bool:
    """Only a docstring, `...`, `pass` or `raise NotImplementedError`: told by what it compiles to."""
    return _operations(function) in _stubs()


@functools.cache
def _stubs() -> list[list[str]]:
    bodies = ("pass", "return None", "raise NotImplementedError", "raise NotImplementedError()",
              "raise NotImplementedError('x')")  # fmt: skip
    made = {}
    for at, body in enumerate(bodies):
        exec(f"def f{at}(a): {body}\nasync def g{at}(a): {body}", made)
    return [_operations(made[name]) for name in made if name[0] in "fg"]


def _operations(function) -> list[tuple[str, object]]:
    """What it does; names count, constants do not."""
    steps = dis.get_instructions(function)
    return [(step.opname, step.argval if step.opname == "LOAD_GLOBAL" else None) for step in steps]


def _not_portable(function) -> Idea | None:
    """What it uses of the notebook must be able to come along into the explorer's process."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    inside = {name: cell.cell_contents for name, cell in cells if cell != types.CellType()}
    for name in [*inside, *_names(function.__code__)]:
        thing = inside.get(name, function.__globals__.get(name))
        if isinstance(thing, (redis.Redis, redis.asyncio.Redis)):
            words = f"It uses `{name}`, a client from outside, and so works on another Redis than the one it is given"
            return Idea("own-connection", f"{words}. Use the argument `redis`.")
        if not _can_travel(thing):
            words = f"It uses `{name}` (a {type(thing).__name__}) from outside, which cannot come along"
            return Idea("not-portable", f"{words}. All it needs should be in its arguments.")
    return None


def _names(code) -> list[str]:
    inner = [name for const in code.co_consts if inspect.iscode(const) for name in _names(const)]
    return [step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"] + inner


def _can_travel(thing) -> bool:
    if inspect.ismodule(thing) or inspect.isfunction(thing) or inspect.isclass(thing):
        return True
    try:
        cloudpickle.dumps(thing)
    except Exception:
        return False
    return not isinstance(thing, asyncio.AbstractEventLoop)
