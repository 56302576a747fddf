"""Whoever writes an invariant is told whether it can tell a wrong piece from a right one."""

import threading

import pytest

from jobqueue import QueueFullError
from jobqueue.explorer import Program, Scenario
from jobqueue.explorer.invariants import never_over
from jobqueue.lab.experiments.trial import on_trial
from jobqueue.lab.solutions.enqueue import enqueue_job

WORKING = never_over("jobs", 2)


async def count_then_add(redis, stream, fields, capacity):
    if await redis.xlen(stream) >= capacity:
        raise QueueFullError("full")
    await redis.xadd(stream, fields)


def last_place(enqueue, invariant):
    async def setup(redis, world):
        await redis.xadd("jobs", {"id": "1"})

    async def producer(redis, world):
        await enqueue(redis, "jobs", {"id": world.name}, 2)

    program = Program(producer, may_raise=(QueueFullError,))
    return Scenario({"pia": program, "paul": program}, setup, always=[invariant])


def depth(view):
    return len(view.content.streams["jobs"].entries)


def right(view):
    assert depth(view) <= 2, "too many"


async def later(view):
    return None


def raising(view):
    if depth(view) > 2:
        raise ValueError("three jobs")


def holding(thing):
    return lambda view: thing and None


TRIED = {
    "never objects": (lambda view: None, "objects to nothing"),
    "too lax": (lambda view: "too many" if depth(view) > 3 else None, "too lax"),
    "too strict": (lambda view: "full" if depth(view) > 1 else None, "false alarm"),
    "a yes for a no": (lambda view: depth(view) <= 2, "It returned True, and anything but None"),
    "a no for a yes": (lambda view: depth(view) > 2, "It returned False, and anything but None"),
    "not one that waits": (later, "begin it with def"),
    "raises what it likes": (raising, "It raised ValueError: three jobs"),
    "of this notebook": (holding(threading.RLock()), "nothing but the view"),
    "a wrong name": (lambda view: view.content.streams["job"], "It raised KeyError: 'job'"),
}


@pytest.mark.parametrize("idea", TRIED)
async def test_a_wrong_invariant_is_told_why(idea, capsys):
    invariant, words = TRIED[idea]
    assert await on_trial(invariant, last_place, count_then_add, enqueue_job, WORKING) is WORKING
    assert words in capsys.readouterr().out


async def test_a_right_one_is_taken(capsys):
    assert await on_trial(right, last_place, count_then_add, enqueue_job, WORKING) is right
    assert "count_then_add: 4 of 6 schedules objected to" in capsys.readouterr().out


async def test_who_runs_the_cell_twice_is_not_praised_for_the_working_one(capsys):
    again = never_over("jobs", 2)
    assert await on_trial(WORKING, last_place, count_then_add, enqueue_job, again) is again
    assert "Run the cell with yours first" in capsys.readouterr().out
