"""The transitions: one Lua script in `lua/` each. A script's header says how it's called, what it returns, and which
failures it prevents. `run` calls any of them; those that workers call have a method each.

enqueue   (producer) → waiting, delayed   release   pending → waiting, delayed: by its own worker, unrun
complete  pending → done                  reap      pending → waiting, dead: once its lease ran out
retry     pending → delayed               promote   delayed → waiting: once due
bury      pending → dead                  heartbeat pending, for one more lease
replay    dead → waiting                  cancel    waiting, delayed → cancelled
discard   dead → (forgotten)

The others move no job: forget, set_lease, limit, and the scripts that only look (leases, heads, status, snapshot).
"""

from collections.abc import Iterable, Mapping
from hashlib import sha1
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from jobqueue.job import Job
from jobqueue.keys import GROUP, TIERS, Keys, Tier
from jobqueue.printable import log
from jobqueue.server.loader import Script, read_lua

LOST, SETTLED, SETTLED_BEFORE = 0, 1, 2

#: An entry's id.
Entry = str | bytes

#: Seconds a pending entry may stay without a heartbeat before the reaper takes it, until `set_lease` says otherwise.
DEFAULT_LEASE = 30.0

#: The shortest lease in seconds: heartbeats come three times in it, and the network and a busy machine need the rest.
SHORTEST_LEASE = 0.5

#: What scripts know besides their keys and arguments.
CONSTANTS: dict[str, str | int] = {
    "GROUP": f"'{GROUP}'",
    "TIERS": f"{{{', '.join(f'{tier} = true' for tier in TIERS)}}}",
    "DEFAULT_LEASE_MS": round(DEFAULT_LEASE * 1000),
    "SHORTEST_LEASE_MS": round(SHORTEST_LEASE * 1000),
    # A job is dead with its 1 + 4 × (max_attempts - 1)th lost lease: the 9th, of the three attempts it has by default.
    "LOST_PER_REPEAT": 4,
    # Transitions kept while they're recorded, approximately.
    "EVENTS_KEPT": 100_000,
    # Bytes kept of a job's history: its latest attempts, twenty or more.
    "HISTORY_BYTES": 8_000,
}

#: The text of each piece that scripts share, by its name; and the scripts.
PIECES = read_lua("lua/lib")
SCRIPTS = {name: Script(name, source, PIECES, CONSTANTS) for name, source in read_lua("lua").items()}


#: For scripts that look into each tier.
EACH_TIER = [{"tier": tier} for tier in TIERS]


class Heads(NamedTuple):
    """What a worker picks the tier of its next fetch by."""

    #: The name of the policy in force; None: each worker follows its own.
    policy: str | None
    #: For each tier with waiting jobs the age of its oldest one, in seconds.
    ages: dict[Tier, float]

    @classmethod
    def parse(cls, reply: list[Any]) -> "Heads":
        policy, *ages = reply
        # F49: a policy is shown only tiers that have work, so it can't make a worker wait on an empty one.
        known = {tier: age / 1000 for tier, age in zip(TIERS, ages, strict=True) if age >= 0}
        return cls(policy.decode(errors="replace") if policy else None, known)


class Transitions:
    """The scripts of one queue, on one client. Settling ones return LOST, SETTLED or SETTLED_BEFORE."""

    scripts: Mapping[str, Script] = SCRIPTS

    def __init__(self, client: Redis, keys: Keys):
        self.client, self.keys = client, keys
        #: What the server calls each script once it's loaded.
        self.hashes = {name: sha1(script.text.encode()).hexdigest() for name, script in self.scripts.items()}

    async def run(self, name: str, each: Iterable[dict[str, Any]] = (), /, **values: Any) -> Any:
        """Run a script. Give the values that its header names, and in `each` those of the names that repeat.

        Redis keys aren't given: they are made from these values.
        """
        values |= {"prefix": self.keys.prefix, "job_prefix": self.keys.job_prefix}
        keys, args = (script := self.scripts[name]).bind(self.keys.form, values, each)
        for _ in range(2):
            try:
                return await self.client.execute_command("EVALSHA", self.hashes[name], len(keys), *keys, *args)
            except NoScriptError:  # so nothing was run
                await self.client.script_load(script.text)
        return await self.client.eval(script.text, len(keys), *keys, *args)  # it's flushed all the time

    async def complete(
        self, consumer: str, results: list[tuple[Job, bytes]], ttl_ms: int
    ) -> tuple[list[int | None], Heads]:
        """Complete a batch. Returns a reply for each job (None: the server refused), and the heads."""
        each = [_names(job, result=result) for job, result in results]
        heads, replies = await self.run("complete", each, consumer=consumer, result_ttl_ms=ttl_ms)
        for error in (reply for reply in replies if isinstance(reply, ResponseError)):
            log.error("the server refused to complete an attempt, so its lease will run out: %s", error)
        return [reply if isinstance(reply, int) else None for reply in replies], Heads.parse(heads)

    async def retry(self, consumer: str, job: Job, delay_ms: int, error: str) -> int:
        return await self.run("retry", consumer=consumer, delay_ms=delay_ms, error=error, **_names(job))

    async def bury(
        self, consumer: str, tier: Tier, entry: Entry, job_id: str, reason: str, error: str, traceback: str
    ) -> int:
        why = {"reason": reason, "error": error, "traceback": traceback}
        return await self.run("bury", consumer=consumer, tier=tier, entry=entry, id=job_id, **why)

    async def release(self, consumer: str, tier: Tier, entry: Entry, delay_ms: int = 0, started: bool = False) -> int:
        how = {"delay_ms": delay_ms, "started": int(started)}
        return await self.run("release", consumer=consumer, tier=tier, entry=entry, **how)

    async def reap(self, tier: Tier, entry: Entry, lease_ms: int) -> int:
        """Returns 1 requeued, 2 dead, 0 its lease has not run out."""
        return await self.run("reap", tier=tier, entry=entry, lease_ms=lease_ms)

    async def promote(self, limit: int = 100) -> tuple[int, int, list[ResponseError]]:
        """Returns how many were moved, milliseconds until the next is due (-1: none is delayed), and failures."""
        return tuple(await self.run("promote", EACH_TIER, limit=limit))

    async def heartbeat(self, consumer: str, jobs: list[Job]) -> tuple[float, list[bool]]:
        """Renew the leases of `jobs`; returns the lease in seconds, and for each whether it is still `consumer`'s."""
        lease_ms, replies = await self.run("heartbeat", map(_names, jobs), consumer=consumer)
        return lease_ms / 1000, [reply == 1 for reply in replies]

    async def leases(self) -> tuple[float, float, float | None]:
        """In seconds: the lease, the one to act on now, and when it can first run out. None: nothing is pending."""
        lease_ms, in_force_ms, soonest_ms = await self.run("leases", EACH_TIER)
        return lease_ms / 1000, in_force_ms / 1000, soonest_ms / 1000 if soonest_ms >= 0 else None

    async def forget(self, consumer: str | bytes, idle_ms: int = 0) -> int:
        return sum(await self.run("forget", EACH_TIER, consumer=consumer, idle_ms=idle_ms))

    async def heads(self) -> Heads:
        return Heads.parse(await self.run("heads", EACH_TIER))


def _names(job: Job, **more: Any) -> dict[str, Any]:
    """What headers call an attempt."""
    return {"tier": job.priority, "id": job.id, "entry": job.entry, "attempt": job.attempt, **more}
