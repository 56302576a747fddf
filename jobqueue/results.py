"""Waiting for results without asking again and again: one subscription a Queue, woken by what the scripts publish."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.keys import Keys

#: Seconds a waiter sleeps at most before it looks for itself: what a cut subscription never heard, it still finds.
LOOK_AGAIN = 5.0


class Endings:
    """Tells whoever waits for a job that it is done, dead or cancelled. A hint only: the truth is in the job's hash."""

    def __init__(self, redis: Redis, keys: Keys):
        self._redis, self._keys = redis, keys
        self._waiters: dict[str, list[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self.closed = False

    @contextlib.asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator[asyncio.Event]:
        """`async with endings.watch(job_id) as ended:` hears every ending from here on, as `await ended()`."""
        heard = asyncio.Event()
        self._waiters.setdefault(job_id, []).append(heard)
        try:
            if self._listener is None or self._listener.done():
                self._listener = asyncio.create_task(self._listen())
            with contextlib.suppress(TimeoutError):  # a server that does not answer: the waiter's own look will say so
                async with asyncio.timeout(LOOK_AGAIN):
                    await self._listening.wait()
            yield heard
        finally:
            self._waiters[job_id].remove(heard)
            if not self._waiters[job_id]:
                del self._waiters[job_id]

    async def close(self) -> None:
        self.closed = True
        self._wake(list(self._waiters))
        if self._listener:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(self._keys.ended)
                    async for message in channel.listen():
                        if message["type"] == "subscribe":
                            self._listening.set()
                            self._wake(list(self._waiters))  # what ended while nobody listened
                        elif message["type"] == "message":
                            self._wake(json.loads(message["data"]))
            except (
                RedisError,
                ValueError,
                TypeError,
            ):  # the latter two: somebody else published what is no list of ids
                self._listening.set()  # waiters fall back on looking for themselves
                await asyncio.sleep(0.5)

    def _wake(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            for heard in self._waiters.get(job_id, ()):
                heard.set()
