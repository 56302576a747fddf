"""What can be seen of a queue: one job, or all of it at one instant. Values, with nothing behind them."""

from typing import Any, cast

import msgspec

from jobqueue.keys import TIERS, Tier


class JobStatus(msgspec.Struct, frozen=True):
    """What became of a job."""

    id: str
    #: waiting, pending, delayed, done, dead or cancelled; "lost" if its entry was deleted behind the queue's back.
    state: str
    #: None if the job's hash was deleted while it was on its way.
    tier: Tier | None = None
    #: The attempt that ended it; None until it is done.
    attempt: int | None = None
    result: Any = None
    #: The last failure, if any attempt failed; for a dead job also why it was given up.
    error: str | None = None
    reason: str | None = None
    worker: str | None = None


class TierCounts(msgspec.Struct, frozen=True):
    """One tier at one instant. Its depth, what admission would have to bound, is the sum of the three counts."""

    waiting: int
    pending: int
    delayed: int
    #: Seconds the oldest waiting job has waited; None if none waits.
    oldest: float | None


class Snapshot(msgspec.Struct, frozen=True):
    """The queue at one instant, read by one script. Every accepted job is in exactly one place, so that, always,

    accepted + foreign = waiting + pending + delayed + done + dead + discarded + cancelled

    where foreign counts the dead letters that were no jobs of ours. (One that still waits is counted as waiting.)
    """

    tiers: dict[Tier, TierCounts]
    dead: int
    accepted: int
    done: int
    #: Attempts that failed and were given another, and attempts that lost their lease.
    retried: int
    reaped: int
    discarded: int
    cancelled: int
    foreign: int

    def total(self, place: str) -> int:
        """Jobs in `place` (waiting, pending or delayed) over all tiers."""
        return sum(getattr(counts, place) for counts in self.tiers.values())

    @property
    def unsettled(self) -> int:
        """Jobs accepted that are neither done nor dead: the depth of all tiers."""
        return sum(self.total(place) for place in ("waiting", "pending", "delayed"))


def parse_status(job_id: str, place: bytes, flat: list[bytes]) -> JobStatus | None:
    """What status.lua replied, as a JobStatus; None for an unknown job."""
    if not place:
        return None
    seen = pairs(flat)
    text = {name: seen[name].decode(errors="replace") for name in ("error", "reason", "worker") if name in seen}
    if place != b"dead":
        text.pop("reason", None)  # of an earlier life, before its replay
    return JobStatus(
        id=job_id,
        state=place.decode(),
        tier=cast(Tier, seen["tier"].decode()) if "tier" in seen else None,
        attempt=int(seen["attempt"]) if "attempt" in seen else None,
        result=msgspec.json.decode(seen["result"]) if "result" in seen else None,
        **text,
    )


def parse_snapshot(dead: int, flat: list[bytes], tiers: list[list[int]]) -> Snapshot:
    """What snapshot.lua replied, as a Snapshot."""
    totals = {name: int(value) for name, value in pairs(flat).items()}
    counts = {
        tier: TierCounts(waiting, pending, delayed, age / 1000 if age >= 0 else None)
        for tier, (waiting, pending, delayed, age) in zip(TIERS, tiers, strict=True)
    }
    counted = Snapshot.__struct_fields__[2:]
    return Snapshot(counts, dead, *(totals.get(name, 0) for name in counted))


def pairs(flat: list[bytes]) -> dict[str, bytes]:
    """A hash as Redis replies it, name, value, name, value …, as a dict."""
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
