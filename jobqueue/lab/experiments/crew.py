"""The workers of chaos.py's matrix. Each works for all its queues at once, so that a fault hits all of them at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from redis.asyncio import Redis

from jobqueue.job import NewJob
from jobqueue.keys import GROUP
from jobqueue.lab.experiments.unprotected import serve
from jobqueue.queue import Queue

if TYPE_CHECKING:
    from jobqueue.lab.world import World

#: Jobs of a queue in one experiment, enough for the whole crew.
JOBS, SIZE = 8, 4

#: Seconds that the crew may take to start, or until one of them holds jobs of all queues.
PATIENCE = 60.0


class Struck(msgspec.Struct):
    """The jobs of one queue in one experiment: their ids, and one that's like each of them."""

    queue: Queue
    ids: list[str]
    job: NewJob


class Crew:
    """Workers for the queues of `rows`. The first of them is the one that's harmed."""

    def __init__(self, world: "World", rows: Iterable[str]):
        self.world, program = world, _serving(list(rows))
        self.names = [world.spawn(program).name for _ in range(SIZE)]

    async def until_ready(self, queues: Iterable[Queue]) -> None:
        """Wait until each worker reads from each queue. Or the first ones might leave no jobs to the others."""
        for queue in queues:
            await self.world.when(partial(self._missing, queue), set(), PATIENCE)

    async def catch(self, struck: Iterable[Struck]) -> str:
        """Freeze the first worker while it holds jobs of all queues; returns its name."""
        name, processes, struck = self.names[0], self.world.fleet.processes, list(struck)
        async with self.world.waits.within(PATIENCE):
            while True:
                self.world.fleet.network.require_room()
                processes.freeze(name)
                if all([await self._has(name, each) for each in struck]):
                    return name
                processes.thaw(name)
                for each in struck:  # on a busy machine the others may have taken all
                    if not (await each.queue.snapshot()).total("waiting"):
                        each.ids += _accepted(await each.queue.enqueue_many([each.job] * JOBS))
                await asyncio.sleep(0.03)

    async def _missing(self, queue: Queue) -> set[str]:
        consumers = await queue.redis.xinfo_consumers(queue.keys.stream("normal"), GROUP)
        return set(self.names) - {row["name"].decode() for row in consumers}

    async def _has(self, name: str, struck: Struck) -> bool:
        """Whether this worker has begun one of these jobs, and hasn't settled all that it took."""
        begun, queue = self.world.fleet.processes.began_by(name), struck.queue  # quick: the worker is frozen meanwhile
        pending = await queue.redis.xpending_range(queue.keys.stream("normal"), GROUP, "-", "+", 1, name)
        return bool(pending) and any(begun[job] for job in struck.ids)


async def strike(queue: Queue, job: NewJob, jobs: int) -> Struck:
    """Enqueue `jobs` jobs like this one. Raises what stopped one of them."""
    return Struck(queue, _accepted(await queue.enqueue_many([job] * jobs)), job)


def _accepted(answers: Iterable[str | Exception]) -> list[str]:
    ids = []
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
        ids.append(answer)
    return ids


def _serving(rows: list[str]) -> Callable[[Redis, str], Awaitable[None]]:
    """A program that works for these rows' queues alone, because each queue costs a worker four connections."""

    async def program(redis: Redis, name: str) -> None:
        await serve(redis, name, rows)

    return program
