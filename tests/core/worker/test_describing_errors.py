"""An error is described in one line, however odd its class, its text or its chain is."""

import asyncio
from collections import Counter

import pytest

from jobqueue import Reject, RetryLater, Worker
from jobqueue.printable import describe
from workers import Hasty, hire, plain_raiser, raiser


class Untellable(Exception):
    def __str__(self):
        raise SystemExit("gotcha")


class Unformattable(Exception):
    @property
    def __traceback__(self):
        raise KeyboardInterrupt

    def __repr__(self):
        raise GeneratorExit


class Nameless(type):
    @property
    def __name__(cls):
        raise RuntimeError("no name")


class Anonymous(Exception, metaclass=Nameless):
    def __str__(self):
        raise asyncio.CancelledError


class OddClass(Exception):
    @property
    def __class__(self):
        raise KeyboardInterrupt


class OddText(str):
    def __format__(self, spec):
        raise RuntimeError("not to be formatted")

    def __len__(self):
        return -1


class Texty(Exception):
    def __str__(self):
        return OddText("odd")


class Later(RetryLater):
    @property
    def seconds(self):
        raise SystemExit

    @seconds.setter
    def seconds(self, value):
        pass


def nested(depth):
    error = ValueError("innermost")
    for _ in range(depth):
        error = ExceptionGroup("g", [error])
    return error


def chained(length):
    error = None
    for number in range(length):
        error, error.__cause__ = ValueError(number), error  # type: ignore[attr-defined]
    return error


def in_a_circle():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    return one


UNSPEAKABLE = {
    "exits in __str__": (Untellable(), "Untellable, which cannot be printed"),
    "interrupts in __traceback__": (Unformattable("text"), "Unformattable: text"),
    "has no name": (Anonymous(), "an exception, which cannot be printed"),
    "has an odd class": (OddClass("odd"), "OddClass: odd"),
    "has an odd text": (Texty(), "Texty"),
    "is deep": (nested(2000), "ExceptionGroup: g (1 sub-exception)"),
    "is in a circle": (in_a_circle(), "ValueError: one"),
    "is huge": (ValueError("x" * 30_000_000), "ValueError: xxx"),
    "is a group of thousands": (ExceptionGroup("g", [ValueError(n) for n in range(3000)]), "ExceptionGroup: g (3000"),
    "has odd seconds": (Later(1), "Later: the handler asked"),
    "has a lone surrogate": (OSError("caf\udce9"), "OSError: caf\\udce9"),
}


@pytest.mark.parametrize(("error", "line"), UNSPEAKABLE.values(), ids=UNSPEAKABLE)
@pytest.mark.parametrize("kind", [raiser, plain_raiser])
async def test_an_exception_whose_text_cannot_be_made_is_one_failed_attempt(queue, brisk, kind, error, line):
    ran = Counter()

    async def count(job):
        ran[job.attempt] += 1
        raised = kind(error)(job)
        return await raised if kind is raiser else raised

    bad, good = await queue.enqueue("bad", max_attempts=2), await queue.enqueue("good", 3)
    async with asyncio.timeout(20):
        await Worker(queue, {"bad": count, "good": lambda job: 7}, rng=Hasty(), concurrency=2).run_until_idle()
    status = await queue.job(bad)
    assert (status.state, status.reason, dict(ran)) == ("dead", "failed", {1: 1, 2: 1})
    assert status.error.startswith(line)
    assert (await queue.job(good)).result == 7


async def test_a_rejection_with_an_odd_class_is_a_rejection(queue):
    class Odd(Reject):
        @property
        def __class__(self):
            raise KeyboardInterrupt

    job_id = await queue.enqueue("task", max_attempts=5)
    await hire(queue, raiser(Odd("no use"))).run_until_idle()
    assert (await queue.job(job_id)).reason == "rejected"


def test_an_error_is_described_in_one_line_and_in_full():
    try:
        raise ValueError("text")
    except ValueError as error:
        line, full = describe(error)
    assert line == "ValueError: text"
    assert full.startswith("Traceback (most recent call last)") and full.endswith("ValueError: text\n")
