"""Another team's service on a bad day: it's down while a batch of jobs needs it, then up again, with a limit.

Do the queue's retries help it to recover, or keep it down? That's measured here.

    async def letter(job):
        if not await ask():
            raise RetryLater(backoff(job.attempt, random.Random()))

    world.hire(2, concurrency=60, handlers={"letter": letter})
    day = await run(world)
"""

import asyncio
import os
from bisect import bisect_left
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.job import NewJob
from jobqueue.lab.experiments.overload import depth
from jobqueue.lab.fleet.raw import RawClient, raw_client
from jobqueue.lab.fleet.tasks import URL
from jobqueue.lab.recording.excerpt import since
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.world import NothingToWaitFor, World

#: Requests per second that the service answers. It refuses the others.
MOST = 5

SERVICE, ASKED, TIMES = "mail-service", "mail-service:asked", "mail-service:times"

#: KEYS service asked times, ARGV most. It counts each request, by window of time, and notes its time.
ASK = """
local state = redis.call('HMGET', KEYS[1], 'up', 'window_ms')
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + now[2] / 1000
local window = math.floor(now_ms / state[2])
redis.call('RPUSH', KEYS[3], string.format('%.3f', now_ms))
local asked = redis.call('HINCRBY', KEYS[2], window, 1)
return (state[1] == '1' and asked <= tonumber(ARGV[1])) and 1 or 0
"""


async def ask() -> bool:
    """Send one request to the service, from a handler. False while it's down, and when it has too much to do."""
    return bool(await _client().eval(ASK, 3, SERVICE, ASKED, TIMES, MOST))


@cache
def _client() -> RawClient:
    return raw_client(os.environ[URL])


@dataclass(frozen=True)
class Outage:
    """The end of a batch that needed a service while it was down."""

    sent: int
    dead: int
    #: Requests after the service was up again: the total, and the most within any second of its own.
    requests: int
    busiest: int
    #: Seconds from the end of the outage until every job was done or dead.
    took_s: float
    #: The delayed set when all jobs had failed: how many were in it, and milliseconds from the first to the last.
    delayed: int
    due_within_ms: int
    recording: Recording

    @property
    def row(self) -> dict[str, float]:
        """For a table."""
        return {
            "sent_jobs": self.sent,
            "dead_jobs": self.dead,
            "requests": self.requests,
            "busiest_second": self.busiest,
            "took_s": self.took_s,
        }


async def run(world: World, jobs: int = 60, *, attempts: int = 5, second: float = 1.0) -> Outage:
    """Take the service down, enqueue `jobs` jobs of the task "letter", and start it again once each has failed.

    A second of the service takes `second`. Returns when all jobs are done or dead. Raises BadSetting if there's no
    worker, and NothingToWaitFor if none is left.
    """
    if not world.fleet.alive:
        raise BadSetting("no worker can send letters: run the cell that hires workers for them")
    try:
        return await _day(world, jobs, attempts, second)
    except NothingToWaitFor as gone:  # a worker hired in any other way wouldn't know letters
        why = "every worker is gone, and letters are left: run the cell that hires workers for them, then this one"
        raise NothingToWaitFor(why) from gone


async def _day(world: World, jobs: int, attempts: int, second: float) -> Outage:
    redis = world.client()
    await redis.hset(SERVICE, mapping={"up": 1, "window_ms": max(1, round(1000 * second))})
    # Letters of an interrupted day end first, and don't count in this one.
    before = await world.until(lambda frame: _all_ready(frame) and not depth(frame))
    async with _promoted_in_time(world):
        async with _down(world, redis):
            await world.queue.enqueue_many([NewJob("letter", {"n": n}, max_attempts=attempts) for n in range(jobs)])
            await world.until(lambda frame: frame.retried - before.retried >= jobs)
            rows: Any = await redis.zrange(world.queue.keys.delayed("normal"), 0, -1, withscores=True)
        up_s = world.recorder.now
        after = await world.until(lambda frame: _ended(frame) - _ended(before) >= jobs)
    times = [float(text) for text in await redis.lrange(TIMES, 0, -1)]
    return Outage(
        sent=after.done - before.done,
        dead=after.dead - before.dead,
        requests=len(times),
        busiest=most_within(times, 1000 * second),
        took_s=round(after.t - up_s, 1),
        delayed=len(rows),
        due_within_ms=round(rows[-1][1] - rows[0][1]) if rows else 0,
        recording=since(world.recording(), before.t),
    )


def most_within(times: list[float], width: float) -> int:
    """The most of `times`, oldest first, in any span of this width. So no tick of the clock cuts a wave in two."""
    return max((bisect_left(times, first + width) - n for n, first in enumerate(times)), default=0)


async def dismiss(world: World) -> None:
    """Fire all workers; returns when they have left. Each leaves as soon as it holds nothing."""
    crew = world.fleet.alive
    for member in crew:
        world.fire(member.name)
    await world.until(lambda frame: not any(member.alive for member in crew), alone=True)


@asynccontextmanager
async def _down(world: World, redis: RawClient) -> AsyncIterator[None]:
    """The service is down, and is up again afterwards. No picture calls it down after an interrupt."""
    await redis.hset(SERVICE, "up", 0)
    mark = world.recorder.mark("mail service down", lasts=True)
    try:
        yield
        await redis.delete(ASKED, TIMES)
        await redis.hset(SERVICE, "up", 1)
    finally:
        world.recorder.end(mark)


@asynccontextmanager
async def _promoted_in_time(world: World) -> AsyncIterator[None]:
    """Promote delayed jobs on time: the workers' own promoters may be a second late, which is long in a hasty test."""

    async def promote() -> None:
        while True:
            await world.queue.transitions.promote()
            await asyncio.sleep(0.01)

    promoter = asyncio.create_task(promote())
    try:
        yield
    finally:
        promoter.cancel()


def _all_ready(frame: WorldFrame) -> bool:
    return not any(worker.state == "starting" for worker in frame.workers)


def _ended(frame: WorldFrame) -> int:
    return frame.done + frame.dead
