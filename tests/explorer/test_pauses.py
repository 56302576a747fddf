"""A machine that pauses in the middle of a schedule changes no number: idle times stay those of the virtual clock."""

import asyncio
from dataclasses import replace
from time import sleep

import pytest
from small_world import one_stale, reaping, requeue_then_acknowledge, work

from jobqueue.explorer import Faults
from jobqueue.explorer.redis_seam import server as redis_seam

#: Seconds: more than what idle times bear.
PAUSE = redis_seam.LATE + 0.2


async def two_stale(redis, world):
    await one_stale(redis, world)
    await redis.xadd("jobs", {"id": "2"})
    await redis.xreadgroup("workers", "gone", {"jobs": ">"}, count=1)
    await asyncio.sleep(29)  # one second more, and it's stale, too


SCENARIO = reaping(requeue_then_acknowledge, work, setup=two_stale, faults=Faults(crash=1))


def numbers(report):
    problems = [(problem.kind, problem.faults, problem.schedules) for problem in report.problems]
    return report.verdict, report.schedules, report.losing, report.states, report.runs, problems


@pytest.mark.parametrize("at", [1, 4, 9, 30, 77, 150])  # round trips
def test_a_pause_anywhere_changes_nothing(run, server, monkeypatch, at):
    expected = numbers(run(SCENARIO))
    exchange, calls = server.wire.exchange, 0

    def exchange_and_pause(data, count):
        nonlocal calls
        calls += 1
        if calls == at:
            sleep(PAUSE)
        return exchange(data, count)

    monkeypatch.setattr(server.wire, "exchange", exchange_and_pause)
    assert numbers(run(SCENARIO)) == expected
    assert calls > at


def test_a_program_that_is_itself_that_slow_is_explored_all_the_same(run):
    async def slow(redis, world):
        await redis.get("x")
        sleep(PAUSE)  # noqa: ASYNC251
        await redis.get("x")

    report = run(replace(SCENARIO, programs={"slow": slow}, faults=Faults()))
    assert (report.schedules, report.states) == (1, 3)
