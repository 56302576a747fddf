"""Hearing of what other processes publish: one subscription per client, which wakes those that wait for a name."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from jobqueue.server.connect import Client

#: Seconds until the next try to subscribe, where we have no right to.
REFUSED_SECONDS = 5.0


class Subscription:
    """Wakes those that wait for a name, when a list of names is published to `channel` and it's among them."""

    def __init__(self, redis: Redis, channel: str):
        self._redis, self._channel = redis, channel
        self._waiters: dict[str, list[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None
        self.closed = False

    @contextlib.asynccontextmanager
    async def waiting(self, name: str) -> AsyncIterator[asyncio.Event]:
        """`async with subscription.waiting(name) as woken:` sets `woken` each time there may be news of `name`."""
        if isinstance(self._redis, Client):  # now, or else the listener would fail, out of sight
            self._redis.stay_home()
        woken = asyncio.Event()
        self._waiters.setdefault(name, []).append(woken)
        try:
            if self._listener is None or self._listener.done():
                self._listener = asyncio.create_task(self._listen())
            yield woken
        finally:
            self._waiters[name].remove(woken)
            if not self._waiters[name]:
                del self._waiters[name]

    async def close(self) -> None:
        """Stop to listen, and wake all."""
        self.closed = True
        self._wake(list(self._waiters))
        if self._listener and self._listener.get_loop() is asyncio.get_running_loop():
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(self._channel)
                    async for message in channel.listen():
                        if message["type"] == "subscribe":
                            self._wake(list(self._waiters))  # it may have been published before we listened
                        elif message["type"] == "message":
                            self._wake(json.loads(message["data"]))
            # ValueError, TypeError: another client published something else than a list of names.
            except (RedisError, ValueError, TypeError) as error:
                await asyncio.sleep(REFUSED_SECONDS if isinstance(error, NoPermissionError) else 0.5)

    def _wake(self, names: list[str]) -> None:
        for name in names:
            for woken in self._waiters.get(name, ()):
                woken.set()
