"""Every key of a queue, in one place. The queue's name is a hash tag, so in a cluster all its keys share one slot.

{jobs}:high|normal|low          stream  tickets waiting, and pending in the group `workers`; settled ones are gone
{jobs}:delayed:high|normal|low  zset    tickets that wait for a time, scored by it (server milliseconds)
{jobs}:dead                     stream  tickets given up, with reason and error, until replayed or discarded
{jobs}:job:<id>                 hash    what became of a job; expires once the job is done
{jobs}:totals                   hash    how many jobs were accepted, done, dead …; how many attempts retried, reaped
{jobs}:settings                 hash    lease_ms and policy: the one place they are kept
{jobs}:gate                     hash    which tiers are closed, by their high watermark, until down at the low one
{jobs}:bucket:<kind>:<name>     any     a producers' limiter
{jobs}:events                   stream  each transition, while somebody records them; capped
{jobs}:ended                    channel the ids of jobs that are done, dead or cancelled: who waits for a result listens
"""

import re
from typing import Literal

from jobqueue.errors import BadSetting

#: A priority level. Each has a stream of its own, because a stream only appends: there is no jumping its queue.
Tier = Literal["high", "normal", "low"]
TIERS: tuple[Tier, ...] = ("high", "normal", "low")

#: The consumer group. One is enough: every worker is a consumer in it, and every job goes to one of them.
GROUP = "workers"


class Keys:
    """The keys of the queue called `name` (letters, digits, - _ . only: raises BadSetting otherwise)."""

    def __init__(self, name: str):
        if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
            raise BadSetting(f"a queue's name is made of letters, digits and - _ . only, not {name!r}")
        self.name = name
        self.prefix = f"{{{name}}}:"
        self.dead = self.prefix + "dead"
        self.totals = self.prefix + "totals"
        self.settings = self.prefix + "settings"
        self.gate = self.prefix + "gate"
        self.events = self.prefix + "events"
        self.ended = self.prefix + "ended"
        self.job_prefix = self.prefix + "job:"

    def stream(self, tier: Tier) -> str:
        return self.prefix + tier

    def delayed(self, tier: Tier) -> str:
        return self.prefix + "delayed:" + tier

    def bucket(self, kind: str, name: str) -> str:
        return f"{self.prefix}bucket:{kind}:{name}"

    def job(self, job_id: str) -> str:
        return self.job_prefix + job_id
