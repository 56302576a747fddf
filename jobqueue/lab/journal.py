"""What happened, in order: one list of events, out of what Redis recorded and what the workers logged."""

import sys
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from jobqueue.lab.look import EVENTS_A_LOOK, Seen

#: How an attempt ends. `lost`: its worker had lost the lease by then, so that its outcome was discarded.
ENDS = frozenset({"done", "retried", "dead", "reaped", "released", "lost"})


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
    #: 0 where it is not known.
    attempt: int = 0


class Journal:
    """What happened since the last look, and who runs what.

    Redis tells of every transition but one: it does not know a fetch from a job begun. The logs tell of that one, and
    of outcomes that were discarded; of the other ends only if Redis did not, because its memory was wiped.
    """

    def __init__(self):
        #: How many are missing, because their stream was cut before they were read.
        self.missed = 0
        #: What runs, by the logs: (job, entry) → its fetch.
        self.running: dict[tuple[str, str], Event] = {}
        #: The id of the last event read from Redis.
        self.after = "0-0"
        self._recorded = self._read = 0  # how many events there ever were in the stream, and how many of them we have
        self._early: list[Event] = []  # logged after the last look, or what it read: their turn is after the next

    def take(self, seen: Seen | None, began_ms: float, logged: Iterable[Event]) -> list[Event]:
        """Take in what a look has `seen`, if there was one, and what workers have `logged` (as `fetched` or one of
        ENDS). Returns the new events, in order. `began_ms` is when the recording began, in server time.
        """
        fresh: list[Event] = []
        lines, self._early = [*self._early, *logged], []
        horizon = _horizon(seen, began_ms)
        for event in lines:  # first what began; what ended is then known to have begun
            if event.event == "fetched" and (event.t < horizon or not seen):
                self.running[event.job, event.entry] = event
                fresh.append(event)
            elif event.t >= horizon:
                self._early.append(event)
        if seen:
            told = (self._told(row, began_ms) for row in seen.happened)
            fresh += [self._ended(event) for event in told if event.job]
            self._count(seen)
        for event in lines:
            if event.event != "fetched" and event.t < horizon:
                key = event.job, event.entry
                if event.event == "lost" or key in self.running:  # else Redis has told of it
                    fresh.append(self._ended(event))
        return sorted(fresh, key=attrgetter("t"))

    def _told(self, row: list[str], began_ms: float) -> Event:
        """An event as Redis has it. What has no entry of its own is at the entry that its job has now."""
        identity, what, job, entry, worker, tier, entry_now = row
        if what in ("accepted", "promoted"):
            entry = entry_now
        t = round((_ms(identity) - began_ms) / 1000, 3)
        return Event(t, sys.intern(what), job, sys.intern(tier), entry, sys.intern(worker))

    def _ended(self, event: Event) -> Event:
        """The event, with what is known of the attempt that it ends, if it ends one.

        Redis tells milliseconds, rounded down, and logs microseconds: no attempt is to end before it began.
        """
        if event.event in ENDS and (began := self.running.pop((event.job, event.entry), None)):
            return event._replace(t=max(event.t, began.t), tier=event.tier or began.tier, attempt=began.attempt)
        return event

    def _count(self, seen: Seen) -> None:
        if seen.recorded < self._recorded:  # it is another stream: the server was flushed
            self._read = 0
        self._recorded = max(0, seen.recorded)
        if seen.happened:
            self.after = seen.happened[-1][0]
        self._read += len(seen.happened)
        at_the_end = len(seen.happened) < EVENTS_A_LOOK
        if at_the_end and self._read < self._recorded:  # the stream was cut before we had read so far
            self.missed += self._recorded - self._read
            self._read = self._recorded


def _horizon(seen: Seen | None, began_ms: float) -> float:
    """Of what came about before this, Redis has told all that it ever will."""
    if not seen:
        return float("-inf")
    behind = len(seen.happened) == EVENTS_A_LOOK
    return ((_ms(seen.happened[-1][0]) if behind else seen.now_ms) - began_ms) / 1000


def _ms(identity: str) -> int:
    return int(identity.split("-")[0])
