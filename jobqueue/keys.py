"""Every key of a queue, in one place, and the groups that all its processes need before anything else.

{jobs}:high|normal|low          stream  tickets waiting, and pending in the group `workers`; settled ones are gone
{jobs}:delayed:high|normal|low  zset    tickets that wait for a time, scored by it (server milliseconds)
{jobs}:dead                     stream  tickets given up, with reason and error, until replayed or discarded
{jobs}:job:<id>                 hash    state and result of a job; expires once the job is done
{jobs}:totals                   hash    how many jobs were accepted, done, dead …; how many attempts retried, reaped
{jobs}:settings                 hash    lease_ms and policy: the one place they are kept
{jobs}:gate                     hash    tiers closed at their high watermark, until they are down at the low one
{jobs}:bucket:<kind>:<name>     string  a producers' limiter: when its next place comes up
{jobs}:events                   stream  each transition, while they are recorded; capped
{jobs}:ended                    channel ids of jobs that are done, dead or cancelled, for callers that wait for a result
"""

import re
from typing import Literal

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from jobqueue.errors import BadSetting

#: A priority level. Each has a stream of its own, because a stream only appends: no entry can jump the queue.
Tier = Literal["high", "normal", "low"]
TIERS: tuple[Tier, ...] = ("high", "normal", "low")

#: The consumer group. One is enough: every worker is a consumer in it, and every job goes to one of them.
GROUP = "workers"

#: With a policy's name behind it: the field of `settings` which says that a worker was given that policy.
KNOWS = "knows "

#: How the keys of a tier, a job and a limiter are made.
FORMS = {"stream": "%(tier)s", "delayed": "delayed:%(tier)s", "job": "job:%(id)s", "line": "bucket:%(kind)s:%(name)s"}


class Keys:
    """The keys of the queue called `name` (letters, digits, - _ . only: raises BadSetting otherwise)."""

    def __init__(self, name: str):
        if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
            raise BadSetting(f"a queue's name is made of letters, digits and - _ . only, not {name!r}")
        self.name = name
        # F65: a hash tag, so in a cluster all keys of a queue share one slot, and a script may use them together.
        self.prefix = f"{{{name}}}:"
        self.dead, self.totals, self.gate, self.job_prefix = map(self.form, ("dead", "totals", "gate", "job:"))
        self.settings, self.events, self.ended = (self.prefix + own for own in ("settings", "events", "ended"))

    def form(self, name: str) -> str:
        """The key that the scripts' headers call `name`; `form % values` fills in the tier, the job or the limiter."""
        return self.prefix + FORMS.get(name, name)

    def stream(self, tier: Tier) -> str:
        return self.prefix + tier

    def delayed(self, tier: Tier) -> str:
        return self.prefix + "delayed:" + tier

    def job(self, job_id: str) -> str:
        return self.job_prefix + job_id


async def create_groups(redis: Redis, keys: Keys) -> list[Tier]:
    """Create each tier's stream and group where they are missing (FLUSHALL and eviction take a group with its stream).

    Returns the tiers that have a group now. A key of another type, put there by hand, stops its own tier alone; if it's
    so with all of them, raises ResponseError.
    """
    usable: list[Tier] = []
    for tier in TIERS:
        try:
            # F05: start at 0, because `$` would skip the jobs that are waiting. F15: no job runs twice by that, because
            # settled entries are deleted. F14: mkstream, because the stream may be gone together with its group.
            await redis.xgroup_create(keys.stream(tier), GROUP, id="0", mkstream=True)
        except ResponseError as refusal:
            # A full server refuses this even if the group exists, but a worker must be able to start all the same.
            if not str(refusal).startswith("BUSYGROUP") and not await _has_group(redis, keys.stream(tier)):
                if not str(refusal).startswith("WRONGTYPE") or (tier == TIERS[-1] and not usable):
                    raise
                continue
        usable.append(tier)
    return usable


async def _has_group(redis: Redis, stream: str) -> bool:
    try:
        return any(info["name"] == GROUP.encode() for info in await redis.xinfo_groups(stream))
    except ResponseError:  # there's no such stream, or we have no right to look: the first refusal says why
        return False
