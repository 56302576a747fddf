"""Reasons not to try a function at all: what it is, how it's called, what it takes from outside."""

import ast
import asyncio
import dis
import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import redis
import redis.asyncio

from jobqueue.explorer.isolation import pickles
from jobqueue.lab.check.verdict import Idea


def accept(function: object, signature: str) -> types.FunctionType | Idea:
    """Return `function`, or the reason why it can't be tried. `signature` is the expected one, `async def f(a, b)`."""
    body = ast.parse(f"{signature}: ...").body
    [wanted] = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    is_async = isinstance(wanted, ast.AsyncFunctionDef)
    if not isinstance(function, types.FunctionType):
        return Idea("not-a-function", f"{_describe(function)} The checker takes the function itself, `{signature}`.")
    if inspect.iscoroutinefunction(function) != is_async:
        return Idea("not-async" if is_async else "async", _about_async(function, is_async))
    try:
        inspect.signature(function).bind(*(argument.arg for argument in wanted.args.args))
    except TypeError as error:
        own = f"`{function.__name__}{inspect.signature(function)}`"
        words = f"The checker calls `{signature}`, but {_readable(error)}. Your function is {own}."
        return Idea("signature", words)
    if is_stub(function):
        return Idea("not-written-yet", "It does nothing so far. Write its body, run its cell, and check again.")
    return _not_portable(function) or function


def _describe(thing: object) -> str:
    if inspect.iscoroutine(thing):
        thing.close()  # or Python complains that it was never awaited
        return "This is a call of an async function, `f(…)`. Leave the parentheses out."
    if isinstance(thing, functools.partial):
        return "This is a functools.partial."
    if inspect.isclass(thing):
        return f"`{thing.__name__}` is a class."
    if inspect.ismethod(thing):
        return f"`{thing.__name__}` is a method."
    return f"This is {'None' if thing is None else f'of type {type(thing).__name__}'}, and not a function."


def _about_async(function: types.FunctionType, is_async: bool) -> str:
    name = f"`{function.__name__}`"
    if not is_async:
        return f"{name} is `async`, but it only computes. Write it with a plain `def`."
    if function.__name__ == "<lambda>":
        return "This is a lambda, which can't await Redis. Write it with `async def`."
    if inspect.isasyncgenfunction(function):
        return f"{name} has a `yield` in it, which makes it a generator, so a call doesn't run it."
    if inspect.iscoroutinefunction(inspect.unwrap(function)):
        return f"{name} is decorated with something that hides `async`. Check it without the decorator."
    return f"{name} isn't `async`. It talks to Redis, so write `async def`, and `await` each command."


def _readable(error: TypeError) -> str:
    words = str(error)
    return {"too many positional arguments": "yours takes fewer arguments"}.get(words, words)


def is_stub(function: types.FunctionType) -> bool:
    """Whether it's only a docstring, `...`, `pass` or `raise NotImplementedError`, by what it compiles to."""
    return _operations(function) in _stubs()


@functools.cache
def _stubs() -> list[list[tuple[str, object]]]:
    error = "raise NotImplementedError"
    made: dict[str, Any] = {}
    for at, body in enumerate(("pass", "return None", error, f"{error}()", f"{error}('x')")):
        exec(f"def f{at}(a): {body}\nasync def g{at}(a): {body}", made)
    return [_operations(made[name]) for name in made if name[0] in "fg"]


def _operations(function: Callable[..., Any]) -> list[tuple[str, object]]:
    """Its instructions. Names count, but of constants only their kind: `return 5` is an answer, if a poor one."""

    def kind(step: dis.Instruction) -> object:
        if step.opname.endswith("_CONST"):
            return "nothing" if step.argval in (None, ...) else type(step.argval)
        return step.argval if step.opname == "LOAD_GLOBAL" else None

    return [(step.opname, kind(step)) for step in dis.get_instructions(function)]


def _not_portable(function: types.FunctionType) -> Idea | None:
    """Whatever it uses of the notebook must be able to come along into the explorer's process."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    inside = {name: cell.cell_contents for name, cell in cells if cell != types.CellType()}
    for name in [*inside, *_names(function.__code__)]:
        thing = inside.get(name, function.__globals__.get(name))
        if isinstance(thing, (redis.Redis, redis.asyncio.Redis)):
            words = (
                f"Your function uses `{name}`, a client from outside. So it works on another Redis than the one that"
            )
            return Idea("own-connection", f"{words} it's given as `redis`.")
        if not _can_travel(thing):
            words = f"Your function uses `{name}` (a {type(thing).__name__}) from outside, which can't come along"
            return Idea("not-portable", f"{words} into the checker's process. It needs to get by with its arguments.")
    return None


def _names(code: types.CodeType) -> list[str]:
    inner = [name for const in code.co_consts if inspect.iscode(const) for name in _names(const)]
    return [step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"] + inner


def _can_travel(thing: object) -> bool:
    if inspect.ismodule(thing) or inspect.isfunction(thing) or inspect.isclass(thing):
        return True
    try:
        pickles.dumps(thing)
    except Exception:
        return False
    return not isinstance(thing, asyncio.AbstractEventLoop)
