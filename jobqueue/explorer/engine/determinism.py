"""Control over time and chance: while programs are explored, clocks show virtual time and randomness is seeded.

Each program has a seed of its own. If all shared one, the order of other programs' steps would change what a program
draws, so equal states wouldn't be equal.

Not covered are functions of `random` that were bound before the patch, as by `from random import uniform` in a
notebook. A program that behaves differently in a second run is reported as not deterministic.
"""

import asyncio
import contextlib
import datetime
import os
import random
import sys
import time
import uuid
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NoReturn

from jobqueue.explorer.engine.dates import VirtualDatetime
from jobqueue.explorer.engine.loop import PROGRAM, VirtualLoop
from jobqueue.explorer.fences.trespass import REFUSED

#: The real clock, for the engine's own use.
real_monotonic = time.monotonic

#: Functions of `random` that draw.
DRAWS = (
    "random", "uniform", "randint", "randrange", "choice", "choices", "sample", "shuffle", "expovariate",
    "gauss", "normalvariate", "betavariate", "triangular", "getrandbits", "randbytes", "seed",
)  # fmt: skip


class _ProgramRandom(random.Random):
    """`random`'s own functions, each drawing from the generator of the program that calls."""

    def random(self) -> float:
        return _generator().random()

    def getrandbits(self, k: int) -> int:
        return _generator().getrandbits(k)

    def seed(self, *args: object, **kwargs: object) -> None:
        pass  # a program gets the same numbers in every run anyway


def _generator() -> random.Random:
    program = PROGRAM.get()
    if program is None:
        return random.Random(0)
    if program.random is None:
        program.random = random.Random(program.name)
    return program.random


def _urandom(size: int) -> bytes:
    return _generator().randbytes(size)


def _own_tasks(loop: asyncio.AbstractEventLoop | None = None) -> set[asyncio.Task[Any]]:
    """The tasks of the program that asks, as if it were alone in its process."""
    program = PROGRAM.get()
    return {task for task in program.tasks if not task.done()} if program else set()


def _sleep(seconds: float) -> NoReturn:
    raise RuntimeError(
        f"time.sleep({seconds}) stops the whole program, heartbeats included: use `await asyncio.sleep({seconds})`"
    )


def _patches(loop: VirtualLoop) -> list[tuple[ModuleType, str, Any]]:
    """The functions to replace: (module, name, stand-in)."""
    seeded = _ProgramRandom()
    return [
        (time, "time", lambda: loop.now),
        (time, "monotonic", lambda: loop.now),
        (time, "perf_counter", lambda: loop.now),
        (time, "perf_counter_ns", lambda: int(loop.now * 1e9)),
        (time, "time_ns", lambda: int(loop.now * 1e9)),
        (time, "monotonic_ns", lambda: int(loop.now * 1e9)),
        (time, "sleep", _sleep),
        (datetime, "datetime", VirtualDatetime),
        (os, "urandom", _urandom),
        (random, "_urandom", _urandom),  # for SystemRandom, which secrets uses
        (uuid, "uuid1", lambda node=None, clock_seq=None: uuid.uuid4()),  # for redis-py's Lock
        *REFUSED,
        (asyncio, "all_tasks", _own_tasks),
        (asyncio.tasks, "all_tasks", _own_tasks),
        (sys, "unraisablehook", lambda _: None),  # abandoned programs must not chatter
        *((random, name, getattr(seeded, name)) for name in DRAWS),
    ]


@contextlib.contextmanager
def controlled(loop: VirtualLoop) -> Iterator[None]:
    """Within this block `time`, `random`, `os.urandom` (and so `uuid4`), `uuid1` and `secrets` are those of `loop`."""
    patches = _patches(loop)
    originals = [(module, name, getattr(module, name)) for module, name, _ in patches]
    for module, name, replacement in patches:
        setattr(module, name, replacement)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", RuntimeWarning)
            warnings.showwarning = loop.note_warning
            yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)
