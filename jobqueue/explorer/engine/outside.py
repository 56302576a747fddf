"""The world outside Redis, as a program may touch it."""

from typing import TYPE_CHECKING

import redis.asyncio

from jobqueue.explorer.record import Effect
from jobqueue.explorer.redis_seam.server import EFFECT

if TYPE_CHECKING:
    from jobqueue.explorer.engine.process import Process


class Outside:
    """The second argument of programs, setup and finish, which call it `world`."""

    def __init__(self, process: "Process"):
        self._process = process

    @property
    def name(self) -> str:
        """The program's name in its scenario; "setup" or "finish"."""
        return self._process.name

    def record(self, *effect: object) -> None:
        """Note an effect outside Redis, such as `world.record("ran", job_id)`: invariants see it, pictures show it."""
        self._process.run.effects.append(effect)

    async def step(self, *effect: object) -> None:
        """Note an effect as `record` does, but as a step: other programs may act, and faults strike, before it."""
        pool = self._process.pools[0]
        connection = await pool.get_connection()
        await connection.submit([[(EFFECT, *(str(word).encode() for word in effect))]])
        await pool.release(connection)
        self._process.run.effects.append(effect)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """All effects so far, of all programs. For `finish` only, as a program can't know those of others."""
        return tuple(self._process.run.effects)

    def client(self, *, decode_responses: bool) -> redis.asyncio.Redis:
        """Make another client for this program, for instance one that doesn't decode replies."""
        return self._process.client_that(decode_responses)

    def connect(self, url: str = "") -> redis.asyncio.Redis:
        """Make a client, as a class expects that takes a factory: `Queue("", connect=world.connect)`."""
        return self._process.client_that(False)
