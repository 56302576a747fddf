"""The settings of a queue. They are kept in Redis, because all its processes must go by the same."""

import random

from redis.asyncio import Redis

from jobqueue.errors import BadSetting
from jobqueue.job import is_seconds
from jobqueue.keys import Keys
from jobqueue.policies import BUILT_IN, named
from jobqueue.scripts import SHORTEST_LEASE, Transitions


class Settings:
    """The part of a Queue that reads and changes its settings."""

    redis: Redis
    keys: Keys
    transitions: Transitions

    async def lease(self) -> float:
        """Seconds a pending entry may stay without a heartbeat before it is reaped."""
        return (await self.transitions.leases())[0]

    async def set_lease(self, seconds: float) -> None:
        """Set the lease, for every worker and reaper. Raises BadSetting below 0.5 s.

        It is kept in Redis and in no worker's options: one worker that believed in a shorter lease than the others
        would reap them all. Once there are workers, a shorter lease counts after one old lease, because heartbeats
        come three times a lease and learn of it only then.
        """
        if not is_seconds(seconds, least=SHORTEST_LEASE):
            raise BadSetting(f"the lease must be at least {SHORTEST_LEASE} seconds, not {seconds!r}")
        await self.transitions.set_lease(round(seconds * 1000))

    async def policy(self) -> str | None:
        """The name of the policy all workers follow; None while each follows its own."""
        [name] = await self.transitions.run("heads")
        return name.decode(errors="replace") if name else None

    async def set_policy(self, name: str | None) -> None:
        """Have all workers follow the policy of this name (see policies.py) from their next fetch on; None: their own.

        A name that isn't built in must be one that the workers were given: only they can tell, and they log it. Raises
        BadSetting for one that is empty or longer than 200 characters, and for a built-in one with wrong numbers.
        """
        if name is not None and not 1 <= len(name) <= 200:
            raise BadSetting("a policy's name has 1 to 200 characters; None lets each worker follow its own")
        if name is None:
            await self.redis.hdel(self.keys.settings, "policy")
            return
        if name.partition(":")[0] in BUILT_IN:
            named(name, random.Random(0))
        await self.redis.hset(self.keys.settings, "policy", name)

    async def check_policy(self, name: str) -> None:
        """Raise BadSetting, with a suggestion, for a name that's neither built in nor known to any worker."""
        if not await self.redis.hget(self.keys.settings, self.keys.known_policy(name)):
            named(name, random.Random(0))

    async def record_events(self, on: bool = True) -> None:
        """Begin to write each transition to the stream `keys.events`, capped; or stop, and delete it."""
        if not on:
            await self.redis.delete(self.keys.events)
        elif not await self.redis.exists(self.keys.events):
            await self.redis.xadd(self.keys.events, {"event": "recording"})
