"""The transitions: one Lua script each, one method each. `lua/` holds them, headed by what they guard against.

enqueue   (producer) → waiting, delayed   release   pending → waiting, delayed: by its own worker, unrun
complete  pending → done                  reap      pending → waiting, dead: once its lease ran out
retry     pending → delayed               promote   delayed → waiting: once due
bury      pending → dead                  heartbeat pending, for one more lease
replay    dead → waiting                  cancel    waiting, delayed → cancelled
discard   dead → (forgotten)
"""

import re
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis

from jobqueue.job import Job
from jobqueue.keys import GROUP, TIERS, Keys, Tier

LOST, SETTLED, SETTLED_BEFORE = 0, 1, 2

#: About so many transitions are kept while they are recorded.
EVENTS_KEPT = 100_000

#: So much of a job's history is kept: its latest attempts, some twenty or more.
HISTORY_BYTES = 8_000


class Script:
    """One script: its text as sent to the server, and the counts of KEYS and ARGV its header announces."""

    def __init__(self, name: str, common: str, source: str):
        self.name = name
        shebang, body = source.split("\n", 1)
        constants = f"local GROUP, EVENTS_KEPT, HISTORY_BYTES = '{GROUP}', {EVENTS_KEPT}, {HISTORY_BYTES}"
        self.text = f"{shebang}\n{constants}\n{common}\n{body}"
        self.keys = self._arity("KEYS", source)
        self.args = self._arity("ARGV", source)

    @staticmethod
    def _arity(kind: str, source: str) -> tuple[int, int]:
        """(names always there, names in a group that repeats) of the header's line, `-- KEYS totals (stream job)*`."""
        header = re.search(rf"^-- {kind}\b([^(\n]*)(?:\((.*)\)\*)?$", source, re.MULTILINE)
        assert header, f"a script has no line of {kind} in its header"
        return len(header[1].split()), len((header[2] or "").split())

    def check(self, keys: list[str], args: list[Any]) -> None:
        """Raise TypeError unless as many keys and arguments are given as the header announces."""
        for kind, given, (fixed, group) in (("KEYS", keys, self.keys), ("ARGV", args, self.args)):
            more = len(given) - fixed
            if more < 0 or (more % group if group else more):
                raise TypeError(f"{self.name}.lua: {len(given)} {kind} given, its header says otherwise")


def _load() -> dict[str, Script]:
    sources = {path.name.removesuffix(".lua"): path.read_text() for path in files("jobqueue").joinpath("lua").iterdir()}
    common = sources.pop("common")
    return {name: Script(name, common, source) for name, source in sources.items()}


SCRIPTS = _load()


