"""A frame: one look at the whole world, about ten of them per second. All times are in seconds, all counts in jobs.

Frames are also what a recording's file stores, one per line (see recording.py). So a field's name is its name there.
"""

from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from jobqueue.lab.recording.rows import BuriedJob as BuriedJob
from jobqueue.lab.recording.rows import DelayedJob as DelayedJob
from jobqueue.lab.recording.rows import OwnKey as OwnKey
from jobqueue.lab.recording.rows import PelRow as PelRow
from jobqueue.lab.recording.rows import WaitingJob as WaitingJob
from jobqueue.lab.recording.rows import WorkerRow as WorkerRow
from jobqueue.lab.recording.rows import WorkerState as WorkerState

#: Where a job can be, in the order of its life.
PLACES = ("waiting", "pending", "delayed", "done", "dead")


class Event(NamedTuple):
    """One transition of one job."""

    #: Seconds since the recording began.
    t: float
    #: accepted, fetched, done, retried, dead, released, reaped, promoted, replayed, discarded, cancelled; or lost.
    event: str
    job: str
    tier: str
    entry: str
    worker: str
    #: 0 if it isn't known.
    attempt: int = 0


class Mark(msgspec.Struct, frozen=True):
    """Something that was done to the world at `t`."""

    t: float
    label: str
    fault: bool = True
    #: When it ended, if it's something that lasts; None while it lasts.
    until: float | UnsetType | None = UNSET

    @property
    def lasts(self) -> bool:
        """Whether it's still in force."""
        return self.until is None

    @property
    def end(self) -> float:
        """Its end: at once, at `until`, or infinity while it lasts."""
        if self.until is None:
            return float("inf")
        return self.t if self.until is UNSET else self.until


class WorldFrame(msgspec.Struct, frozen=True, omit_defaults=True):
    """One look at the world. While Redis is away, everything except the workers is as it was last read.

    Where it says "by tier", a tier may be missing. Then it has none.
    """

    #: Seconds since the world began.
    t: float = 0.0
    #: How many there are now. The first three are by tier.
    waiting: dict[str, int] = {}
    pending: dict[str, int] = {}
    delayed: dict[str, int] = {}
    dead: int = 0
    #: Entries in a stream that neither wait nor are pending, by tier: they were acknowledged and not deleted, or their
    #: rows went with a deleted consumer. The kit leaves none.
    kept: dict[str, int] = {}
    #: The values of keys of your own that the picture was asked to show: text, oldest first, in full or the last ones.
    own: dict[str, OwnKey] = {}
    #: Counts since the beginning. `foreign` counts dead letters that never were jobs of this queue; `refused` counts
    #: jobs that admission turned away.
    done: int = 0
    accepted: int = 0
    foreign: int = 0
    cancelled: int = 0
    discarded: int = 0
    reaped: int = 0
    retried: int = 0
    refused: int = 0
    #: Seconds.
    lease: float = 0.0
    #: For how many seconds the oldest waiting job has waited, by tier; -1 if none waits.
    oldest: dict[str, float] = {}
    #: How many entries each consumer has pending, by its name: all of them, also those that `ledger` leaves out.
    pel: dict[str, int] = {}
    #: The first waiting jobs, by tier, oldest first.
    heads: dict[str, list[WaitingJob]] = {}
    #: The group's last-delivered id, by tier.
    cursor: dict[str, str] = {}
    #: The first delayed jobs, by tier, soonest first.
    delayed_jobs: dict[str, list[DelayedJob]] = {}
    #: The newest dead letters, newest last.
    letters: list[BuriedJob] = []
    #: (low, high) watermarks of the tiers that have them: at `high` the tier is full, at `low` it opens again.
    capacity: dict[str, tuple[int, int]] = {}
    policy: str = ""
    redis: Literal["up", "down", "paused"] = "up"
    #: Transitions since the last frame, the newest 200; and how many more there were.
    events: list[Event] = []
    events_left_out: int = 0
    #: The pending list (PEL), longest idle first, at most 60 entries per tier.
    ledger: list[PelRow] = []
    workers: list[WorkerRow] = []
    #: All of them since the beginning, oldest first.
    marks: list[Mark] = []

    @property
    def raw(self) -> bool:
        """Whether all that's in the queue was put there without the kit, as in lessons about Redis itself."""
        return not self.accepted and any((*self.places.values(), *self.kept.values()))

    @property
    def places(self) -> dict[str, int]:
        """The number of jobs in each place."""
        waiting, pending, delayed = (sum(place.values()) for place in (self.waiting, self.pending, self.delayed))
        return {"waiting": waiting, "pending": pending, "delayed": delayed, "done": self.done, "dead": self.dead}

    @property
    def orphans(self) -> list[PelRow]:
        """The pending entries whose worker's process is dead."""
        return [row for row in self.ledger if row.orphan]

    @property
    def counts(self) -> dict[str, int]:
        """All counts since the beginning."""
        return {
            "accepted": self.accepted,
            "foreign": self.foreign,
            "done": self.done,
            "cancelled": self.cancelled,
            "discarded": self.discarded,
            "reaped": self.reaped,
            "retried": self.retried,
            "refused": self.refused,
        }

    def depth(self, tier: str) -> int:
        """The number of the tier's jobs that are waiting, pending or delayed."""
        return self.waiting.get(tier, 0) + self.pending.get(tier, 0) + self.delayed.get(tier, 0)


#: The frame before anything happened.
NOTHING = WorldFrame()
