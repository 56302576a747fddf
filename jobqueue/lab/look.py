"""One look at a queue, by one read-only script in one round trip: everything of it that a frame shows."""

from importlib.resources import files

import msgspec
from redis.asyncio import Redis

from jobqueue.keys import TIERS, Keys
from jobqueue.queue import Queue
from jobqueue.scripts import Script
from jobqueue.shared import DEFAULT_LEASE

SCRIPT = Script(
    "look",
    files("jobqueue").joinpath("lua/common.lua").read_text(),
    files(__package__).joinpath("look.lua").read_text(),
)


#: More that happened since the last look are told by the next one.
EVENTS_A_LOOK = 2000


class Seen(msgspec.Struct):
    """What one look saw."""

    #: Server time in milliseconds since the epoch.
    now_ms: int
    #: Those fields of a frame that come from Redis.
    fields: dict
    #: How many events were ever recorded in this stream of them; -1: nobody records.
    recorded: int
    #: Those after the last look: (id, event, job, entry, worker, the job's tier, the job's entry now).
    happened: list[list[str]]
    #: Names, only if they were asked for.
    consumers: set[str]


class Looker:
    """Looks at `queue` on a connection of its own, so that no look waits behind a load's own commands."""

    def __init__(self, queue: Queue):
        self.redis = _reading_text(queue.connect(queue.url))
        self._script = self.redis.register_script(SCRIPT.text)
        self._keys = _keys(queue.keys)
        self._job_prefix = queue.keys.job_prefix

    async def look(self, after: str, *, consumers: bool) -> Seen:
        """What is there now, and the events after the one with the id `after`. Raises redis-py's errors."""
        reply = await self._script(keys=self._keys, args=[self._job_prefix, after, EVENTS_A_LOOK, int(consumers)])
        now_ms, dead, totals, (lease_ms, policy), letters, recorded, happened, lines, names = reply
        lease = int(lease_ms) / 1000 if isinstance(lease_ms, str) and lease_ms.isdigit() else DEFAULT_LEASE
        fields = {"dead": dead, "lease": lease, "policy": policy if isinstance(policy, str) else "", "letters": letters}
        return Seen(now_ms, fields | _totals(totals) | _lines(lines, now_ms), recorded, happened, set(names))

    async def close(self) -> None:
        await self.redis.aclose()


def _keys(keys: Keys) -> list[str]:
    found = [keys.dead, keys.totals, keys.settings, keys.events]
    for tier in TIERS:
        found += [keys.stream(tier), keys.delayed(tier)]
    return found


def _reading_text(client: Redis) -> Redis:
    """The same client, reading text instead of bytes: hiredis makes it so for nothing, and it never fails on a byte."""
    client.connection_pool.connection_kwargs |= {"decode_responses": True, "encoding_errors": "replace"}
    return client


def _totals(flat: list[str]) -> dict:
    """The counts since the beginning."""
    totals = dict(zip(flat[::2], flat[1::2], strict=True))
    wanted = ("accepted", "done", "cancelled", "discarded", "foreign", "reaped", "retried")
    return {name: int(totals.get(name, 0)) for name in wanted}


def _lines(lines: list[list], now_ms: int) -> dict:
    """What there is by tier, and the PEL of all tiers in one ledger."""
    by_tier = dict(zip(TIERS, lines, strict=True))
    ledger, pel = [], {}
    for tier, (_, _, _, _, held, rows, _, _) in by_tier.items():
        ledger += [_row(tier, *row) for row in rows]
        for worker, count in held:
            pel[worker] = pel.get(worker, 0) + int(count)
    ledger.sort(key=lambda row: -row["idle"])
    waiting, pending, delayed, cursor = ({tier: line[place] for tier, line in by_tier.items()} for place in range(4))
    return {
        "waiting": waiting,
        "pending": pending,
        "delayed": delayed,
        "cursor": cursor,
        "ledger": ledger,
        "pel": pel,
        "heads": {tier: line[6] for tier, line in by_tier.items()},
        "oldest": {tier: _age(line[6], now_ms) for tier, line in by_tier.items()},
        "delayed_jobs": {
            tier: [[job, attempt, round(due / 1000, 2)] for job, attempt, due in line[7]]
            for tier, line in by_tier.items()
        },
    }


def _row(tier: str, entry: str, worker: str, idle_ms: int, job: str, attempt: int) -> dict:
    idle = idle_ms / 1000
    return {"entry": entry, "tier": tier, "worker": worker, "idle": idle, "job": job, "attempt": attempt}


def _age(heads: list[list], now_ms: int) -> float:
    """Seconds the first of them has waited: its entry's id says since when. -1 if none waits."""
    return max(0.0, round((now_ms - int(heads[0][0].split("-")[0])) / 1000, 2)) if heads else -1.0
