"""The settings of a queue. They're kept in Redis, because all its processes must follow the same ones."""

from jobqueue.errors import BadSetting
from jobqueue.job import is_seconds
from jobqueue.keys import KNOWS
from jobqueue.policies import BUILT_IN, named
from jobqueue.scripts import EACH_TIER, SHORTEST_LEASE, Transitions


class Settings:
    """The part of a Queue that reads and changes its settings."""

    transitions: Transitions

    async def lease(self) -> float:
        """Seconds a pending entry may stay without a heartbeat before it is reaped."""
        return (await self.transitions.leases())[0]

    async def set_lease(self, seconds: float) -> None:
        """Set the lease, for every worker and reaper. Raises BadSetting below 0.5 s.

        It's kept in Redis and in no worker's options, because one worker with a shorter lease than the others would
        reap all their jobs. Once there are workers, a shorter lease counts after one old lease, because heartbeats come
        three times per lease and learn of it only then.
        """
        if not is_seconds(seconds, least=SHORTEST_LEASE):
            raise BadSetting(f"the lease must be at least {SHORTEST_LEASE} seconds, not {seconds!r}")
        await self.transitions.run("set_lease", EACH_TIER, lease_ms=round(seconds * 1000))

    async def policy(self) -> str | None:
        """The name of the policy that all workers follow; None while each follows its own."""
        [name] = await self.transitions.run("heads")
        return name.decode(errors="replace") if name else None

    async def set_policy(self, name: str | None, *, known: bool = False) -> None:
        """Have all workers follow the policy of this name (see policies.py) from their next fetch on; None: their own.

        A name that isn't built in must be one that the workers were given. Only they can tell, and they log it if it
        isn't. Raises BadSetting for a name that's empty or longer than 200 characters, for a built-in one with wrong
        numbers and, if it must be `known`, for one that no worker has registered yet.
        """
        redis, keys = self.transitions.client, self.transitions.keys
        if name is None:
            await redis.hdel(keys.settings, "policy")
            return
        if not 1 <= len(name) <= 200:
            raise BadSetting("a policy's name has 1 to 200 characters; None lets each worker follow its own")
        if name.partition(":")[0] in BUILT_IN or (known and not await redis.hexists(keys.settings, KNOWS + name)):
            named(name)
        await redis.hset(keys.settings, "policy", name)

    async def record_events(self) -> None:
        """Begin to write each transition to the stream `keys.events`, which is capped. To stop, delete the stream."""
        redis, events = self.transitions.client, self.transitions.keys.events
        if not await redis.exists(events):
            await redis.xadd(events, {"event": "recording"})
