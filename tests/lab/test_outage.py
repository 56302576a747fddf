"""What lesson 09 measures: a batch of jobs meets a service that is down, with retries in waves and spread out."""

import asyncio
import random

import pytest

from jobqueue import BadSetting, RetryLater
from jobqueue.lab.experiments.outage import MOST, ask, dismiss, most_within, run
from jobqueue.lab.world import NothingToWaitFor, World

SECOND = 0.1


def letters(wait):
    async def letter(job):
        if not await ask():
            raise RetryLater(wait(job.attempt, random.Random()) * SECOND)

    return letter


@pytest.fixture
async def world():
    async with World() as world:
        yield world


async def test_letters_fail_while_the_service_is_down_and_are_sent_when_it_is_up(world):
    world.hire(1, concurrency=MOST, handlers={"letter": letters(lambda attempt, rng: 5)})
    day = await run(world, MOST, second=10)
    assert (day.sent, day.dead, day.delayed) == (MOST, 0, MOST)
    assert 0 <= day.due_within_ms < 5000, "no more apart than they failed: each waits five seconds"
    assert day.requests == day.busiest == MOST, "those before, when it was down, are not counted"
    assert list(day.recording.marks["label"]) == ["mail service down"]
    assert set(day.recording.attempts["attempt"]) == {1, 2}


async def test_what_it_does_not_bear_it_refuses_and_who_comes_at_once_dies_at_once(world):
    world.hire(1, concurrency=20, handlers={"letter": letters(lambda attempt, rng: 1)})
    day = await run(world, 20, attempts=2, second=100)
    assert day.sent < 20 and day.sent + day.dead == 20
    # On a busy machine, a letter may have been tried for the second time before the service was up.
    assert day.sent <= day.busiest == day.requests <= 20
    assert day.row == {"sent_jobs": day.sent, "dead_jobs": day.dead, "requests": day.requests,
                       "busiest_second": day.busiest, "took_s": day.took_s}  # fmt: skip


def test_the_busiest_second_may_begin_at_any_moment():
    wave = [0.90, 0.95, 1.00, 1.05, 1.85]
    assert most_within(wave, 1) == 5, "a second by the clock would have cut it into two and three"
    assert most_within([*wave, 1.9], 1) == 5, "a second is over when the next begins"
    assert most_within([], 1) == 0


async def test_whoever_is_dismissed_has_left(world):
    crew = world.hire(2)
    await world.until(lambda frame: len(frame.workers) == 2)
    await dismiss(world)
    assert not any(member.alive for member in crew)


async def test_without_a_worker_nothing_is_begun(world):
    with pytest.raises(BadSetting, match="no worker can send letters"):
        await run(world)
    assert (await world.queue.snapshot()).accepted == 0


@pytest.mark.slow
async def test_letters_of_an_interrupted_day_do_not_count_in_the_next(world):
    world.hire(1, concurrency=20, handlers={"letter": letters(lambda attempt, rng: 5)})
    interrupted = asyncio.create_task(run(world, 20, second=10))
    await world.until(lambda frame: frame.retried >= 10)
    interrupted.cancel()
    await asyncio.wait([interrupted])
    assert [mark.label for mark in world.recorder.marks if mark.lasts] == [], "no picture says that it's down"
    day = await run(world, 3, second=10)
    assert (day.sent + day.dead, day.delayed) == (3, 3)


async def test_if_all_are_killed_it_says_whom_to_hire(world):
    [bob] = world.hire(1, concurrency=20, handlers={"letter": letters(lambda attempt, rng: 5)})
    day = asyncio.create_task(run(world, 20, second=10))
    await world.until(lambda frame: frame.retried >= 10)
    world.kill(bob.name)
    with pytest.raises(NothingToWaitFor, match="hires workers for them"):
        await day