class Transitions:
    """The scripts of one queue, on one client. Settling ones return LOST, SETTLED or SETTLED_BEFORE."""

    def __init__(self, client: Redis, keys: Keys):
        self.client, self.keys = client, keys
        self._streams = [keys.stream(tier) for tier in TIERS]
        self._seen: list[Any] | None = None
        self._registered = {name: client.register_script(script.text) for name, script in SCRIPTS.items()}

    async def run(self, script: str, keys: list[str], args: list[Any]) -> Any:
        """Run a script by its name, after holding the call against the script's own header."""
        SCRIPTS[script].check(keys, args)
        return await self._registered[script](keys=keys, args=args)

    async def enqueue(self, tickets: list[tuple[Tier, str, int, bytes, int, int, int]]) -> list[Any]:
        """Each ticket is (tier, id, max_attempts, body, delay_ms, low, high); see the script for the replies."""
        keys = [self.keys.totals, self.keys.gate]
        args: list[Any] = []
        for tier, job_id, *rest in tickets:
            keys += [self.keys.stream(tier), self.keys.delayed(tier), self.keys.job(job_id)]
            args += [tier, job_id, *rest]
        return await self.run("enqueue", keys, args)

    async def complete(self, consumer: str, results: list[tuple[Job, bytes]], ttl_ms: int) -> list[int]:
        """Its reply has the heads as well: they are kept for the next `heads`, which then need not ask."""
        keys = [self.keys.totals, self.keys.settings, *self._streams]
        args: list[Any] = [consumer, ttl_ms]
        for job, result in results:
            keys += [self.keys.stream(job.priority), self.keys.job(job.id)]
            args += [job.id, job.entry, job.attempt, result]
        self._seen, replies = await self.run("complete", keys, args)
        return replies

    async def retry(self, consumer: str, job: Job, delay_ms: int, error: str) -> int:
        k, tier = self.keys, job.priority
        keys = [k.stream(tier), k.delayed(tier), k.dead, k.job(job.id), k.totals]
        return await self.run("retry", keys, [tier, consumer, job.entry, job.id, delay_ms, error])

    async def bury(
        self, consumer: str, tier: Tier, entry: str | bytes, job_id: str, reason: str, error: str, traceback: str
    ) -> int:
        keys = [self.keys.stream(tier), self.keys.dead, self.keys.job(job_id), self.keys.totals]
        return await self.run("bury", keys, [tier, consumer, entry, job_id, reason, error, traceback])

    async def release(
        self, consumer: str, tier: Tier, entry: str | bytes, delay_ms: int = 0, started: bool = False
    ) -> int:
        k = self.keys
        keys = [k.stream(tier), k.delayed(tier), k.dead, k.totals]
        return await self.run("release", keys, [tier, consumer, entry, delay_ms, int(started), k.job_prefix])

    async def reap(self, tier: Tier, entry: str | bytes, lease_ms: int) -> int:
        """Returns 1 requeued, 2 dead, 0 its lease has not run out."""
        keys = [self.keys.stream(tier), self.keys.dead, self.keys.totals]
        return await self.run("reap", keys, [tier, entry, lease_ms, self.keys.job_prefix])

    async def promote(self, limit: int = 100) -> tuple[int, int]:
        """Returns how many were moved, and the milliseconds until the next is due (-1: none is delayed)."""
        keys = [self.keys.dead, self.keys.totals]
        for tier in TIERS:
            keys += [self.keys.delayed(tier), self.keys.stream(tier)]
        moved, next_due = await self.run("promote", keys, [limit, self.keys.job_prefix, *TIERS])
        return moved, next_due

    async def heartbeat(self, consumer: str, jobs: list[Job]) -> list[bool]:
        """Renew the leases of `jobs`; returns for each whether it is still `consumer`'s."""
        keys = [self.keys.stream(job.priority) for job in jobs]
        return [reply == 1 for reply in await self.run("heartbeat", keys, [consumer, *(job.entry for job in jobs)])]

    async def forget(self, consumer: str | bytes, idle_ms: int = 0) -> int:
        return await self.run("forget", self._streams, [consumer, idle_ms])

    async def heads(self) -> tuple[str | None, dict[Tier, float]]:
        """The name of the policy in force, and for each tier with waiting jobs the age in seconds of its oldest one.

        As the last `complete` saw it, if nobody has asked since; else as it is now.
        """
        seen, self._seen = self._seen, None
        policy, *ages = seen or await self.run("heads", [self.keys.settings, *self._streams], [])
        heads = {tier: age / 1000 for tier, age in zip(TIERS, ages, strict=True) if age >= 0}
        return policy.decode(errors="replace") if policy else None, heads

    def look_again(self) -> None:
        """Have the next `heads` ask."""
        self._seen = None

    async def replay(self, letter: str) -> int:
        """Returns 1 waiting again, 0 no such letter, -1 it is no job of ours."""
        return await self.run(
            "replay", [self.keys.dead, self.keys.totals], [letter, self.keys.prefix, self.keys.job_prefix]
        )

    async def discard(self, letter: str) -> bool:
        return await self.run("discard", [self.keys.dead, self.keys.totals], [letter, self.keys.job_prefix]) == 1

    async def cancel(self, job_id: str, ttl_ms: int) -> bool:
        keys = [self.keys.job(job_id), self.keys.totals]
        return await self.run("cancel", keys, [job_id, self.keys.prefix, ttl_ms]) == 1
