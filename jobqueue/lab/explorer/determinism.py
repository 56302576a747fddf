"""Time and chance under control: while programs are explored, clocks show virtual time and randomness is seeded.

Randomness is seeded per program, not for all together: what a program draws may depend on its own past only, or two
orders of *other* programs' steps would change it, and equal states would not be equal.

Not covered: `datetime.now()`, and functions bound before the patch (`from random import uniform` in a notebook).
A program that behaves differently when run again is reported as not deterministic.
"""

import contextlib
import os
import random
import sys
import time
import warnings

from jobqueue.lab.explorer.loop import PROGRAM

#: The real clock, for the engine's own use.
real_monotonic = time.monotonic


class _ProgramRandom(random.Random):
    """`random`'s own functions, each drawing from the generator of the program that calls."""

    def random(self):
        return _generator().random()

    def getrandbits(self, bits):
        return _generator().getrandbits(bits)

    def seed(self, *args, **kwargs):
        pass  # a program that seeds gets what it would get anyway: the same numbers in every run


def _generator() -> random.Random:
    program = PROGRAM.get()
    if program is None:
        return random.Random(0)
    if program.random is None:
        program.random = random.Random(program.name)
    return program.random


def _urandom(size: int) -> bytes:
    return _generator().randbytes(size)


def _sleep(seconds):
    raise RuntimeError(
        f"time.sleep({seconds}) stops the whole program, heartbeats included: use `await asyncio.sleep({seconds})`"
    )


@contextlib.contextmanager
def controlled(loop):
    """Within this block `time`, `random`, `os.urandom` (and so `uuid4`) and `secrets` are those of `loop`'s world."""
    seeded = _ProgramRandom()
    patches = [
        (time, "time", lambda: loop.now),
        (time, "monotonic", lambda: loop.now),
        (time, "perf_counter", lambda: loop.now),
        (time, "time_ns", lambda: int(loop.now * 1e9)),
        (time, "monotonic_ns", lambda: int(loop.now * 1e9)),
        (time, "sleep", _sleep),
        (os, "urandom", _urandom),
        (random, "_urandom", _urandom),  # what SystemRandom, and so secrets, use
        (sys, "unraisablehook", lambda _: None),  # abandoned programs must not chatter
    ]
    for name in ("random", "uniform", "randint", "randrange", "choice", "choices", "sample", "shuffle", "expovariate"):
        patches.append((random, name, getattr(seeded, name)))
    for name in ("gauss", "normalvariate", "betavariate", "triangular", "getrandbits", "randbytes", "seed"):
        patches.append((random, name, getattr(seeded, name)))
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
