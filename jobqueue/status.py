"""The state of a queue: of one job, or of all of it at one instant. Plain values, which never change."""

import re
from typing import Any

import msgspec

from jobqueue.errors import JobFailed
from jobqueue.keys import TIERS, Tier

#: States in which nothing more happens to a job.
ENDED = ("done", "dead", "cancelled", "lost")


class JobStatus(msgspec.Struct, frozen=True):
    """The state of one job, with its result or its last error."""

    id: str
    #: waiting, pending, delayed, done, dead or cancelled; "lost" if its entry was deleted by hand or its hash is broken
    state: str
    #: None if the job's hash was deleted before the job ended.
    tier: Tier | None = None
    #: The attempt that ended it; None until it's done.
    attempt: int | None = None
    result: Any = None
    #: The last failure, if any attempt failed.
    error: str | None = None
    #: Why a dead job was given up, or why the result of a done one can't be read.
    reason: str | None = None
    worker: str | None = None

    def get_result(self) -> Any:
        """The result of a job that has ended. Raises JobFailed unless it's done, with a result that can be read."""
        if self.state == "done" and not self.reason:
            return self.result
        raise JobFailed(f"job {self.id} is {self.state}: {self.reason or ''} {self.error or ''}".rstrip(": "))


class TierCounts(msgspec.Struct, frozen=True):
    """One tier at one instant. Its depth, which a capacity bounds, is the sum of the three counts."""

    waiting: int
    pending: int
    delayed: int
    #: Seconds the oldest waiting job has waited; None if none waits.
    oldest: float | None


class Snapshot(msgspec.Struct, frozen=True):
    """The queue at one instant, read by one script. Every accepted job is in exactly one place, so this always holds:

    accepted + foreign = waiting + pending + delayed + done + dead + discarded + cancelled

    Foreign are the dead letters that weren't jobs of ours. (An entry of that kind that still waits counts as waiting.)
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
    """Make a JobStatus of the reply of status.lua; None for an unknown job."""
    if not place:
        return None
    own = pair(flat)
    texts = own.keys() & {b"tier", b"error", b"reason", b"worker"}
    known: dict[str, Any] = {name.decode(): own[name].decode(errors="replace") for name in texts}
    if place != b"dead":
        known.pop("reason", None)  # of an earlier life, before its replay
    try:
        known["result"] = msgspec.json.decode(own.get(b"result", b"null"))
    except (ValueError, RecursionError) as error:  # changed by hand; still show that the job is done
        known["reason"] = f"its result is broken: {error}"
    return JobStatus(job_id, place.decode(errors="replace"), attempt=to_number(own.get(b"attempt")), **known)


def parse_snapshot(dead: int, flat: list[bytes], tiers: list[list[int]]) -> Snapshot:
    """Make a Snapshot of the reply of snapshot.lua."""
    counts = {
        tier: TierCounts(waiting, pending, delayed, age / 1000 if age >= 0 else None)
        for tier, (waiting, pending, delayed, age) in zip(TIERS, tiers, strict=True)
    }
    totals = pair(flat)
    names = (name.encode() for name in Snapshot.__struct_fields__[2:])
    return Snapshot(counts, dead, *(to_number(totals.get(name)) or 0 for name in names))


def pair(flat: list[bytes]) -> dict[bytes, bytes]:
    """Make a dict of a hash as Redis replies it: name, value, name, value …"""
    return dict(zip(flat[::2], flat[1::2], strict=False))


def to_number(text: bytes | None) -> int | None:
    """A number as Redis counts; None if `text` isn't one."""
    return int(text) if text and re.fullmatch(rb"-?\d{1,18}", text) else None
