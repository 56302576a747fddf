"""Hear what other processes publish: one subscription per client, which wakes the tasks that wait for a name."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import ConnectionError, NoPermissionError, RedisError

from jobqueue.server.connect import Client

T = TypeVar("T")

#: Seconds until the next try to subscribe, where we have no right to.
REFUSED_SECONDS = 5.0

#: The most seconds between two looks, because a cut subscription misses messages.
LOOK_AGAIN = 5.0


class Subscription:
    """Wakes the tasks that wait for a name when a list of names is published to `channel` and it's among them."""

    def __init__(self, redis: Redis, channel: str):
        self._redis, self._channel = redis, channel
        self._waiters: dict[str, list[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None
        self.closed = False

    async def watch(self, name: str, look: Callable[[str], Awaitable[T]], is_enough: Callable[[T], bool]) -> T:
        """Look at `name` now, and again whenever there may be news of it; return the first look that's enough.

        The truth is what `look` returns. A message only says when to look, so it may be lost, or come twice. Raises
        ConnectionError if the subscription is closed meanwhile.
        """
        async with self._waiting(name) as woken:
            while not self.closed:
                woken.clear()
                if is_enough(news := await look(name)):
                    return news
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN):
                        await woken.wait()
        raise ConnectionError(f"closed while you waited for {name}")

    @contextlib.asynccontextmanager
    async def _waiting(self, name: str) -> AsyncIterator[asyncio.Event]:
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
        """Stop listening, and wake all waiters."""
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
