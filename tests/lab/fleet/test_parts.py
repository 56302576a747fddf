"""How a worker process is told what to do."""

import asyncio
import time

from helpers import eventually_async
from jobqueue.job import Job
from jobqueue.lab.fleet.dials import Dials, Turns


async def test_turns_are_taken_by_coroutines_and_threads_in_the_order_they_asked():
    turns, order = Turns(1), []

    async def wait(name):
        async with turns:
            order.append(name)

    def wait_in_thread(name):
        with turns:
            order.append(name)

    turns.ask().result()
    asked = []
    for number in range(4):
        work = asyncio.to_thread(wait_in_thread, number) if number % 2 else wait(number)
        asked.append(asyncio.create_task(work))
        await eventually_async(lambda number=number: len(turns._waiting) > number)
    turns.give_back()
    await asyncio.gather(*asked)
    assert order == [0, 1, 2, 3]


async def test_a_turn_that_nobody_waits_for_any_more_goes_to_the_next():
    turns = Turns(1)
    turns.ask().result()

    async def wait():
        async with turns:
            await asyncio.sleep(600)

    waiting, next_one = asyncio.create_task(wait()), asyncio.create_task(wait())
    await eventually_async(lambda: len(turns._waiting) == 2)
    waiting.cancel()
    await asyncio.wait([waiting])
    turns.give_back()
    third = turns.ask()
    assert not third.done()
    next_one.cancel()
    await asyncio.wait([next_one])
    assert third.done()


async def test_a_plain_handler_that_returns_an_awaitable_is_slow_as_well():
    dials = Dials(1, "ada", lambda job: True)
    dials.slow = 3
    began = time.monotonic()
    own = {"id": "id", "priority": "normal", "attempt": 1, "max_attempts": 3, "entry": "1-0", "reaped": False}
    job = Job("task", None, 60.0, 0.0, **own)
    assert await dials.around(lambda job: asyncio.sleep(0.1, "rested"))(job) == "rested"
    assert time.monotonic() - began >= 0.3
