"""Why a function cannot be tried at all: what it is, how it is called, what it takes from outside."""

import ast
import asyncio
import dis
import functools
import inspect
import types
from typing import Any

import redis
import redis.asyncio

from jobqueue.lab import pickles
from jobqueue.lab.check.verdict import Idea


def objection(function, signature: str) -> Idea | None:
    """Why `function` cannot be tried at all, or None. `signature`: what is expected, `async def f(a, b)`."""
    wanted: Any = ast.parse(f"{signature}: ...").body[0]
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
    """What it does. Names count; of constants only their kind: `return 5` is an answer, if a poor one."""

    def kind(step: dis.Instruction):
        if step.opname.endswith("_CONST"):
            return "nothing" if step.argval in (None, ...) else type(step.argval)
        return step.argval if step.opname == "LOAD_GLOBAL" else None

    return [(step.opname, kind(step)) for step in dis.get_instructions(function)]


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
        pickles.dumps(thing)
    except Exception:
        return False
    return not isinstance(thing, asyncio.AbstractEventLoop)
